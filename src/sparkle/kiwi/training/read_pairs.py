"""How workers get a pair: from the cache, or from its clips."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sparkle.core.errors import MediaError
from sparkle.kiwi.preprocessing import FRAMES, crop_and_resize
from sparkle.kiwi.prompt import EncoderInput, Mode
from sparkle.kiwi.training.batches import PreparedPair
from sparkle.kiwi.training.cache import LatentCache
from sparkle.kiwi.training.frames import encoder_input, read_frames
from sparkle.kiwi.training.order import Bucket
from sparkle.kiwi.training.samples import TrainingPair
from sparkle.kiwi.training.settings import DataSettings
from sparkle.kiwi.vision import sampled_frames
from sparkle.roles import Frames


@dataclass(frozen=True, slots=True)
class Inputs:
    """Makes what the encoder reads. queries: how many each mode has."""

    tokenizer: Any
    queries: dict[Mode, int]
    data: DataSettings

    def __call__(self, instruction: str, source: Frames) -> EncoderInput:
        """Return the encoder's input for a source clip at the bucket's size."""
        return encoder_input(self.tokenizer, self.queries, instruction, source, self.data.encoder_max_pixels)


@dataclass(frozen=True, slots=True)
class FromCache:
    """Reads latents, and either states or, with `inputs`, the source's frames for the encoder.

    cell: pixels of a latent, each way.
    """

    pairs: list[TrainingPair]
    cache: LatentCache
    paths: list[Path]
    cell: int
    inputs: Inputs | None

    def __call__(self, index: int) -> PreparedPair:
        """Return a pair. Raises MediaError for a damaged file or clip."""
        stored, pair = self.cache.read(self.paths[index]), self.pairs[index]
        if self.inputs is None:
            return PreparedPair(stored.source, stored.target, states=stored.states)
        _, latent_frames, rows, columns = stored.source.shape
        count = (latent_frames - 1) * FRAMES + 1
        frames = pair.source.read(count).frames
        if len(frames) < count:
            raise MediaError(f"{pair.source}: has become shorter than it was when it was encoded")
        seen = frames[sampled_frames(count)]  # the encoder would drop the others later
        source = crop_and_resize(seen, rows * self.cell, columns * self.cell)
        return PreparedPair(stored.source, stored.target, self.inputs(pair.instruction, source))


@dataclass(frozen=True, slots=True)
class FromClips:
    """Reads frames that are encoded during training."""

    pairs: list[TrainingPair]
    buckets: list[Bucket]
    inputs: Inputs

    def __call__(self, index: int) -> PreparedPair:
        """Return a pair. Raises MediaError for a clip that is not what its header says."""
        pair = self.pairs[index]
        frames = read_frames(pair, self.inputs.data)
        if frames.bucket != self.buckets[index]:
            raise MediaError(f"{pair.source}: has {frames.bucket}, its header says {self.buckets[index]}")
        source, edited = torch.from_numpy(frames.source), torch.from_numpy(frames.edited)
        return PreparedPair(source, edited, self.inputs(pair.instruction, frames.source))


@dataclass(frozen=True, slots=True)
class LatentShape:
    """The shape of the latents (C, F, H, W) that uint8 frames (T, H, W, 3) will have."""

    channels: int
    cell: int

    def __call__(self, frames: Tensor) -> tuple[int, ...]:
        """Return it."""
        count, height, width = frames.shape[:3]
        return self.channels, (count - 1) // FRAMES + 1, height // self.cell, width // self.cell


def shape_of_latents(latents: Tensor) -> tuple[int, ...]:
    """Return the shape of what are latents already."""
    return tuple(latents.shape)
