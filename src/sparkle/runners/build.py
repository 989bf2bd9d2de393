"""`sparkle build`: from the user's videos to a run folder that is a dataset."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from pydantic import ValidationError

from sparkle import __version__
from sparkle.config import Change, changes
from sparkle.core.errors import SetupError
from sparkle.core.layout import TAXONOMY_THEMES
from sparkle.core.sample import Sample
from sparkle.core.secrets import without_secrets
from sparkle.core.usage import Usage
from sparkle.dataset import write_card, write_index
from sparkle.recipes import STAGES, Recipe
from sparkle.runners.assemble import BackendPool
from sparkle.runners.books import Report
from sparkle.runners.library import refuse_unsound, with_backgrounds
from sparkle.runners.local import run_local
from sparkle.runners.readiness import require_ready
from sparkle.runs import (
    CheckCost,
    FunnelRow,
    Ledger,
    RunState,
    add_up,
    check_costs,
    keep_plan,
    ledger_end,
    locked,
    make_plan,
    read_run,
    read_wishes,
    refuse_links_out,
    refuse_other_content,
    refuse_run_folder,
    refuse_sources_inside,
    write_run,
)
from sparkle.runs.folder import RUN_FILE
from sparkle.store import Folder, Place, is_address
from sparkle.taxonomy import load_taxonomy

# What may change between the starts of one run, since no result depends on it: names and speed of the whole; where
# an endpoint is and how patiently it is asked; where a model's weights wait.
PACE_SETTINGS = frozenset({"name", "summary", "wave", "concurrency", "call_limit_s", "tries"})
PLACE_OPTIONS = frozenset(
    {
        "base_url",
        "api_key_env",
        "concurrency",
        "timeout_s",
        "attempts",
        "backoff_s",
        "patience_s",
        "cache",
        "replies",
    }
    | {"device", "offload", "feature_memory_gb"}
)


Runner = Callable[[Sequence[Sample], Recipe, BackendPool, Folder, Report], RunState]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run came to. `rejected` counts samples by the check that rejected them; `seconds` sum over samples.

    `usage` sums what models and endpoints did for all samples, rejected and failed tries included, since accepted
    pairs cannot be had without them. `damage` are lines of the ledger that were lost, doubled, cut or out of place.
    """

    out: str
    sources: int
    samples: int
    accepted: int
    rejected: dict[str, int]
    failed: list[dict[str, str]]
    seconds: dict[str, float]
    checks: list[FunnelRow]
    costs: list[CheckCost]
    usage: list[Usage]
    damage: list[str]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def plan_build(
    videos: Sequence[str],
    *,
    themes: Sequence[str] = TAXONOMY_THEMES,
    instructions: Path | None = None,
    pairs_per_source: int = 1,
    limit: int | None = None,
    seed: int = 7,
    out: Place | None = None,
    backgrounds: Path | None = None,
) -> list[Sample]:
    """Return the samples that a build will try. `limit` keeps the first so many.

    Videos of a folder or pattern that lie in `out`, the run's folder, are results of it and no sources. `backgrounds`
    is the folder of a library, whose entries come behind the subjects instead of scenes of the taxonomy.

    Raises SetupError for unknown themes, paths without videos, manifests that cannot be understood, and instructions
    that the library has nothing for.
    """
    unknown = [theme for theme in themes if theme not in TAXONOMY_THEMES]
    if unknown or not themes:
        raise SetupError(
            f"themes {', '.join(unknown) or '(none)'}: choose among {', '.join(TAXONOMY_THEMES)}"
        )
    leave_out = None if out is None else Folder.at(out)
    wishes = read_wishes(videos, instructions, load_taxonomy(), leave_out)
    if not any(is_address(wish.inputs.video) or Path(wish.inputs.video).exists() for wish in wishes):
        raise SetupError(
            f"{wishes[0].inputs.video if wishes else videos[0]}: no such file or folder; check the path"
        )
    if backgrounds is not None:
        wishes = with_backgrounds(wishes, backgrounds, themes, pairs_per_source, seed)
        pairs_per_source = 1
    return make_plan(wishes, themes, pairs_per_source, seed)[:limit]


def build(
    plan: Sequence[Sample],
    out: Place,
    recipe: Recipe,
    *,
    redo_from: str | None = None,
    report: Report = lambda event: None,
    runner: Runner = run_local,
) -> RunSummary:
    """Run the five stages over the plan in the run folder `out`, and leave it a dataset.

    Started again with the same plan and recipe it continues. Raises SetupError when the folder holds a run with
    another recipe or plan (`redo_from` names the first stage to redo under a changed recipe), when another process
    writes it, or when a backend cannot be made. `runner` performs the stages; the results are the same with any.
    """
    pool = BackendPool()
    require_ready(recipe, pool)
    out = Folder.at(out)
    with locked(out) as held:
        started = datetime.now(UTC)
        if read_run(out) is None:
            of_library = (sample for sample in plan if sample.background is not None)
            refuse_unsound((Path(str(sample.inputs.background)) for sample in of_library), recipe)
        record = open_run(out, plan, recipe, redo_from)
        state = runner(plan, recipe, pool, out, report)
        held.check()
        accepted = [plan[row] for row in state.ended("passed")]
        write_index(out, accepted, lambda sample: state[sample.id].sample)
        write_card(out, (state[sample.id].sample for sample in accepted), recipe.name)
        summary = summarise(out, plan, state)
        close_run(out, record, started, summary)
    return summary


