"""How far a run is, read from its folder by anybody: the plan and the ledger, wherever they lie; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import SetupError
from sparkle.core.parsing import parse_object
from sparkle.recipes import STAGES
from sparkle.runs import RunState, is_written, read_plan, read_run
from sparkle.runs.index import STATUS_BITS, STATUSES
from sparkle.store import Place

_LINES_READ = 20  # of each stage, to know what a call takes; on a bucket each is a request


@dataclass(frozen=True, slots=True)
class StageStatus:
    """How many samples a stage has done, and how many have yet to come to it at most (`waiting` of them at once).

    `seconds` is what one call took at the median of the last twenty, None before the first; `per_hour` counts results
    since the last start, None while the run does not go on.
    """

    stage: str
    passed: int
    rejected: int
    failed: int
    waiting: int
    seconds: float | None
    per_hour: float | None


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A run at this moment. `complete`: its last start came to the end. `running`: a process is at work; one of another
    machine that shares the folder may have been killed, which nobody here can know.

    `left_s` is how long it has yet to go at the pace since its last start, by the seconds of the stages and the rates
    at which they pass samples; None where that cannot be told.
    """

    out: str
    recipe: str
    complete: bool
    running: bool
    started: str | None
    samples: int
    accepted: int
    rejected: int
    failed: int
    stages: tuple[StageStatus, ...]
    left_s: float | None
    damage: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def read_damage(root: Place) -> tuple[str, ...]:
    """Return the lines of a run's ledger that were not as they should be, each in a sentence that names it."""
    return RunState(root, list(read_plan(root)), STAGES).faults


def read_status(root: Place, now: datetime | None = None) -> RunStatus:
    """Return how far the run in `root` is. Raises SetupError for a folder without a run."""
    record = read_run(root)
    if record is None:
        raise SetupError(f"{root}: no run there; name the folder that `sparkle build --out` was given")
    plan = list(read_plan(root))
    state = RunState(root, plan, STAGES)
    count, last = state.index.counted()
    complete = record.get("status") == "complete"
    running = not complete and is_written(root)
    session = record.get("session") or {}
    started = session.get("started") if running else None
    elapsed_s = None
    if started is not None:
        elapsed_s = max(((now or datetime.now(UTC)) - datetime.fromisoformat(started)).total_seconds(), 1e-3)
    new = _since(state, int(session.get("position", 0)))
    stages = []
    for number, stage in enumerate(STAGES):
        ended = {
            name: int(((count == number + 1) & (last == code)).sum()) for code, name in enumerate(STATUSES)
        }
        later = int((count > number + 1).sum())
        before = (count == number) & ((last == STATUSES.index("passed")) | (count == 0))
        rate = None if elapsed_s is None else round(3600 * int(new[:, number].sum()) / elapsed_s, 1)
        seconds = _seconds(state, number)
        counts = (later + ended["passed"], ended["rejected"], ended["failed"], int(before.sum()))
        stages.append(StageStatus(stage, *counts, seconds, rate))
    return RunStatus(
        out=str(root),
        recipe=str(record["recipe"].get("name")),
        complete=complete,
        running=running,
        started=started,
        samples=len(plan),
        accepted=len(state.ended("passed")),
        rejected=len(state.ended("rejected")),
        failed=len(state.ended("failed")),
        stages=tuple(stages),
        left_s=None if elapsed_s is None else _left(stages, new, elapsed_s),
        damage=state.faults,
    )


def _since(state: RunState, position: int) -> NDArray[np.bool_]:
    """Return which results stand in the ledger from `position` on, (samples, stages)."""
    return np.asarray(state.index.places >> STATUS_BITS >= position)


def _seconds(state: RunState, number: int) -> float | None:
    """Return the median seconds of the last calls of a stage."""
    places = state.index.places[:, number]
    latest = np.sort(places[places >= 0] >> STATUS_BITS)[-_LINES_READ:].tolist()
    seconds = [float(parse_object(state.segments.line_at(position))["seconds"]) for position in latest]
    return round(float(np.median(seconds)), 3) if seconds else None


def _left(stages: Sequence[StageStatus], new: NDArray[np.bool_], elapsed_s: float) -> float | None:
    """Return the seconds to go: the work that is left, at the pace of the work that was done since the start."""
    done = left = coming = 0.0
    for number, stage in enumerate(stages):
        coming += stage.waiting + stage.failed
        if coming and stage.seconds is None:
            return None
        done += int(new[:, number].sum()) * (stage.seconds or 0.0)
        left += coming * (stage.seconds or 0.0)
        tried = stage.passed + stage.rejected
        coming *= stage.passed / tried if tried else 1.0
    return round(elapsed_s * left / done, 1) if done else None
