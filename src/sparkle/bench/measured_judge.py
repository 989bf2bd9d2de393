"""The judge that needs no network: measured quantities, reported as what they are and mapped to the six dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sparkle.bench.cost import Tokens
from sparkle.bench.dimensions import SPARKLE, Benchmark
from sparkle.bench.judges import whole_scores
from sparkle.bench.metrics import measure_edit
from sparkle.bench.metrics.subject import read_subject
from sparkle.bench.scores import Judge, ScoreRecord
from sparkle.bench.tasks import BenchSample
from sparkle.core.errors import BackendError, SetupError
from sparkle.video import read_clip

MODEL = "metrics"
VERSION = "2"  # counts up with every change that changes a score


@dataclass(frozen=True, slots=True)
class MeasuredJudge:
    """Measures a pair; the same pair always gets the same scores. Raises SetupError for another benchmark.

    `subjects`: a folder that says what the subjects of the sources are, for each sample `ID.npz`, a mask file as
    published, or `ID.json`, a boxes file; without it they are found.
    """

    benchmark: Benchmark
    subjects: Path | None = None

    def __post_init__(self) -> None:
        if self.benchmark is not SPARKLE:
            raise SetupError(
                f"--judge {MODEL} measures the dimensions of {SPARKLE.name}, not those of {self.benchmark.name}"
            )
        if self.subjects is not None and not self.subjects.is_dir():
            raise SetupError(
                f"--subjects {self.subjects}: is no folder; it holds ID.npz or ID.json for each sample"
            )

    @property
    def judge(self) -> Judge:
        """What is recorded: no rubric, no seed."""
        given = "" if self.subjects is None else "+subjects"
        return Judge(model=MODEL, media="pixels", version=VERSION + given)

    def __call__(self, sample: BenchSample, edited: Path) -> ScoreRecord:
        """Return the record with `values` before rounding and every measurement.

        Raises MediaError for a clip that cannot be read, BackendError where there is nothing to measure.
        """
        source, result = read_clip(sample.source), read_clip(edited)
        mask = (
            None
            if self.subjects is None
            else read_subject(self.subjects, sample.id, source.frames, source.fps)
        )
        measurement = measure_edit(
            source.frames, result.frames, source.fps, sample.instruction, mask, edited_fps=result.fps
        )
        if not all(map(math.isfinite, (*measurement.values, *measurement.measurements.values()))):
            raise BackendError(f"{sample.id}: a measurement is no finite number: {measurement.summary}")
        return ScoreRecord(
            id=sample.id,
            prompt=sample.instruction,
            edit_type=sample.theme,
            subtheme=sample.subtheme,
            scene=sample.scene,
            scores=whole_scores(measurement.values),
            result=measurement.summary,
            judge=self.judge,
            values=measurement.values,
            measurements=measurement.measurements,
        )

    def estimate(self, samples: Sequence[tuple[BenchSample, Path]]) -> Tokens:
        """Return nothing: no model is called."""
        return Tokens()

    def spent(self) -> Tokens:
        """Return nothing: no model is called."""
        return Tokens()
