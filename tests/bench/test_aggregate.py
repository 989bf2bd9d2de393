"""The published aggregate, digit for digit."""

import json
from collections import defaultdict
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.bench.tiny_bench import make_bench

from sparkle.bench.aggregate import MACRO, aggregate, aggregate_scores
from sparkle.bench.dimensions import SPARKLE
from sparkle.bench.results import load_results
from sparkle.bench.scores import append_line

SCORES = st.lists(st.integers(1, 5), min_size=6, max_size=6)


def published_lines(files: dict[str, list[list[int]]]) -> list[str]:
    """The summary that the published protocol prints: sums over records, means, means of means, two decimals."""
    lines, macro, buckets = [], [0.0] * 6, 0
    for theme in ("location", "season", "style", "time"):
        sums = defaultdict(float)
        for scores in files.get(theme, []):
            for place, value in enumerate(scores):
                sums[place] += value
        count = len(files.get(theme, []))
        if not count:
            continue
        means = [sums[place] / count for place in range(6)]
        lines.append(" ".join(f"{value:.2f}" for value in (sum(means) / 6, *means)))
        for place in range(6):
            macro[place] += means[place]
        buckets += 1
    if buckets:
        means = [value / buckets for value in macro]
        lines.append(" ".join(f"{value:.2f}" for value in (sum(means) / 6, *means)))
    return lines


@given(st.dictionaries(st.sampled_from(SPARKLE.themes), st.lists(SCORES, max_size=30)))
def test_every_printed_digit_is_that_of_the_published_protocol(files: dict[str, list[list[int]]]) -> None:
    scores = {theme: files.get(theme, []) for theme in SPARKLE.themes}
    table = aggregate_scores(scores, {theme: len(of_theme) for theme, of_theme in scores.items()})
    rows = [*table.themes, *([table.macro] if table.macro else [])]
    printed = [" ".join(f"{value:.2f}" for value in (row.overall, *row.means)) for row in rows]
    assert printed == published_lines(files)


def test_themes_weigh_alike_whatever_their_sizes() -> None:
    scores = {"location": [[5] * 6] * 9, "season": [[1] * 6], "style": [], "time": []}
    table = aggregate_scores(scores, {"location": 9, "season": 1, "style": 4, "time": 0})
    assert table.macro is not None
    assert (table.macro.name, table.macro.overall) == (MACRO, 3.0)
    assert (table.macro.scored, table.macro.samples, table.macro.complete) == (10, 14, False)
    assert [row.name for row in table.themes] == ["location", "season"]


def test_scores_are_added_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Means over runs are no integers: in another order the last digit of a sum can be another."""
    samples = make_bench(tmp_path / "bench", {"location": ["rural: a", "rural: b", "rural: c"]})
    values = {samples[1].id: 1.1, samples[2].id: 1.3, samples[0].id: 1.7}
    path = tmp_path / "save" / "location_m_sparkle_score.jsonl"
    for id, value in values.items():
        append_line(path, {"id": id, "edit_type": "location", "scores": [value] * 6})
    row = aggregate(load_results(samples, SPARKLE, tmp_path / "save")).themes[0]
    assert row.means[0] == (1.1 + 1.3 + 1.7) / 3
    assert row.means[0] != (1.7 + 1.1 + 1.3) / 3


def test_score_files_of_the_authors_scripts_are_read_as_they_are(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench")
    save = tmp_path / "save"
    for sample, value in zip(samples, (5, 4, 2), strict=True):
        line = {
            "id": sample.id,
            "prompt": sample.instruction,
            "edit_type": sample.theme,
            "subtheme": sample.subtheme,
            "scene": sample.scene,
            "scores": [value] * 6,
            "result": "Brief reasoning: ...",
        }
        append_line(save / f"{sample.theme}_gemini-2.5-pro_sparkle_score.jsonl", line)
    results = load_results(samples, SPARKLE, save)
    assert results.complete
    assert results.judges == (None,)
    table = aggregate(results)
    assert table.macro is not None
    assert table.macro.means == (3.25,) * 6
    assert json.loads((save / "time_gemini-2.5-pro_sparkle_score.jsonl").read_text())["scores"] == [2] * 6
