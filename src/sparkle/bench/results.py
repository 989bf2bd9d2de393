"""One model's results over a whole benchmark by one judge: every sample has either a score or a reason why not.

All tables, statistics and comparisons start here, so that none can lose a sample on its way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sparkle.bench.dimensions import Benchmark
from sparkle.bench.layout import failures_path, judges_of, score_path
from sparkle.bench.scores import Failure, Judge, ScoreRecord, read_failures, read_records
from sparkle.bench.tasks import BenchSample
from sparkle.core.errors import SetupError


@dataclass(frozen=True, slots=True)
class Results:
    """What one judge said of one model. `records` and `failures` together have every sample exactly once."""

    model: str
    save: Path
    judge: str
    benchmark: Benchmark
    samples: tuple[BenchSample, ...]
    records: Mapping[str, ScoreRecord]
    failures: Mapping[str, Failure]

    @property
    def complete(self) -> bool:
        """Whether every sample has a score."""
        return not self.failures

    @property
    def judges(self) -> tuple[Judge | None, ...]:
        """The distinct settings that the records state, None for those that state nothing."""
        return tuple(dict.fromkeys(record.judge for record in self.records.values()))

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
    samples: Sequence[BenchSample], benchmark: Benchmark, save: Path, judge: str | None = None
) -> Results:
    """Return the results in SAVE. `judge` may be left out where only one has judged.

    Raises SetupError for a judge without score files, for scores of samples that the benchmark does not have,
    and for score files that cannot be read.
    """
    judge = judge or _only_judge(save, benchmark)
    records: dict[str, ScoreRecord] = {}
    failures: dict[str, Failure] = {}
    if judge not in judges_of(save, benchmark):
        known = ", ".join(judges_of(save, benchmark)) or "none"
        raise SetupError(f"{save}: no {benchmark.key} scores by '{judge}'; judges found there: {known}")
    for theme in benchmark.themes:
        ids = {sample.id for sample in samples if sample.theme == theme}
        path = score_path(save, benchmark, theme, judge)
        of_theme = read_records(path, benchmark)
        strangers = sorted(set(of_theme) - ids)
        if strangers:
            raise SetupError(
                f"{path}: scores of {', '.join(strangers[:3])}, which this benchmark does not have; name the BENCH "
                "that was judged"
            )
        records |= of_theme
        noted = read_failures(failures_path(save, benchmark, theme, judge))
        for sample in samples:
            if sample.theme == theme and sample.id not in of_theme:
                failures[sample.id] = _why_not(sample, save, noted.get(sample.id))
    return Results(save.resolve().name, save, judge, benchmark, tuple(samples), records, failures)


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
