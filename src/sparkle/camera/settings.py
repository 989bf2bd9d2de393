"""Settings of the coarse camera check; the numbers were chosen on real clips (benchmarks/camera.py)."""

from __future__ import annotations

from pydantic import Field

from sparkle.config.settings import Settings


class CameraSettings(Settings):
    """What counts as a moving camera. Lengths are in percent of the picture's width."""

    threshold: float = Field(default=0.45, gt=0, description="a camera that moved further is a moving one")
    cells: int = Field(default=24, ge=8, le=64, description="points across the width, one in each cell")
    texture: float = Field(default=5e-6, gt=0, description="least corner strength of a usable point")
    correlation: float = Field(default=0.75, gt=0, lt=1, description="least likeness of a point found again")
    tolerance: float = Field(
        default=0.2, gt=0, description="how near the camera's motion an unmoved point lies"
    )
    still_prior: float = Field(default=4.0, ge=1, description="how much more a still camera is expected")
    minimum_support: float = Field(default=0.02, gt=0, lt=1, description="less agreement means another scene")
    minimum_evidence: float = Field(
        default=0.1, gt=0, lt=1, description="fewer cells with texture, or agreement nowhere, decide nothing"
    )
