"""Samples that could not be read: each is recorded once, with its reason; too many of them stop the run."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from sparkle.core.errors import SetupError
from sparkle.core.parsing import parse_object
from sparkle.store import read_lines, write_text

FILE = "unreadable.jsonl"


class Unreadable:
    """The record of a run, in `output`/unreadable.jsonl. `most`: the share of `total` samples that one start may meet.

    What an earlier start recorded stays, except for the `readable` samples. `writes`: in the main process.
    """

    def __init__(
        self, output: Path, total: int, most: float, readable: Collection[str], *, writes: bool
    ) -> None:
        self._path = output / FILE
        self._total = total
        self._most = most
        self._writes = writes
        self._met: set[str] = set()
        self.reasons = {label: why for label, why in _read(self._path).items() if label not in readable}

    def add(self, reasons: Mapping[str, str]) -> None:
        """Record samples, (label: reason). Raises SetupError when this start has met too many, known or new."""
        if self._met.issuperset(reasons):
            return
        self._met.update(reasons)
        new = {label: reason for label, reason in reasons.items() if label not in self.reasons}
        self.reasons |= new
        if new and self._writes:
            lines = (json.dumps({"label": label, "reason": reason}) for label, reason in self.reasons.items())
            write_text(self._path, "".join(f"{line}\n" for line in lines))
        if len(self._met) > self._most * self._total:
            label, reason = next(iter(reasons.items()))
            raise SetupError(
                f"{len(self._met)} of {self._total} samples cannot be read, more than data.most_unreadable "
                f"{self._most:g} allows; {self._path} lists them. For example {label}: {reason}"
            )


def _read(path: Path) -> dict[str, str]:
    rows = (parse_object(line) for _, line in read_lines(path))
    return {row["label"]: row["reason"] for row in rows}
