"""Role FlowEstimator: dense inverse search, as in measure/dense_flow.py."""

from __future__ import annotations

from typing import Any, ClassVar

import cv2
from pydantic import Field

from sparkle.config import Settings, parse_settings
from sparkle.measure.dense_flow import DenseFlow
from sparkle.roles import ModelCard


class DenseInverseSearchSettings(Settings):
    """Patches of 8 pixels are matched every `patch_stride` pixels: 5 is a little finer and a quarter slower."""

    patch_stride: int = Field(default=6, ge=1)


class DenseInverseSearchFlow(DenseFlow):
    """The dense flow of measure/ as a backend, with its card and its settings."""

    Options: ClassVar[type[Settings]] = DenseInverseSearchSettings

    card = ModelCard(name="opencv-dis", revision=cv2.__version__, licence="Apache-2.0")

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of DenseInverseSearchSettings."""
        settings = parse_settings(DenseInverseSearchSettings, options, type(self).__name__)
        super().__init__(settings.patch_stride)
