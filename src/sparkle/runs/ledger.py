"""The ledger: what happened to every sample, one JSON object a line, appended by one writer.

An event is appended after its artifacts are on disk, and flushed to the disk before anything builds on it. The state
of a run is the fold of its events, so a killed run continues from its last whole line; a line cut by the kill is
dropped when the ledger is opened again. Events:

    {"event": "stage", "id", "stage", "status": "passed" | "rejected" | "failed", "instruction", "scene",
     "checks": [...new], "records": {...new}, "artifacts": {name: bytes}, "seconds", "error",
     "usage": [...]}
    {"event": "redo", "stage"}            results of this stage and of those after it are void from here on
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from sparkle.core.errors import SetupError
from sparkle.core.parsing import checked, parse_object
from sparkle.core.sample import Check, Sample
from sparkle.core.scene import Scene
from sparkle.core.usage import Usage
from sparkle.store import AppendLog, is_whole, open_plain

Status = Literal["passed", "rejected", "failed"]


@dataclass(frozen=True, slots=True)
class StageEvent:
    """What one stage did to one sample. `checks` and `records` are those that the stage added."""

    id: str
    stage: str
    status: Status
    instruction: str | None = None
    scene: Scene | None = None
    checks: tuple[Check, ...] = ()
    records: dict[str, Any] = field(default_factory=dict)
    artifacts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    error: str | None = None
    usage: tuple[Usage, ...] = ()

    def apply(self, sample: Sample) -> Sample:
        """Return the sample as the stage left it."""
        return replace(
            sample,
            instruction=self.instruction,
            scene=self.scene,
            checks=(*sample.checks, *self.checks),
            records={**sample.records, **self.records},
        )


_EVENT = TypeAdapter(StageEvent)
_REMEDY = "the file was changed by hand or by another program. Restore it, or start in a new folder"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sample is: itself, the events that count, in order of the stages."""

    sample: Sample
    events: tuple[StageEvent, ...] = ()

    @property
    def status(self) -> Status | None:
        """The status of the last event; None before the first."""
        return self.events[-1].status if self.events else None

    @property
    def artifacts(self) -> dict[str, int]:
        """Artifacts that the counted events wrote, with their sizes in bytes."""
        return {name: size for event in self.events for name, size in event.artifacts.items()}

    def after(self, event: StageEvent) -> Progress:
        """Return the progress with one more event; a failed one changes nothing of the sample."""
        sample = self.sample if event.status == "failed" else event.apply(self.sample)
        return Progress(sample, (*self.events, event))

    def before_stage(self, stages: Sequence[str], planned: Sample) -> Progress:
        """Return the progress with only the events of `stages`, replayed from the planned sample."""
        progress = Progress(planned)
        for event in self.events:
            if event.stage in stages and event.status != "failed":
                progress = progress.after(event)
        return progress


class Ledger:
    """The one writer of a run's ledger file. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log: AppendLog | None = None

    def __enter__(self) -> Ledger:
        self._log = AppendLog(self.path)
        return self

    def __exit__(self, *_: object) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None

    def append(self, event: StageEvent) -> None:
        """Write one event and wait until it is on the disk. Raises OutputError where the disk cannot take it."""
        self._append({"event": "stage", **asdict(event)})

    def append_redo(self, stage: str) -> None:
        """Void the results of `stage` and of the stages after it."""
        self._append({"event": "redo", "stage": stage})

    def _append(self, value: dict[str, Any]) -> None:
        if self._log is None:
            raise SetupError(f"{self.path}: the ledger is not open for writing")
        self._log.append(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def read_progress(path: Path, planned: Sequence[Sample], stages: Sequence[str]) -> dict[str, Progress]:
    """Fold the ledger at `path` into the progress of every planned sample; a later try replaces a failed one.

    Only an event that follows on what is known of its sample counts. One that stands there twice changes nothing, and
    where one was lost, those behind it do not count: that work is done again. Raises SetupError for a line that is no
    event.
    """
    samples = {sample.id: sample for sample in planned}
    progress = {sample.id: Progress(sample) for sample in planned}
    for where, event in _numbered_events(path):
        stage = event if isinstance(event, str) else event.stage
        if stage not in stages:
            raise SetupError(f"{where}: there is no stage '{stage}'; {_REMEDY}")
        before = stages[: stages.index(stage)]
        if isinstance(event, str):
            progress = {id: state.before_stage(before, samples[id]) for id, state in progress.items()}
        elif event.id in progress:
            state = progress[event.id]
            if state.status == "failed":
                state = state.before_stage(before, samples[event.id])
            if state.status != "rejected" and len(state.events) == len(before):
                progress[event.id] = state.after(event)
    return progress


def read_events(path: Path) -> Iterator[StageEvent | str]:
    """Yield the events of a ledger in order; a redo is yielded as the name of its stage."""
    for _, event in _numbered_events(path):
        yield event


def _numbered_events(path: Path) -> Iterator[tuple[str, StageEvent | str]]:
    """Yield ("file, line n", event)."""
    if not path.exists():
        return
    try:
        with open_plain(path) as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n") and not is_whole(line):
                    return
                where = f"{path}, line {number}"
                try:
                    yield where, _parse_event(parse_object(line))
                except ValueError as error:
                    raise SetupError(f"{where}: not a ledger event ({error}); {_REMEDY}") from error
    except OSError as error:
        raise SetupError(f"{path}: cannot be read ({error.strerror})") from error


def _parse_event(value: dict[str, Any]) -> StageEvent | str:
    kind = value.pop("event", None)
    if kind == "redo" and isinstance(value.get("stage"), str):
        return str(value["stage"])
    if kind != "stage":
        raise ValueError(f"event is {kind!r}")
    return checked(_EVENT, value)
