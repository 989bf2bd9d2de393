"""What a report says, as plain data; `make_report` computes it, the writers only lay it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sparkle.bench.aggregate import overall_bounds
from sparkle.bench.agreement import Agreement
from sparkle.bench.comparison import Comparison
from sparkle.bench.dimensions import Benchmark
from sparkle.bench.published import Published
from sparkle.bench.results import Results
from sparkle.bench.scores import Failure, FailureKind
from sparkle.bench.statistics import BootstrapSettings, Estimate, RunSpread

KINDS: Final[tuple[FailureKind, ...]] = (
    "missing",
    "unreadable",
    "judgement",
    "not judged",
    "changed",
    "other type",
)

Estimates = Sequence[Estimate]


@dataclass(frozen=True, slots=True)
class ModelReport:
    """One model by one judge. Every sequence of estimates has one per dimension and last that of `overall`.

    `themes` maps the themes that have scores, and MACRO last; `subthemes` maps (theme, subtheme). `histogram` counts
    the samples at each whole score of the benchmark, one row a dimension; means over runs count at the nearest integer.
    `other_cap`, of a benchmark that only asks for a cap: the MACRO means of overall and of each dimension, with the
    later dimensions limited by the first if `themes` are without, and without if with. `best` and `worst` are ids, the
    best and the worst first, none in both.
    """

    results: Results
    themes: Mapping[str, Estimates]
    subthemes: Mapping[tuple[str, str], Estimates]
    spread: RunSpread
    histogram: tuple[tuple[int, ...], ...]
    best: tuple[str, ...]
    worst: tuple[str, ...]
    other_cap: tuple[float, ...] = ()

    @property
    def label(self) -> str:
        """The name that the report gives this model; no other in the report has it."""
        return self.results.model

    @property
    def scored(self) -> int:
        """How many samples have scores."""
        return len(self.results.records)

    @property
    def expected(self) -> int:
        """How many samples the benchmark has."""
        return len(self.results.samples)

    @property
    def failures(self) -> dict[FailureKind, list[Failure]]:
        """The samples without a score, by kind, sorted by id."""
        found = sorted(self.results.failures.values(), key=lambda failure: failure.id)
        return {kind: [failure for failure in found if failure.kind == kind] for kind in KINDS}

    @property
    def survivors(self) -> str | None:
        """The mark on every table that leaves samples out, or None where the table is whole."""
        if self.results.complete:
            return None
        counts = ", ".join(f"{len(found)} {kind}" for kind, found in self.failures.items() if found)
        mark = f"{self.label}: over {self.scored} survivors of {self.expected} samples ({counts})"
        low, high = overall_bounds(self.results)
        mark += f"; whatever those without a score are worth, MACRO overall is from {low:.2f} to {high:.2f}"
        absent = self.results.themes_without_score
        return f"{mark}; MACRO leaves out {', '.join(absent)}, where nothing has a score" if absent else mark


@dataclass(frozen=True, slots=True)
class JudgeComparison:
    """How far two judges agree on one model's clips, by dimension and last for `overall`.

    `expected` is how many samples the benchmark has; both judges may have scored fewer.
    """

    model: str
    first: str
    second: str
    expected: int
    dimensions: Mapping[str, Agreement]
    settings: BootstrapSettings


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report. `cautions` say what must not be compared with what; `published_comparable` whether all models
    may be compared with the published ones."""

    benchmark: Benchmark
    models: tuple[ModelReport, ...]
    comparisons: tuple[Comparison, ...]
    agreements: tuple[JudgeComparison, ...]
    published: Published
    published_comparable: bool
    cautions: tuple[str, ...]
    settings: BootstrapSettings

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the dimensions in full, and last "Overall"."""
        return (*(dimension.name for dimension in self.benchmark.dimensions), "Overall")

    @property
    def survivors(self) -> tuple[str, ...]:
        """The marks of the models that are not whole."""
        return tuple(model.survivors for model in self.models if model.survivors)
