"""The beginning of a clip taken through the stages of a recipe, in a run folder of its own, with checks that warn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sparkle.core.errors import SampleError
from sparkle.core.own_background import LibraryEntry
from sparkle.core.sample import Inputs, Sample
from sparkle.recipes import STAGES, Recipe
from sparkle.runners.assemble import BackendPool
from sparkle.runners.books import Report
from sparkle.runners.build import open_run
from sparkle.runners.local import run_local
from sparkle.runners.subject import no_subject
from sparkle.runs import Wish, make_plan, read_run

# What a whole clip needs to know of its beginning: what is kept, and what comes behind it.
STUDY = STAGES[:3]


@dataclass(frozen=True, slots=True)
class Studied:
    """A sample that went through stages, and how long each took, in seconds."""

    sample: Sample
    seconds: dict[str, float]


def study(
    inputs: Inputs,
    instruction: str,
    recipe: Recipe,
    pool: BackendPool,
    root: Path,
    stages: Sequence[str],
    *,
    clip: Path,
    sheet: Path,
    report: Report,
    library: LibraryEntry | None = None,
) -> Studied:
    """Take a clip through the first `stages`, or go on with them, in the run folder `root`.

    `clip` is the user's name of it, for messages; `sheet` gets the picture of candidates where no subject is found;
    `library` says what the background of the inputs is, where it is of one.
    Raises SampleError where a stage cannot work on it.
    """
    wish = Wish(inputs, instruction, background=library)
    plan = [replace(each, advisory=True) for each in make_plan([wish], (), 1, recipe.seed)]
    later = STAGES[len(stages) :]  # they have not run here, so their settings may be others every time
    open_run(root, plan, recipe, later[0] if later and read_run(root) is not None else None)
    state = run_local(plan, recipe, pool, root, report, stages)[plan[0].id]
    if any(check.name == "isolate.objects" and not check.passed for check in state.sample.checks):
        raise no_subject(clip, recipe, sheet)
    if state.status in ("failed", "rejected"):
        raise SampleError(f"{clip}: stage {state.events[-1].stage}: {state.events[-1].error}")
    return Studied(state.sample, {event.stage: round(event.seconds, 3) for event in state.events})