def open_run(out: Place, plan: Sequence[Sample], recipe: Recipe, redo_from: str | None) -> dict[str, Any]:
    """Start or continue the run in `out`: compare recipes, keep the plan, record how it was made.

    Raises SetupError where something would be lost: the sources lie in `out`, it holds what is no run's, links lead
    out of it.
    """
    out = Folder.at(out)
    previous = read_run(out)
    described = without_secrets(recipe.model_dump(mode="json"))
    if previous is not None:
        _refuse_changed_recipe(out, previous["recipe"], described, redo_from)
    else:
        refuse_other_content(out)
        refuse_run_folder(out)
    refuse_sources_inside(out, plan)
    if out.path is not None:
        refuse_links_out(out.path, plan)
    record = {
        "sparkle": __version__,
        "status": "running",
        "recipe": described,
        "seed": recipe.seed,
        "versions": library_versions(),
        "commands": [*(previous or {}).get("commands", []), without_secrets(sys.argv)],
        "times": (previous or {}).get("times", []),
        "session": {"started": datetime.now(UTC).isoformat(), "position": ledger_end(out)},
    }
    if previous is None:  # first of all: what lies there from now on is the run's own
        write_run(out, record)
    keep_plan(out, plan)
    if redo_from is not None:
        with Ledger(out, RunState(out, plan, STAGES).index) as ledger:
            ledger.append_redo(redo_from)
    write_run(out, record)
    return record


def close_run(out: Place, record: Mapping[str, Any], started: datetime, summary: RunSummary) -> None:
    """Record that the run came to its end, when, and with what."""
    times = [*record["times"], {"started": started.isoformat(), "ended": datetime.now(UTC).isoformat()}]
    write_run(out, {**record, "status": "complete", "times": times, "summary": summary.to_json()})


def summarise(out: Place, plan: Sequence[Sample], state: RunState) -> RunSummary:
    """Count what happened to every sample."""
    totals = add_up(state.all_events(), STAGES)
    return RunSummary(
        out=str(out),
        sources=len({sample.inputs.video for sample in plan}),
        samples=len(plan),
        accepted=len(state.ended("passed")),
        rejected=totals.rejected,
        failed=[
            {
                "id": progress.sample.id,
                "video": progress.sample.inputs.video,
                "stage": progress.events[-1].stage,
                "message": progress.events[-1].error or "",
            }
            for progress in map(state.progress, state.ended("failed"))
        ],
        seconds={stage: round(seconds, 3) for stage, seconds in totals.seconds.items()},
        checks=totals.checks,
        costs=check_costs(totals),
        usage=totals.usage,
        damage=list(state.faults),
    )


def _refuse_changed_recipe(
    out: Folder, old: Mapping[str, Any], new: Mapping[str, Any], redo_from: str | None
) -> None:
    stale = stale_changes(_with_new_defaults(old), new, redo_from)
    if stale:
        # Sizes and the seed reach every stage.
        first = min(STAGES.index(change.path[0]) if change.path[0] in STAGES else 0 for change in stale)
        remedy = f"use another --out, or redo from the first stage that changed: --redo-from {STAGES[first]}"
        raise SetupError(
            f"{out.name(RUN_FILE)}: this run was made with another recipe; {remedy}",
            [str(change) for change in stale],
        )


def _with_new_defaults(old: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an earlier recipe with the settings that came since at their defaults: what nobody could set is no change.

    One that is no recipe any more stays as it is, and what differs is told by name.
    """
    try:
        return Recipe.model_validate(dict(old)).model_dump(mode="json")
    except ValidationError:
        return old


def stale_changes(old: Mapping[str, Any], new: Mapping[str, Any], redo_from: str | None) -> list[Change]:
    """Return what differs between two recipes and makes results of the first useless, if `redo_from` is done again."""
    redone = () if redo_from is None else STAGES[STAGES.index(redo_from) :]
    if redone == STAGES:
        return []
    return [
        change
        for change in changes(old, new)
        if change.path[0] not in redone and not _changes_no_result(change)
    ]


def _changes_no_result(change: Change) -> bool:
    """Whether a setting says only where, when and how fast the same work is done."""
    if change.path[2:3] == ("options",):
        return change.path[3:4] != () and change.path[3] in PLACE_OPTIONS
    return change.path[0] in PACE_SETTINGS


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that results depend on."""
    libraries = {name: ".".join(map(str, number)) for name, number in av.library_versions.items()}
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "av": version("av"),
        **libraries,
    }
