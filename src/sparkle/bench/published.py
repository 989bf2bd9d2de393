"""The published results, as reference rows; and whether other scores may be compared with them."""

from __future__ import annotations

from dataclasses import dataclass

from sparkle.bench.dimensions import Benchmark
from sparkle.bench.results import Results
from sparkle.bench.rubric import own_rubric
from sparkle.config import read_document
from sparkle.store import packaged_text


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """A published model: `overall` as printed, `scores` in the order of the benchmark's dimensions."""

    model: str
    overall: float
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """The published table of a benchmark, where it was printed, and the judge behind it with its settings.

    `samples` is how many the published benchmark has, None where that is not known.
    """

    source: str
    judge: str
    temperature: float
    seed: int
    media: str
    rows: tuple[PublishedRow, ...]
    samples: int | None = None


def published_results(benchmark: Benchmark) -> Published:
    """Return the published results of a benchmark."""
    text = packaged_text("sparkle.bench", "published.yaml")
    table = read_document(text, "published.yaml")[benchmark.key]
    rows = tuple(
        PublishedRow(row["model"], row["overall"], tuple(map(float, row["scores"])))
        for row in table.pop("rows")
    )
    return Published(rows=rows, **table)


def caution(results: Results, published: Published) -> str | None:
    """Say why the results may not be compared with the published rows, or None where nothing speaks against it.

    Nothing does where the authors' scripts made the files, and where ours state the published judge and settings and a
    rubric that is not our own. Whether that rubric is the published one, only whoever gave it knows.
    """
    if not published.rows:
        return None
    if results.capped != results.benchmark.caps:
        return f"counted with{'' if results.capped else 'out'} the cap, the published rows in the other way"
    for judge in results.judges:
        name = results.judge if judge is None else judge.model
        if name != published.judge:
            return f"judged by {name}, the published rows by {published.judge}"
        if judge is None:
            continue
        if judge.rubric in ("", own_rubric(results.benchmark).name):
            return "judged with the toolkit's own rubric, the published rows with the authors'"
        wanted = {"temperature": published.temperature, "seed": published.seed, "media": published.media}
        other = [
            f"{name} {getattr(judge, name)}"
            for name, value in wanted.items()
            if getattr(judge, name) != value
        ]
        if other:
            asked = ", ".join(f"{name} {value}" for name, value in wanted.items())
            return f"judged with {', '.join(other)}, the published rows with {asked}"
    if published.samples not in (None, len(results.samples)):
        return (
            f"over a benchmark of {len(results.samples)} samples, the published rows over {published.samples}"
        )
    return None
