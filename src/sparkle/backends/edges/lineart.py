"""Line art as controlnet_aux draws it (role EdgeDetector; the paper's "Canny" edges are made with such a detector).

controlnet_aux itself needs torchvision, timm and scikit-image to import, for one network of a hundred lines.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import cv2
import numpy as np
from pydantic import Field

from sparkle.backends.held_model import HeldModel
from sparkle.backends.placement import DeviceSettings
from sparkle.backends.weights import Weights
from sparkle.config import Settings, parse_settings
from sparkle.core.errors import BackendError
from sparkle.core.extras import require
from sparkle.roles import EdgeMaps, Frames

FINE, COARSE = "sk_model.pth", "sk_model2.pth"
SIDE_MULTIPLE = 64


class LineArtSettings(DeviceSettings):
    """`detect_resolution`: the shorter side of the frame while it is drawn, in pixels (controlnet_aux: 512); fewer
    pixels, thicker and fewer lines. `coarse` takes the checkpoint with bolder lines. `batch`: frames at once."""

    model: str = Field(default="lllyasviel/Annotators", min_length=1)
    revision: str = "main"
    coarse: bool = False
    detect_resolution: int = Field(default=512, ge=SIDE_MULTIPLE)
    batch: int = Field(default=8, ge=1)
    dtype: Literal["bfloat16", "float16", "float32"] = "float32"


class LineArt:
    """Draws each frame by itself: white lines on black, soft, at the frame's size."""

    Options: ClassVar[type[Settings]] = LineArtSettings

    # 17 MB of weights; the working size is an estimate for 8 frames of 896x512 in float32.
    _gpu_memory_gb = 4.0

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of LineArtSettings."""
        settings = parse_settings(LineArtSettings, options, type(self).__name__)
        self._checkpoint = COARSE if settings.coarse else FINE
        self._resolution = settings.detect_resolution
        self._batch = settings.batch
        self._placement = settings.placement
        self.weights = (Weights(settings.model, settings.revision, (self._checkpoint,)),)
        self.card = self.weights[0].card()
        self.gpu_memory_gb = 0.0 if settings.device == "cpu" else self._gpu_memory_gb
        self._held = HeldModel(
            self._load,
            remedy="to need less memory set batch: 1 in the edge detector's options",
            name=settings.model,
        )

    def __call__(self, frames: Frames) -> EdgeMaps:
        """Return uint8 (T, H, W) for frames uint8 (T, H, W, 3). Raises BackendError for lines that are not numbers."""
        edges = np.empty(frames.shape[:3], np.uint8)
        height, width = frames.shape[1:3]
        for start in range(0, len(frames), self._batch):
            batch = frames[start : start + self._batch]
            pictures = np.stack([at_detect_resolution(frame, self._resolution) for frame in batch])
            with self._held.use(f"line art at {width}x{height}") as generator:
                drawings = self._draw(generator, pictures)
            for index, drawing in enumerate(drawings, start):
                edges[index] = 255 - cv2.resize(drawing, (width, height), interpolation=cv2.INTER_LINEAR)
        return edges

    def release(self) -> None:
        """Give the network's memory back."""
        self._held.release()

    def _load(self) -> Any:
        require("torch", "models", "the line art detector")
        from sparkle.backends.edges.lineart_generator import load_generator

        self._placement.check_device()
        generator = load_generator(self.weights[0].folder() / self._checkpoint)
        return generator.to(self._placement.device, self._placement.torch_dtype)

    def _draw(self, generator: Any, pictures: Frames) -> EdgeMaps:
        import torch

        with torch.inference_mode():
            levels = torch.from_numpy(pictures).to(self._placement.device).permute(0, 3, 1, 2)
            drawings = generator(levels.to(self._placement.torch_dtype) / 255)[:, 0]
            if not bool(drawings.isfinite().all()):
                raise BackendError(f"{self.card.name}: the drawings are not numbers; set dtype: float32")
            whole: EdgeMaps = (drawings.float() * 255).to(torch.uint8).cpu().numpy()
        return whole


def at_detect_resolution(frame: Frames, resolution: int) -> Frames:
    """Return an (H, W, 3) frame with the shorter side near `resolution`, both sides multiples of 64."""
    scale = resolution / min(frame.shape[:2])
    height, width = (max(round(side * scale / SIDE_MULTIPLE), 1) * SIDE_MULTIPLE for side in frame.shape[:2])
    method = cv2.INTER_LANCZOS4 if scale > 1 else cv2.INTER_AREA
    return np.asarray(cv2.resize(frame, (width, height), interpolation=method), np.uint8)
