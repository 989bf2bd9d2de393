"""What a run came to, as the report tells it: plain values, the same for HTML, Markdown and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sparkle.core.prices import Prices
from sparkle.core.sample import Check
from sparkle.core.usage import Usage
from sparkle.view.collection import RUN_STATUSES, STATUSES, CheckColumn, Facts, Index
from sparkle.view.reviews import Agreement

BINS = 24


@dataclass(frozen=True, slots=True)
class CheckReport:
    """One check: how many met it and failed, its scores in BINS bins over [low, high], those of them that failed in
    `failed_bins`, and of what range they are."""

    name: str
    threshold: float
    passes: str
    came_in: int
    failed: int
    median: float
    least: float
    most: float
    low: float
    high: float
    bins: tuple[int, ...]
    failed_bins: tuple[int, ...]

    @property
    def needs(self) -> str:
        """For example "≥ 7"."""
        return f"{'≥' if self.passes == 'minimum' else '≤'} {self.threshold:.3g}"

    @property
    def rejection_rate(self) -> float:
        """The share of those that met it and failed."""
        return self.failed / self.came_in


@dataclass(frozen=True, slots=True)
class StageReport:
    """What one stage took over all samples. Tokens are those of servers that were asked; `calls` are of all models."""

    stage: str
    came_in: int
    passed: int
    seconds: float
    calls: int
    prompt_tokens: int
    completion_tokens: int

    def cost(self, prices: Prices) -> float:
        """Return what it cost."""
        return prices.of(self.prompt_tokens, self.completion_tokens, self.seconds)


@dataclass(frozen=True, slots=True)
class SceneCount:
    """How many samples of a theme's subtheme were tried, and accepted."""

    theme: str
    subtheme: str
    tried: int
    accepted: int


@dataclass(frozen=True, slots=True)
class Example:
    """A sample beside a check: kept or rejected by it, with its score and reason. `picture` is a data address of a
    moving picture, "" where nothing is left to show."""

    id: str
    kept: bool
    score: float
    reason: str
    instruction: str
    picture: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RunReport:
    """All of it. `about` is what run.json says of versions, times and commands; `recipe` its settings."""

    name: str
    about: Mapping[str, Any]
    recipe: Mapping[str, Any]
    statuses: dict[str, int]
    checks: list[CheckReport]
    stages: list[StageReport]
    usage: list[Usage]
    scenes: list[SceneCount]
    rejected_by: dict[str, int]
    reviews: Agreement
    prices: Prices
    examples: dict[str, list[Example]]

    @property
    def samples(self) -> int:
        """How many samples the run has."""
        return sum(self.statuses.values())

    @property
    def accepted(self) -> int:
        """How many of them came through."""
        return self.statuses["accepted"]

    @property
    def seconds(self) -> float:
        """Seconds of all stages, those of fallen samples included."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def tokens(self) -> int:
        """Tokens in and out."""
        return sum(stage.prompt_tokens + stage.completion_tokens for stage in self.stages)

    @property
    def cost(self) -> float:
        """What all stages cost, by the user's prices."""
        return sum(stage.cost(self.prices) for stage in self.stages)


def check_report(column: CheckColumn) -> CheckReport:
    """Return the statistics of a check's scores. Raises ValueError where it was never made."""
    scores = np.array([score for score in column.scores if score is not None], np.float64)
    if not len(scores):
        raise ValueError(f"{column.name} was never made")
    failed = scores < column.threshold if column.passes == "minimum" else scores > column.threshold
    low, high = min(float(scores.min()), column.threshold), max(float(scores.max()), column.threshold)
    room = (high - low) * 0.04 or 0.5
    bins, failed_bins = (
        tuple(map(int, np.histogram(each, BINS, (low - room, high + room))[0]))
        for each in (scores, scores[failed])
    )
    return CheckReport(
        name=column.name,
        threshold=column.threshold,
        passes=column.passes,
        came_in=len(scores),
        failed=int(failed.sum()),
        median=float(np.median(scores)),
        least=float(scores.min()),
        most=float(scores.max()),
        low=low - room,
        high=high + room,
        bins=bins,
        failed_bins=failed_bins,
    )


def count_scenes(index: Index, facts: Facts) -> list[SceneCount]:
    """Return the samples of each theme's subthemes, the most first within a theme."""
    accepted = STATUSES.index("accepted")
    places = list(zip(index.themes, facts.subthemes, strict=True))
    tried = Counter(places)
    kept = Counter(place for place, status in zip(places, index.statuses, strict=True) if status == accepted)
    counts = [SceneCount(theme, sub, tried[theme, sub], kept[theme, sub]) for theme, sub in tried]
    return sorted(counts, key=lambda each: (each.theme, -each.tried, each.subtheme))


def count_statuses(index: Index) -> dict[str, int]:
    """Return how many samples ended how, in the order of RUN_STATUSES."""
    counts = Counter(index.statuses)
    return {name: counts[code] for code, name in enumerate(RUN_STATUSES)}


def count_fallen(facts: Facts) -> dict[str, int]:
    """Return how many fell by each check, or by a stage that failed, the most first."""
    return dict(Counter(name for name in facts.failed if name).most_common())


def chosen_examples(index: Index, facts: Facts, name: str, most: int) -> tuple[Sequence[str], Sequence[str]]:
    """Return (ids kept, ids rejected) by a check, at most so many each: those whose scores were nearest to it."""
    column = next(column for column in facts.checks if column.name == name)
    rows = [row for row, score in enumerate(column.scores) if score is not None]
    rows.sort(key=lambda row: abs((column.scores[row] or 0.0) - column.threshold))
    accepted = STATUSES.index("accepted")
    kept = [index.ids[row] for row in rows if index.statuses[row] == accepted]
    rejected = [index.ids[row] for row in rows if facts.failed[row] == name]
    return kept[:most], rejected[:most]


def check_of(checks: Sequence[Check], name: str) -> Check:
    """Return a sample's check by its name."""
    return next(check for check in checks if check.name == name)
