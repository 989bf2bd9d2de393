"""What a training run is. The defaults are the published Kiwi-Sparkle run, or what the authors' trainer does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from sparkle.config.settings import Settings
from sparkle.kiwi.editor import QWEN, WAN
from sparkle.kiwi.schedule import Rounding
from sparkle.kiwi.training.scratch import ScratchSettings


def _check_length(frames: int) -> int:
    if frames % 4 != 1:
        raise ValueError(f"must be 4k + 1, e.g. {frames // 4 * 4 + 1}")
    return frames


ClipLength = Annotated[int, Field(ge=1), AfterValidator(_check_length)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]  # what numpy's generator takes
Decay = Annotated[float, Field(ge=0, lt=1)]


class ModelSettings(Settings):
    """Where training starts: from a checkpoint in any layout, or from `scratch`, a small random model.

    checkpoint: a local path or a Hub repository. The published run starts from Kiwi-Edit's second stage at 720p.
    qwen, wan: the language model and the VAE that official files are used with.
    """

    checkpoint: str | None = None
    revision: str = "main"
    qwen: str = QWEN
    qwen_revision: str = "main"
    wan: str = WAN
    wan_revision: str = "main"
    scratch: ScratchSettings | None = None

    @model_validator(mode="after")
    def _one_start(self) -> ModelSettings:
        if (self.checkpoint is None) == (self.scratch is None):
            raise ValueError("give either checkpoint, a Kiwi checkpoint to start from, or scratch")
        return self


class DatasetSettings(Settings):
    """One folder in the published layout: local or any address that fsspec knows; loose files and tar shards.

    weight: how many samples an epoch takes of it, relative to the others. frames: the most frames of a clip; 1 makes
    image pairs of the first frames. name: what its samples are called in logs; the folder's name if it is not given.
    """

    folder: str
    name: str | None = None
    themes: list[str] | None = None
    weight: float = Field(default=1.0, gt=0)
    frames: ClipLength = 81

    @property
    def label(self) -> str:
        """What comes before the ids of its samples."""
        return self.name or self.folder.rstrip("/").rpartition("/")[2]


class DataSettings(Settings):
    """Datasets, sizes, and how samples are read.

    max_pixels: clips are scaled down to so many pixels a frame (1280x720), never up. side_step, length_step: sides and
        lengths are cut down to multiples (lengths to one more): larger steps make fewer buckets.
    encoder_max_pixels: pixels of a frame that the encoder sees. 262,144 is the official inference's; the official
        training scripts set none (None: 5760 tokens for a 720p clip instead of 2304).
    tiled_vae: encode in overlapping tiles as the official inference does, which needs less memory; the official
        training encodes whole frames.
    cache_latents: encode every clip once and keep the result below `cache`, by default in the run's own folder.
    most_unreadable: share of samples that may be unreadable before the run stops.
    """

    datasets: list[DatasetSettings] = Field(min_length=1)
    max_pixels: int = Field(default=921_600, ge=32 * 32)
    side_step: int = Field(default=32, ge=32, multiple_of=32)
    length_step: int = Field(default=4, ge=4, multiple_of=4)
    encoder_max_pixels: int | None = Field(default=262_144, ge=56 * 56)
    tiled_vae: bool = False
    cache_latents: bool = True
    cache: Path | None = None
    workers: int = Field(default=4, ge=0)
    most_unreadable: float = Field(default=0.01, ge=0, le=1)

    @model_validator(mode="after")
    def _labels_differ(self) -> DataSettings:
        labels = [dataset.label for dataset in self.datasets]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"two datasets are called {', '.join(twice)}; give each a name")
        return self


class OptimizerSettings(Settings):
    """AdamW, with float32 weights whatever the precision of the arithmetic.

    The rate is `warmup_factor` times itself for the first `warmup_updates` updates and constant from then on: what
    the authors' scheduler does with its default arguments. clip_norm: largest norm of the gradient; theirs is none.
    """

    learning_rate: float = Field(default=1e-5, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    betas: tuple[Decay, Decay] = (0.9, 0.999)
    epsilon: float = Field(default=1e-8, gt=0)
    warmup_factor: float = Field(default=1 / 3, gt=0, le=1)
    warmup_updates: int = Field(default=5, ge=0)
    clip_norm: float | None = Field(default=None, gt=0)

    def rate(self, step: int) -> float:
        """Return the learning rate of update `step`, counted from 1."""
        return self.learning_rate * (self.warmup_factor if step <= self.warmup_updates else 1.0)


class LoraSettings(Settings):
    """Low-rank weights; published with alpha equal to rank and no dropout. A checkpoint's own LoRA keeps its rank."""

    rank: int = Field(default=64, ge=1)
    alpha: int = Field(default=64, ge=1)


