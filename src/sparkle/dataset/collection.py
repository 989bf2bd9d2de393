"""A dataset as a sequence of samples, wherever it lies and however much of it was downloaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import SetupError
from sparkle.core.layout import ARTIFACTS
from sparkle.dataset.lookup import Lookup
from sparkle.dataset.stored_sample import StoredSample
from sparkle.store import Folder
from sparkle.video import Decode, decode_with_pyav

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, eq=False)
class Collection(Sequence[StoredSample]):
    """Samples in the order of their tables. Holds 8 bytes a sample; it is picklable, and costs a worker nothing.

    `numbers`: the samples that it has, as the index counts them, int64 (N,). A slice is a Collection, so every
    `rank` of `world` processes has its share as `collection[rank::world]`. `decode` reads its samples' clips.
    """

    folder: Folder
    lookup: Lookup
    numbers: NDArray[np.int64]
    decode: Decode = decode_with_pyav

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> StoredSample: ...
    @overload
    def __getitem__(self, index: slice) -> Collection: ...
    def __getitem__(self, index: int | slice) -> StoredSample | Collection:
        if isinstance(index, slice):
            return self._of(self.numbers[index])
        id, theme, prompt = self.lookup.sample(int(self.numbers[index]))
        return StoredSample(self.folder, self.lookup, id, theme, prompt, self.decode)

    def __iter__(self) -> Iterator[StoredSample]:
        return (self[index] for index in range(len(self)))

    def themes(self) -> list[str]:
        """Return the themes of the whole dataset that have samples, sorted."""
        return self.lookup.themes()

    def of_themes(self, themes: Sequence[str]) -> Collection:
        """Return the samples of these themes. Raises SetupError for a theme that the dataset has not."""
        known = self.themes()
        for theme in themes:
            if theme not in known:
                raise SetupError(
                    f"{self.folder} has no theme {theme!r}; themes found there: {', '.join(known)}"
                )
        return self._of(self.numbers[np.isin(self.numbers, self.lookup.numbers(themes))])

    def sample(self, id: str) -> StoredSample:
        """Return a sample by its id. Raises SetupError for one that is not here."""
        number = self.lookup.number_of(id)
        if number is None or number not in self.numbers:
            raise SetupError(f"{self.folder}: has no sample {id[:100]!r}")
        return self._of(np.array([number]))[0]

    def filter(self, keep: Callable[[StoredSample], bool]) -> Collection:
        """Return the samples that `keep` says yes to; it is asked once for each."""
        return self._of(self.numbers[np.fromiter(map(keep, self), np.bool_, len(self))])

    def with_files(self, *kinds: str) -> Collection:
        """Return the samples whose artifacts of these kinds are there, in shards or as files."""
        for kind in kinds:
            if kind not in ARTIFACTS:
                raise SetupError(f"{kind!r} is no artifact; known: {', '.join(ARTIFACTS)}")
        return self.filter(lambda sample: all(map(sample.has, kinds)))

    def at(self, indices: Iterable[int]) -> Collection:
        """Return the samples at these places, in this order."""
        return self._of(self.numbers[np.fromiter(indices, np.int64)])

    def map(self, make: Callable[[StoredSample], Made]) -> Mapped[Made]:
        """Return a sequence of what `make` makes of each sample when it is asked for; a torch DataLoader takes it."""
        return Mapped(self, make)

    def _of(self, numbers: NDArray[np.int64]) -> Collection:
        return Collection(self.folder, self.lookup, numbers, self.decode)


@dataclass(frozen=True, slots=True, eq=False)
class Mapped(Generic[Made]):
    """What `make` makes of the samples of a collection, one at a time."""

    samples: Collection
    make: Callable[[StoredSample], Made]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Made:
        return self.make(self.samples[index])
