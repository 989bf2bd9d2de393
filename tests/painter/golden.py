"""Thumbnails of every place that the painter knows; `python -m tests.painter.golden` makes them anew.

Each place is painted as it is when nobody says more, and then at another hour, season and weather, with things in it
that many places react to. The sheet has one row a place, and is a picture to look at.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.painter import ScenePlan, paint
from sparkle.painter.places import PLACES

HERE = Path(__file__).parent / "data"
SHEET, NAMES = HERE / "places.png", HERE / "places.json"
WIDTH, HEIGHT, PAINTED_AT, SEED = 32, 18, (96, 54), 11


def variants(place: str) -> tuple[ScenePlan, ...]:
    """The plans under which a place is kept: its usual hour, a low sun in autumn, a winter night or a wet morning."""
    usual = ScenePlan(place, time=PLACES[place].time)
    autumn = ScenePlan(
        place,
        "sunset",
        "autumn",
        "cloudy",
        elements=frozenset({"trees", "flowers", "birds", "mountains"}),
    )
    if len(place) % 2:
        other = ScenePlan(
            place,
            "night",
            "winter",
            "snow",
            elements=frozenset({"snow", "street lamps", "moon", "stars"}),
        )
    else:
        other = ScenePlan(
            place,
            "dawn",
            "spring",
            "fog",
            elements=frozenset({"mist", "path", "beams"}),
        )
    return usual, autumn, other


def thumbnail(plan: ScenePlan) -> NDArray[np.uint8]:
    """Paint a plan small, uint8 (HEIGHT, WIDTH, 3)."""
    picture = paint(plan, *PAINTED_AT, SEED)
    return np.asarray(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def row(place: str) -> NDArray[np.uint8]:
    """All thumbnails of a place side by side."""
    return np.concatenate([thumbnail(plan) for plan in variants(place)], axis=1)


def golden_rows() -> dict[str, NDArray[np.uint8]]:
    """The rows that are kept, by place."""
    sheet = cv2.imread(str(SHEET))[..., ::-1]
    names = json.loads(NAMES.read_text())
    return {name: sheet[i * HEIGHT : (i + 1) * HEIGHT] for i, name in enumerate(names)}


def renew(places: Sequence[str]) -> None:
    """Paint these places again, and keep the others as they are; without any, all."""
    rows = golden_rows() if places and SHEET.exists() else {}
    rows = {name: rows[name] if places and name not in places else row(name) for name in PLACES}
    cv2.imwrite(str(SHEET), np.concatenate(list(rows.values()))[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
    NAMES.write_text(json.dumps(list(rows), indent=0) + "\n")


if __name__ == "__main__":
    renew(sys.argv[1:])
