"""The local runner: one machine, stage after stage over waves of samples, so that a big model loads once per wave.

Samples of a wave may overlap within a stage (`concurrency` of the recipe): while one is on the accelerator, others
decode, encode and wait for answers. Results do not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial

from sparkle.core.outcome import Outcome
from sparkle.core.sample import Sample
from sparkle.recipes import STAGES, Recipe
from sparkle.runners.assemble import BackendPool, assemble_stage, model_cards, roles_of
from sparkle.runners.perform import perform
from sparkle.runs import (
    Ledger,
    Progress,
    Provenance,
    RunState,
    StageEvent,
    open_state,
    place_artifacts,
    take_up,
)
from sparkle.stages.stage import Stage
from sparkle.store import Folder, Place

# After a kill so many lines are read again, one second's work.
EVENTS_BETWEEN_INDEXES = 100_000

Report = Callable[[StageEvent], None]
Record = Callable[[Sample, Outcome], None]


def run_local(
    plan: Sequence[Sample],
    recipe: Recipe,
    pool: BackendPool,
    root: Place,
    report: Report,
    stages: Sequence[str] = STAGES,
) -> RunState:
    """Bring every sample of the plan to its end, or to that of the first `stages`, and return how far each is.

    Continues where the run folder's ledger ends; calls `report` after each event. The caller holds the folder's
    lock. Raises SetupError when the environment is broken; a broken sample is recorded and the run goes on.
    `pool` has the recipe's backends, or makes them; their weights are released in the end.
    """
    folder = Folder.at(root)
    state = open_state(folder, plan, STAGES)
    with Ledger(folder, state.index) as ledger:
        run = _Run(folder, state, ledger, report)
        try:
            for rows in _batched(state.waiting(), recipe.wave):
                run.take_up(rows)
                _run_wave(run, recipe, pool, stages)
        finally:
            ledger.settle()
            state.save(ledger)
    pool.release()
    return state


def _run_wave(run: _Run, recipe: Recipe, pool: BackendPool, stages: Sequence[str]) -> None:
    """Take a wave through stages. None starts before what it builds on is on the disk."""
    for name in stages:
        waiting = [each.sample for each in run.wave.values() if _waits_for(each, name)]
        if not waiting:
            continue
        run.ledger.settle()
        pool.make_room_for(roles_of(getattr(recipe, name)).values())
        stage = assemble_stage(name, recipe, pool)
        made_by = Provenance.of(model_cards(name, recipe, pool))
        record = partial(run.record, name, made_by)
        _run_samples(stage, waiting, run.folder, recipe.concurrency, record)


@dataclass(slots=True)
class _Run:
    """A run under way: its state, the ledger that is written, and how far the samples of the wave are."""

    folder: Folder
    state: RunState
    ledger: Ledger
    report: Report
    wave: dict[str, Progress] = field(default_factory=dict)

    def take_up(self, rows: Sequence[int]) -> None:
        """Begin with the next wave; from time to time the index is kept, for a start after a kill."""
        if self.ledger.number >= self.state.index.expected + EVENTS_BETWEEN_INDEXES:
            self.ledger.settle()
            self.state.save(self.ledger)
        progress = [self.state.progress(row).to_try_again() for row in rows]
        for row, each in zip(rows, progress, strict=True):
            if self.state.strays[row]:
                take_up(self.folder, each)
        self.wave = {each.sample.id: each for each in progress}

    def record(self, stage: str, made_by: Provenance, sample: Sample, outcome: Outcome) -> None:
        """Put an outcome where it counts: first into the ledger, then into the state of the run."""
        event = StageEvent.of(sample, stage, outcome, made_by)
        self.state.record(event, self.ledger.append(event))
        self.wave[sample.id] = self.wave[sample.id].after(event)
        if event.status != "passed":
            place_artifacts(self.folder, sample, event.status)
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


def _batched(rows: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
