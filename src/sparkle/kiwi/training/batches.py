"""From draws to micro-batches, in worker processes: read, prepare, stack, and draw noise and timestep.

A micro-batch is a function of its number alone, so neither the number of workers nor an interruption changes it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from sparkle.core.errors import SampleError
from sparkle.core.seeds import derive_seed
from sparkle.kiwi.prompt import EncoderInput
from sparkle.kiwi.schedule import Rounding, TrainingTable
from sparkle.kiwi.training.order import Draw, Order

ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class PreparedPair:
    """source, target: latents (C, F, H, W), or, where they are encoded during training, uint8 frames (T, H, W, 3).

    For the encoder either `inputs`, or `states` (queries, hidden) that were kept.
    """

    source: Tensor
    target: Tensor
    inputs: EncoderInput | None = None
    states: Tensor | None = None


@dataclass(frozen=True, slots=True)
class MicroBatch:
    """B stacked pairs with what was drawn for them. noise: (B, C, F, H, W) float32. timestep: (B,) float32.

    labels: the pairs that are in it. unreadable: (label, reason) of those that should have been.
    """

    labels: tuple[str, ...]
    source: Tensor
    target: Tensor
    noise: Tensor
    timestep: Tensor
    inputs: tuple[EncoderInput, ...]
    states: Tensor | None
    unreadable: tuple[tuple[str, str], ...] = field(default=())

    def to(self, device: torch.device, dtype: torch.dtype) -> MicroBatch:
        """Return it on a device, what is real-valued in `dtype`; timesteps stay float32."""

        def moved(tensor: Tensor) -> Tensor:
            return tensor.to(
                device, tensor.dtype if tensor.dtype == torch.uint8 else dtype, non_blocking=True
            )

        return replace(
            self,
            source=moved(self.source),
            target=moved(self.target),
            noise=moved(self.noise),
            timestep=self.timestep.to(device, non_blocking=True),
            inputs=tuple(sample.to(device) for sample in self.inputs),
            states=None if self.states is None else moved(self.states),
        )

    def pin_memory(self) -> MicroBatch:
        """Return it in page-locked memory, from where a GPU fetches it while the host goes on; DataLoader asks."""
        return replace(
            self,
            source=self.source.pin_memory(),
            target=self.target.pin_memory(),
            noise=self.noise.pin_memory(),
            timestep=self.timestep.pin_memory(),
            states=None if self.states is None else self.states.pin_memory(),
        )


@dataclass(slots=True)
class MicroBatches(Dataset[MicroBatch]):
    """All micro-batches of a run by number.

    read: returns a sample, prepared; raises SampleError where it cannot. labels: of all samples. noise_shape: the
    shape of the latents of a prepared source.
    """

    order: Order
    labels: list[str]
    read: Callable[[int], PreparedPair]
    noise_shape: Callable[[Tensor], tuple[int, ...]]
    table: TrainingTable
    rounding: Rounding
    seed: int

    def __getitem__(self, index: int) -> MicroBatch:
        """Return micro-batch number `index`.

        A sample that cannot be read is replaced by another of its size, always the same one. Raises SampleError when
        no replacement can be read either.
        """
        pairs, labels, unreadable, noise, timesteps = [], [], [], [], []
        for draw in self.order.micro_batch_at(index):
            sample, pair, failed = self._read(draw)
            pairs.append(pair)
            labels.append(self.labels[sample])
            unreadable += failed
            noise.append(torch.randn(self.noise_shape(pair.source), generator=self._generator("noise", draw)))
            timesteps.append(self.table.draw(1, self._generator("timestep", draw), self.rounding))
        states = [pair.states for pair in pairs if pair.states is not None]
        return MicroBatch(
            labels=tuple(labels),
            source=torch.stack([pair.source for pair in pairs]),
            target=torch.stack([pair.target for pair in pairs]),
            noise=torch.stack(noise),
            timestep=torch.cat(timesteps),
            inputs=tuple(pair.inputs for pair in pairs if pair.inputs is not None),
            states=torch.stack(states) if states else None,
            unreadable=tuple(unreadable),
        )

    def _read(self, draw: Draw) -> tuple[int, PreparedPair, list[tuple[str, str]]]:
        failed: list[tuple[str, str]] = []
        for sample in self._candidates(draw):
            try:
                return sample, self.read(sample), failed
            except SampleError as error:
                failed.append((self.labels[sample], str(error)))
        reasons = "; ".join(f"{label}: {reason}" for label, reason in failed)
        raise SampleError(f"no sample of this size can be read: {reasons}")

    def _candidates(self, draw: Draw) -> Iterator[int]:
        yield draw.sample
        yield from self.order.alternatives(draw, ATTEMPTS)

    def _generator(self, purpose: str, draw: Draw) -> torch.Generator:
        seed = derive_seed(self.seed, purpose, draw.epoch, draw.place)
        return torch.Generator("cpu").manual_seed(seed)


def load_in_order(batches: MicroBatches, numbers: range, workers: int) -> Iterator[MicroBatch]:
    """Yield the micro-batches of these numbers, made ahead by worker processes."""
    loader: DataLoader[MicroBatch] = DataLoader(
        batches,
        batch_size=None,
        sampler=numbers,
        num_workers=workers,
        worker_init_fn=begin_worker,
        prefetch_factor=2 if workers else None,
        pin_memory=torch.cuda.is_available(),
    )
    return iter(loader)


def begin_worker(number: int) -> None:
    """Leave Ctrl-C and SIGTERM to the main process, which stops after the update; take one thread a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    torch.set_num_threads(1)
