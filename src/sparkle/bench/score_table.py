"""One model's scores by one judge as arrays: what the statistics work on."""

# Axes: N samples, D dimensions, K judge runs.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sparkle.bench.results import Results
from sparkle.bench.statistics import Floats

OVERALL = "overall"


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """The samples that have scores, in the order of themes and then of ids, and the reasons why others have none.

    `dimensions` are keys; `scores` is float64 (N, D), means over each sample's runs; `runs` maps ids to the scores of
    each run, float64 (K, D). `missing` maps the ids of all other samples of the benchmark to what is wrong with them.
    """

    name: str
    dimensions: tuple[str, ...]
    ids: tuple[str, ...]
    themes: tuple[str, ...]
    subthemes: tuple[str, ...]
    scores: Floats
    runs: Mapping[str, Floats]
    missing: Mapping[str, str]

    @property
    def with_overall(self) -> Floats:
        """The scores, and as a last column their mean over the dimensions: float64 (N, D + 1)."""
        return np.column_stack([self.scores, self.scores.mean(axis=1)])

    def only(self, ids: Sequence[str]) -> ScoreTable:
        """Return the table of some of its samples, in its own order; the others do not become missing ones."""
        wanted = set(ids)
        rows = [row for row, id in enumerate(self.ids) if id in wanted]
        return ScoreTable(
            name=self.name,
            dimensions=self.dimensions,
            ids=tuple(self.ids[row] for row in rows),
            themes=tuple(self.themes[row] for row in rows),
            subthemes=tuple(self.subthemes[row] for row in rows),
            scores=self.scores[rows],
            runs={self.ids[row]: self.runs[self.ids[row]] for row in rows},
            missing=self.missing,
        )


def score_table(results: Results) -> ScoreTable:
    """Return the table of a model's results. It may have no rows."""
    order = {theme: place for place, theme in enumerate(results.benchmark.themes)}
    samples = sorted(results.samples, key=lambda sample: (order[sample.theme], sample.id))
    scored = [sample for sample in samples if sample.id in results.records]
    records = [results.records[sample.id] for sample in scored]
    return ScoreTable(
        name=results.model,
        dimensions=results.benchmark.keys,
        ids=tuple(sample.id for sample in scored),
        themes=tuple(sample.theme for sample in scored),
        subthemes=tuple(sample.subtheme for sample in scored),
        scores=np.array([record.scores for record in records], np.float64).reshape(
            len(records), len(results.benchmark.dimensions)
        ),
        runs={record.id: np.array(results.run_scores(record.id), np.float64) for record in records},
        missing={id: f"{failure.kind}: {failure.reason}" for id, failure in results.failures.items()},
    )
