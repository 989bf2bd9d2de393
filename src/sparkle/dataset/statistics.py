"""What a dataset holds, in numbers: scenes, words, scores, files, repetitions. One pass, and no clip is decoded."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sparkle.core.errors import MediaError
from sparkle.core.layout import ARTIFACTS
from sparkle.core.sample import Check
from sparkle.dataset.collection import Collection
from sparkle.dataset.facts import facts_of

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
BINS = 12
MOST_PROBED = 400
MOST_VERBS = 20


@dataclass(frozen=True, slots=True)
class Distribution:
    """A value over samples: `quantiles` maps "0.5" to the median; `counts` are of BINS equal steps, least first."""

    count: int
    mean: float
    quantiles: dict[str, float]
    counts: list[int]

    @classmethod
    def of(cls, values: Sequence[float]) -> Distribution:
        """Return the distribution of at least one value."""
        numbers = np.asarray(values, np.float64)
        quantiles = {
            f"{q:g}": float(value)
            for q, value in zip(QUANTILES, np.quantile(numbers, QUANTILES), strict=True)
        }
        return cls(len(numbers), float(numbers.mean()), quantiles, np.histogram(numbers, BINS)[0].tolist())


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A check that samples came through: threshold, on which side of it they lie, and what measured it."""

    name: str
    threshold: float
    passes: str
    scorer: str
    samples: int


@dataclass(slots=True)
class Statistics:
    """`scenes`: theme to subtheme to scene to samples; what has no scene stands under "".

    `files`, `bytes`: by artifact. `sizes`: "1280x720, 16 fps" to clips, and `frames`, of the `probed` sources,
    evenly chosen; `unreadable` of them could not be opened. `repeated_prompts`, `repeated_sources`: how many samples
    share theirs with another, sources by name; `same_clips`: of how many the source's file is another's, too.
    """

    samples: int = 0
    scenes: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    verbs: Counter[str] = field(default_factory=Counter)
    values: dict[str, Distribution] = field(default_factory=dict)
    checks: list[CheckRow] = field(default_factory=list)
    models: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    probed: int = 0
    unreadable: int = 0
    sizes: Counter[str] = field(default_factory=Counter)
    frames: Counter[int] = field(default_factory=Counter)
    repeated_prompts: int = 0
    repeated_sources: int = 0
    same_clips: int = 0

    @property
    def themes(self) -> dict[str, int]:
        """Samples by theme."""
        return {theme: sum(map(Counter.total, parts.values())) for theme, parts in self.scenes.items()}

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "samples": self.samples,
            "themes": self.themes,
            "scenes": {t: {s: dict(c) for s, c in parts.items()} for t, parts in self.scenes.items()},
            "verbs": dict(self.verbs.most_common(MOST_VERBS)),
            "values": {
                name: {"count": d.count, "mean": d.mean, "quantiles": d.quantiles, "histogram": d.counts}
                for name, d in self.values.items()
            },
            "checks": [
                {name: getattr(check, name) for name in ("name", "threshold", "passes", "scorer", "samples")}
                for check in self.checks
            ],
            "models": [
                dict(zip(("role", "name", "revision", "licence", "samples"), (*model, count), strict=True))
                for model, count in sorted(self.models.items())
            ],
            "files": dict(self.files),
            "bytes": dict(self.bytes),
            "clips": {
                "probed": self.probed,
                "unreadable": self.unreadable,
                "sizes": dict(self.sizes),
                "frames": {str(count): clips for count, clips in sorted(self.frames.items())},
            },
            "repeated_prompts": self.repeated_prompts,
            "repeated_sources": self.repeated_sources,
            "same_clips": self.same_clips,
        }


def statistics_of(samples: Collection) -> Statistics:
    """Return the statistics of a dataset. Raises SampleError for what cannot be used."""
    found = Statistics(samples=len(samples))
    values: dict[str, array[float]] = {}
    checks: dict[tuple[str, float, str, str], int] = {}
    prompts: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    of_size: dict[int, list[int]] = {}
    for place, sample in enumerate(samples):
        facts = facts_of(sample)
        theme = found.scenes.setdefault(sample.theme, {})
        theme.setdefault(str(facts.get("subtheme", "")), Counter())[str(facts.get("scene", ""))] += 1
        if sample.prompt:
            prompts[sample.prompt] += 1
            found.verbs[
                sample.prompt.split()[0].strip(".,;:!?\"'").lower() if sample.prompt.split() else ""
            ] += 1
        if isinstance(facts.get("source"), str):
            sources[str(facts["source"])] += 1
        for name, value in facts.items():
            if isinstance(value, float):
                values.setdefault(name, array("d")).append(value)
        _count_checks(checks, sample.checks)
        found.models.update(
            (role, card.name, card.revision, card.licence) for role, card in sample.provenance.items()
        )
        for kind in ARTIFACTS:
            size = sample.size(kind)
            if size is not None:
                found.files[kind] += 1
                found.bytes[kind] += size
                if kind == "source_video":
                    of_size.setdefault(size, []).append(place)
    found.values = {name: Distribution.of(numbers) for name, numbers in sorted(values.items())}
    found.checks = [CheckRow(*key, count) for key, count in checks.items()]
    found.repeated_prompts = sum(count for count in prompts.values() if count > 1)
    found.repeated_sources = sum(count for count in sources.values() if count > 1)
    found.same_clips = sum(_same(samples, places) for places in of_size.values() if len(places) > 1)
    _probe(found, samples)
    return found


def _same(samples: Collection, places: Sequence[int]) -> int:
    """Return how many of some sources, which are of one size, have the content of another one of them."""
    contents = Counter(samples[place].source.fingerprint() for place in places)
    return sum(count for count in contents.values() if count > 1)


def _count_checks(counts: dict[tuple[str, float, str, str], int], checks: Iterable[Check]) -> None:
    for check in checks:
        key = check.name, check.threshold, check.passes, check.scorer
        counts[key] = counts.get(key, 0) + 1


def _probe(found: Statistics, samples: Collection) -> None:
    """Look into the headers of evenly chosen sources that are there."""
    places = sorted({round(place) for place in np.linspace(0, max(0, len(samples) - 1), MOST_PROBED)})
    for sample in samples.at(places) if len(samples) else samples:
        if not sample.has("source_video"):
            continue
        found.probed += 1
        try:
            info = sample.source.info()
        except MediaError:
            found.unreadable += 1
            continue
        found.sizes[f"{info.width}x{info.height}, {info.fps:.4g} fps"] += 1
        found.frames[info.frame_count or round(info.duration_s * info.fps)] += 1