class GuardSettings(Settings):
    """Which losses are not learnt from: any that is not finite, and with `outlier_factor` any sample's that is so many
    times the median of the last `window`. The update is left out; after `most_in_a_row` the run stops."""

    outlier_factor: float | None = Field(default=20.0, gt=1)
    window: int = Field(default=256, ge=32)
    most_in_a_row: int = Field(default=5, ge=1)


class CheckpointSettings(Settings):
    """A checkpoint every so many updates, and at the end; the last `keep` stay."""

    every: int = Field(default=500, ge=1)
    keep: int = Field(default=3, ge=1)


class ValidationSettings(Settings):
    """Every so many updates the first `count` pairs of `folder` are edited in `steps` steps, and measured."""

    folder: str
    themes: list[str] | None = None
    every: int = Field(default=500, ge=1)
    count: int = Field(default=4, ge=1)
    frames: ClipLength = 81
    steps: int = Field(default=50, ge=1, le=1000)
    seed: Seed = 0


Trainable = Literal["published", "lora", "transformer_lora", "frozen_language", "everything"]
Checkpointing = Literal["none", "wide", "transformer", "all"]


class TrainingSettings(Settings):
    """A whole run. Everything it writes goes below `output`; started again with the same settings it continues there.

    trainable: see `sparkle.kiwi.training.trainable`. steps: updates. batch: samples of an update, over all processes.
    micro_batch: samples that one device computes at once, all of one size; the rest is accumulation.
    gradient_checkpointing: what is computed again in the backward pass. "transformer" is the authors' choice; "all"
        includes the language model; "wide" keeps the results of products that do not widen, which takes more memory
        (some 24 GB for 81 frames of 720p, by count) and less time.
    attention: "sdpa", torch's own choice, or "fa4", FlashAttention 4, which a GPU and bfloat16 need; it is held against
        torch's own before the first update.
    timestep_rounding: "bfloat16" is the authors' (see TrainingTable.draw).
    average: decay of the moving average of the weights, None for none; checkpoints then hold the average.
    compile: compile the transformer's blocks.
    """

    output: Path
    seed: Seed = 0
    model: ModelSettings
    data: DataSettings
    trainable: Trainable = "published"
    lora: LoraSettings = LoraSettings()
    optimizer: OptimizerSettings = OptimizerSettings()
    steps: int = Field(default=10_000, ge=1)
    batch: int = Field(default=128, ge=1)
    micro_batch: int = Field(default=1, ge=1)
    precision: Literal["bfloat16", "float32"] = "bfloat16"
    device: Literal["auto", "cpu"] = "auto"
    gradient_checkpointing: Checkpointing = "transformer"
    compile: bool = False
    attention: Literal["sdpa", "fa4"] = "sdpa"
    timestep_rounding: Rounding = "bfloat16"
    average: float | None = Field(default=None, gt=0, lt=1)
    guard: GuardSettings = GuardSettings()
    checkpoints: CheckpointSettings = CheckpointSettings()
    validation: ValidationSettings | None = None
    tracker: Literal["none", "tensorboard", "wandb"] = "none"

    @model_validator(mode="after")
    def _kernel_fits(self) -> TrainingSettings:
        if self.attention == "fa4" and (self.device == "cpu" or self.precision == "float32"):
            raise ValueError("attention: fa4 needs a GPU and precision: bfloat16; set attention: sdpa")
        return self

    @property
    def cache(self) -> Path:
        """Where latents are kept."""
        return self.data.cache or self.output / "cache"

    def lasting(self) -> dict[str, Any]:
        """Return the settings that may not change between a run and its continuation."""
        values = self.model_dump(mode="json")
        for free in ("output", "steps", "guard", "checkpoints", "validation", "tracker"):
            values.pop(free)
        for free in ("workers", "cache", "most_unreadable"):
            values["data"].pop(free)
        return values
