"""The local runner: one machine, stage after stage over waves of samples, so that a big model loads once per wave.

Samples of a wave may overlap within a stage (`concurrency` of the recipe): while one is on the accelerator, others
decode, encode and wait for answers. With several workers, stages that need neither a GPU nor a server run in processes
of their own, as many samples at once as there are workers. Results depend on none of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import closing
from functools import cache, partial

from sparkle.core.outcome import Outcome
from sparkle.core.sample import Sample
from sparkle.recipes import STAGES, Recipe
from sparkle.runners.assemble import BackendPool, assemble_stage, model_cards, roles_of, stage_resources
from sparkle.runners.books import Books, Report
from sparkle.runners.perform import perform
from sparkle.runners.processes import Processes, workers_that_fit
from sparkle.runners.recipe_stage import RecipeStage
from sparkle.runners.stream import Notify, Rules, stream
from sparkle.runs import Ledger, Progress, Provenance, RunState, open_state
from sparkle.stages.stage import Stage
from sparkle.store import Folder, Place

Record = Callable[[Sample, Outcome], object]


def run_local(
    plan: Sequence[Sample],
    recipe: Recipe,
    pool: BackendPool,
    root: Place,
    report: Report,
    stages: Sequence[str] = STAGES,
    *,
    workers: int = 1,
    notify: Notify = lambda notice: None,
) -> RunState:
    """Bring every sample of the plan to its end, or to that of the first `stages`, and return how far each is.

    Continues where the run folder's ledger ends; calls `report` after each event. The caller holds the folder's
    lock. Raises SetupError when the environment is broken; a broken sample is recorded and the run goes on.
    `pool` has the recipe's backends, or makes them; their weights are released in the end. `workers` are processes;
    fewer start where memory or samples do not suffice.
    """
    folder = Folder.at(root)
    state = open_state(folder, plan, STAGES)
    waiting = state.waiting()
    apart = _stages_apart(recipe, pool, stages) if min(workers, len(waiting)) > 1 else []
    memory_gb = max((stage_resources(name, recipe, pool).memory_gb for name in apart), default=0.0)
    count = workers_that_fit(memory_gb, min(workers, len(waiting)) or 1)
    rules = Rules.of(recipe)
    crew = Processes(count, {name: RecipeStage(name, recipe) for name in apart}, folder)
    with Ledger(folder, state.index) as ledger, closing(crew):
        books = Books(folder, state, ledger, report, cache(partial(_cards, recipe, pool)))
        try:
            if len(apart) == len(stages):
                # No model is loaded once per wave, so nobody waits for the end of one.
                stream(books, books.coming(waiting), stages, crew, rules, notify)
                waiting = []
            for rows in _batched(waiting, recipe.wave):
                books.take_up(rows)
                for in_processes, names in itertools.groupby(stages, apart.__contains__):
                    if in_processes:
                        stream(books, tuple(books.taken_up.values()), tuple(names), crew, rules, notify)
                    else:
                        _run_wave(books, recipe, pool, tuple(names))
        finally:
            ledger.settle()
            state.save(ledger)
    pool.release()
    return state


def _stages_apart(recipe: Recipe, pool: BackendPool, stages: Sequence[str]) -> list[str]:
    """Return the stages that gain from processes: the others wait for a server, or share a model on the GPU."""
    needs = {name: stage_resources(name, recipe, pool) for name in stages}
    return [name for name, each in needs.items() if not each.gpu_memory_gb and not each.asks]


def _cards(recipe: Recipe, pool: BackendPool, stage: str) -> Provenance:
    return Provenance.of(model_cards(stage, recipe, pool))


def _run_wave(books: Books, recipe: Recipe, pool: BackendPool, stages: Sequence[str]) -> None:
    """Take a wave through stages. None starts before what it builds on is on the disk."""
    for name in stages:
        waiting = [each.sample for each in books.taken_up.values() if _waits_for(each, name)]
        if not waiting:
            continue
        books.ledger.settle()
        pool.make_room_for(roles_of(getattr(recipe, name)).values())
        stage = assemble_stage(name, recipe, pool)
        _run_samples(stage, waiting, books.folder, recipe.concurrency, partial(books.record, name))


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
