"""The tables: Markdown for people. Every table names the half that it is from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from benchmarks.eyes.finding import FindingRow
from benchmarks.eyes.metrics import correlation
from benchmarks.eyes.tracking import TrackingRow

TRACKING_COLUMNS = (
    "clip", "single pass", "BAIT", "gain", "worst gain", "boundary F", "flicker", "matte error",
    "confidence", "seconds",
)  # fmt: skip
FINDING_COLUMNS = ("clip", "named", "found", "box IoU", "mask IoU", "main covered", "seconds")


def tracking_table(rows: Sequence[TrackingRow]) -> Iterator[str]:
    """Yield the lines of the table of one half: a row per clip, means over its trials, and the totals."""
    trials = len({row.trial for row in rows})
    clips = list(dict.fromkeys(row.clip for row in rows))
    yield f"Tracking from faulty boxes, half `{_half(rows)}`, {len(clips)} clips x {trials} trials\n"
    yield from _head(TRACKING_COLUMNS)
    for clip in clips:
        yield _tracking_line(clip, [row for row in rows if row.clip == clip])
    yield _tracking_line("**mean**", rows)
    yield ""
    for jitter in sorted({row.jitter for row in rows}):
        some = [row for row in rows if row.jitter == jitter]
        single, bait = _mean(some, "single"), _mean(some, "bait")
        yield f"- boxes off by {100 * jitter:.0f} %: single pass {single:.3f}, BAIT {bait:.3f} ({len(some)} trials)"
    failed, sound = [row for row in rows if row.first_fault], [row for row in rows if not row.first_fault]
    for name, some in (("failed", failed), ("sound", sound)):
        if some:
            single, bait = _mean(some, "single"), _mean(some, "bait")
            yield f"- first anchor {name}: single pass {single:.3f}, BAIT {bait:.3f} ({len(some)} trials)"
    related = correlation([row.confidence for row in rows], [row.bait for row in rows])
    told = "not defined" if related is None else f"{related:.2f}"
    yield f"- confidence against true IoU over {len(rows)} trials: correlation {told}"
    yield f"- refused: {sum(bool(row.refused) for row in rows)} of {len(rows)} trials (counted as an empty mask)"


def finding_table(rows: Sequence[FindingRow]) -> Iterator[str]:
    """Yield the lines of the finder's table of one half."""
    yield f"Finding without boxes, half `{_half(rows)}`, {len(rows)} clips\n"
    yield from _head(FINDING_COLUMNS)
    for row in rows:
        named, found = ", ".join(row.labels) or "nothing", "yes" if row.found else "no"
        figures = (row.box, row.mask, row.main)
        yield _line([row.clip, named, found, *(f"{figure:.3f}" for figure in figures), f"{row.seconds:.1f}"])
    means = [float(np.mean([getattr(row, key) for row in rows])) for key in ("box", "mask", "main")]
    found_count = f"{sum(row.found for row in rows)} of {len(rows)}"
    seconds = float(np.mean([row.seconds for row in rows]))
    yield _line(["**mean**", "", found_count, *(f"{mean:.3f}" for mean in means), f"{seconds:.1f}"])


def _tracking_line(name: str, rows: Sequence[TrackingRow]) -> str:
    figures = [f"{_mean(rows, 'single'):.3f}", f"{_mean(rows, 'bait'):.3f}", f"{_mean(rows, 'gain'):+.3f}"]
    figures += [f"{min(row.gain for row in rows):+.3f}", f"{_mean(rows, 'boundary'):.3f}"]
    figures += [f"{_mean(rows, key):.3f}" for key in ("flicker", "matte_error", "confidence")]
    return _line([name, *figures, f"{_mean(rows, 'seconds'):.1f}"])


def _half(rows: Sequence[TrackingRow] | Sequence[FindingRow]) -> str:
    halves = {row.half for row in rows}
    if len(halves) != 1:
        raise ValueError(f"a table is of one half, got {sorted(halves)}")
    return halves.pop()


def _mean(rows: Sequence[TrackingRow], key: str) -> float:
    return float(np.mean([getattr(row, key) for row in rows]))


def _head(columns: Sequence[str]) -> Iterator[str]:
    yield _line(columns)
    yield "|---|" + "---:|" * (len(columns) - 1)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
