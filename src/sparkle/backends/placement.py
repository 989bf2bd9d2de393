"""Where a model's weights lie and in which precision they run: the same few settings for every neural backend.

A backend makes a Placement of its options (nothing heavy is imported for that); its loading function loads the model
on the CPU and brings it where the Placement says, a diffusion pipeline with `place`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from sparkle.backends.compiling import compile_blocks
from sparkle.backends.float8 import check_float8, to_float8
from sparkle.config import Settings
from sparkle.core.errors import SettingsError, SetupError
from sparkle.core.extras import require

DTYPES = ("bfloat16", "float16", "float32")
OFFLOADS = ("none", "model", "sequential")
PRECISIONS = ("full", "fp8")
SDPA = "sdpa"
ATTENTIONS = (SDPA, "fa3", "fa3_fp8", "fa4", "sage2")
TRANSFORMERS = ("transformer", "transformer_2")
# Layers on their way to the device and back, and the VAE.
STREAMED_GB = 3.0


@dataclass(frozen=True, slots=True)
class Placement:
    """Settings that trade memory for time. Raises SettingsError for values that are not known.

    device: "cuda", "cuda:1", "cpu".
    dtype: "bfloat16" (what the published models were made for), "float16" or "float32".
    offload: "none" keeps all weights on the device; "model" keeps them in host memory and brings one component at
        a time, whole; "sequential" brings the layers of the transformers one after the other, the next one while
        the last one computes, which takes least and, for videos, hardly longer.
    fp8: keep the transformers' weights as 8-bit floats (half the size) and compute in `dtype`; slightly different
        results.
    compile: compile the transformers' repeated blocks at their first use (a minute or so), faster afterwards; on a GPU
        also compute Wan's VAE by the kernels of `sparkle.backends.diffusion.wan_vae.kernels`.
    tile_vae: encode and decode pictures in overlapping tiles, for small cards.
    attention: the kernel of Wan's self-attention: "sdpa" (torch's own choice), "fa3", "fa3_fp8", "fa4" or "sage2", see
        `sparkle.backends.attention_kernels`; "fa3_fp8" and "sage2" compute in 8 bits, slightly different results.
    precision: "full" computes in `dtype`; "fp8" has the blocks' linear layers computed in float8, slightly different
        results, see `sparkle.backends.float8`.
    """

    device: str = "cuda"
    dtype: str = "bfloat16"
    offload: str = "none"
    fp8: bool = False
    compile: bool = False
    tile_vae: bool = False
    attention: str = SDPA
    precision: str = "full"

    def __post_init__(self) -> None:
        check_choice("dtype", self.dtype, DTYPES)
        check_choice("offload", self.offload, OFFLOADS)
        check_choice("attention", self.attention, ATTENTIONS)
        check_choice("precision", self.precision, PRECISIONS)
        if self.attention != SDPA and (self.device == "cpu" or self.dtype == "float32"):
            raise SettingsError(
                f"attention: {self.attention} needs a GPU and dtype: bfloat16 or float16; set attention: sdpa"
            )
        if self.precision == "fp8" and (self.fp8 or self.offload == "sequential" or self.dtype != "bfloat16"):
            raise SettingsError(
                "precision: fp8 needs dtype: bfloat16, and goes neither with fp8: true nor with offload: sequential"
            )
        if self.device == "cpu" and self.offload != "none":
            raise SettingsError(f"offload: {self.offload} needs a GPU; with device: cpu set offload: none")
        if self.compile and (self.fp8 or self.offload == "sequential"):
            # Both exchange a layer's weights while it runs, which a compiled block does not allow.
            raise SettingsError(
                "compile: does not go together with fp8 or offload: sequential; leave one out"
            )

    @property
    def torch_dtype(self) -> Any:
        """The torch.dtype to load and compute in."""
        return getattr(require("torch", "models", "a neural backend"), self.dtype)

    @property
    def remedy(self) -> str:
        """The settings that would need less memory, for an out-of-memory message."""
        steps = []
        if self.offload == "none":
            steps.append("offload: model")
        if self.offload != "sequential":
            steps.append("offload: sequential")
        if not self.fp8:
            steps.append("fp8: true")
        if not self.tile_vae:
            steps.append("tile_vae: true")
        return f"to need less memory set {', or '.join([*steps, 'smaller videos'])} in the recipe"

    def check_device(self) -> None:
        """Raise SetupError if the device, or what the settings need beside it, is not here; cheap, so that nothing is
        loaded in vain."""
        torch = require("torch", "models", "a neural backend")
        try:
            wanted = torch.device(self.device)
        except RuntimeError as error:
            raise SettingsError(f"device: {self.device!r} is not known to torch") from error
        if wanted.type != "cuda":
            self._check_kernels()
            return
        here = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if here <= (wanted.index or 0):
            raise SetupError(
                f"device: {self.device} is not here (CUDA devices found: {here}); "
                f"set device: cpu or run where there is a GPU"
            )
        self._check_kernels()

    def _check_kernels(self) -> None:
        if self.attention != SDPA:
            from sparkle.backends.attention_kernels import check_installed

            check_installed(self.attention)
        if self.precision == "fp8":
            check_float8(self.device)

    def place(self, pipeline: Any) -> None:
        """Bring a DiffusionPipeline, just loaded on the CPU, to where and how it shall run."""
        torch = require("torch", "models", "a neural backend")
        pipeline.set_progress_bar_config(disable=True)
        transformers = [pipeline.components.get(name) for name in TRANSFORMERS]
        for transformer in filter(None, transformers):
            if self.attention != SDPA:
                from sparkle.backends.diffusion.wan_attention import use_kernel

                use_kernel(transformer, self.attention, self.torch_dtype, self.device)
            if self.precision == "fp8":
                to_float8(transformer, self.device, stays=self.offload == "none")
            if self.fp8:
                transformer.enable_layerwise_casting(torch.float8_e4m3fn, self.torch_dtype)
            if self.compile:
                compile_blocks(transformer)
        if self.compile and self.device != "cpu" and type(pipeline.vae).__name__ == "AutoencoderKLWan":
            require("triton", "speed", "compile: true on a GPU")
            from sparkle.backends.diffusion.wan_vae import quicken
            from sparkle.backends.diffusion.wan_vae.kernels import STEPS

            quicken(pipeline.vae, STEPS)
        if self.tile_vae:
            pipeline.vae.enable_tiling()
        if self.offload == "none":
            pipeline.to(self.device)
        elif self.offload == "model":
            pipeline.enable_model_cpu_offload(device=self.device)
        else:
            # The VAE is small, and runs its layers in another order for encoding than for decoding.
            pipeline.enable_group_offload(
                torch.device(self.device), offload_type="leaf_level", use_stream=True, exclude_modules="vae"
            )

    @contextmanager
    def lend(self, module: Any) -> Iterator[None]:
        """Run a module on the device for a moment. The originals stay in host memory: nothing is copied back."""
        weights = _weights(module)
        originals = [weight.data for weight in weights]
        try:
            for weight in weights:
                weight.data = weight.data.to(self.device, non_blocking=True)
            yield
        finally:
            for weight, original in zip(weights, originals, strict=True):
                weight.data = original


class DeviceSettings(Settings):
    """Options of a backend whose model lies on one device: `device` and `dtype` of Placement."""

    device: str = Field(default="cuda", min_length=1)
    dtype: Literal["bfloat16", "float16", "float32"] = "bfloat16"

    @property
    def placement(self) -> Placement:
        """Where the model lies."""
        return Placement(self.device, self.dtype)


class PlacementSettings(DeviceSettings):
    """Options of a backend whose model may be placed in every way that Placement knows; see there."""

    offload: Literal["none", "model", "sequential"] = "none"
    fp8: bool = False
    compile: bool = False
    tile_vae: bool = False

    @property
    def placement(self) -> Placement:
        """Where and how the model lies."""
        return Placement(self.device, self.dtype, self.offload, self.fp8, self.compile, self.tile_vae)

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        _ = self.placement
        return self


class WanPlacementSettings(PlacementSettings):
    """The same, for Wan's transformers, whose attention and linear layers may be computed by other kernels."""

    attention: Literal["sdpa", "fa3", "fa3_fp8", "fa4", "sage2"] = "sdpa"
    precision: Literal["full", "fp8"] = "full"

    @property
    def placement(self) -> Placement:
        """Where and how the model lies."""
        return replace(super().placement, attention=self.attention, precision=self.precision)


