"""The tables behind the scores: who judged and how, which samples have no score, what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sparkle.bench.report.model import ModelReport, Report
from sparkle.bench.report.table import NONE, SHORT_NAMES, Row, Table
from sparkle.bench.score_table import OVERALL
from sparkle.bench.scores import Judge, ScoreRecord


def detail_tables(report: Report) -> Iterator[Table]:
    """Yield the tables, those that have nothing to say left out."""
    yield judge_table(report)
    if any(model.results.failures for model in report.models):
        yield failure_table(report)
    if any(measured_means(model) for model in report.models):
        yield measurement_table(report)


def judge_table(report: Report) -> Table:
    """One row a model and judge setting that its records state."""
    rows = [
        Row(
            (
                model.label,
                str(model.results.save),
                model.results.judge,
                *_judge_cells(judge),
                _replied(model),
            ),
            (),
        )
        for model in report.models
        for judge in model.results.judges or (None,)
    ]
    columns = (
        "model",
        "folder",
        "judge",
        "rubric",
        "rubric SHA-256",
        "temperature",
        "seed",
        "runs",
        "saw",
        "version",
        "replied",
    )
    return Table("Judges", columns, tuple(rows))


def failure_table(report: Report) -> Table:
    """One row a sample without a score, by model and kind."""
    rows = [
        Row((model.label, failure.id, failure.kind, failure.reason), ())
        for model in report.models
        for failures in model.failures.values()
        for failure in failures
    ]
    return Table("Samples without a score", ("model", "sample", "kind", "reason"), tuple(rows))


def sample_table(report: Report) -> Table:
    """One row for each of the best and worst samples of each model."""
    rows = []
    for model in report.models:
        instructions = {sample.id: sample.instruction for sample in model.results.samples}
        for place, ids in (("best", model.best), ("worst", model.worst)):
            for id in ids:
                scores = sample_scores(model.results.records[id])
                rows.append(Row((model.label, place, id, instructions[id]), scores))
    names = tuple(SHORT_NAMES[key] for key in (OVERALL, *report.benchmark.keys))
    columns = ("model", "", "sample", "instruction", *names)
    return Table("Best and worst samples", columns, tuple(rows), report.survivors)


def sample_scores(record: ScoreRecord) -> tuple[str, ...]:
    """Return one sample's overall score and its scores, as text."""
    means = (f"{score:.0f}" if float(score).is_integer() else f"{score:.2f}" for score in record.scores)
    return (f"{np.mean(record.scores):.2f}", *means)


def measurement_table(report: Report) -> Table:
    """One row a measured quantity: its mean for each model, its unit, what it means, and the scores that it gives."""
    from sparkle.bench.metrics import MEASUREMENTS

    known = {measurement.name: measurement for measurement in MEASUREMENTS}
    means = [measured_means(model) for model in report.models]
    rows = []
    for name in dict.fromkeys(name for found in means for name in found):
        values = tuple(f"{found[name]:.3g}" if name in found else NONE for found in means)
        about = known.get(name)
        unit, meaning = (about.unit, about.meaning) if about else (NONE, "not known to this version")
        scales = about.scales if about else {}
        scores = "; ".join(f"{SHORT_NAMES[key]}: {scale}" for key, scale in scales.items())
        rows.append(Row((name, unit, meaning, scores or NONE), values))
    note = (
        "The judge `metrics` measures; no model has looked at the clips. Its six scores are these quantities mapped to "
        "1..5 and are not comparable with a model's. Scores: the points (value→score) between which a score lies on a "
        "straight line. The lowest score counts; for Vis half of it, and half the mean of all with BgVi. Values: means "
        "over samples."
    )
    columns = ("measurement", "unit", "meaning", "scores", *(model.label for model in report.models))
    return Table("What the metrics judge measured", columns, tuple(rows), report.survivors, note)


def measured_means(model: ModelReport) -> dict[str, float]:
    """Return the mean of each measurement over the samples that have it; empty for judges that do not measure.

    Score files may come from anybody: what is no finite number is left out.
    """
    values: dict[str, list[float]] = {}
    for record in model.results.records.values():
        for name, value in record.measurements.items():
            if isinstance(value, int | float) and math.isfinite(value):
                values.setdefault(name, []).append(value)
    return {name: float(np.mean(found)) for name, found in values.items()}


def _replied(model: ModelReport) -> str:
    """Return what the servers call the models that replied."""
    return ", ".join(sorted(model.results.answering)) or NONE


def _judge_cells(judge: Judge | None) -> tuple[str, ...]:
    if judge is None:
        return ("not recorded", *(NONE,) * 6)
    temperature = NONE if judge.temperature is None else f"{judge.temperature:g}"
    seed = NONE if judge.seed is None else str(judge.seed)
    sha = judge.rubric_sha256[:12] or NONE
    return (judge.rubric or NONE, sha, temperature, seed, str(judge.runs), judge.media, judge.version or NONE)
