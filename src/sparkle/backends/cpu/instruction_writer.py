"""Instruction writer by rules: measured words for the original scene, varied sentences for the new one.

The paper asks a vision-language model to describe the scene and to write one or two sentences with explicit
motion in the background (section 3.2). Here the scene and its motion come from the taxonomy; the seed
chooses the sentence.
"""

from __future__ import annotations

from typing import ClassVar

from sparkle.backends.cpu.scene_description import describe_scene
from sparkle.core.scene import Scene
from sparkle.core.seeds import generator
from sparkle.roles import Image, ModelCard
from sparkle.words.phrases import sentence, with_article

# {scene} is a noun phrase with its article, {motion} a clause, {moment} a season or a time of day.
PATTERNS = (
    "Replace the background with {scene}, where {motion}.",
    "Move the subject to {scene}. {Motion}.",
    "Put the subject in front of {scene}, where {motion}.",
    "Change the background to {scene}, all in motion: {motion}.",
    "Set the subject against {scene}. Behind the subject, {motion}.",
    "Shift the scene behind the subject to {scene}, where {motion}.",
    "Show the subject before {scene}, while {motion}.",
    "Swap the background for {scene}. There, {motion}.",
    "Keep the subject as it is and turn the background into {scene}, where {motion}.",
    "Take the subject to {scene}, where {motion}.",
)
MOMENT_PATTERNS = (
    "Replace the background with {scene}. It is {moment}: {motion}.",
    "Move the subject to {scene}. It is {moment} there, and {motion}.",
    "Make it {moment} behind the subject, with {scene}, where {motion}.",
    "Change the background to {moment}: {scene}, where {motion}.",
    "Put the subject in front of {scene}. It is {moment}, and {motion}.",
    "Shift the scene behind the subject to {moment}, with {scene}. {Motion}.",
    "Take the subject to {scene}. There it is {moment}: {motion}.",
    "Keep the subject as it is and turn the background into {moment}: {scene}, where {motion}.",
    "Set the subject against {scene}. {Moment} has come, and {motion}.",
    "Show the subject before {scene}, while {motion}. It is {moment}.",
)
STYLE_PATTERNS = (
    "Restyle the background as {scene}, where {motion}. Keep the subject realistic.",
    "Keep the subject realistic and turn the background into {scene}, where {motion}.",
    "Move the subject to {scene}. {Motion}, while the subject stays realistic.",
    "Replace the background with {scene}, where {motion}; leave the subject unchanged.",
    "Transform the world behind the subject into {scene}. {Motion}.",
    "Put the subject in front of {scene}, where {motion}. The subject itself keeps its look.",
    "Change the background to {scene}, all in motion: {motion}.",
    "Shift the scene behind the subject to {scene}, where {motion}, and keep the subject realistic.",
    "Swap the background for {scene}. There, {motion}.",
    "Recreate the background as {scene}, while {motion}. The subject remains realistic.",
)
PATTERNS_OF_THEME = {"season": MOMENT_PATTERNS, "time": MOMENT_PATTERNS, "style": STYLE_PATTERNS}
MOMENTS = {"day": "broad daylight"}


class InstructionWriter:
    """Writes by patterns; names only what the taxonomy says and what was measured in the frame."""

    card: ClassVar[ModelCard] = ModelCard("sparkle-rule-writer", "1", "Apache-2.0")

    def describe(self, frame: Image) -> str:
        """Describe (H, W, 3) uint8 RGB in a sentence of measured light, colours and structure."""
        return describe_scene(frame)

    def write(self, original_scene: str, scene: Scene, seed: int) -> str:
        """Write one or two sentences that ask for `scene` and its motion; the seed chooses the pattern.

        What the scene was before changes nothing here: the new background replaces all of it.
        """
        patterns = PATTERNS_OF_THEME.get(scene.theme, PATTERNS)
        pattern = patterns[int(generator(seed, "instruction").integers(len(patterns)))]
        moment = MOMENTS.get(scene.subtheme, scene.subtheme)
        return sentence(
            pattern.format(
                scene=with_article(scene.name),
                motion=scene.motion.rstrip("."),
                Motion=scene.motion[:1].upper() + scene.motion[1:].rstrip("."),
                moment=moment,
                Moment=moment[:1].upper() + moment[1:],
            )
        )
