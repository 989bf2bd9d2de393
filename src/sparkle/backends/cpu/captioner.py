"""Background captioner by rules: an instruction in, what is seen and moves behind the subject out.

The paper asks a vision-language model (section 3.3). Here the request ("put the subject in ..."), the phrases
and clauses about the subject, and whole sentences about it are cut away; what is left is the caption.
"""

from __future__ import annotations

from typing import ClassVar

from sparkle.core.errors import BackendError
from sparkle.core.scene import Scene
from sparkle.roles import ModelCard
from sparkle.words.background import background_words
from sparkle.words.phrases import scene_sentence


class Captioner:
    """Cuts everything about the subject out of an instruction."""

    card: ClassVar[ModelCard] = ModelCard("sparkle-rule-captioner", "1", "Apache-2.0")

    def __call__(self, instruction: str, scene: Scene | None) -> str:
        """Return what is seen and what moves, in the instruction's own words, or else those of `scene`.

        Raises BackendError for an instruction that speaks of the subject only and comes without a scene.
        """
        caption = background_words(instruction)
        if caption:
            return caption
        if scene is not None:
            return scene_sentence(scene)
        raise BackendError(
            f"the instruction {instruction!r} names no background; say what is to be seen behind the subject"
        )
