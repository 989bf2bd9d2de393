"""A kept plan for whoever only looks: its ids at once, a sample when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from pydantic import TypeAdapter

from sparkle.core.errors import SetupError
from sparkle.core.layout import SAMPLE_ID
from sparkle.core.parsing import checked, parse_object
from sparkle.core.sample import Sample
from sparkle.runs.plan import PLAN_FILE
from sparkle.store import Folder

_SAMPLE = TypeAdapter(Sample)
_MOST_BYTES = 2**32


class KeptPlan(Sequence[Sample]):
    """The samples of the plan that a run keeps. Its lines are held as they are, a few hundred bytes a sample.

    Raises SetupError for a line that names no sample; a line whose rest is no sample raises it when it is asked for.
    """

    def __init__(self, folder: Folder) -> None:
        self._name = folder.name(PLAN_FILE)
        try:
            self._lines = folder.read(PLAN_FILE, _MOST_BYTES).splitlines()
        except OSError as error:
            raise SetupError(f"{self._name}: cannot be read ({error.strerror or error})") from error
        self.ids = [self._id(number, line) for number, line in enumerate(self._lines, 1)]
        seen: set[str] = set()
        for number, id in enumerate(self.ids, 1):
            if id in seen:
                raise SetupError(
                    f"{self._name}, line {number}: not a planned sample ({id} stands there twice)"
                )
            seen.add(id)

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, row: int) -> Sample: ...
    @overload
    def __getitem__(self, row: slice) -> list[Sample]: ...
    def __getitem__(self, row: int | slice) -> Sample | list[Sample]:
        if isinstance(row, slice):
            return [self[each] for each in range(*row.indices(len(self)))]
        try:
            return checked(_SAMPLE, parse_object(self._lines[row]))
        except ValueError as error:
            raise SetupError(f"{self._name}, line {row + 1}: not a planned sample ({error})") from error

    def __iter__(self) -> Iterator[Sample]:
        return (self[row] for row in range(len(self)))

    def _id(self, number: int, line: bytes) -> str:
        try:
            id = parse_object(line).get("id")
            if not isinstance(id, str) or SAMPLE_ID.fullmatch(id) is None:
                raise ValueError("it has no id")
        except ValueError as error:
            raise SetupError(f"{self._name}, line {number}: not a planned sample ({error})") from error
        return id
