"""Edge maps by Canny (1986), with thresholds that follow the clip instead of being set by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sparkle.config.settings import Settings, parse_settings
from sparkle.core.threads import in_order
from sparkle.roles import EdgeMaps, Frames, Image, ModelCard

Float = NDArray[np.float32]

_NOISE = 4.0  # change in levels, mean of 5x5 pixels, below which a pixel counts as standing still
_LEAST_NEWS = 0.15  # share of the new frame where nothing moves


class CannySettings(Settings):
    """How many lines are drawn."""

    strong_share: float = Field(
        default=0.07, gt=0, lt=0.5, description="share of pixels whose gradient starts a line"
    )
    low_ratio: float = Field(
        default=0.4, gt=0, lt=1, description="lower threshold as a share of the upper one"
    )
    blur: float = Field(default=1.2, gt=0, le=10, description="standard deviation in pixels at 832 wide")
    faintest: float = Field(
        default=24.0, ge=0, description="upper threshold never falls below, in levels of the Sobel sum"
    )
    smoothing_frames: float = Field(
        default=6.0, gt=0, description="how slowly thresholds change, standard deviation"
    )


class Canny:
    """Fulfils EdgeDetector: white lines one pixel wide on black.

    The upper threshold is a quantile of each frame's gradient magnitude, smoothed along time, so that dark and
    pale scenes get lines as well; where nothing moves, noise is averaged away along time, so that lines stay.
    """

    Options: ClassVar[type[Settings]] = CannySettings

    card = ModelCard("opencv-canny", cv2.__version__, "Apache-2.0")

    def __init__(self, **options: Any) -> None:
        """Options are the fields of CannySettings; raises SettingsError for others."""
        self.settings = parse_settings(CannySettings, options, "cpu.canny")

    def __call__(self, frames: Frames) -> EdgeMaps:
        """Return uint8 (T, H, W) with values 0 and 255 for frames (T, H, W, 3)."""
        upper = self._thresholds(frames)
        edges = np.empty(frames.shape[:3], np.uint8)

        def draw(numbered: tuple[int, Float]) -> NDArray[np.uint8]:
            index, grey = numbered
            dx, dy = self._gradient(grey)
            high = float(upper[index])
            lines = cv2.Canny(dx, dy, self.settings.low_ratio * high, high, L2gradient=True)
            return np.asarray(lines, np.uint8)

        for index, lines in enumerate(in_order(draw, enumerate(self._calm(frames)))):
            edges[index] = lines
        return edges

    def _calm(self, frames: Frames) -> Iterator[Float]:
        """Grey frames in which changes as small as noise are averaged away, so that lines of still things stay."""
        calm = None
        for frame in frames:
            grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
            if calm is None:
                calm = grey
            else:
                change = cv2.blur(cv2.absdiff(grey, calm), (5, 5))
                calm = calm + (grey - calm) * np.clip(change / _NOISE - 0.5, _LEAST_NEWS, 1.0)
            yield calm

    def _gradient(self, grey: Float) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        blur = max(self.settings.blur * grey.shape[1] / 832, 0.6)
        soft = cv2.GaussianBlur(grey, (0, 0), blur)
        dx, dy = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
        return np.rint(dx).astype(np.int16), np.rint(dy).astype(np.int16)

    def _thresholds(self, frames: Frames) -> Float:
        quantile = 100 * (1 - self.settings.strong_share)

        def strongest(frame: Image) -> float:
            dx, dy = self._gradient(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32))
            magnitude = np.hypot(dx[::3, ::3].astype(np.float32), dy[::3, ::3].astype(np.float32))
            return max(float(np.percentile(magnitude, quantile)), self.settings.faintest)

        row = np.array([list(in_order(strongest, frames))], np.float32)
        sigma = self.settings.smoothing_frames
        smooth: Float = cv2.GaussianBlur(row, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)[0]
        return smooth
