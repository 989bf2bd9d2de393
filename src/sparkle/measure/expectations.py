"""What words about a scene let one expect of its colours and brightness, and whether a picture has it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2
import numpy as np

from sparkle.config import read_document
from sparkle.measure.agreement import shrink
from sparkle.measure.ramp import ramp
from sparkle.roles import Image, Mask
from sparkle.store import packaged_text
from sparkle.words.subjects import one_of


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


def _pattern(words: list[str]) -> re.Pattern[str]:
    return re.compile(rf"\b{one_of(words)}\b", re.IGNORECASE)


def _read() -> tuple[Expectation, ...]:
    records = read_document(packaged_text(__package__, "expectations.yaml"), "expectations.yaml")
    return tuple(
        Expectation(
            _pattern(record.pop("words")),
            _pattern(record.pop("unless")) if "unless" in record else None,
            **record,
        )
        for record in records
    )


EXPECTATIONS = _read()


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
