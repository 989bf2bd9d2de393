"""The first pass over the data: every pair is decoded and encoded once, and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch.utils.data import DataLoader, Dataset

from sparkle.core.errors import SampleError, SetupError
from sparkle.kiwi.prompt import EncoderInput
from sparkle.kiwi.training.batches import begin_worker
from sparkle.kiwi.training.cache import LatentCache, StoredPair
from sparkle.kiwi.training.encode_pairs import encode_frames, encoder_states
from sparkle.kiwi.training.frames import PairFrames, read_frames
from sparkle.kiwi.training.models import Models
from sparkle.kiwi.training.order import Bucket
from sparkle.kiwi.training.read_pairs import Inputs
from sparkle.kiwi.training.samples import TrainingPair
from sparkle.kiwi.training.settings import DataSettings

THREADS = 16

Report = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a pair before it is used. bucket: None until it is in the cache. error: why it is unreadable."""

    path: Path | None
    bucket: Bucket | None
    error: str | None = None


def look_up(pairs: Sequence[TrainingPair], cache: LatentCache) -> list[Known]:
    """Return for every pair where it is in the cache and whether it is there, whole."""

    def look(pair: TrainingPair) -> Known:
        try:
            path = cache.path(pair)
        except SampleError as error:
            return Known(None, None, str(error))
        return Known(path, cache.bucket(path))

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(look, pairs))


def fill(
    models: Models,
    missing: Sequence[tuple[TrainingPair, Path]],
    cache: LatentCache,
    device: torch.device,
    workers: int,
    report: Report,
) -> dict[str, str]:
    """Encode pairs and keep each at its path; models must be on the device.

    Returns the reasons, by label, of those that cannot be read.
    """
    failed = {}
    inputs = None
    if cache.encoder_key is not None:
        inputs = Inputs(models.tokenizer, models.encoder.query_counts, cache.data)
    clips = _Clips([pair for pair, _ in missing], cache.data, inputs)
    for done, (index, decoded) in enumerate(_decoded(clips, workers)):
        pair, path = missing[index]
        report(done, len(missing), pair.label)
        if isinstance(decoded, str):
            failed[pair.label] = decoded
            continue
        try:
            stored = _encode(models, decoded, cache, device)
        except SampleError as error:
            failed[pair.label] = str(error)
            continue
        try:
            cache.write(path, stored)
        except (OSError, SafetensorError) as error:
            raise SetupError(
                f"{path}: cannot be written ({error}); make room, or set data.cache to a folder elsewhere. What is "
                "in the cache is kept"
            ) from error
    return failed


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A pair's pixels; and what the encoder reads of it, where its states are kept."""

    frames: PairFrames
    inputs: EncoderInput | None


def _encode(models: Models, decoded: _Decoded, cache: LatentCache, device: torch.device) -> StoredPair:
    states = None if decoded.inputs is None else encoder_states(models.encoder, decoded.inputs)
    source, target = (
        encode_frames(models, torch.from_numpy(clip), device, cache.data.tiled_vae)
        for clip in (decoded.frames.source, decoded.frames.edited)
    )
    return StoredPair(source, target, states)


@dataclass(frozen=True, slots=True)
class _Clips(Dataset[tuple[int, _Decoded | str]]):
    """Decodes pairs, and cuts them into the encoder's patches, in worker processes: that is most of the work beside a
    fast GPU. The text is the reason why a pair cannot be used."""

    pairs: Sequence[TrainingPair]
    data: DataSettings
    inputs: Inputs | None

    def __getitem__(self, index: int) -> tuple[int, _Decoded | str]:
        pair = self.pairs[index]
        try:
            frames = read_frames(pair, self.data)
            inputs = None if self.inputs is None else self.inputs(pair.instruction, frames.source)
        except SampleError as error:
            return index, str(error)
        return index, _Decoded(frames, inputs)

    def __len__(self) -> int:
        return len(self.pairs)


def _decoded(clips: _Clips, workers: int) -> Iterator[tuple[int, _Decoded | str]]:
    if not clips.pairs:
        return
    loader: DataLoader[tuple[int, _Decoded | str]] = DataLoader(
        clips,
        batch_size=None,
        num_workers=workers,
        worker_init_fn=begin_worker,
        prefetch_factor=2 if workers else None,
    )
    yield from loader
