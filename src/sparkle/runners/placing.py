"""How a background of the user's own lies in the picture: its fit, its position, how far it is out of focus."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np

from sparkle.core.errors import SetupError
from sparkle.roles import Image
from sparkle.runners.beginning import Work
from sparkle.runners.behind import blurred
from sparkle.video import (
    Delivery,
    UntaggedColour,
    deliver,
    fit_size,
    is_media_name,
    probe,
    read_image,
    resize_image,
    stream_pictures,
    write_image,
)

Fit = Literal["cover", "contain", "stretch"]
LONGEST_S = 12.0  # of a video; what is played in a loop is shorter


@dataclass(frozen=True, slots=True)
class Placing:
    """`cover` fills the picture and cuts what is too much, `contain` shows all of it with black beside it, `stretch`
    changes its shape. `position` (x, y), 0 to 1000: which part of it is shown, or where it stands. `blur` is the radius
    of a disc in thousandths of the width."""

    fit: Fit = "cover"
    position: tuple[float, float] = (500.0, 500.0)
    blur: float = 0.0


AS_IT_IS = Placing()


def position_of(text: str) -> tuple[float, float]:
    """Read "x,y". Raises SetupError for anything but two numbers from 0 to 1000."""
    if not re.fullmatch(r"\d{1,4}(\.\d+)?,\d{1,4}(\.\d+)?", text):
        raise SetupError(f"--position {text}: is no x,y; give two numbers from 0 to 1000, as 500,1000")
    x, y = map(float, text.split(","))
    if max(x, y) > 1000:
        raise SetupError(f"--position {text}: lies outside; x and y go from 0 to 1000")
    return x, y


def placed(picture: Image, size: tuple[int, int], placing: Placing) -> Image:
    """Return an (H, W, 3) picture laid into (width, height) `size`."""
    width, height = size
    ratios = width / picture.shape[1], height / picture.shape[0]
    if placing.fit == "stretch":
        shown = resize_image(picture, size)
    else:
        scale = max(ratios) if placing.fit == "cover" else min(ratios)
        wide, high = (max(1, round(scale * side)) for side in (picture.shape[1], picture.shape[0]))
        left, top = (
            round((room - taken) * at / 1000)
            for room, taken, at in zip(size, (wide, high), placing.position, strict=True)
        )
        shown = np.zeros((height, width, 3), np.uint8)
        seen = resize_image(picture, (wide, high))[max(-top, 0) :, max(-left, 0) :][:height, :width]
        top, left = max(top, 0), max(left, 0)
        shown[top : top + seen.shape[0], left : left + seen.shape[1]] = seen
    if placing.blur <= 0:
        return shown
    return blurred(shown, np.ones((height, width), np.float32), placing.blur / 1000 * width)


def placed_file(work: Work, path: Path, placing: Placing) -> Path:
    """Return the user's own background as it lies in the clip's picture: the file itself, where nothing is asked."""
    if placing == AS_IT_IS:
        return path
    size = fit_size(*work.drawn, 1920, 1080)
    reads = {
        "own": work.kept.content(path),
        "size": size,
        "placing": [placing.fit, *placing.position, placing.blur],
        "untagged": work.recipe.video.untagged,
    }
    if not is_media_name(path):
        return work.kept.file(
            "own", reads, lambda at: write_image(at, placed(read_image(path), size, placing)), suffix=".png"
        )
    rate = Fraction(probe(path, time_limit_s=work.recipe.video.time_limit_s).fps).limit_denominator(1001)
    pictures = stream_pictures(
        path, start_s=0.0, end_s=LONGEST_S, untagged=UntaggedColour(work.recipe.video.untagged)
    )
    shown = (each._replace(frame=placed(each.frame, size, placing), alpha=None) for each in pictures)
    kind = Delivery(".mkv", "h264", 6)
    return work.kept.file("own", reads, lambda at: deliver(at, shown, rate, kind), suffix=".mkv")
