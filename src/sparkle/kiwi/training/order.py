"""Which samples are drawn when: a pure function of seed and epoch, so that a run can go on anywhere.

An epoch draws as many samples as there are. Each dataset gives its share by weight, going through its own shuffled
samples again and again; the draws of all datasets are shuffled and then grouped by size, so that a micro-batch can be
stacked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sparkle.core.seeds import generator

Bucket = tuple[int, int, int]  # frames, height, width


@dataclass(frozen=True, slots=True)
class Draw:
    """One use of a sample. (`epoch`, `place`) names it; its noise and timestep are drawn from that name."""

    sample: int
    epoch: int
    place: int


@dataclass(slots=True)
class Order:
    """The endless row of micro-batches. datasets, buckets: of each sample. weights: of each dataset."""

    datasets: Sequence[int]
    buckets: Sequence[Bucket]
    weights: Sequence[float]
    micro_batch: int
    seed: int
    _epochs: list[list[tuple[Draw, ...]]] = field(default_factory=list)
    _ends: list[int] = field(default_factory=list)

    def micro_batch_at(self, index: int) -> tuple[Draw, ...]:
        """Return the micro-batch number `index`, counted from the run's beginning."""
        while not self._ends or index >= self._ends[-1]:
            batches = self._make_epoch(len(self._ends))
            self._ends.append((self._ends[-1] if self._ends else 0) + len(batches))
            # Only the last two epochs are looked at again.
            self._epochs.append(batches)
            if len(self._epochs) > 2:
                self._epochs[-3] = []
        epoch = int(np.searchsorted(self._ends, index, side="right"))
        batches = self._epochs[epoch] or self._make_epoch(epoch)
        return batches[index - (self._ends[epoch - 1] if epoch else 0)]

    def alternatives(self, draw: Draw, count: int) -> list[int]:
        """Return up to `count` samples of the draw's own size, to take in turn where it cannot be read."""
        same = [
            sample
            for sample, bucket in enumerate(self.buckets)
            if bucket == self.buckets[draw.sample] and sample != draw.sample
        ]
        chosen = generator(self.seed, "alternatives", draw.epoch, draw.place).permutation(len(same))
        return [same[place] for place in chosen[:count]]

    def _make_epoch(self, epoch: int) -> list[tuple[Draw, ...]]:
        drawn = np.concatenate([self._draws_of(dataset, epoch) for dataset in range(len(self.weights))])
        shuffled = generator(self.seed, "epoch", epoch).permutation(drawn)
        groups: dict[Bucket, list[int]] = {}
        batches: list[tuple[Draw, ...]] = []
        for place, sample in enumerate(shuffled):
            group = groups.setdefault(self.buckets[sample], [])
            group.append(place)
            if len(group) == self.micro_batch:
                batches.append(self._stack(shuffled, group, epoch))
                group.clear()
        # What is left of a size is filled up with samples of that size, drawn anew.
        extra = len(shuffled)
        for bucket, group in groups.items():
            if not group:
                continue
            same = [sample for sample in shuffled if self.buckets[sample] == bucket]
            batch = [*self._stack(shuffled, group, epoch)]
            while len(batch) < self.micro_batch:
                batch.append(Draw(int(same[len(batch) % len(same)]), epoch, extra))
                extra += 1
            batches.append(tuple(batch))
        return batches

    def _draws_of(self, dataset: int, epoch: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        members = np.flatnonzero(np.asarray(self.datasets) == dataset)
        share = self.weights[dataset] / sum(self.weights)
        # Rounded over the whole run, so that a small share is not lost to rounding in every epoch.
        first, last = (round(number * share * len(self.datasets)) for number in (epoch, epoch + 1))
        drawn = [
            generator(self.seed, "dataset", dataset, turn).permutation(members)
            for turn in range(first // len(members), -(-last // len(members)))
        ]
        if not drawn:
            return np.empty(0, np.int64)
        start = first - first // len(members) * len(members)
        return np.concatenate(drawn)[start : start + last - first]

    @staticmethod
    def _stack(shuffled: np.ndarray, group: list[int], epoch: int) -> tuple[Draw, ...]:
        return tuple(Draw(int(shuffled[place]), epoch, place) for place in group)
