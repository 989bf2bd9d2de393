"""The local runner: one machine, stage after stage over waves of samples, so that a big model loads once per wave."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from sparkle.core.errors import SampleError, SetupError
from sparkle.core.sample import Sample
from sparkle.core.stage import Stage
from sparkle.recipes import STAGES, Recipe
from sparkle.runners.assemble import BackendPool, assemble_stage, model_cards
from sparkle.runs import (
    LEDGER_FILE,
    Ledger,
    Progress,
    StageEvent,
    artifact_sizes,
    load_progress,
    place_artifacts,
)

Report = Callable[[StageEvent], None]


def run_local(plan: Sequence[Sample], recipe: Recipe, root: Path, report: Report) -> dict[str, Progress]:
    """Bring every sample of the plan to its end, and return how far each is.

    Continues where the run folder's ledger ends; calls `report` after each event. The caller holds the folder's
    lock. Raises SetupError when the environment is broken; a broken sample is recorded and the run goes on.
    """
    progress = load_progress(root, plan, STAGES)
    pool = BackendPool()
    with Ledger(root / LEDGER_FILE) as ledger:
        for wave in _batched(plan, recipe.wave):
            for name in STAGES:
                waiting = [sample.id for sample in wave if _waits_for(progress[sample.id], name)]
                if not waiting:
                    continue
                stage = assemble_stage(name, recipe, pool)
                provenance = {role: asdict(card) for role, card in model_cards(name, recipe, pool).items()}
                for id in waiting:
                    event = run_stage(stage, progress[id].sample, root, provenance)
                    ledger.append(event)
                    progress[id] = progress[id].after(event)
                    if event.status != "passed":
                        place_artifacts(root, progress[id].sample, event.status)
                    report(event)
    return progress


def run_stage(stage: Stage, sample: Sample, root: Path, provenance: dict[str, dict[str, str]]) -> StageEvent:
    """Run one stage on one sample and return what happened, as an event that is true on disk."""
    started = time.monotonic()
    try:
        result = stage(sample, root)
    except SetupError:
        raise
    except SampleError as error:
        return _failed(stage, sample, str(error), started)
    except Exception as error:  # noqa: BLE001 - the one boundary: a fault in a backend fails its sample, not the run
        where = traceback.extract_tb(error.__traceback__)[-1]
        message = (
            f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno}, in {where.name})"
        )
        return _failed(stage, sample, message, started)
    known = {**sample.records.get("provenance", {}), **provenance}
    result = result.with_records(provenance=known)
    return StageEvent(
        id=sample.id,
        stage=stage.name,
        status="passed" if result.rejection is None else "rejected",
        instruction=result.instruction,
        scene=result.scene,
        checks=result.checks[len(sample.checks) :],
        records={key: value for key, value in result.records.items() if sample.records.get(key) != value},
        artifacts=artifact_sizes(root, sample, stage.writes),
        seconds=time.monotonic() - started,
    )


def _failed(stage: Stage, sample: Sample, message: str, started: float) -> StageEvent:
    seconds = time.monotonic() - started
    return StageEvent(sample.id, stage.name, "failed", seconds=seconds, error=message)


def _waits_for(progress: Progress, stage: str) -> bool:
    """Whether the sample is alive and `stage` is its next one."""
    if progress.status in {"rejected", "failed"}:
        return False
    return len(progress.events) == STAGES.index(stage)


def _batched(plan: Sequence[Sample], size: int) -> list[Sequence[Sample]]:
    return [plan[start : start + size] for start in range(0, len(plan), size)]
