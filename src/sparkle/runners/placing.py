"""How a background of the user's own lies in the picture: its fit, its position, how far it is out of focus."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from sparkle.core.errors import SetupError
from sparkle.core.own_background import Placing
from sparkle.runners.beginning import Work
from sparkle.video import (
    Delivery,
    UntaggedColour,
    deliver,
    fit_size,
    is_media_name,
    placed,
    probe,
    read_image,
    stream_pictures,
    write_image,
)

LONGEST_S = 12.0  # of a video; what is played in a loop is shorter
AS_IT_IS = Placing()


def position_of(text: str) -> tuple[float, float]:
    """Read "x,y". Raises SetupError for anything but two numbers from 0 to 1000."""
    if not re.fullmatch(r"\d{1,4}(\.\d+)?,\d{1,4}(\.\d+)?", text):
        raise SetupError(f"--position {text}: is no x,y; give two numbers from 0 to 1000, as 500,1000")
    x, y = map(float, text.split(","))
    if max(x, y) > 1000:
        raise SetupError(f"--position {text}: lies outside; x and y go from 0 to 1000")
    return x, y


def placed_file(work: Work, path: Path, placing: Placing) -> Path:
    """Return the user's own background as it lies in the clip's picture: the file itself, where nothing is asked."""
    if placing == AS_IT_IS:
        return path
    size = fit_size(*work.drawn, 1920, 1080)
    reads = {
        "own": work.kept.content(path),
        "size": size,
        "placing": [placing.fit, *placing.position, placing.blur, placing.zoom],
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
