"""The picture while it is being painted: linear light, depth, the camera and the light of the scene."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.painter.engine.faces import Mover
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.noise import Noise, floats
from sparkle.painter.engine.palette import Palette
from sparkle.painter.plan import ScenePlan

Array = NDArray[Any]  # float32; NumPy's stubs lose the width in mixed arithmetic

SKY_DEPTH = 1e6


@dataclass(frozen=True, slots=True)
class View:
    """A level camera at height `eye` metres: x to the right, y up, z ahead. `horizon` and `focal` are in pixels."""

    width: int
    height: int
    horizon: float
    focal: float
    eye: float

    @property
    def centre(self) -> float:
        """Column of the optical axis."""
        return self.width / 2

    @property
    def unit(self) -> float:
        """Size of a pixel of a 832x468 picture, in pixels of this one."""
        return float(np.sqrt(self.width * self.height) / 624)

    def project(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Return (column, row) of a point with z > 0."""
        return self.centre + self.focal * x / z, self.horizon - self.focal * (y - self.eye) / z

    def ground_depth(self, row: float) -> float:
        """Distance of flat ground at a row below the horizon."""
        return self.focal * self.eye / max(row - self.horizon, 1e-3)

    def half_width(self, z: float) -> float:
        """Half of the width that is seen at a distance, in metres."""
        return self.width / 2 * z / self.focal

    def grid(self) -> tuple[Array, Array]:
        """Columns (1, W) and rows (H, 1) of pixel centres."""
        columns = np.arange(self.width, dtype=np.float32)[None] + 0.5
        return columns, np.arange(self.height, dtype=np.float32)[:, None] + 0.5


@dataclass(frozen=True, slots=True)
class Light:
    """Direct and fill light. `direction` points to the sun or moon, which stands at `column`, `row` in the picture."""

    direction: Array
    sun: Array
    ambient: Array
    haze: Array
    haze_per_km: float
    column: float
    row: float

    @property
    def behind(self) -> bool:
        """Whether the light stands behind the scene, so that things are backlit."""
        return bool(self.direction[2] > 0)


@dataclass(slots=True)
class Canvas:
    """Linear RGB (H, W, 3), depth in metres (H, W), a Kind a pixel (uint8), and everything that painting needs."""

    view: View
    light: Light
    palette: Palette
    plan: ScenePlan
    rng: np.random.Generator
    noise: Noise
    rgb: Array = field(init=False)
    depth: Array = field(init=False)
    kinds: NDArray[np.uint8] = field(init=False)
    horizon_glow: Array = field(init=False)
    movers: list[Mover] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        shape = (self.view.height, self.view.width)
        self.rgb = np.zeros((*shape, 3), dtype=np.float32)
        self.depth = np.full(shape, SKY_DEPTH, dtype=np.float32)
        self.kinds = np.zeros(shape, dtype=np.uint8)
        self.horizon_glow = floats(np.tile(self.light.haze, (self.view.width, 1)))

    def level_points(self, level: float) -> tuple[Array, Array]:
        """Where the pixels (H, W) see a plane at height `level`: x and z in metres; above the horizon far away."""
        columns, rows = self.view.grid()
        z = (
            self.view.focal * (self.view.eye - level) / np.maximum(rows - self.view.horizon, 0.25)
            + 0 * columns
        )
        return (columns - self.view.centre) / self.view.focal * z, z

    def hazed(self, rgb: Array, depth: Array | float, columns: Array | slice = slice(None)) -> Array:
        """Add the air between the eye and things at `depth`; `columns` picks the haze of their columns."""
        clear = np.exp(-floats(depth) / 1000 * self.light.haze_per_km)[..., None]
        return rgb * clear + self.horizon_glow[columns] * (1 - clear)

    def blend(self, rgb: Array, alpha: Array, box: tuple[slice, slice] = (slice(None), slice(None))) -> None:
        """Lay a colour (3,) or colours (H, W, 3) over the picture, or over a box of it, by the share `alpha` (H, W)."""
        target = self.rgb[box]
        target += alpha[..., None] * (rgb - target)

    def add(self, rgb: Array, box: tuple[slice, slice] = (slice(None), slice(None))) -> None:
        """Add light."""
        self.rgb[box] += rgb

    @contextmanager
    def drawing(self, kind: Kind | None = None) -> Iterator[NDArray[np.uint8]]:
        """Give the picture as uint8 sRGB to OpenCV's drawing functions; what they change is taken back as `kind`."""
        before = (np.clip(self.rgb, 0, 1) ** (1 / 2.2) * 255 + 0.5).astype(np.uint8)
        after = before.copy()
        yield after
        changed = (after != before).any(axis=2)
        self.rgb[changed] = to_linear(after[changed])
        if kind is not None:
            self.kinds[changed] = kind


_TO_LINEAR = floats((np.arange(256) / 255) ** 2.2)


def to_linear(srgb: NDArray[np.uint8]) -> Array:
    """Turn uint8 sRGB into linear light."""
    return floats(_TO_LINEAR[srgb])


def to_srgb(linear: Array) -> tuple[float, float, float]:
    """Turn one linear colour into 0..255 sRGB, for OpenCV's drawing functions."""
    red, green, blue = (np.clip(linear, 0, 1) ** (1 / 2.2) * 255).tolist()
    return red, green, blue


def blur(image: Array, sigma: float) -> Array:
    """Gaussian blur; wide ones are done on a smaller copy."""
    if sigma < 0.3:
        return image
    factor = int(sigma // 6)
    if factor < 2:
        return cv2.GaussianBlur(image, (0, 0), sigma)
    height, width = image.shape[:2]
    small_size = (max(width // factor, 2), max(height // factor, 2))
    small = cv2.resize(image, small_size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / factor, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
