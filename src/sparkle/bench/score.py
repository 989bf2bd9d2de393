"""Judges the clips of a SAVE folder, sample by sample, into score files.

Every score is on the disk as soon as it is known, so a command that is stopped in any way is continued by the same
command, and nothing is paid twice. Whatever gets no score gets a reason.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sparkle.bench.cost import Budget
from sparkle.bench.dimensions import Benchmark
from sparkle.bench.judges import SampleJudge
from sparkle.bench.layout import failures_path, score_path
from sparkle.bench.results import has_other_size, missing_output
from sparkle.bench.scores import (
    Failure,
    Judge,
    ScoreRecord,
    clip_of,
    line_writer,
    read_records,
    record_to_json,
    set_aside,
)
from sparkle.bench.tasks import BenchSample
from sparkle.core.errors import MediaError, SampleError, SetupError
from sparkle.dataset.clip_facts import read_clip_facts
from sparkle.store import only_writer as file_lock
from sparkle.store import prepare_folder

Pair = tuple[BenchSample, Path]
Outcome = ScoreRecord | Failure


@dataclass(frozen=True, slots=True)
class Work:
    """What a SAVE folder asks of a judge whose files are called `name`.

    `todo` are clips without a score yet, `missing` are tasks without a clip; `kept` is how many have a score, and
    `unstated` how many of these say nothing of their judge. `changed` are the ids of those of `todo` whose score is of
    another clip that was there before, or stands in the file of another edit_type; it is set aside when work starts.
    """

    benchmark: Benchmark
    save: Path
    name: str
    todo: tuple[Pair, ...]
    missing: tuple[Failure, ...]
    kept: int
    unstated: int
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scoring:
    """What `score` did. `unasked` clips were left when the budget was used up."""

    judged: int
    failures: tuple[Failure, ...]
    unasked: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every sample has a score now."""
        return not self.failures and not self.unasked


@contextmanager
def only_writer(save: Path, name: str) -> Iterator[None]:
    """Hold the score files called `name` in SAVE as their only writer, from before the work is planned to its end.

    Raises SetupError for a SAVE that is no folder, and while another process holds them: both would pay for the same
    samples and write them twice.
    """
    if not save.is_dir():
        raise SetupError(f"{save}: no such folder; it is what `sparkle bench infer` was given as --save")
    prepare_folder(save)
    with file_lock(save / f".{name}.lock", f"the scores of {name}"):
        yield


def plan_work(
    samples: Sequence[BenchSample], benchmark: Benchmark, save: Path, name: str, judge: Judge
) -> Work:
    """Return what is left to do. Raises SetupError when SAVE has scores under `name` that were made in another way:
    scores of two rubrics in one file would be one mean of two things."""
    known: dict[str, ScoreRecord] = {}
    changed: list[str] = []
    for theme in benchmark.themes:
        path = score_path(save, benchmark, theme, name)
        found = read_records(path, benchmark)
        _refuse_other_judge(path, found, judge)
        of_theme = [sample for sample in samples if sample.theme == theme and sample.id in found]
        void = {sample.id for sample in of_theme if _is_void(found[sample.id], sample, save)}
        changed += [sample.id for sample in of_theme if sample.id in void]
        known |= {id: record for id, record in found.items() if id not in void}
    waiting = [(sample, save / sample.result) for sample in samples if sample.id not in known]
    return Work(
        benchmark=benchmark,
        save=save,
        name=name,
        todo=tuple((sample, edited) for sample, edited in waiting if edited.is_file()),
        missing=tuple(missing_output(sample, save) for sample, edited in waiting if not edited.is_file()),
        kept=len(samples) - len(waiting),
        unstated=sum(record.judge is None for record in known.values()),
        changed=tuple(changed),
    )


def _is_void(record: ScoreRecord, sample: BenchSample, save: Path) -> bool:
    """Whether a score is not that of the clip that is there now. A clip that is gone leaves its score as it is."""
    clip = save / sample.result
    if record.edit_type != sample.theme:
        return clip.is_file()
    if record.clip is None or not clip.is_file():
        return False
    return has_other_size(record, clip) or clip_of(clip) != record.clip


