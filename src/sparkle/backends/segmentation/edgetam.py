"""EdgeTAM (role Tracker, for small GPUs): `yonigozlan/EdgeTAM-hf` through transformers' EdgeTamVideoModel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sparkle.backends.segmentation.promptable_video import ModelFamily, PromptableVideoTracker
from sparkle.backends.weights import Weights

# Pixels are normalised as for ImageNet. 14 million parameters; the working size is an estimate.
EDGETAM = ModelFamily(
    name="EdgeTAM",
    model="EdgeTamVideoModel",
    session="EdgeTamVideoInferenceSession",
    mean=(0.485, 0.456, 0.406),
    deviation=(0.229, 0.224, 0.225),
    gpu_memory_gb=2.0,
)
FILES = ("config.json", "model.safetensors")


class EdgeTamTracker(PromptableVideoTracker):
    """Segments and follows boxed objects with EdgeTAM, at 1024 pixels.

    Its backbone (RepViT) comes from the package timm, which needs torchvision. Encoded frames take 8.4 MB each in
    bfloat16: the first `feature_memory_gb` of them stay on the GPU, the rest in host memory.
    """

    packages: ClassVar[Mapping[str, str]] = {"timm": "edgetam", "torchvision": "edgetam"}

    def __init__(
        self,
        model: str = "yonigozlan/EdgeTAM-hf",
        revision: str = "main",
        device: str = "cuda",
        dtype: str = "bfloat16",
        feature_memory_gb: float = 1.0,
    ) -> None:
        super().__init__(EDGETAM, Weights(model, revision, FILES), device, dtype, feature_memory_gb)
