"""SAM 3's tracker (role Tracker; the paper's model): `facebook/sam3` through transformers' Sam3TrackerVideoModel."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from sparkle.backends.segmentation.promptable_video import (
    ModelFamily,
    PromptableSettings,
    PromptableVideoTracker,
)
from sparkle.config import Settings, parse_settings

# Pixels as the checkpoint's own processor_config.json has them. 0.47 billion parameters; the working size is an
# estimate.
SAM3 = ModelFamily(
    name="SAM 3",
    model="Sam3TrackerVideoModel",
    session="Sam3TrackerVideoInferenceSession",
    mean=(0.5, 0.5, 0.5),
    deviation=(0.5, 0.5, 0.5),
    gpu_memory_gb=4.0,
)


class Sam3Settings(PromptableSettings):
    """`compile` compiles the vision encoder at its first use (a minute or so), faster afterwards."""

    model: str = Field(default="facebook/sam3", min_length=1)
    feature_memory_gb: float = Field(default=2.0, ge=0)
    compile: bool = False


class Sam3Tracker(PromptableVideoTracker):
    """Segments and follows boxed objects with SAM 3, at 1008 pixels.

    `model` is a Hub repository or a folder in its layout: the whole SAM 3 (detector and tracker, as published), of
    which the tracker's part is loaded, or a Sam3TrackerVideoModel alone. Encoded frames take 10.6 MB each in
    bfloat16: the first `feature_memory_gb` of them stay on the GPU, the rest in host memory.
    """

    Options: ClassVar[type[Settings]] = Sam3Settings

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of Sam3Settings."""
        settings = parse_settings(Sam3Settings, options, type(self).__name__)
        super().__init__(SAM3, settings)
        self._compile = settings.compile

    def _load(self) -> Any:
        model = super()._load()
        exact_positions(model)
        if self._compile:
            model.vision_encoder.compile()
        return model


def exact_positions(model: Any) -> None:
    """Compute the vision encoder's rotary positions in float32.

    transformers before 5.24 does so in the dtype that a model is loaded in; its global layers count in thirds of a
    patch, which bfloat16 rounds by up to a sixteenth of a patch.
    """
    for layer in model.vision_encoder.backbone.layers:
        exact = layer.precompute_positions(layer.config, layer.window_size)
        layer.position_ids = exact.to(layer.position_ids.device)
