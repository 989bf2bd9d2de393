"""The books of a run: which samples are taken up, how far they are, and the ledger, which one process alone writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sparkle.core.layout import ARTIFACTS, artifact_path
from sparkle.core.outcome import Outcome
from sparkle.core.sample import Sample
from sparkle.runs import Ledger, Progress, Provenance, RunState, StageEvent, place_artifacts, take_up
from sparkle.store import Folder

# After a kill so many lines are read again, one second's work.
EVENTS_BETWEEN_INDEXES = 100_000

Report = Callable[[StageEvent], None]


@dataclass(slots=True)
class Books:
    """A run under way. `taken_up` are the samples that are on their way through the stages.

    `cards` say which models fill a stage's roles.
    """

    folder: Folder
    state: RunState
    ledger: Ledger
    report: Report
    cards: Callable[[str], Provenance]
    taken_up: dict[str, Progress] = field(default_factory=dict)

    def take_up(self, rows: Sequence[int]) -> list[Progress]:
        """Begin with samples; from time to time the index is kept, for a start after a kill."""
        if self.ledger.number >= self.state.index.expected + EVENTS_BETWEEN_INDEXES:
            self.ledger.settle()
            self.state.save(self.ledger)
        found = [self.state.progress(row).to_try_again() for row in rows]
        for row, each in zip(rows, found, strict=True):
            if self.state.strays[row]:
                take_up(self.folder, each)
        self.taken_up |= {each.sample.id: each for each in found}
        return found

    def coming(self, rows: Iterable[int]) -> Iterator[Progress]:
        """Yield samples, each taken up when it is asked for."""
        return (self.take_up([row])[0] for row in rows)

    def clean_up(self, id: str) -> None:
        """Remove what a call that was cut off left of a sample's files. Whoever worked on it is dead."""
        progress = self.taken_up[id]
        for name in ARTIFACTS:
            self.folder.remove_partials(str(artifact_path(name, progress.sample.theme, id)))
        take_up(self.folder, progress)

    def record(self, stage: str, sample: Sample, outcome: Outcome) -> Progress:
        """Put an outcome where it counts: first into the ledger, then into the state of the run."""
        event = StageEvent.of(sample, stage, outcome, self.cards(stage))
        self.state.record(event, self.ledger.append(event))
        progress = self.taken_up[sample.id].after(event)
        self.taken_up[sample.id] = progress
        if event.status != "passed":
            place_artifacts(self.folder, sample, event.status)
            del self.taken_up[sample.id]
        elif len(progress.events) == len(self.state.stages):
            del self.taken_up[sample.id]
        self.report(event)
        return progress
