"""Where in the ledger the results of every sample stand: arrays over the plan, made from the ledger's lines alone.

A sample costs 8 bytes a stage for the place of its result, 4 an artifact for its size, and 4 for its sources. What a
result says is read from its line when it is needed. The arrays are kept in a file, see kept_index.py.

A result counts if every stage before has one that stands before it, with nothing in between that voids it. So
where a line is lost, doubled or out of its place, what was built on it does not count and is done again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import SetupError
from sparkle.core.layout import ARTIFACTS, SAMPLE_ID
from sparkle.core.outcome import Status
from sparkle.core.parsing import parse_object
from sparkle.runs.events import Provenance, StageEvent, parse_provenance
from sparkle.runs.packed import sources_of
from sparkle.runs.segments import Segments
from sparkle.runs.sources import stamp

STATUSES: tuple[Status, ...] = ("passed", "rejected", "failed")
ARTIFACT_NAMES = tuple(ARTIFACTS)

_SOURCES = "inputs"  # in the record of the first stage: what tells whether the sources are the same
STATUS_BITS = 2
_NOTHING = -1
_DIGITS = 18  # that the number of an id has at most
_LARGEST_GAP = 50_000_000  # between numbers of a theme; a list has room for those between
LARGEST_SIZE = 2**32 - 1
_MOST_FAULTS = 1000


class Rows:
    """Which row of the plan an id is; a few bytes a sample. Raises SetupError, which names the `plan`, for what is no
    sample's id."""

    def __init__(self, ids: Iterable[str], plan: str) -> None:
        self._rows: dict[str, list[int]] = {}
        self.count = 0
        self.checksum = 0
        for row, id in enumerate(ids):
            match = SAMPLE_ID.fullmatch(id)
            if match is None:
                raise SetupError(f"{plan}: '{id[:60]}' is no sample id; expected Sparkle_THEME_NNNNNN")
            rows = self._rows.setdefault(match["theme"], [])
            number = int(match["number"])
            if number > len(rows) + _LARGEST_GAP:
                raise SetupError(f"{plan}: '{id[:60]}' has a number that no plan gives out; restore the file")
            rows.extend([_NOTHING] * (number + 1 - len(rows)))
            rows[number] = row
            self.count = row + 1

    @property
    def themes(self) -> tuple[str, ...]:
        """The themes of the plan."""
        return tuple(self._rows)

    def find(self, id: str) -> int | None:
        """Return the row of an id, or None where the plan has none such."""
        begin, _, digits = id.rpartition("_")
        rows = self._rows.get(begin.removeprefix("Sparkle_"), ())
        number = int(digits) if digits.isdecimal() and len(digits) <= _DIGITS else len(rows)
        row = rows[number] if number < len(rows) else _NOTHING
        # Whoever asks may come from outside: another way to write the number is another id.
        return None if row == _NOTHING or id != f"{begin}_{number:06d}" or begin[:8] != "Sparkle_" else row


