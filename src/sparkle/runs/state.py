"""The state of a run: how far every sample is, read from the ledger when it is asked for and never all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sparkle.core.errors import SetupError
from sparkle.core.outcome import Status
from sparkle.core.parsing import parse_object
from sparkle.core.sample import Sample
from sparkle.runs.events import StageEvent, parse_event
from sparkle.runs.index import STATUSES, Index, Rows
from sparkle.runs.kept_index import load_index, plan_checksum, save_index
from sparkle.runs.kept_plan import KeptPlan
from sparkle.runs.ledger import Ledger
from sparkle.runs.plan import PLAN_FILE
from sparkle.runs.progress import Progress
from sparkle.runs.segments import Segments
from sparkle.runs.upgrade import refuse_old_ledger
from sparkle.store import Folder, Place

_REMEDY = "the file was changed by hand or by another program. Delete that line, and its work is done again"


class RunState:
    """How far the samples of a plan are. Reading changes nothing on the disk.

    `plan` are the samples as planned. `faults` are the lines of the ledger that were not as they should be, each in a
    sentence that names it; what can be done again does not count. `strays`, bool (samples,), are samples of which files
    lie there that their results do not name; whoever opens the state for writing finds them.
    """

    def __init__(self, root: Place, plan: Sequence[Sample], stages: Sequence[str]) -> None:
        self.plan = plan
        self.stages = tuple(stages)
        folder = Folder.at(root)
        self.segments = Segments(folder)
        refuse_old_ledger(folder)
        ids = plan.ids if isinstance(plan, KeptPlan) else [sample.id for sample in plan]
        self.rows = Rows(ids, folder.name(PLAN_FILE))
        self.strays = np.zeros(len(ids), bool)
        self._checksum = plan_checksum(ids)
        try:
            kept = load_index(self.segments.folder, ids, stages, self.segments)
            self.index = kept or Index.empty(len(ids), stages)
            self.index.read(self.segments, self.rows)
        except OSError:  # the index was of other lines; without it, what cannot be read is an error
            self.index = Index.empty(len(ids), stages)
            self._read_all()

    @property
    def themes(self) -> tuple[str, ...]:
        """The themes of the plan."""
        return self.rows.themes

    @property
    def faults(self) -> tuple[str, ...]:
        """What was not as it should be in the ledger."""
        return tuple(self.index.faults)

    def __getitem__(self, id: str) -> Progress:
        row = self.rows.find(id)
        if row is None:
            raise KeyError(id)
        return self.progress(row)

    def progress(self, row: int) -> Progress:
        """Return how far the sample in a row of the plan is. Raises SetupError for a line that is no event."""
        state = Progress(self.plan[row])
        for event in self.events(row):
            state = state.after(event)
        return state

    def events(self, row: int) -> Iterator[StageEvent]:
        """Yield the events of a sample that count, in order of the stages."""
        for stage, position in zip(self.stages, self.index.positions(row), strict=False):
            try:
                event = parse_event(parse_object(self.segments.line_at(position)), self.index.provenance)
                if (event.id, event.stage) != (self.plan[row].id, stage):
                    raise ValueError(f"{stage} of {self.plan[row].id} stood there")
            except (OSError, ValueError) as error:
                raise SetupError(
                    f"{self.segments.where(position)}: not a ledger event ({error}); {_REMEDY}"
                ) from error
            yield event

    def all_events(self) -> Iterator[StageEvent]:
        """Yield the events that count, sample after sample."""
        for row in range(len(self.plan)):
            yield from self.events(row)

    def waiting(self) -> list[int]:
        """Return the rows of samples that have stages before them; those that failed are tried again."""
        count, status = self.index.counted()
        failed = (count > 0) & (status == STATUSES.index("failed"))
        going = (count < len(self.stages)) & ((count == 0) | (status == STATUSES.index("passed")))
        return [int(row) for row in np.flatnonzero(failed | going)]

    def ended(self, status: Status) -> list[int]:
        """Return the rows of samples that passed the last stage, or that were rejected, or that failed."""
        count, found = self.index.counted()
        ended = (count > 0) & (found == STATUSES.index(status))
        if status == "passed":
            ended &= count == len(self.stages)
        return [int(row) for row in np.flatnonzero(ended)]

    def record(self, event: StageEvent, position: int) -> None:
        """Take in an event that was appended to the ledger at `position`."""
        row = self.rows.find(event.id)
        if row is None:
            raise KeyError(event.id)
        self.index.put(row, event, position)

    def _read_all(self) -> None:
        try:
            self.index.read(self.segments, self.rows)
        except OSError as error:
            raise SetupError(f"{self.segments.folder}: cannot be read ({error})") from error

    def save(self, ledger: Ledger) -> None:
        """Keep the index, so that the next start reads only what comes after. The caller has settled the ledger."""
        self.index.expected, self.index.redos = ledger.number, ledger.redos
        self.index.end = ledger.end
        save_index(self.segments.folder, self.index, self.segments, self._checksum)
