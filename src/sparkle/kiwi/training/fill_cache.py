"""The first pass over the data: every pair is decoded and encoded once, and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.utils.data import DataLoader, Dataset

from sparkle.core.errors import SampleError
from sparkle.kiwi.training.batches import begin_worker
from sparkle.kiwi.training.cache import LatentCache, StoredPair
from sparkle.kiwi.training.encode_pairs import encode_frames, encoder_states
from sparkle.kiwi.training.frames import PairFrames, encoder_input, read_frames
from sparkle.kiwi.training.models import Models
from sparkle.kiwi.training.order import Bucket
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
    for done, (index, frames) in enumerate(_decoded([pair for pair, _ in missing], cache.data, workers)):
        pair, path = missing[index]
        report(done, len(missing), pair.label)
        if isinstance(frames, str):
            failed[pair.label] = frames
            continue
        try:
            cache.write(path, _encode(models, pair, frames, cache, device))
        except SampleError as error:
            failed[pair.label] = str(error)
    return failed


def _encode(
    models: Models, pair: TrainingPair, frames: PairFrames, cache: LatentCache, device: torch.device
) -> StoredPair:
    states = None
    if cache.encoder_key is not None:
        encoder = models.encoder
        sample = encoder_input(
            models.tokenizer,
            encoder.query_counts,
            pair.instruction,
            frames.source,
            cache.data.encoder_max_pixels,
        )
        states = encoder_states(encoder, sample)
    source, target = (
        encode_frames(models, torch.from_numpy(clip), device, cache.data.tiled_vae)
        for clip in (frames.source, frames.edited)
    )
    return StoredPair(source, target, states)


@dataclass(frozen=True, slots=True)
class _Clips(Dataset[tuple[int, PairFrames | str]]):
    """Decodes pairs in worker processes; the text is the reason why one cannot be read."""

    pairs: Sequence[TrainingPair]
    data: DataSettings

    def __getitem__(self, index: int) -> tuple[int, PairFrames | str]:
        try:
            return index, read_frames(self.pairs[index], self.data)
        except SampleError as error:
            return index, str(error)

    def __len__(self) -> int:
        return len(self.pairs)


def _decoded(
    pairs: Sequence[TrainingPair], data: DataSettings, workers: int
) -> Iterator[tuple[int, PairFrames | str]]:
    if not pairs:
        return
    loader: DataLoader[tuple[int, PairFrames | str]] = DataLoader(
        _Clips(pairs, data),
        batch_size=None,
        num_workers=workers,
        worker_init_fn=begin_worker,
        prefetch_factor=2 if workers else None,
    )
    yield from loader
