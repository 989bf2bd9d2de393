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
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TextIO

from sparkle.core.errors import SetupError
from sparkle.core.sample import Check, Sample
from sparkle.core.scene import Scene
from sparkle.core.usage import Usage

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
        self._file: TextIO | None = None

    def __enter__(self) -> Ledger:
        _drop_cut_line(self.path)
        self._file = self.path.open("a", encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def append(self, event: StageEvent) -> None:
        """Write one event and wait until it is on the disk."""
        self._append({"event": "stage", **asdict(event)})

    def append_redo(self, stage: str) -> None:
        """Void the results of `stage` and of the stages after it."""
        self._append({"event": "redo", "stage": stage})

    def _append(self, value: dict[str, Any]) -> None:
        if self._file is None:
            raise SetupError(f"{self.path}: the ledger is not open for writing")
        self._file.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def read_progress(path: Path, planned: Sequence[Sample], stages: Sequence[str]) -> dict[str, Progress]:
    """Fold the ledger at `path` into the progress of every planned sample; a later try replaces a failed one.

    Raises SetupError for a line that is no event.
    """
    samples = {sample.id: sample for sample in planned}
    progress = {sample.id: Progress(sample) for sample in planned}
    for event in read_events(path):
        if isinstance(event, str):
            kept = stages[: stages.index(event)]
            progress = {id: state.before_stage(kept, samples[id]) for id, state in progress.items()}
        elif event.id in progress:
            state = progress[event.id]
            if state.status == "failed":
                state = state.before_stage(stages[: stages.index(event.stage)], samples[event.id])
            progress[event.id] = state.after(event)
    return progress


def read_events(path: Path) -> Iterator[StageEvent | str]:
    """Yield the events of a ledger in order; a redo is yielded as the name of its stage."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith("\n"):
                return
            try:
                yield _parse_event(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise SetupError(
                    f"{path}, line {number}: not a ledger event ({error}); the file was changed by hand or by another "
                    "program. Restore it, or start in a new folder."
                ) from error


def _parse_event(value: dict[str, Any]) -> StageEvent | str:
    kind = value.pop("event")
    if kind == "redo":
        return str(value["stage"])
    checks = tuple(Check(**check) for check in value.pop("checks"))
    scene = value.pop("scene")
    usage = tuple(Usage(**entry) for entry in value.pop("usage", ()))
    return StageEvent(**value, checks=checks, scene=Scene(**scene) if scene else None, usage=usage)


def _drop_cut_line(path: Path) -> None:
    if not path.exists():
        return
    with path.open("rb+") as file:
        content = file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            file.truncate(whole)
            os.fsync(file.fileno())
