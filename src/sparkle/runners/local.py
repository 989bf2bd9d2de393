"""The local runner: one machine, stage after stage over waves of samples, so that a big model loads once per wave.

Samples of a wave may overlap within a stage (`concurrency` of the recipe): while one is on the accelerator, others
decode, encode and wait for answers. Results do not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from sparkle.core.model_card import ModelCard
from sparkle.core.outcome import Outcome
from sparkle.core.sample import Sample
from sparkle.recipes import STAGES, Recipe
from sparkle.runners.assemble import BackendPool, assemble_stage, model_cards, roles_of
from sparkle.runners.perform import perform
from sparkle.runs import (
    LEDGER_FILE,
    Ledger,
    Progress,
    StageEvent,
    load_progress,
    place_artifacts,
)
from sparkle.stages.stage import Stage
from sparkle.store import Folder

Report = Callable[[StageEvent], None]
Record = Callable[[Sample, Outcome], None]


def run_local(
    plan: Sequence[Sample], recipe: Recipe, pool: BackendPool, root: Path, report: Report
) -> dict[str, Progress]:
    """Bring every sample of the plan to its end, and return how far each is.

    Continues where the run folder's ledger ends; calls `report` after each event. The caller holds the folder's
    lock. Raises SetupError when the environment is broken; a broken sample is recorded and the run goes on.
    `pool` has the recipe's backends, or makes them; their weights are released in the end.
    """
    progress = load_progress(root, plan, STAGES)
    with Ledger(root / LEDGER_FILE) as ledger:
        for wave in _batched(plan, recipe.wave):
            for name in STAGES:
                waiting = [
                    progress[sample.id].sample for sample in wave if _waits_for(progress[sample.id], name)
                ]
                if not waiting:
                    continue
                pool.make_room_for(roles_of(getattr(recipe, name)).values())
                stage = assemble_stage(name, recipe, pool)
                record = _Recorder(stage, model_cards(name, recipe, pool), root, ledger, progress, report)
                _run_samples(stage, waiting, Folder.at(root), recipe.concurrency, record)
    pool.release()
    return progress


@dataclass(frozen=True, slots=True)
class _Recorder:
    """Puts the outcomes of a stage where they count: first into the ledger, then into the state of the run."""

    stage: Stage
    made_by: dict[str, ModelCard]
    root: Path
    ledger: Ledger
    progress: dict[str, Progress]
    report: Report

    def __call__(self, sample: Sample, outcome: Outcome) -> None:
        event = StageEvent.of(sample, self.stage.name, outcome, self.made_by)
        self.ledger.append(event)
        self.progress[sample.id] = self.progress[sample.id].after(event)
        if event.status != "passed":
            place_artifacts(self.root, sample, event.status)
        self.report(event)


def _run_samples(
    stage: Stage, samples: Sequence[Sample], folder: Folder, concurrency: int, record: Record
) -> None:
    """Run one stage on every sample, `concurrency` at a time, and record each outcome from this thread.

    When it is stopped, by Ctrl-C or a broken environment, what is under way is finished and recorded first.
    """
    if concurrency == 1:
        for sample in samples:
            record(sample, perform(stage, sample, folder))
        return
    waiting: dict[Future[Outcome], Sample] = {}
    with ThreadPoolExecutor(concurrency, thread_name_prefix=stage.name) as workers:
        waiting |= {workers.submit(perform, stage, sample, folder): sample for sample in samples}
        try:
            for future in as_completed(list(waiting)):
                record(waiting.pop(future), future.result())
        except BaseException:
            workers.shutdown(wait=True, cancel_futures=True)
            for future, sample in waiting.items():
                if not future.cancelled() and future.exception() is None:
                    record(sample, future.result())
            raise


def _waits_for(progress: Progress, stage: str) -> bool:
    """Whether the sample is alive and `stage` is its next one."""
    if progress.status in {"rejected", "failed"}:
        return False
    return len(progress.events) == STAGES.index(stage)


def _batched(plan: Sequence[Sample], size: int) -> list[Sequence[Sample]]:
    return [plan[start : start + size] for start in range(0, len(plan), size)]
