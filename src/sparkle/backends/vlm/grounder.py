"""Role Grounder: a model names the foreground that an edit kept, and finds it again on later frames (3.3, 3.4)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sparkle.backends.vlm.backend import VisionLanguageBackend
from sparkle.backends.vlm.grounding import FoundObject, only_asked, parse_objects, to_pixels
from sparkle.backends.vlm.question import Question, photo, schema_of
from sparkle.backends.vlm.reply import UnusableReplyError
from sparkle.core.boxes import LabelledBox
from sparkle.core.errors import BackendError
from sparkle.roles import Anchor, Frames, Image

BOX = {"type": "array", "items": {"type": "integer"}, "description": "x1, y1, x2, y2 in [0, 1000]"}
BOX_TEXT = (
    "x to the right and y down, both in thousandths of the picture's width and height: integers from 0 to 1000, "
    "not pixels"
)

FIRST_SCHEMA = schema_of(objects={"type": "array", "items": schema_of(bbox_2d=BOX, label={"type": "string"})})
FIRST_QUESTION = f"""\
The first picture is a frame of a video. The second picture is the same frame after an edit that replaced the \
background and kept the foreground.

Compare them, and list the foreground: every person, animal or thing that both pictures show as the same one, at the \
same place, together with what it holds, wears or sits on if that was kept too. What the edit replaced or invented is \
background, and so is everything that the viewer takes for scenery.

Give each object
"bbox_2d": [x1, y1, x2, y2], its tight box on the FIRST picture, {BOX_TEXT};
"label": a name of two to six words that tells it from all other things in the picture, such as "bald man in black \
shirt". No two objects have the same label.

Answer in JSON: {{"objects": [{{"bbox_2d": [x1, y1, x2, y2], "label": "..."}}]}}. If nothing was kept, the list is \
empty."""

SECOND_QUESTION = """\
Find these objects in the picture, a frame of a video in which all of them occur: {labels}

Give each of them
"bbox_2d": [x1, y1, x2, y2], its tight box, {box}, and an empty list [] if it is not in this picture;
"label": its name exactly as above.

Answer in JSON: {{"objects": [{{"bbox_2d": [x1, y1, x2, y2], "label": "..."}}]}}, with no other objects."""


class VisionLanguageGrounder(VisionLanguageBackend):
    """Round 1 compares source frame 0 with the edited one; round 2 finds round 1's labels on every anchor frame."""

    def first_round(self, frames: Frames, edited_frame: Image) -> list[LabelledBox]:
        """Name the kept objects, with boxes in pixels of source frame 0; an empty list when nothing was kept."""
        height, width = frames.shape[1:3]
        question = Question(
            "ground_first", (photo(frames[0]), photo(edited_frame), FIRST_QUESTION), schema=FIRST_SCHEMA
        )
        return list(to_pixels(self.client.ask(question, parse_first).value, width, height))

    def second_round(
        self, frames: Frames, anchor_frames: Sequence[int], first_round: Sequence[LabelledBox]
    ) -> list[Anchor]:
        """Find the labels on every anchor frame, all frames asked at the same time; what is not found has no box."""
        labels = tuple(dict.fromkeys(box.label for box in first_round))
        if not labels:
            return [Anchor(frame, ()) for frame in anchor_frames]
        height, width = frames.shape[1:3]
        questions = [_second_question(frames[frame], labels) for frame in anchor_frames]
        answers = self.client.ask_all(questions, lambda text: parse_second(text, labels))
        return [
            Anchor(frame, to_pixels(answer.value, width, height))
            for frame, answer in zip(anchor_frames, answers, strict=True)
        ]

    def find_named(self, frames: Frames, anchor_frames: Sequence[int], words: str) -> list[Anchor]:
        """Find what words name on every anchor frame. Raises BackendError where it is on none of them."""
        height, width = frames.shape[1:3]
        whole = LabelledBox(words, (0.0, 0.0, float(width), float(height)))
        anchors = self.second_round(frames, anchor_frames, [whole])
        if not any(anchor.boxes for anchor in anchors):
            raise BackendError(f"{words!r} is on none of {len(anchors)} frames, says {self.card.name}")
        return anchors


def parse_first(text: str) -> list[FoundObject]:
    """Return round 1's objects. An object that was named but has no box is no answer: UnusableReplyError."""
    found = parse_objects(text)
    missing = [item.label for item in found if item.bbox_2d is None]
    if missing:
        raise UnusableReplyError(f"{missing} have no box, or one without area")
    return found


def parse_second(text: str, labels: Sequence[str]) -> list[FoundObject]:
    """Return round 2's objects on one frame, of the asked labels alone."""
    return only_asked(parse_objects(text), labels)


def _second_question(frame: Image, labels: Sequence[str]) -> Question:
    text = SECOND_QUESTION.format(labels=json.dumps(list(labels), ensure_ascii=False), box=BOX_TEXT)
    label = {"type": "string", "enum": list(labels)}
    schema = schema_of(objects={"type": "array", "items": schema_of(bbox_2d=BOX, label=label)})
    return Question("ground_second", (photo(frame), text), schema=schema)
