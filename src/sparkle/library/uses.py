"""Deals the entries of a library out: each is used equally often, as far as instructions leave a choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sparkle.core.own_background import LibraryEntry
from sparkle.core.seeds import derive_seed


class Uses:
    """How often each entry was dealt out. Equal calls in equal order give equal entries, whatever the machine."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._counts: Counter[str] = Counter()

    def next(self, among: Sequence[LibraryEntry]) -> LibraryEntry:
        """Return the entry of `among` that was used least, among equals the one that the seed puts first."""

        def turn(entry: LibraryEntry) -> tuple[int, int]:
            used = self._counts[entry.file]
            return used, derive_seed(self._seed, "library", used, entry.file)

        chosen = min(among, key=turn)
        self._counts[chosen.file] += 1
        return chosen
