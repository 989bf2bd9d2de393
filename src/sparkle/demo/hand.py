"""The demo person's hands: palm, thumb and four fingers that spread."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sparkle.demo.brush import Layer, Points, limb, rotation, smooth
from sparkle.demo.head import SKIN, SKIN_DEEP
from sparkle.demo.motion import Hand

# Across the palm, seen from the thumb's side: where each finger starts, and its length, in reference pixels.
FINGERS = ((-11.5, 20.0), (-4.0, 26.0), (4.0, 28.0), (11.0, 25.0))


def draw_hand(layer: Layer, wrist: Points, side: int, hand: Hand) -> None:
    """Paint a hand from its wrist on; `side` is -1 for the picture's left hand, 1 for its right one."""
    turn = rotation(hand.direction)
    thumb_side = (-1 if side > 0 else 1) * (1 if hand.facing > 0 else -1)
    width = 0.62 + 0.38 * abs(hand.facing)

    def at(along: float, across: float) -> Points:
        moved: Points = wrist + turn @ np.array([along, across * width * thumb_side])
        return moved

    layer.paint(limb(at(-4, 0), at(10, 0), 10.5, 12.5 * width), SKIN, relief=10, shadow=0.3)
    fan = (0.09 + 0.19 * hand.spread) * width
    for index, (across, length) in enumerate(FINGERS):
        bent = length * (0.72 + 0.28 * hand.spread)
        tip = at(25, across) + turn @ rotation(thumb_side * fan * (index - 1.5)) @ np.array([bent, 0.0])
        layer.paint(limb(at(25, across), tip, 5.1, 4.2), SKIN, relief=4.5, shadow=0.22)
    palm = smooth([at(-4, -10), at(12, -15), at(28, -15.5), at(31, 0), at(28, 15.5), at(12, 16), at(-4, 10)])
    layer.paint(palm, SKIN, relief=9)
    _draw_thumb(layer, at, hand.spread * abs(hand.facing))
    if hand.facing > 0:
        layer.stroke([at(5, 5), at(15, 8), at(25, 7)], SKIN_DEEP, 1.3, opacity=0.5 * hand.facing)
        layer.stroke([at(14, -9), at(20, -2), at(27, 4)], SKIN_DEEP, 1.2, opacity=0.35 * hand.facing)
    else:
        for across, _ in FINGERS:
            layer.stroke(
                [at(22, across - 3), at(24, across), at(22, across + 3)], SKIN_DEEP, 1.1, opacity=0.35
            )


def _draw_thumb(layer: Layer, at: Callable[[float, float], Points], spread: float) -> None:
    knuckle, tip = at(18, 17 + 7 * spread), at(31, 19 + 12 * spread)
    layer.paint(limb(at(7, 9), knuckle, 7.0, 5.5), SKIN, relief=5, shadow=0.2)
    layer.paint(limb(knuckle, tip, 5.5, 4.5), SKIN, relief=5)