class WanTeamSettings(WanPlacementSettings):
    """The same, for models of which several GPUs may work on one clip.

    gpus: how many work on a clip together, in processes of their own, each with all weights; with `device: cpu`
        processes on the CPU.
    """

    gpus: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _several_gpus_hold_all_weights(self) -> Self:
        if self.gpus > 1 and (self.offload != "none" or self.device not in ("cuda", "cpu")):
            raise ValueError("gpus: more than one needs offload: none, and device: cuda without a number")
        return self


@dataclass(frozen=True, slots=True)
class ModelSize:
    """What a pipeline weighs: billions of parameters of its transformers and of its other models that stay with
    them, and the GB that one run takes beside the weights (an estimate, for 81 frames of 1280x720 where it makes
    videos)."""

    transformers: tuple[float, ...]
    others: tuple[float, ...]
    working_gb: float


def memory_gb(size: ModelSize, placement: Placement) -> float:
    """Return the GPU memory that a pipeline takes as it is placed, in GB; an estimate. 0 on the CPU."""
    if placement.device == "cpu":
        return 0.0
    width = 4 if placement.dtype == "float32" else 2
    small = placement.fp8 or placement.precision == "fp8"
    transformers = [billions * (1 if small else width) for billions in size.transformers]
    others = [billions * width for billions in size.others]
    weights = {
        "none": sum(transformers) + sum(others),
        "model": max(transformers + others),
        "sequential": STREAMED_GB,
    }
    return weights[placement.offload] + size.working_gb


def check_choice(option: str, value: str, known: Sequence[str]) -> None:
    """Raise SettingsError, which names the known values, if an option has another."""
    if value not in known:
        raise SettingsError(f"{option}: {value!r} is not known; choose one of {', '.join(known)}")


def check_at_least(option: str, value: float, least: float) -> None:
    """Raise SettingsError if an option is smaller than it may be."""
    if value < least:
        raise SettingsError(f"{option}: must be at least {least:g}, got {value:g}")


def noise_generator(seed: int) -> Any:
    """Return the source of a request's noise: drawn on the CPU, so that it is the same on every device."""
    return require("torch", "models", "a neural backend").Generator("cpu").manual_seed(seed)


def _weights(module: Any) -> list[Any]:
    return [*module.parameters(), *module.buffers()]