def score(
    work: Work,
    judge: SampleJudge,
    *,
    concurrency: int = 1,
    budget: Budget | None = None,
    report: Callable[[str, str | None], None] = lambda id, problem: None,
) -> Scoring:
    """Judge what is to do, `concurrency` samples at a time, and append scores and failures to their files.

    `report` is called with each id at its end, and with what went wrong, or None. Raises SetupError when the judge
    cannot work at all; what was judged until then is kept.
    """
    for theme in work.benchmark.themes if work.changed else ():
        set_aside(score_path(work.save, work.benchmark, theme, work.name), work.changed)
    failures = list(work.missing)
    done: set[str] = set()
    judged = 0

    def may_start(under_way: int) -> bool:
        return budget is None or budget.allows_another(judge.spent(), under_way)

    with line_writer() as append:
        for sample, outcome in _in_parallel(judge, work.todo, concurrency, may_start):
            place = (work.save, work.benchmark, sample.theme, work.name)
            done.add(sample.id)
            if budget is not None:
                budget.ended += 1
            if isinstance(outcome, Failure):
                append(failures_path(*place), asdict(outcome))
                failures.append(outcome)
                report(sample.id, f"{outcome.kind}: {outcome.reason}")
            else:
                append(score_path(*place), record_to_json(outcome))
                judged += 1
                report(sample.id, None)
    unasked = tuple(sample.id for sample, _ in work.todo if sample.id not in done)
    return Scoring(judged, tuple(failures), unasked)


def _judge_one(judge: SampleJudge, sample: BenchSample, edited: Path) -> Outcome:
    try:
        for path in (sample.source, edited):
            read_clip_facts(path)
        clip = clip_of(edited)
        return replace(judge(sample, edited), clip=clip)
    except MediaError as error:
        return Failure(sample.id, "unreadable", str(error))
    except SampleError as error:
        return Failure(sample.id, "judgement", str(error))


def _in_parallel(
    judge: SampleJudge, pairs: Sequence[Pair], workers: int, may_start: Callable[[int], bool]
) -> Iterator[tuple[BenchSample, Outcome]]:
    """Yield (sample, outcome) as they end; `may_start(under way)` is asked before each start.

    The threads are daemons: a command that is stopped does not wait for answers that nobody will read.
    """
    todo: queue.SimpleQueue[Pair | None] = queue.SimpleQueue()
    ended: queue.SimpleQueue[tuple[BenchSample, Outcome | BaseException]] = queue.SimpleQueue()

    def work() -> None:
        while (pair := todo.get()) is not None:
            try:
                ended.put((pair[0], _judge_one(judge, *pair)))
            except BaseException as error:  # noqa: BLE001 - handed to the waiting thread, which raises it
                ended.put((pair[0], error))

    waiting = list(pairs)[::-1]
    under_way = 0
    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(workers, len(waiting)))]
    for thread in threads:
        thread.start()
    try:
        while True:
            while waiting and under_way < len(threads) and may_start(under_way):
                todo.put(waiting.pop())
                under_way += 1
            if not under_way:
                return
            sample, outcome = ended.get()
            under_way -= 1
            if isinstance(outcome, BaseException):
                raise outcome
            yield sample, outcome
    finally:
        for _ in threads:
            todo.put(None)


def _refuse_other_judge(path: Path, records: dict[str, ScoreRecord], judge: Judge) -> None:
    other = next((record.judge for record in records.values() if record.judge not in (None, judge)), None)
    if other is None:
        return
    was, now = asdict(other), asdict(judge)
    changes = [f"{key}: {was[key]!r} there, {now[key]!r} now" for key in was if was[key] != now[key]]
    raise SetupError(
        f"{path}: has scores that were made in another way ({'; '.join(changes)}). Give this judge's files another "
        "name with --name, or delete the file to score again"
    )
