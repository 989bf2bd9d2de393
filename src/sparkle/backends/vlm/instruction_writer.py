"""Role InstructionWriter: a model describes the scene, then writes the instruction that replaces it (section 3.2)."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from sparkle.backends.vlm.backend import VisionLanguageBackend
from sparkle.backends.vlm.endpoint import EndpointSettings
from sparkle.backends.vlm.question import Question, photo, schema_of
from sparkle.backends.vlm.reply import read_object, read_sentences
from sparkle.config import parse_settings
from sparkle.core.scene import Scene
from sparkle.roles import Image

DESCRIBE_SCHEMA = schema_of(scene={"type": "string"})
DESCRIBE = """\
Describe the scene of this video frame in one sentence: the place, what stands behind the subject, the light and the \
time of day or season as far as they show. Mention the subject in a few words. Say only what can be seen.

Answer in JSON: {"scene": "..."}"""

WRITE_SCHEMA = schema_of(instruction={"type": "string"})
WRITE = """\
Write an instruction for a video editor that replaces everything behind the subject of a video by a new scene. The \
camera does not move.

The original scene: {original}
The new scene ({theme}, {subtheme}): {name}
What moves there: {motion}

Rules:
- One or two sentences of plain English, at most 60 words, in the imperative, as a person would ask for it.
- Name the new scene so that it can be pictured without knowing the original.
- Say explicitly what moves in the new background, and how. A still backdrop is wrong.
- Ask for no change of the subject: same person or thing, same clothes, same movements, same place in the picture.
- Ask for no movement of the camera, and for no further people in the foreground.
{style}
Answer in JSON: {{"instruction": "..."}}"""
STYLE_RULE = """\
- The new scene is drawn or rendered in the style that its name says; the subject in front of it stays realistic, and \
the instruction says so.
"""


class WriterSettings(EndpointSettings):
    """`write_temperature`: that of the instruction, whose wording should differ from sample to sample; the description
    keeps the endpoint's."""

    write_temperature: float = Field(default=0.7, ge=0, le=2)


class VisionLanguageInstructionWriter(VisionLanguageBackend):
    """Describes a frame, and writes one or two sentences with explicit motion in the background."""

    Options: ClassVar[type[EndpointSettings]] = WriterSettings

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of WriterSettings."""
        settings = parse_settings(WriterSettings, options, type(self).__name__)
        super().__init__(**options)
        self.write_temperature = settings.write_temperature

    def describe(self, frame: Image) -> str:
        """Describe (H, W, 3) uint8 RGB in a sentence."""
        question = Question("describe_scene", (photo(frame), DESCRIBE), schema=DESCRIBE_SCHEMA)
        return self.client.ask(question, parse_scene).value

    def write(self, original_scene: str, scene: Scene, seed: int) -> str:
        """Write the instruction that asks for `scene`; the seed goes to the server."""
        text = WRITE.format(
            original=original_scene,
            theme=scene.theme,
            subtheme=scene.subtheme,
            name=scene.name,
            motion=scene.motion,
            style=STYLE_RULE if scene.theme == "style" else "",
        )
        question = Question(
            "write_instruction", (text,), schema=WRITE_SCHEMA, temperature=self.write_temperature, seed=seed
        )
        return self.client.ask(question, parse_instruction).value


def parse_scene(text: str) -> str:
    """Return the description; UnusableReplyError for anything but a sentence or two."""
    return read_sentences(read_object(text, "scene")["scene"], "scene", most_characters=600, most_sentences=3)


def parse_instruction(text: str) -> str:
    """Return the instruction; UnusableReplyError for more than three sentences (two, and an abbreviation's dot)."""
    value = read_object(text, "instruction")["instruction"]
    return read_sentences(value, "instruction", most_characters=600, most_sentences=3)
