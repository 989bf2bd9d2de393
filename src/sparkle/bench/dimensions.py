"""What the judges judge: the dimensions of Sparkle-Bench, OpenVE-Bench and VEFX-Reward, in the published order.

A score is 1 (worst) to 5 (best), of VEFX-Reward to 4. A beautiful clip of the wrong thing is no good edit, so
Sparkle-Bench caps all dimensions by the first, Instruction Compliance. OpenVE-Bench asks its judge to, and counts what
the judge says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sparkle.core.errors import SetupError

Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class Dimension:
    """One judged dimension: a key for files and columns, and the name that judges write."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A benchmark's protocol. `themes` are in the order in which the published tables list and add them; `caps` says
    whether the published script limits the later dimensions by the first, `asks_for_cap` whether its rubric asks the
    judge to; scores are from `lowest` to `highest`."""

    key: str
    name: str
    dimensions: tuple[Dimension, ...]
    themes: tuple[str, ...]
    caps: bool
    asks_for_cap: bool = False
    lowest: int = 1
    highest: int = 5

    def as_published(self, raw: Sequence[Number]) -> tuple[Number, ...]:
        """Return what the published script counts of the scores that a judge gave."""
        return capped(raw) if self.caps else tuple(raw)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the dimensions."""
        return tuple(dimension.key for dimension in self.dimensions)


SPARKLE = Benchmark(
    key="sparkle",
    name="Sparkle-Bench",
    dimensions=(
        Dimension("instruction", "Instruction Compliance"),
        Dimension("visual", "Overall Visual Quality"),
        Dimension("fg_integrity", "Foreground Integrity"),
        Dimension("fg_motion", "Foreground Motion Consistency"),
        Dimension("bg_dynamics", "Background Dynamics"),
        Dimension("bg_visual", "Background Visual Quality"),
    ),
    themes=("location", "season", "style", "time"),
    caps=True,
)

# The background task of OpenVE-Bench; its one "theme" is its task.
OPENVE = Benchmark(
    key="openve",
    name="OpenVE-Bench",
    dimensions=(
        Dimension("instruction", "Instruction Compliance"),
        Dimension("consistency", "Consistency & Detail Fidelity"),
        Dimension("visual", "Visual Quality & Stability"),
    ),
    themes=("background_change",),
    caps=False,
    asks_for_cap=True,
)

# What the reward model of arXiv 2604.16272 says of the tasks of Sparkle-Bench: its axes, in its words.
VEFX = Benchmark(
    key="vefx",
    name="VEFX-Reward",
    dimensions=(
        Dimension("instruction", "Instructional Following"),
        Dimension("render", "Render Quality"),
        Dimension("exclusivity", "Edit Exclusivity"),
    ),
    themes=SPARKLE.themes,
    caps=False,
    highest=4,
)

BENCHMARKS = {benchmark.key: benchmark for benchmark in (SPARKLE, OPENVE, VEFX)}


def find_benchmark(key: str) -> Benchmark:
    """Return a benchmark by its key. Raises SetupError for an unknown one."""
    if key not in BENCHMARKS:
        raise SetupError(f"--bench {key}: unknown benchmark; known: {', '.join(BENCHMARKS)}")
    return BENCHMARKS[key]


def capped(scores: Sequence[Number]) -> tuple[Number, ...]:
    """Return the scores with all but the first limited to the first."""
    return tuple(min(score, scores[0]) for score in scores)
