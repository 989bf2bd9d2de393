"""The figure of a card: rings of a dataset's themes and subthemes, as in the paper's figure 4."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from sparkle.dataset.statistics import Statistics
from sparkle.video import write_image

COLOURS = ("#4c78a8", "#f58518", "#54a24b", "#b279a2", "#e45756", "#72b7b2", "#9d755d", "#bab0ac")
SIZE = 900
_FINE = 2  # times larger while it is drawn
_HOLE, _INNER, _OUTER = 0.24, 0.6, 0.98  # of half the side
_LEAST_LABELLED = 0.02  # of the whole


def draw_sunburst(path: Path, statistics: Statistics) -> None:
    """Write the figure as a PNG: a theme's share inside, its subthemes' outside. Raises OutputError."""
    side = SIZE * _FINE
    picture = Pillow.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(15 * _FINE)
    total = max(statistics.samples, 1)
    labels: list[tuple[float, float, str]] = []
    angle = 0.0
    for place, (theme, parts) in enumerate(sorted(statistics.scenes.items())):
        colour, begin = COLOURS[place % len(COLOURS)], angle
        for number, (subtheme, counts) in enumerate(sorted(parts.items())):
            share = counts.total() / total
            _piece(draw, side, _OUTER, angle, share, _lighter(colour, 0.3 + 0.2 * (number % 2)))
            if share >= _LEAST_LABELLED and subtheme:
                labels.append((angle + share / 2, (_INNER + _OUTER) / 2, f"{subtheme}\n{counts.total()}"))
            angle += share
        _piece(draw, side, _INNER, begin, angle - begin, colour)
        if angle - begin >= _LEAST_LABELLED:
            pairs = round((angle - begin) * total)
            labels.append(((begin + angle) / 2, (_HOLE + _INNER) / 2, f"{theme}\n{pairs}"))
    hole = side / 2 * _HOLE
    draw.ellipse([side / 2 - hole] * 2 + [side / 2 + hole] * 2, fill="white")
    labels.append((0.0, 0.0, f"{statistics.samples}\npairs"))
    for at, distance, text in labels:
        where = [
            side / 2 * (1 + distance * turn) for turn in (math.sin(math.tau * at), -math.cos(math.tau * at))
        ]
        draw.multiline_text(
            (where[0], where[1]), text, fill="black", font=font, anchor="mm", align="center", spacing=2
        )
    write_image(path, np.asarray(picture.resize((SIZE, SIZE), Pillow.Resampling.LANCZOS)))


def _piece(
    draw: ImageDraw.ImageDraw, side: int, radius: float, begin: float, share: float, colour: str
) -> None:
    low, high = side / 2 * (1 - radius), side / 2 * (1 + radius)
    ends = (360 * begin - 90, 360 * (begin + share) - 90)
    draw.pieslice([low, low, high, high], *ends, fill=colour, outline="white", width=2 * _FINE)


def _lighter(colour: str, by: float) -> str:
    parts = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{round(part + (255 - part) * by):02x}" for part in parts)
