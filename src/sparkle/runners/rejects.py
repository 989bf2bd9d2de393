"""`sparkle rejects`: which samples of a run fell, at which stage, by which check, and what that looked like."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from sparkle.core.errors import SetupError
from sparkle.core.sample import Check
from sparkle.recipes import STAGES
from sparkle.runs import Progress, RunState, read_run
from sparkle.runs.plan import read_plan
from sparkle.store import Place


@dataclass(frozen=True, slots=True)
class Fallen:
    """A sample that did not come through. `check` is what rejected it, `error` why it failed; one of them is None.

    `picture` is its contact sheet, relative to the run; None where nothing of it can be shown.
    """

    id: str
    source: str
    instruction: str | None
    stage: str
    check: Check | None
    error: str | None
    picture: str | None = None

    @property
    def name(self) -> str:
        """What it fell by: the check's name, or that the stage failed."""
        return f"{self.stage}: failed" if self.check is None else self.check.name

    @property
    def reason(self) -> str:
        """The check with its score and reason, or the error."""
        return self.error or "" if self.check is None else f"{self.check}: {self.check.reason}"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "status": "failed" if self.check is None else "rejected"}


def find_rejects(run: Place) -> list[Fallen]:
    """Return the samples of a run that were rejected or failed, in the order of its plan; nothing is written.

    Raises SetupError for a folder without a run, and for a run whose records are damaged.
    """
    if read_run(run) is None:
        raise SetupError(f"{run}: no run in this folder; name what `sparkle build` was given as --out")
    state = RunState(run, list(read_plan(run)), STAGES)
    fallen = sorted([*state.ended("rejected"), *state.ended("failed")])
    return [_fallen(state.progress(row)) for row in fallen]


def count_rejects(fallen: list[Fallen]) -> dict[str, int]:
    """Return how many fell by each check, in the order of the stages, the most first within one."""
    counts = Counter((STAGES.index(each.stage), each.name) for each in fallen)
    return {
        name: counts[stage, name] for stage, name in sorted(counts, key=lambda key: (key[0], -counts[key]))
    }


def _fallen(progress: Progress) -> Fallen:
    event, sample = progress.events[-1], progress.sample
    check = sample.rejection if event.status == "rejected" else None
    return Fallen(sample.id, sample.inputs.video, sample.instruction, event.stage, check, event.error)
