"""One model's results over a whole benchmark by one judge: every sample has either a score or a reason why not.

All tables, statistics and comparisons start here, so that none can lose a sample on its way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sparkle.bench.dimensions import Benchmark, capped
from sparkle.bench.layout import failures_path, judges_of, score_path
from sparkle.bench.scores import Failure, Judge, ScoreRecord, read_failures, read_records
from sparkle.bench.tasks import BenchSample
from sparkle.core.errors import SetupError
from sparkle.core.names import short_label, telling_names


@dataclass(frozen=True, slots=True)
class Results:
    """What one judge said of one model. `records` and `failures` together have every sample exactly once.

    `rows` is how many the score files have, those that count nowhere included. `capped`: the later dimensions are
    limited by the first.
    """

    model: str
    save: Path
    judge: str
    benchmark: Benchmark
    samples: tuple[BenchSample, ...]
    records: Mapping[str, ScoreRecord]
    failures: Mapping[str, Failure]
    rows: int = 0
    capped: bool = True

    def run_scores(self, id: str) -> tuple[tuple[float, ...], ...]:
        """Return the scores of each run of a sample as they count here."""
        return tuple(map(self.count, self.records[id].raw_runs))

    def count(self, raw: Sequence[float]) -> tuple[float, ...]:
        """Return what counts here of the scores that a judge gave."""
        return capped(raw) if self.capped else tuple(raw)

    def counted_otherwise(self) -> Results:
        """Return the same results with the cap where these are without it, and without where these are with it."""
        records = {id: _counted(record, not self.capped) for id, record in self.records.items()}
        return replace(self, records=records, capped=not self.capped)

    @property
    def complete(self) -> bool:
        """Whether every sample has a score."""
        return not self.failures

    @property
    def judges(self) -> tuple[Judge | None, ...]:
        """The distinct settings that the records state, None for those that state nothing."""
        return tuple(dict.fromkeys(record.judge for record in self.records.values()))

    @property
    def answering(self) -> frozenset[str]:
        """The models that replied, as their servers call them; empty where no record tells."""
        names = (run.model for record in self.records.values() for run in record.runs)
        return frozenset(name.removeprefix("models/") for name in names if name)

    @property
    def themes_without_score(self) -> list[str]:
        """The themes that have samples and no score, so that MACRO, as published, is a mean over the others."""
        present = {sample.theme for sample in self.samples}
        return [theme for theme in self.benchmark.themes if theme in present and not self.of_theme(theme)]

    def of_theme(self, theme: str) -> list[ScoreRecord]:
        """Return the records of a theme, in the order of its score file."""
        ids = {sample.id for sample in self.samples if sample.theme == theme}
        return [record for id, record in self.records.items() if id in ids]


def load_results(
    samples: Sequence[BenchSample],
    benchmark: Benchmark,
    save: Path,
    judge: str | None = None,
    *,
    cap: bool | None = None,
) -> Results:
    """Return the results in SAVE. `judge` may be left out where only one has judged; `cap` limits the later dimensions
    by the first, by default where the published script does.

    As in the published aggregate, a row counts only in the file of its own edit_type.

    Raises SetupError for a judge without score files, for scores of samples that the benchmark does not have,
    and for score files that cannot be read.
    """
    judge = judge or _only_judge(save, benchmark)
    records: dict[str, ScoreRecord] = {}
    failures: dict[str, Failure] = {}
    if judge not in judges_of(save, benchmark):
        known = ", ".join(judges_of(save, benchmark)) or "none"
        raise SetupError(f"{save}: no {benchmark.key} scores by '{judge}'; judges found there: {known}")
    rows = 0
    limit = benchmark.caps if cap is None else cap
    for theme in benchmark.themes:
        ids = {sample.id for sample in samples if sample.theme == theme}
        path = score_path(save, benchmark, theme, judge)
        found = read_records(path, benchmark)
        rows += len(found)
        of_theme = {id: record for id, record in found.items() if record.edit_type == theme}
        strangers = sorted(set(of_theme) - ids)
        if strangers:
            raise SetupError(
                f"{path}: scores of {', '.join(strangers[:3])}, which this benchmark does not have; name the BENCH "
                "that was judged"
            )
        changed = {
            sample.id: Failure(
                sample.id, "changed", f"{save / sample.result} is not the clip that was judged"
            )
            for sample in samples
            if sample.id in of_theme and has_other_size(of_theme[sample.id], save / sample.result)
        }
        astray = {
            id: Failure(id, "other type", f"its row in {path.name} says edit_type {record.edit_type!r}")
            for id, record in found.items()
            if id in ids and record.edit_type != theme
        }
        records |= {
            id: record if benchmark.caps and limit else _checked_count(record, benchmark, limit)
            for id, record in of_theme.items()
            if id not in changed
        }
        noted = read_failures(failures_path(save, benchmark, theme, judge))
        for sample in samples:
            if sample.theme == theme and sample.id not in records:
                reason = changed.get(sample.id) or astray.get(sample.id)
                failures[sample.id] = reason or _why_not(sample, save, noted.get(sample.id))
    return Results(
        save.resolve().name, save, judge, benchmark, tuple(samples), records, failures, rows, limit
    )


def has_other_size(record: ScoreRecord, clip: Path) -> bool:
    """Whether a clip cannot be the one that was judged, as far as its size tells."""
    return record.clip is not None and clip.is_file() and clip.stat().st_size != record.clip.bytes


def _checked_count(record: ScoreRecord, benchmark: Benchmark, cap: bool) -> ScoreRecord:
    if benchmark.caps and not record.runs:
        raise SetupError(
            f"{record.id}: its scores were capped when they were written, and nothing tells those before; leave the "
            "cap as published"
        )
    return _counted(record, cap)


def _counted(record: ScoreRecord, cap: bool) -> ScoreRecord:
    """Return the record with the scores that count: of each run as the judge gave them, with the cap or without."""
    runs = [capped(raw) if cap else raw for raw in record.raw_runs]
    means = tuple(sum(column) / len(runs) for column in zip(*runs, strict=True))
    return replace(record, scores=runs[0] if len(runs) == 1 else means)


def labelled(results: Sequence[Results]) -> list[Results]:
    """Return the results with names that none of the others has, short enough for a table.

    A result set is called as its folder; where two folders have one name, by as much of the path as tells them apart;
    with its judge where several have judged it.
    """
    names = telling_names(str(result.save.absolute()) for result in results)
    named: list[Results] = []
    for result in results:
        alike = [other for other in results if other.model == result.model]
        save, label = result.save.absolute(), result.model
        if any(other.save.absolute() != save for other in alike):
            label = names[str(save)]
        if sum(other.save.absolute() == save for other in alike) > 1:
            label = f"{label} ({result.judge})"
        named.append(replace(result, model=short_label(label, (other.model for other in named))))
    return named


def missing_output(sample: BenchSample, save: Path) -> Failure:
    """Return the failure of a task without a clip."""
    return Failure(sample.id, "missing", f"there is no {save / sample.result}")


def _why_not(sample: BenchSample, save: Path, noted: Failure | None) -> Failure:
    if not (save / sample.result).is_file():
        return missing_output(sample, save)
    return noted or Failure(sample.id, "not judged", "the judge has not been asked yet")


def _only_judge(save: Path, benchmark: Benchmark) -> str:
    if not save.is_dir():
        raise SetupError(f"{save}: no such folder; it is what `sparkle bench score` was given as --save")
    judges = judges_of(save, benchmark)
    if len(judges) == 1:
        return judges[0]
    if not judges:
        raise SetupError(
            f"{save}: no {benchmark.key} scores in it; make them with: sparkle bench score BENCH --save {save}"
        )
    raise SetupError(f"{save}: scores by {', '.join(judges)}; choose one with --judge")
