"""Role BackgroundCaptioner: a model extracts a caption of the target background from the instruction (section 3.3)."""

from __future__ import annotations

import re

from sparkle.backends.vlm.backend import VisionLanguageBackend
from sparkle.backends.vlm.question import Question, schema_of
from sparkle.backends.vlm.reply import UnusableReplyError, quote, read_object, read_sentences
from sparkle.core.scene import Scene

SCHEMA = schema_of(caption={"type": "string"})
QUESTION = """\
The instruction below edits a video: it puts the subject in front of a new background. Write a caption of the new \
background alone, as it looks when nobody stands in front of it, for a model that animates a picture of it.

Instruction: {instruction}
{scene}
Rules:
- Two or three sentences in the present tense: first what is seen (place, light, style), then what moves and how.
- Take everything from the instruction, and add nothing that contradicts it.
- Not a word about the subject, the foreground, any person in front, or the editing itself.
- The last sentence says that the camera does not move.

Answer in JSON: {{"caption": "..."}}"""
_SUBJECT = re.compile(r"\b(?:subjects?|foreground|instructions?)\b", re.IGNORECASE)


class VisionLanguageCaptioner(VisionLanguageBackend):
    """Writes what is seen and what moves, without a word about the subject."""

    def __call__(self, instruction: str, scene: Scene | None) -> str:
        """Return the caption. Raises BackendError when the model writes none that leaves the subject out."""
        known = f"The scene is known as: {scene.name}. What moves there: {scene.motion}.\n" if scene else ""
        text = QUESTION.format(instruction=instruction, scene=known)
        return self.client.ask(Question("background_caption", (text,), schema=SCHEMA), parse_caption).value


def parse_caption(text: str) -> str:
    """Return the caption; UnusableReplyError if it is none, or speaks of the subject."""
    value = read_object(text, "caption")["caption"]
    caption = read_sentences(value, "caption", most_characters=1000, most_sentences=6)
    if _SUBJECT.search(caption):
        raise UnusableReplyError(f"the caption speaks of the subject or the instruction: {quote(caption)}")
    return caption
