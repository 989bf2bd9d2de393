"""Boxes that were found on the frames of a piece, as the folder of an edit keeps them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sparkle.core.boxes import LabelledBox
from sparkle.roles import Anchor


def anchors_to_text(anchors: Sequence[Anchor]) -> str:
    """Return anchors as JSON that says every number exactly."""
    told = [
        {"frame": int(each.frame), "boxes": [[box.label, *map(float, box.xyxy)] for box in each.boxes]}
        for each in anchors
    ]
    return json.dumps(told) + "\n"


def anchors_from_text(text: str) -> list[Anchor]:
    """Undo `anchors_to_text`."""
    return [
        Anchor(
            each["frame"],
            tuple(LabelledBox(label, (x1, y1, x2, y2)) for label, x1, y1, x2, y2 in each["boxes"]),
        )
        for each in json.loads(text)
    ]