@dataclass(slots=True)
class Index:
    """The state of a run. `faults` are lines that were not as they should be, each in a sentence that names it."""

    stages: tuple[str, ...]
    places: NDArray[np.int64]  # (samples, stages): position of the line << 2 | status; -1 without one
    sizes: NDArray[np.uint32]  # (samples, artifacts): bytes; 0 without one
    stamps: NDArray[np.uint32]  # (samples,): what tells whether the sources are the same; 0 unknown
    void: NDArray[np.int64]  # (stages,): lines of a stage before this position are void
    writers: NDArray[np.int8]  # (artifacts,): the stage that writes it; -1 unknown
    provenance: dict[str, Provenance] = field(default_factory=dict)
    expected: int = 0  # the number of the next line
    redos: int = 0
    end: int = 0  # the position behind the last line that was read
    faults: list[str] = field(default_factory=list)
    missing: set[int] = field(default_factory=set)

    @classmethod
    def empty(cls, samples: int, stages: Sequence[str]) -> Index:
        """Return the index of a run in which nothing has happened."""
        return cls(
            stages=tuple(stages),
            places=np.full((samples, len(stages)), _NOTHING, np.int64),
            sizes=np.zeros((samples, len(ARTIFACT_NAMES)), np.uint32),
            stamps=np.zeros(samples, np.uint32),
            void=np.zeros(len(stages), np.int64),
            writers=np.full(len(ARTIFACT_NAMES), _NOTHING, np.int8),
        )

    def put(self, row: int, event: StageEvent, position: int) -> None:
        """Note an event that was appended at `position`."""
        if event.provenance is not None:
            self.provenance[event.provenance.by] = event.provenance
        found = getattr(event.record, _SOURCES, None)
        sources = None if found is None else {name: asdict(each) for name, each in found.items()}
        self._note(row, event.stage, event.status, event.artifacts, sources, position)

    def put_redo(self, stage: str, position: int) -> None:
        """Note that the results of `stage` and of those after it are void, up to `position`."""
        self.void[self.stages.index(stage) :] = position

    def cut(self, row: int, stage: str) -> None:
        """Forget the results of a sample from `stage` on."""
        self.places[row, self.stages.index(stage) :] = _NOTHING

    def counted(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return for every sample how many results count, (samples,), and the status of the last, (samples,).

        The status is an index into STATUSES; where there is no result it means nothing.
        """
        samples = len(self.places)
        count = np.zeros(samples, np.uint8)
        status = np.zeros(samples, np.uint8)
        alive = np.ones(samples, bool)
        before = np.full(samples, _NOTHING, np.int64)
        for stage in range(len(self.stages)):
            place = self.places[:, stage]
            counts = alive & (place > before) & (place >> STATUS_BITS >= self.void[stage])
            count += counts
            code = (place & (1 << STATUS_BITS) - 1).astype(np.uint8)
            status[counts] = code[counts]
            before[counts] = place[counts]
            alive = counts & (code == STATUSES.index("passed"))
        return count, status

    def positions(self, row: int) -> list[int]:
        """Return where the lines of the results that count begin, in order of the stages."""
        found: list[int] = []
        for place, void in zip(self.places[row].tolist(), self.void.tolist(), strict=True):
            position = place >> STATUS_BITS
            if place == _NOTHING or position < void or (found and position <= found[-1]):
                break
            found.append(position)
            if place & (1 << STATUS_BITS) - 1 != STATUSES.index("passed"):
                break
        return found

    def artifacts(self) -> NDArray[np.uint32]:
        """Return the sizes in bytes of the artifacts that count, (samples, artifacts); 0 where there is none."""
        count, _ = self.counted()
        counts = (self.writers >= 0) & (self.writers < count[:, None])
        return np.where(counts, self.sizes, np.uint32(0))

    def read(self, segments: Segments, rows: Rows) -> int:
        """Take in all lines behind `end`, and return how many there were.

        Raises SetupError where lines know of a redo that stands nowhere: what it voided would count again.
        """
        count, end = 0, self.end
        claims: list[tuple[int, int]] = []
        for position, line in segments.lines(self.end):
            count += 1
            end = position + len(line) + 1
            try:
                value = parse_object(line)
                number = value.get("n")
                if not isinstance(number, int):
                    raise ValueError("it has no number")  # noqa: TRY004 - told like all that is wrong with it
            except ValueError as error:
                self.expected += 1
                self._fault(f"{segments.where(position)}: cannot be read ({error}); its work is done again")
                continue
            if self._in_order(number, value, segments, position):
                self._take(value, rows, segments, position, claims)
        self.end = end
        for redos, position in claims:
            if redos > self.redos:
                raise SetupError(
                    f"{segments.where(position)}: a redo before this line was lost, so what is void is not known; "
                    "bring the ledger back, or start in a new folder"
                )
        return count

    def _in_order(self, number: int, value: Mapping[str, Any], segments: Segments, position: int) -> bool:
        if number >= self.expected:
            lost = range(self.expected, min(number, self.expected + _MOST_FAULTS))
            self.missing.update(lost)
            if lost:
                self._fault(
                    f"{segments.where(position)}: the ledger lacks what stood before, number {self.expected} to "
                    f"{number - 1}; that work is done again"
                )
            self.expected = number + 1
            return True
        if value.get("event") == "redo":
            return True  # to void too much costs work, too little would keep what is wrong
        what = (
            "out of its place; its work is done again"
            if number in self.missing
            else "a line that stood before"
        )
        self._fault(f"{segments.where(position)}: number {number} is {what}")
        self.missing.discard(number)
        return False

    def _take(
        self,
        value: Mapping[str, Any],
        rows: Rows,
        segments: Segments,
        position: int,
        claims: list[tuple[int, int]],
    ) -> None:
        try:
            kind = value.get("event")
            if value.get("redos", 0) > self.redos + (kind == "redo"):
                claims.append((value["redos"], position))
                raise ValueError("a redo that it knows of does not stand before it")
            if kind == "redo":
                self.put_redo(value["stage"], position)
                self.redos = max(self.redos, value["redos"])
            elif kind == "provenance":
                found = parse_provenance(value)
                self.provenance[found.by] = found
            elif kind is not None:
                raise ValueError(f"event is {kind!r}")
            else:
                self._take_event(value, rows, position)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            self._fault(
                f"{segments.where(position)}: not a line of a ledger ({error}); its work is done again"
            )

    def _take_event(self, value: Mapping[str, Any], rows: Rows, position: int) -> None:
        row = rows.find(value["id"])
        if row is None:
            raise ValueError(f"the plan has no sample {value['id']!r}")
        if "by" in value and value["by"] not in self.provenance:
            raise ValueError(f"the line that says which models {value['by']!r} are is lost")
        self._note(
            row,
            value["stage"],
            value["status"],
            value.get("artifacts", {}),
            sources_of(value),
            position,
        )

    def _note(
        self,
        row: int,
        stage: str,
        status: str,
        artifacts: Mapping[str, int],
        sources: Mapping[str, Any] | None,
        position: int,
    ) -> None:
        # All of it is understood before any of it is noted.
        code, column = STATUSES.index(status), self.stages.index(stage)
        found = [
            (ARTIFACT_NAMES.index(name), min(int(size), LARGEST_SIZE)) for name, size in artifacts.items()
        ]
        sources_stamp = None if sources is None else stamp(sources)
        self.places[row, column] = position << STATUS_BITS | code
        if self.sizes[row].any():
            self.sizes[row, self.writers == column] = 0
        for artifact, size in found:
            self.writers[artifact] = column
            self.sizes[row, artifact] = size
        if sources_stamp is not None:
            self.stamps[row] = sources_stamp

    def _fault(self, text: str) -> None:
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(text)
