"""UniMatch's optical flow (role FlowEstimator; the paper's model).

Of the libraries that have it, ptlflow is alive but needs lightning, pandas, plotly and twenty more to import, so
the network is written out beside this file and loads the authors' own checkpoints.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from sparkle.backends.held_model import HeldModel
from sparkle.backends.placement import DeviceSettings
from sparkle.backends.weights import Weights
from sparkle.config import Settings, parse_settings
from sparkle.core.errors import BackendError, SetupError
from sparkle.core.extras import require
from sparkle.roles import Flow, Image, ModelCard

# The authors recommend "mixdata" for pictures in the wild.
CHECKPOINT = "gmflow-scale2-regrefine6-mixdata-train320x576-4e7b215d.pth"
ADDRESS = "https://s3.eu-central-1.amazonaws.com/avg-projects/unimatch/pretrained/"


class UniMatchSettings(DeviceSettings):
    """`model` is a folder with the authors' `checkpoint` (any of their gmflow-*.pth files); they are on no Hub.

    dtype: float32 alone; the others are too coarse for parts of a pixel.
    """

    model: str = Field(default="unimatch", min_length=1)
    checkpoint: str = Field(default=CHECKPOINT, min_length=1)
    dtype: Literal["float32"] = "float32"


class UniMatchFlow:
    """Dense flow between two frames; made for those of the camera check, about 320 pixels across."""

    Options: ClassVar[type[Settings]] = UniMatchSettings

    # An estimate: 30 MB of weights; looking nearby takes 3 kB a pixel: 0.2 GB at 320x180, 2.4 GB at 1280x720.
    _gpu_memory_gb = 1.0

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of UniMatchSettings."""
        settings = parse_settings(UniMatchSettings, options, type(self).__name__)
        self._checkpoint = settings.checkpoint
        self._placement = settings.placement
        self.weights = (Weights(settings.model, files=(settings.checkpoint,)),)
        # The last part of the authors' file names is the beginning of the file's SHA-256.
        self.card = ModelCard("unimatch", settings.checkpoint.removesuffix(".pth"), "MIT")
        self.gpu_memory_gb = 0.0 if settings.device == "cpu" else self._gpu_memory_gb
        self._held = HeldModel(
            self._load, remedy="to need less memory give it smaller frames", name=self.card.revision
        )

    def __call__(self, first: Image, second: Image) -> Flow:
        """Return where each pixel of `first` went in `second`.

        Raises BackendError when their sizes differ, and for a flow that is not numbers.
        """
        if first.shape != second.shape:
            raise BackendError(f"flow needs two frames of one size, got {first.shape} and {second.shape}")
        height, width = first.shape[:2]
        with self._held.use(f"flow at {width}x{height}") as model:
            return self._measure(model, first, second)

    def release(self) -> None:
        """Give the model's memory back."""
        self._held.release()

    def _load(self) -> Any:
        require("torch", "models", "UniMatch")
        from sparkle.backends.flow.gmflow import load_gmflow

        self._placement.check_device()
        if not self.weights[0].is_local:
            raise SetupError(
                f"'{self.weights[0].model}' is no folder here, and UniMatch's checkpoints are on no Hub: download "
                f"{ADDRESS}{self._checkpoint} into a folder, and name the folder with model: FOLDER"
            )
        model = load_gmflow(self.weights[0].folder() / self._checkpoint)
        return model.to(self._placement.device, self._placement.torch_dtype)

    def _measure(self, model: Any, first: Image, second: Image) -> Flow:
        """Run the model on frames stretched to its sizes; upright ones lie on their side, as in the authors' demo."""
        import torch
        from torch.nn import functional

        upright = first.shape[0] > first.shape[1]
        axes = (2, 1, 0) if upright else (2, 0, 1)
        height, width = first.shape[1::-1] if upright else first.shape[:2]
        size = [math.ceil(side / model.multiple) * model.multiple for side in (height, width)]
        with torch.inference_mode():
            stretched = [
                functional.interpolate(
                    torch.from_numpy(np.array(frame))
                    .to(self._placement.device, self._placement.torch_dtype)
                    .permute(*axes)[None],
                    size,
                    mode="bilinear",
                    align_corners=True,
                )
                for frame in (first, second)
            ]
            flow = functional.interpolate(
                model(*stretched).float(), (height, width), mode="bilinear", align_corners=True
            )[0]
            if not bool(flow.isfinite().all()):
                raise BackendError(
                    f"{self.card.revision}: the flow is not numbers, so it says nothing of the camera"
                )
            flow *= torch.tensor([width / size[1], height / size[0]], device=flow.device)[:, None, None]
            found: Flow = (flow.flip(0).permute(2, 1, 0) if upright else flow.permute(1, 2, 0)).cpu().numpy()
        return np.ascontiguousarray(found)
