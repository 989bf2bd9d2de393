"""What a run came to, on one page."""

import json
import re
from pathlib import Path

import pytest
from tests.conftest import Command
from tests.view.viewed_run import HOSTILE, HOSTILE_ID, REJECTED, write_viewed_run

from sparkle.core.errors import SetupError
from sparkle.core.prices import Prices
from sparkle.runners.report import make_report, prepare_report, report_text
from sparkle.store import Folder
from sparkle.view.collection import CheckColumn
from sparkle.view.report.charts import histogram
from sparkle.view.report.model import RunReport, check_report
from sparkle.view.reviews import Review, ReviewBook
from sparkle.view.templates import escape_markdown


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> RunReport:
    root = write_viewed_run(tmp_path_factory.mktemp("report") / "a <run>")
    with ReviewBook(Folder.at(root)) as book:
        book.add(Review(REJECTED, "accept"))
        book.add(Review(REJECTED, "reject"))
        book.add(Review(HOSTILE_ID, "reject", HOSTILE))
    return make_report(str(root), Prices(hour=3600.0, input=1_000_000.0), examples=2)


def test_the_figures_are_those_of_the_ledger(report: RunReport) -> None:
    assert report.statuses == {"accepted": 2, "rejected": 2, "failed": 1, "unfinished": 0}
    checks = {each.name: (each.came_in, each.failed) for each in report.checks}
    assert checks["source.score"] == (5, 1)
    assert checks["track.score"] == (3, 1)
    assert checks["synthesize.score"] == (2, 0)
    assert report.rejected_by == {"track.score": 1, "first_frame: failed": 1, "source.score": 1}
    stages = {each.stage: (each.came_in, each.passed, each.seconds) for each in report.stages}
    assert stages["source"] == (5, 4, 7.5)
    assert stages["first_frame"] == (4, 3, 4.5)
    assert report.tokens == 3 * 120
    # 21 events of 1.5 s at one a second, but the failed one took none; 300 tokens were sent at one a token
    assert report.cost == pytest.approx(report.seconds + 300)
    assert {(each.theme, each.tried, each.accepted) for each in report.scenes} >= {
        ("season", 1, 1),
        ("style", 1, 0),
    }


def test_reviews_are_held_against_the_checks_and_the_last_word_counts(report: RunReport) -> None:
    assert (report.reviews.reviewed, report.reviews.agreed) == (2, 1)
    assert report.reviews.by_check == {"track.score": (0, 1)}
    assert report.reviews.accepted == (0, 1)


def test_the_page_needs_nothing_else_and_escapes_everything(report: RunReport) -> None:
    page = report_text(report, "html")
    assert "<script" not in page and HOSTILE not in page
    assert "a &lt;run&gt;" in page
    assert not re.search(r'(src|href)="(?!data:image/webp|#)', page)
    assert "Content-Security-Policy" in page
    assert page.count("<svg") == 3 + len(report.checks)
    assert "1 of 2 reviews agree" in page


def test_examples_move_and_stand_on_both_sides(report: RunReport) -> None:
    examples = report.examples["track.score"]
    assert (examples[0].id, examples[0].kept) == (REJECTED, False)
    assert sum(each.kept for each in examples) == 2
    assert all(each.picture.startswith("data:image/webp;base64,") for each in examples)
    early = report.examples["source.score"][0]
    assert (early.kept, early.picture) == (False, "")  # its source is gone, which the page says
    assert "nothing is left to show" in report_text(report, "html")


def test_json_and_markdown_tell_the_same(report: RunReport) -> None:
    value = json.loads(report_text(report, "json"))
    assert value["statuses"]["accepted"] == 2
    assert "picture" not in value["examples"]["track.score"][0]
    table = report_text(report, "md")
    assert "| track.score | ≥ 8 | 3 | 1 | 33.3% | 8.5 |" in table
    assert "<img" not in table


@pytest.mark.parametrize(("passes", "failed"), [("minimum", 2), ("maximum", 1)])
def test_a_check_fails_on_its_own_side(passes: str, failed: int) -> None:
    found = check_report(CheckColumn("a", 5.0, passes, [1.0, 4.0, None, 5.0, 9.0]))
    assert (found.came_in, found.failed, sum(found.bins)) == (4, failed, 4)
    assert found.low < 1.0 and found.high > 9.0


def test_all_scores_may_be_the_threshold() -> None:
    found = check_report(CheckColumn("a", 1.0, "minimum", [1.0, 1.0]))
    assert sum(found.bins) == 2
    drawn = histogram(found)
    assert "lost" not in drawn and 'viewBox="0 0 300 118"' in drawn


def test_what_passed_is_not_red_beside_what_failed() -> None:
    found = check_report(CheckColumn("a", 1.0, "minimum", [0.999, *[1.0] * 15, 2.0]))  # one bin holds both
    assert (sum(found.bins), sum(found.failed_bins)) == (17, 1)
    drawn = histogram(found)
    assert drawn.count('class="kept"') == 2 and drawn.count('class="lost"') == 1
    assert "16, 1 of them failed" in drawn
    assert 'viewBox="0 0 300 118"' in drawn  # whatever the last bar was


def test_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"written as \.html, \.md or \.json"):
        prepare_report(tmp_path / "report.pdf")


def test_the_command(sparkle: Command, tmp_path: Path) -> None:
    root = write_viewed_run(tmp_path / "run")
    told = sparkle("report", root, "--out", tmp_path / "r.html", "--examples", "0", "--json")
    assert json.loads(told.stdout) == {
        "out": str(tmp_path / "r.html"), "samples": 5, "accepted": 2, "rejected": 2, "failed": 1, "unfinished": 0,
    }  # fmt: skip
    assert (tmp_path / "r.html").stat().st_size > 10_000
    assert sparkle("report", root).stdout.startswith("# run\n")
    wrong = sparkle("report", tmp_path)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    "words",
    [
        "<img src=x>",
        "![a](http://b)",
        "a | b",
        "one\n# two",
        "``x``",
        "~~gone~~ **fat** _slant_",
        "\x1b[31m",
        "a\u202eb",
    ],
)
def test_words_of_others_are_words_in_markdown(words: str) -> None:
    told = escape_markdown(words)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]|~#!<\n\x1b\u202e]", told)
