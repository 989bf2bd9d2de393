"""The terminal's tables: they fit, they mark what is left out, and names are no markup."""

from dataclasses import replace
from pathlib import Path

import pytest
from fake_results import STRONG, WEAK, judge_save, make_bench
from rich.console import Console, RenderableType

from sparkle.bench.comparison import compare
from sparkle.bench.report import make_report
from sparkle.bench.results import Results
from sparkle.bench.statistics import BootstrapSettings
from sparkle.cli.bench_tables import comparison_tables, report_tables

pytest.importorskip("scipy")

FEW = BootstrapSettings(resamples=200)


@pytest.fixture(scope="module")
def saves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Results]:
    root: Path = tmp_path_factory.mktemp("saves")
    samples = make_bench(root / "bench")
    weak = judge_save(root / "kiwi-edit", samples, WEAK, runs=2)
    return weak, judge_save(root / "kiwi-sparkle", samples, STRONG, seed=1, missing=2)


def printed(tables: list[RenderableType]) -> str:
    console = Console(width=80, record=True, file=None, quiet=False, force_terminal=False)
    with console.capture() as capture:
        for table in tables:
            console.print(table)
    return capture.get()


def test_a_report_fits_eighty_columns_and_shows_all_numbers(saves: tuple[Results, Results]) -> None:
    text = printed(list(report_tables(make_report(saves, FEW))))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text
    assert text.count("SURVIVORS ONLY  kiwi-sparkle: over 58 survivors of 60 samples (2 missing)") == 2
    assert "p (Holm)" in text
    for id in saves[1].failures:
        assert id in text


def test_a_comparison_names_what_it_leaves_out(saves: tuple[Results, Results]) -> None:
    text = printed(list(comparison_tables(compare(*saves, FEW))))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert text.count("SURVIVORS ONLY") == 2
    for id in saves[1].failures:
        assert f"not compared  {id}: B has none (missing:" in text


def test_names_are_no_markup(saves: tuple[Results, Results]) -> None:
    named = replace(saves[0], model="[red]x[/red]")
    assert "[red]x[/red]" in printed(list(report_tables(make_report([named], FEW))))
