"""The tables of a paired comparison of two models, and of the agreement of two judges."""

from __future__ import annotations

from collections.abc import Iterator

from sparkle.bench.aggregate import MACRO
from sparkle.bench.agreement import Coefficient
from sparkle.bench.comparison import Comparison, Difference
from sparkle.bench.report.model import JudgeComparison
from sparkle.bench.report.table import NONE, SHORT_NAMES, Row, Table, p_text, row_kind
from sparkle.bench.score_table import OVERALL


def comparison_tables(comparison: Comparison) -> Iterator[Table]:
    """Yield the tests of each dimension, and the differences by theme."""
    yield test_table(comparison)
    yield difference_table(comparison)


def test_table(comparison: Comparison) -> Table:
    """One row a dimension: means, difference, counts, effect, p-values."""
    rows = []
    for difference in _overall_first(comparison):
        cells = (
            f"{difference.macro_a:.2f}",
            f"{difference.macro_b:.2f}",
            difference.themes[MACRO],
            f"{difference.better} / {difference.equal} / {difference.worse}",
            f"{difference.effect:+.2f}".replace("-", "−"),
            p_text(difference.p),
            NONE if difference.p_holm is None else p_text(difference.p_holm),
        )
        is_overall = difference.dimension == OVERALL
        rows.append(Row((SHORT_NAMES[difference.dimension],), cells, "total" if is_overall else "plain"))
    columns = ("dimension", "A", "B", "B − A", "+ / = / −", "effect", "p", "p (Holm)")
    note = (
        f"A = {comparison.a}, B = {comparison.b}, on the {comparison.common} samples that both have. A, B and B − A: "
        f"MACRO means. + / = / −: samples on which B is better, equal, worse. Effect: matched-pairs rank-biserial "
        "correlation, +1 where B is never worse, −1 where it is never better. p: two-sided Wilcoxon signed-rank test "
        "over samples, zeros by Pratt's method; p (Holm): corrected over the dimensions. "
        f"Intervals: {comparison.settings.describe()}."
    )
    title = f"Paired tests, {comparison.b} against {comparison.a}"
    return Table(title, columns, tuple(rows), comparison_marks(comparison), note, signed=True)


def difference_table(comparison: Comparison) -> Table:
    """One row a theme: the mean differences."""
    ordered = _overall_first(comparison)
    rows = [
        Row(
            (theme,),
            (str(estimate.n), *(difference.themes[theme] for difference in ordered)),
            row_kind(theme),
        )
        for theme, estimate in ordered[0].themes.items()
    ]
    columns = ("theme", "n", *(SHORT_NAMES[difference.dimension] for difference in ordered))
    title = f"Differences by theme, {comparison.b} − {comparison.a}"
    return Table(title, columns, tuple(rows), comparison_marks(comparison), signed=True)


def agreement_table(judges: JudgeComparison) -> Table:
    """One row a dimension: how far two judges agree on one model's clips."""
    rows = [
        Row(
            (SHORT_NAMES[dimension],),
            (
                str(found.n),
                _coefficient(found.kappa),
                _coefficient(found.spearman),
                f"{found.same:.0%}",
                f"{found.within_one:.0%}",
                f"{found.mean_difference:+.2f}".replace("-", "−"),
            ),
            "total" if dimension == OVERALL else "plain",
        )
        for dimension, found in judges.dimensions.items()
    ]
    note = (
        f"First judge: {judges.first}, second: {judges.second}. κ: Cohen's kappa with quadratic weights; ρ: "
        f"Spearman's rank correlation. Difference: second minus first. Intervals: {judges.settings.describe()}."
    )
    columns = ("dimension", "n", "κ", "ρ", "equal", "within 1", "difference")
    n = judges.dimensions[OVERALL].n
    marks = (f"Over {n} survivors of {judges.expected} samples: those that both judges scored",)
    title = f"Agreement of the judges on {judges.model}"
    return Table(title, columns, tuple(rows), marks if n < judges.expected else (), note)


def comparison_marks(comparison: Comparison) -> tuple[str, ...]:
    """Say which samples the comparison leaves out, by their number."""
    if not comparison.missing:
        return ()
    total = comparison.common + len(comparison.missing)
    without_a = sum(bool(a) for a, _ in comparison.missing.values())
    without_b = sum(bool(b) for _, b in comparison.missing.values())
    return (
        f"Over {comparison.common} survivors of {total} samples: {comparison.a} lacks {without_a}, "
        f"{comparison.b} lacks {without_b}",
    )


def _overall_first(comparison: Comparison) -> list[Difference]:
    return [comparison.differences[-1], *comparison.differences[:-1]]


def _coefficient(found: Coefficient) -> str:
    if found.value is None:
        return NONE
    text = f"{found.value:.2f}"
    if found.low is not None and found.high is not None:
        text += f" ({found.low:.2f} to {found.high:.2f})"
    return text.replace("-", "−")
