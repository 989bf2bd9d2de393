"""Stage 5, its second half: edges, and the edited video."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sparkle.core.scene import Scene
from sparkle.roles.models import Backend
from sparkle.roles.pixels import EdgeMaps, Frames, Image, Masks


class EdgeDetector(Backend, Protocol):
    """Edge maps of a clip (paper: "Canny", made with a line-art detector)."""

    def __call__(self, frames: Frames) -> EdgeMaps:
        """Return uint8 (T, H, W): white lines on black."""
        ...


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """Generate the edited video, foreground included.

    `control` is the fused edge video, uint8 (T, H, W). `background` is the background video, or None when the
    guidance is of the foreground alone. `confidence` is how far BAIT's passes say foreground, float16 or float32
    (T, H, W) in [0, 1], for backends that make a soft matte of it.
    """

    first_frame: Image
    control: EdgeMaps
    instruction: str
    source: Frames
    clean_background: Image
    background: Frames | None
    mask: Masks
    confidence: NDArray[np.floating]
    fps: float
    seed: int
    scene: Scene | None = None
    labels: tuple[str, ...] = field(default=())


class VideoGenerator(Backend, Protocol):
    """The final generator (paper: Wan2.2-Fun-A14B-Control)."""

    def __call__(self, request: GenerationRequest) -> Frames:
        """Return the edited clip, same shape as `request.source`."""
        ...
