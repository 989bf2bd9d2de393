"""EdgeTAM (role Tracker, for small GPUs): `yonigozlan/EdgeTAM-hf` through transformers' EdgeTamVideoModel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from sparkle.backends.segmentation.promptable_video import (
    ModelFamily,
    PromptableSettings,
    PromptableVideoTracker,
)
from sparkle.config import Settings, parse_settings

# Pixels are normalised as for ImageNet. 14 million parameters; the working size is an estimate.
EDGETAM = ModelFamily(
    name="EdgeTAM",
    model="EdgeTamVideoModel",
    session="EdgeTamVideoInferenceSession",
    mean=(0.485, 0.456, 0.406),
    deviation=(0.229, 0.224, 0.225),
    gpu_memory_gb=2.0,
)


class EdgeTamSettings(PromptableSettings):
    """See PromptableSettings."""

    model: str = Field(default="yonigozlan/EdgeTAM-hf", min_length=1)
    feature_memory_gb: float = Field(default=1.0, ge=0)


class EdgeTamTracker(PromptableVideoTracker):
    """Segments and follows boxed objects with EdgeTAM, at 1024 pixels.

    Its backbone (RepViT) comes from the package timm, which needs torchvision. Encoded frames take 8.4 MB each in
    bfloat16: the first `feature_memory_gb` of them stay on the GPU, the rest in host memory.
    """

    packages: ClassVar[Mapping[str, str]] = {"timm": "edgetam", "torchvision": "edgetam"}

    Options: ClassVar[type[Settings]] = EdgeTamSettings

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of EdgeTamSettings."""
        super().__init__(EDGETAM, parse_settings(EdgeTamSettings, options, type(self).__name__))
