"""How actors move: poses over the time u in [0, 1], and sprites that bend."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from benchmarks.eyes.scene import Pose, Sprite

Path = Callable[[float], Pose]
Look = Callable[[float], Sprite]


def still(pose: Pose) -> Path:
    """Stand in one place."""
    return lambda u: pose


def line(first: Pose, last: Pose, bob: float = 0.0, steps: float = 6.0) -> Path:
    """Go from one pose to another, bobbing by a fraction of the height `steps` times."""

    def pose(u: float) -> Pose:
        return Pose(
            first.x + u * (last.x - first.x),
            first.y + u * (last.y - first.y) - bob * abs(np.sin(np.pi * steps * u)),
            first.height + u * (last.height - first.height),
            first.angle + u * (last.angle - first.angle),
            first.flip,
            first.light + u * (last.light - first.light),
        )

    return pose


def there_and_back(near: Pose, far: Pose, bob: float = 0.0) -> Path:
    """Go from `near` to `far` by half time, turn round, and come back."""
    away = line(near, far, bob)

    def pose(u: float) -> Pose:
        at = away(1 - abs(2 * u - 1))
        return at if u < 0.5 else Pose(at.x, at.y, at.height, at.angle, not at.flip, at.light)

    return pose


def swaying(pose: Pose, dx: float = 0.01, dy: float = 0.0, angle: float = 0.0, turns: float = 2.0) -> Path:
    """Stay, and sway by fractions of the stage and by degrees."""

    def at(u: float) -> Pose:
        wave = float(np.sin(2 * np.pi * turns * u))
        other = float(np.sin(2 * np.pi * turns * 0.73 * u + 1))
        return Pose(
            pose.x + dx * wave,
            pose.y + dy * other,
            pose.height,
            pose.angle + angle * wave,
            pose.flip,
            pose.light,
        )

    return at


def unchanging(sprite: Sprite) -> Look:
    """Look the same all the time."""
    return lambda u: sprite


def bending(sprite: Sprite, amount: float, turns: float = 2.0, breath: float = 0.0) -> Look:
    """Lean to and fro above the foot by `amount` of the height, and grow wider with each breath."""
    rows, columns = sprite.alpha.shape
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    above = np.clip(1 - y / rows, 0, 1)

    def look(u: float) -> Sprite:
        wave = float(np.sin(2 * np.pi * turns * u) + 0.4 * np.sin(2 * np.pi * turns * 2.3 * u + 2))
        wider = breath * float(np.sin(2 * np.pi * turns * 1.4 * u))
        source = x - amount * rows * wave * above**1.5 - wider * (x - columns / 2) * (above < 0.7) * above
        return warped(sprite, source.astype(np.float32), y)

    return look


def warped(sprite: Sprite, x: np.ndarray, y: np.ndarray) -> Sprite:
    """Return a sprite whose pixel at (row, column) comes from (y, x) of the old one."""
    colour = cv2.remap(sprite.colour, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return Sprite(colour, cv2.remap(sprite.alpha, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT))
