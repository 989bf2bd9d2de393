"""Trackers of the SAM family as transformers has them: one loading and one way of tracking for all of them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from sparkle.backends.held_model import HeldModel
from sparkle.backends.placement import DeviceSettings
from sparkle.backends.sound_weights import check_folder, refuse_not_finite, some
from sparkle.backends.weights import Weights
from sparkle.core.errors import SetupError
from sparkle.core.extras import require
from sparkle.roles import Anchor, Frames, ModelCard, TrackingSession

FILES = ("config.json", "model.safetensors")


@dataclass(frozen=True, slots=True)
class ModelFamily:
    """What differs between the models.

    `model` and `session` are class names in transformers; `mean` and `deviation` normalise pixels scaled to [0, 1];
    `gpu_memory_gb` is the weights in bfloat16 and what a frame takes while it is encoded and tracked.
    """

    name: str
    model: str
    session: str
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    gpu_memory_gb: float


class PromptableSettings(DeviceSettings):
    """`model` is a Hub repository or a folder in its layout; the first `feature_memory_gb` of a clip's encoded frames
    stay on the GPU, the rest in host memory."""

    model: str = Field(min_length=1)
    revision: str = "main"
    feature_memory_gb: float = Field(ge=0)


class PromptableVideoTracker:
    """Fulfils Tracker: objects given by boxes on one frame, followed by a memory of the frames before."""

    card: ModelCard

    def __init__(self, family: ModelFamily, settings: PromptableSettings) -> None:
        self._family = family
        self._placement = settings.placement
        self._feature_bytes = int(settings.feature_memory_gb * 1e9)
        weights = Weights(settings.model, settings.revision, FILES)
        self.weights = (weights,)
        self.card = weights.card()
        on_gpu = family.gpu_memory_gb + settings.feature_memory_gb
        self.gpu_memory_gb = 0.0 if settings.device == "cpu" else on_gpu
        self._held = HeldModel(
            self._load,
            remedy="to need less memory set feature_memory_gb: 0 in the tracker's options, or track a shorter clip",
            name=weights.model,
        )

    def open(self, frames: Frames, anchors: Sequence[Anchor]) -> TrackingSession:
        """Return a session whose passes share the encoded frames; frames are encoded as passes reach them.

        frames: uint8 (T, H, W, 3). Raises SetupError when the weights or the device are not here.
        """
        from sparkle.backends.segmentation.clip_session import ClipSession
        from sparkle.backends.segmentation.frame_features import FrameFeatures
        from sparkle.backends.segmentation.pixels import PixelFormat, PreparedFrames

        with self._held.use("opening a clip") as model:
            pixels = PixelFormat(model.image_size, self._family.mean, self._family.deviation)
            new_session = functools.partial(
                getattr(require("transformers", "models", self._family.name), self._family.session),
                inference_device=model.device,
                inference_state_device=model.device,
                dtype=model.dtype,
            )
            return ClipSession(
                self._held,
                new_session,
                PreparedFrames(frames, pixels, model.device, model.dtype),
                FrameFeatures(model.device, self._feature_bytes),
                frames.shape[1:3],
            )

    def release(self) -> None:
        """Give the model's memory back. The features of a clip go with its session."""
        self._held.release()

    def _load(self) -> Any:
        transformers = require("transformers", "models", self._family.name)
        self._placement.check_device()
        model = load_complete(
            getattr(transformers, self._family.model), self.weights[0], self._placement.torch_dtype
        )
        return model.eval().to(self._placement.device)


def load_complete(kind: Any, weights: Weights, dtype: Any) -> Any:
    """Load a model of transformers from the weights' folder, offline, safetensors only.

    Raises SetupError, which names the keys, if parts of the model are not in the checkpoint, have another shape, an
    unexpected type, or values that are not finite.
    """
    folder = weights.folder()
    check_folder(folder)
    try:
        model, report = kind.from_pretrained(
            folder,
            dtype=dtype,
            local_files_only=True,
            use_safetensors=True,
            ignore_mismatched_sizes=True,  # they are refused below, by name
            output_loading_info=True,
        )
    except ImportError as error:
        raise SetupError(f"{weights.model} cannot be built here: {' '.join(str(error).split())}") from error
    except (OSError, ValueError, RuntimeError) as error:
        raise SetupError(f"{folder}: no usable {kind.__name__} checkpoint: {error}") from error
    for fault, keys in (
        ("are missing", sorted(report["missing_keys"])),
        ("have another shape", sorted(key for key, *_ in report["mismatched_keys"])),
    ):
        if keys:
            raise SetupError(
                f"{folder}: no whole {kind.__name__} checkpoint, {len(keys)} weights {fault} "
                f"({some(keys)}); fetch it again with: sparkle models fetch --recipe RECIPE"
            )
    refuse_not_finite(folder, model)
    return model
