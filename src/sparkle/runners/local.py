"""The local runner: one machine, stage after stage over waves of samples, so that a big model loads once per wave.

Samples of a wave may overlap within a stage (`concurrency` of the recipe): while one is on the accelerator, others
decode, encode and wait for answers. Results do not depend on it.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import asdict, replace
from pathlib import Path

from sparkle.core.errors import OutOfMemoryError, SampleError, SetupError
from sparkle.core.sample import Sample
from sparkle.core.stage import Stage
from sparkle.core.usage import collect_usage
from sparkle.recipes import STAGES, Recipe
from sparkle.runners.assemble import BackendPool, assemble_stage, model_cards, roles_of
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


def run_local(
    plan: Sequence[Sample], recipe: Recipe, root: Path, report: Report, stages: Sequence[str] = STAGES
) -> dict[str, Progress]:
    """Bring every sample of the plan to its end, or to that of the first `stages`, and return how far each is.

    Continues where the run folder's ledger ends; calls `report` after each event. The caller holds the folder's
    lock. Raises SetupError when the environment is broken; a broken sample is recorded and the run goes on.
    """
    progress = load_progress(root, plan, STAGES)
    pool = BackendPool()
    with Ledger(root / LEDGER_FILE) as ledger:
        for wave in _batched(plan, recipe.wave):
            for name in stages:
                waiting = [sample.id for sample in wave if _waits_for(progress[sample.id], name)]
                if not waiting:
                    continue
                pool.make_room_for(roles_of(getattr(recipe, name)).values())
                stage = assemble_stage(name, recipe, pool)
                provenance = {role: asdict(card) for role, card in model_cards(name, recipe, pool).items()}

                def record(event: StageEvent) -> None:
                    ledger.append(event)
                    progress[event.id] = progress[event.id].after(event)
                    if event.status != "passed":
                        place_artifacts(root, progress[event.id].sample, event.status)
                    report(event)

                samples = [progress[id].sample for id in waiting]
                _run_samples(stage, samples, root, provenance, recipe.concurrency, record)
    pool.release()
    return progress


def _run_samples(
    stage: Stage,
    samples: Sequence[Sample],
    root: Path,
    provenance: dict[str, dict[str, str]],
    concurrency: int,
    record: Report,
) -> None:
    """Run one stage on every sample, `concurrency` at a time, and record each event from this thread.

    When it is stopped, by Ctrl-C or a broken environment, what is under way is finished and recorded first.
    """
    if concurrency == 1:
        for sample in samples:
            record(run_stage(stage, sample, root, provenance))
        return
    waiting: set[Future[StageEvent]] = set()
    with ThreadPoolExecutor(concurrency, thread_name_prefix=stage.name) as workers:
        waiting.update(workers.submit(run_stage, stage, sample, root, provenance) for sample in samples)
        try:
            for future in as_completed(list(waiting)):
                waiting.discard(future)
                record(future.result())
        except BaseException:
            workers.shutdown(wait=True, cancel_futures=True)
            for future in waiting:
                if not future.cancelled() and future.exception() is None:
                    record(future.result())
            raise


def run_stage(stage: Stage, sample: Sample, root: Path, provenance: dict[str, dict[str, str]]) -> StageEvent:
    """Run one stage on one sample and return what happened, as an event that is true on disk."""
    with collect_usage() as log:
        event = _attempt(stage, sample, root, provenance)
    return replace(event, usage=log.totals())


def _attempt(stage: Stage, sample: Sample, root: Path, provenance: dict[str, dict[str, str]]) -> StageEvent:
    started = time.monotonic()
    try:
        result = stage(sample, root)
    except OutOfMemoryError as error:
        raise OutOfMemoryError(f"stage {stage.name}, sample {sample.id}: {error}") from error
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
