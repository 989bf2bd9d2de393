"""Stage 1: is the camera fixed? Flow between frames, and the judge of the whole clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sparkle.roles.models import Backend
from sparkle.roles.pixels import Flow, Frames, Image


class FlowEstimator(Backend, Protocol):
    """Dense optical flow between two frames of one clip (paper: UniMatch)."""

    def __call__(self, first: Image, second: Image) -> Flow:
        """Return where each pixel of `first` went in `second`."""
        ...


@dataclass(frozen=True, slots=True)
class CameraVerdict:
    """The fine judge's answer: reasoning first, verdict after. `confidence` that the camera is fixed, in [0, 1]."""

    reason: str
    confidence: float
    scorer: str


class CameraJudge(Backend, Protocol):
    """Looks at the whole clip and says whether its camera is fixed (paper: Qwen3-VL-32B)."""

    def __call__(self, frames: Frames, fps: float) -> CameraVerdict:
        """Judge a clip of (T, H, W, 3) frames."""
        ...
