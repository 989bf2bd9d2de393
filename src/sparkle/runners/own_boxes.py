"""A user's boxes file for a clip of any length: checked before the work, and the part of it that the stages see."""

from __future__ import annotations

from pathlib import Path

from sparkle.recipes import Recipe
from sparkle.roles import Anchor
from sparkle.runners.subject import boxes_file
from sparkle.stages.artifacts import read_anchors

THOUSAND = (1000, 1000)


def checked_boxes(path: Path, recipe: Recipe, length_s: float) -> list[Anchor]:
    """Return the anchors of a boxes file: boxes in thousandths, frames counted at the recipe's rate.

    Raises SampleError that names the file for one that cannot be read, for boxes outside the picture, and for frames
    that a clip of `length_s` seconds does not have.
    """
    fps = recipe.video.fps
    return list(read_anchors(path, (int(length_s * fps) + 1, *THOUSAND), fps))


def boxes_of_beginning(anchors: list[Anchor], recipe: Recipe) -> str | None:
    """Return the text of a boxes file with the anchors on the frames that the stages see; None for none with a box."""
    seen = [anchor for anchor in anchors if anchor.frame < recipe.video.frames]
    if not any(anchor.boxes for anchor in seen):
        return None
    return boxes_file(seen, recipe.video.fps, THOUSAND)
