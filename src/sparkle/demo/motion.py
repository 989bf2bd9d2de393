"""How the demo's person moves: a short gesture that repeats, with head, eyes and breath on rhythms of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sparkle.core.seeds import generator
from sparkle.demo.brush import Points

GESTURE_PERIOD_S = 5.4
BLINK_PERIOD_S, BLINK_LENGTH_S = 2.3, 0.22

# Time in s, then for a hand: x and y from its shoulder in reference pixels, direction of the fingers in degrees
# (-90 is up), how far they are spread (0 closed, 1 wide), and what is seen (1 the palm, -1 the back).
LEFT_HAND = np.array(
    [
        [0.0, 34, 138, -28, 0.20, -1],
        [0.7, 24, 120, -46, 0.40, -1],
        [1.4, -54, 34, -112, 0.90, 1],
        [2.0, -66, 16, -98, 1.00, 1],
        [2.5, -54, 28, -118, 0.95, 1],
        [3.3, 8, 108, -56, 0.40, -1],
        [4.4, 36, 134, -32, 0.20, -1],
    ]
)
RIGHT_HAND = np.array(
    [
        [0.0, -30, 142, -150, 0.25, -1],
        [0.8, 14, 104, -112, 0.60, -0.9],
        [1.4, 34, 80, -78, 0.95, 1],
        [2.2, -8, 120, -132, 0.45, -1],
        [3.1, 54, 22, -74, 1.00, 1],
        [3.6, 66, 6, -58, 0.95, 1],
        [4.1, 50, 24, -84, 1.00, 1],
        [4.9, -22, 134, -144, 0.30, -1],
    ]
)


@dataclass(frozen=True, slots=True)
class Hand:
    """`offset` from the shoulder in reference pixels, `direction` of the fingers in radians, `spread` in [0, 1],
    `facing` from -1 (the back is seen) to 1 (the palm is seen)."""

    offset: tuple[float, float]
    direction: float
    spread: float
    facing: float


@dataclass(frozen=True, slots=True)
class Pose:
    """One moment: angles in radians, offsets in reference pixels, openings in [0, 1]."""

    sway: float
    breath: float
    yaw: float
    pitch: float
    roll: float
    head: tuple[float, float]
    gaze: tuple[float, float]
    mouth: float
    lids: float
    brows: float
    left: Hand
    right: Hand


def pose_at(seed: int, time_s: float) -> Pose:
    """Return the pose at a time; the seed shifts the phases of the head and the rhythm of the gesture."""
    random = generator(seed, "motion")
    phase = random.uniform(-0.5, 0.5, size=6)
    tempo = random.uniform(0.96, 1.04)
    time = time_s * tempo

    def wave(period: float, index: int) -> float:
        return float(np.sin(2 * np.pi * time / period + phase[index]))

    talking = max(0.0, wave(0.62, 0)) * (0.55 + 0.45 * wave(2.9, 1))
    return Pose(
        sway=0.016 * wave(4.7, 2),
        breath=wave(3.6, 3),
        yaw=0.24 * wave(5.0, 4) + 0.07 * wave(1.9, 5),
        pitch=0.08 * wave(1.45, 1) + 0.05 * wave(4.1, 0),
        roll=0.05 * wave(3.9, 5),
        head=(4.5 * wave(5.0, 4), 2.0 * wave(1.45, 1)),
        gaze=(0.25 * wave(5.0, 2), 0.12 * wave(3.3, 0)),
        mouth=0.15 + 0.75 * talking,
        lids=_blink(time),
        brows=0.5 + 0.5 * wave(2.4, 3),
        left=_hand(LEFT_HAND, time),
        right=_hand(RIGHT_HAND, time),
    )


def _blink(time_s: float) -> float:
    since = (time_s + 0.9) % BLINK_PERIOD_S
    return float(np.sin(np.pi * since / BLINK_LENGTH_S)) if since < BLINK_LENGTH_S else 0.0


def _hand(keys: Points, time_s: float) -> Hand:
    x, y, direction, spread, facing = _between(keys, time_s % GESTURE_PERIOD_S)
    return Hand((float(x), float(y)), float(np.radians(direction)), float(spread), float(facing))


def _between(keys: Points, time_s: float) -> Points:
    """Interpolate the periodic keys (K, 1 + n), slow at each key and fast between."""
    times = np.concatenate([keys[:, 0], [GESTURE_PERIOD_S]])
    values = np.concatenate([keys[:, 1:], keys[:1, 1:]])
    index = int(np.searchsorted(times, time_s, side="right")) - 1
    share = (time_s - times[index]) / (times[index + 1] - times[index])
    eased = share * share * (3 - 2 * share)
    blended: Points = values[index] + (values[index + 1] - values[index]) * eased
    return blended
