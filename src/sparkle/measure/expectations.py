"""What words about a scene let one expect of its colours and brightness, and whether a picture has it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2
import numpy as np

from sparkle.measure.agreement import shrink
from sparkle.measure.ramp import ramp
from sparkle.roles import Image, Mask


@dataclass(frozen=True, slots=True)
class Expectation:
    """Words, the measured share or mean that they speak of, and its worst and best value."""

    words: re.Pattern[str]
    unless: re.Pattern[str] | None
    quantity: str
    worst: float
    best: float


@dataclass(frozen=True, slots=True)
class Fit:
    """How far a picture has what one word lets one expect, in [0, 1], and what was measured."""

    share: float
    text: str


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


NIGHT = _words(r"night\w*|midnight|starry|moon\w*|northern lights|stars?")
NOT_GREEN = _words(
    r"night\w*|moon\w*|dusk|dawn|sunset|sunrise|winter|snow\w*|frozen|blue hour|fog\w*|mist\w*|ink|noir|black and white"
    r"|dark\w*|autumn|storm\w*|glowing|lavender|tulips?|blossoms?|sunflowers?"
)
EXPECTATIONS = (
    Expectation(NIGHT, _words("day|noon|sunset|sunrise|dusk|dawn|golden"), "mean brightness", 0.5, 0.4),
    Expectation(
        _words("sunny|noon|midday|(?:broad )?daylight|sunlit"),
        _words("night|forest"),
        "mean brightness",
        0.15,
        0.35,
    ),
    Expectation(
        _words(r"snowy|snow|snowfield|blizzard|frosty"),
        _words(r"night\w*|lamps?|lit|peaks?|melting|ice|violet|dusk|dawn|sunset"),
        "share of pale pixels",
        0.04,
        0.15,
    ),
    Expectation(
        _words(r"sunset|sunrise|golden hour|autumn|lava|campfire|fireplace|torch\w*"),
        _words(r"blue hour|before sunrise|rainy|mist\w*"),
        "share of warm pixels",
        0.03,
        0.12,
    ),
    Expectation(
        _words(r"meadow|pasture|jungle|forest|green (?:fields?|hills?|valley)|garden|vineyard"),
        NOT_GREEN,
        "share of green or yellow pixels",
        0.03,
        0.12,
    ),
    Expectation(_words(r"black and white|noir|ink wash|monochrome"), None, "mean saturation", 0.4, 0.2),
    Expectation(_words(r"neon|synthwave|cyberpunk"), None, "share of vivid pixels", 0.01, 0.05),
)


def fits(text: str, picture: Image, outside: Mask) -> list[Fit]:
    """Return one fit for every expectation that `text` raises, measured where `outside` (at WIDTH columns)."""
    raised = [
        (match.group(0).lower(), expectation)
        for expectation in EXPECTATIONS
        if (match := expectation.words.search(text)) is not None
        and (expectation.unless is None or expectation.unless.search(text) is None)
    ]
    if not raised or not outside.any():
        return []
    measured = measure_colours(picture, outside)
    return [
        Fit(
            ramp(measured[expectation.quantity], expectation.worst, expectation.best),
            f"'{word}' lets one expect a {expectation.quantity} of about {expectation.best:g}, it is "
            f"{measured[expectation.quantity]:.2f}",
        )
        for word, expectation in raised
    ]


def measure_colours(picture: Image, where: Mask) -> dict[str, float]:
    """Return the quantities that expectations name, in [0, 1], over the places `where` of the shrunken picture."""
    small = shrink(picture, where.shape[1])
    hue, saturation, value = (
        cv2.cvtColor(small, cv2.COLOR_RGB2HSV)[where][:, channel].astype(float) for channel in range(3)
    )
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)[where]
    coloured = (saturation > 64) & (value > 50)
    return {
        "mean brightness": float(grey.mean()) / 255,
        "mean saturation": float(saturation.mean()) / 255,
        "share of pale pixels": float(np.mean((saturation < 70) & (value > 120))),
        "share of warm pixels": float(np.mean(coloured & ((hue < 32) | (hue > 150)))),
        "share of green or yellow pixels": float(np.mean(coloured & (hue > 18) & (hue < 90))),
        "share of vivid pixels": float(np.mean((saturation > 130) & (value > 130))),
    }
