"""Paired comparisons: symmetry, known tests, corrections, and what happens to samples that one side lacks."""

from dataclasses import replace
from pathlib import Path

import pytest
from fake_results import SETTINGS, STRONG, WEAK, judge_save, make_bench

from sparkle.bench.aggregate import MACRO, aggregate
from sparkle.bench.comparison import compare, judge_agreement
from sparkle.bench.dimensions import OPENVE
from sparkle.bench.results import Results
from sparkle.bench.statistics import BootstrapSettings
from sparkle.core.errors import SetupError

pytest.importorskip("scipy")

FEW = BootstrapSettings(resamples=500)


@pytest.fixture(scope="module")
def saves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Results]:
    root = tmp_path_factory.mktemp("saves")
    samples = make_bench(root / "bench")
    weak = judge_save(root / "weak", samples, WEAK, runs=2)
    return weak, judge_save(root / "strong", samples, STRONG, seed=1, missing=4)


def test_a_better_model_is_found_better(saves: tuple[Results, Results]) -> None:
    comparison = compare(*saves, FEW)
    overall = comparison.differences[-1]
    assert overall.dimension == "overall"
    assert overall.themes[MACRO].low > 0.5  # type: ignore[operator]
    assert overall.p < 1e-6
    assert overall.effect > 0.8
    assert list(overall.themes) == ["location", "season", "style", "time", MACRO]


def test_comparing_the_other_way_round_is_the_mirror_image(saves: tuple[Results, Results]) -> None:
    a, b = saves
    there, back = compare(a, b, FEW), compare(b, a, FEW)
    assert (there.a, there.common) == (back.b, back.common)
    for one, other in zip(there.differences, back.differences, strict=True):
        assert (one.better, one.equal, one.worse) == (other.worse, other.equal, other.better)
        assert (one.p, one.p_holm, one.effect) == (other.p, other.p_holm, -other.effect)
        for theme, estimate in one.themes.items():
            mirrored = other.themes[theme]
            assert estimate.mean == -mirrored.mean
            assert estimate.interval == pytest.approx((-mirrored.high, -mirrored.low), abs=1e-12)  # type: ignore[operator]


def test_a_model_against_itself_differs_in_nothing(saves: tuple[Results, Results]) -> None:
    for difference in compare(saves[0], saves[0], FEW).differences:
        assert difference.themes[MACRO].interval == (0, 0)
        assert (difference.p, difference.effect, difference.better, difference.worse) == (1, 0, 0, 0)


def test_only_common_samples_count_and_the_others_are_listed(saves: tuple[Results, Results]) -> None:
    a, b = saves
    comparison = compare(a, b, FEW)
    assert comparison.common == 56
    assert set(comparison.missing) == set(b.failures)
    assert all(why_a == "" and why_b.startswith("missing") for why_a, why_b in comparison.missing.values())
    # A's mean is that of the common samples too, not its own MACRO.
    kept = replace(a, records={id: record for id, record in a.records.items() if id in b.records})
    macro = aggregate(kept).macro
    assert macro is not None
    assert comparison.differences[-1].macro_a == pytest.approx(macro.overall)


def test_the_order_in_score_files_does_not_matter(saves: tuple[Results, Results]) -> None:
    a, b = saves
    turned = replace(a, records=dict(reversed(a.records.items())), samples=tuple(reversed(a.samples)))
    assert compare(turned, b, FEW) == compare(a, b, FEW)


def test_saves_without_a_common_sample_are_refused(saves: tuple[Results, Results]) -> None:
    a, b = saves
    with pytest.raises(SetupError, match="no scored sample in common"):
        compare(a, replace(b, records={}), FEW)


def test_saves_of_different_benchmarks_are_refused(saves: tuple[Results, Results]) -> None:
    a, b = saves
    with pytest.raises(SetupError, match="one benchmark"):
        compare(a, replace(b, benchmark=OPENVE, samples=(), records={}), FEW)


def test_one_theme_is_enough(saves: tuple[Results, Results]) -> None:
    a, b = saves
    only = {id: record for id, record in b.records.items() if record.edit_type == "style"}
    overall = compare(a, replace(b, records=only), FEW).differences[-1]
    assert overall.themes["style"] == overall.themes[MACRO]


def test_one_common_sample_has_differences_and_no_interval(saves: tuple[Results, Results]) -> None:
    a, b = saves
    one = dict([next(iter(b.records.items()))])
    comparison = compare(a, replace(b, records=one), FEW)
    assert comparison.common == 1
    assert comparison.differences[-1].themes[MACRO].interval is None
    assert 0 <= comparison.differences[-1].p <= 1


def test_other_rubrics_are_named_as_a_reason_not_to_compare(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench")
    a = judge_save(tmp_path / "a", samples, WEAK)
    b = judge_save(tmp_path / "b", samples, WEAK, judge=replace(SETTINGS, rubric_sha256="cd" * 32))
    assert compare(a, a, FEW).cautions == ()
    assert "one judge" in compare(a, b, FEW).cautions[0]


def test_two_judges_of_one_model_agree_as_far_as_their_scores_do(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench")
    first = judge_save(tmp_path / "a", samples, STRONG)
    second = judge_save(tmp_path / "a", samples, STRONG, judge=replace(SETTINGS, model="other-judge"))
    stranger = judge_save(tmp_path / "a", samples, WEAK, judge=replace(SETTINGS, model="third"), seed=9)
    assert judge_agreement(first, second, FEW)["visual"].kappa.value == pytest.approx(1)
    assert judge_agreement(first, second, FEW)["visual"].same == 1
    assert judge_agreement(first, stranger, FEW)["visual"].kappa.value < 0.4  # type: ignore[operator]
