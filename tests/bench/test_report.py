"""The report in its four formats: what it must say, what it must not let in, and what it must survive."""

import io
import json
import re
import shutil
import subprocess
from base64 import b64decode
from dataclasses import asdict, replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from fake_results import AS_MANY_AS_PUBLISHED, SETTINGS, STRONG, WEAK, judge_save, make_bench
from rich.console import Console
from tests.conftest import Command

from sparkle.bench.aggregate import MACRO, aggregate, overall_bounds
from sparkle.bench.comparison import compare
from sparkle.bench.dimensions import OPENVE
from sparkle.bench.report import Report, make_report, report_json, write_report
from sparkle.bench.report.detail_tables import judge_table
from sparkle.bench.report.html_writer import to_html
from sparkle.bench.report.latex_writer import escape_latex, to_latex
from sparkle.bench.report.markdown_writer import to_markdown
from sparkle.bench.results import Results, load_results
from sparkle.bench.scores import Judge, ScoreRecord
from sparkle.bench.statistics import BootstrapSettings
from sparkle.bench.tasks import BenchSample
from sparkle.cli.bench_tables import report_tables
from sparkle.core.errors import SetupError
from sparkle.video import write_video

pytest.importorskip("scipy")

FEW = BootstrapSettings(resamples=200)
HOSTILE = (
    '<script src="http://evil.example/x.js"></script> | `a` $b$ \\input{/etc/passwd} & 100% _ # ~ ^ {{ 7*7 }}'
)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[BenchSample]:
    return make_bench(tmp_path_factory.mktemp("bench") / "bench")


@pytest.fixture(scope="module")
def whole(samples: list[BenchSample], tmp_path_factory: pytest.TempPathFactory) -> Results:
    return judge_save(tmp_path_factory.mktemp("saves") / "kiwi", samples, WEAK, runs=2)


@pytest.fixture(scope="module")
def partial(samples: list[BenchSample], tmp_path_factory: pytest.TempPathFactory) -> Results:
    return judge_save(tmp_path_factory.mktemp("saves") / "ours", samples, STRONG, seed=1, missing=4)


@pytest.fixture(scope="module")
def both(whole: Results, partial: Results) -> Report:
    return make_report([whole, partial], FEW)


def test_the_macro_row_is_the_published_aggregate(whole: Results, both: Report) -> None:
    macro = aggregate(whole).macro
    assert macro is not None
    means = [f"{mean:.2f}" for mean in (macro.overall, *macro.means)]
    row = next(line for line in to_markdown(both).split("\n") if line.startswith("| kiwi | 60/60 |"))
    assert re.findall(r"(\d\.\d\d) \(", row) == means


def test_every_table_of_scores_over_survivors_is_marked(partial: Results) -> None:
    report = make_report([partial], FEW)
    mark = "over 56 survivors of 60 samples (4 missing)"
    markdown = to_markdown(report)
    for title in ("MACRO means", "By theme", "By subtheme", "Best and worst samples"):
        section = markdown.partition(f"## {title}\n")[2].partition("\n## ")[0]
        assert "SURVIVORS ONLY" in section, title
        assert mark in section, title
    html = to_html(report)
    assert html.count(mark) >= 4
    assert '<figure class="table survivors">' in html
    assert all(mark in table for table in to_latex(report).split(r"\begin{table}")[1:])


def test_themes_that_macro_leaves_out_are_named(samples: list[BenchSample], tmp_path: Path) -> None:
    partial = judge_save(tmp_path / "ours", samples, STRONG, missing=12)
    assert {sample.theme for sample in samples[-12:]} == {"time"}
    marks = make_report([partial], FEW).survivors
    assert "(12 missing)" in marks[0]
    assert marks[0].endswith("MACRO leaves out time, where nothing has a score")


def test_a_comparison_over_survivors_is_marked_too(both: Report) -> None:
    section = to_markdown(both).partition("## Paired tests")[2].partition("\n## ")[0]
    assert "Over 56 survivors of 60 samples: kiwi lacks 0, ours lacks 4" in section


def test_a_whole_table_bears_no_mark(whole: Results) -> None:
    report = make_report([whole], FEW)
    assert all("survivors" not in text.lower() for text in (to_markdown(report), to_latex(report)))
    assert "Survivors only" not in to_html(report)


def test_every_sample_without_a_score_is_named_with_its_reason(partial: Results, both: Report) -> None:
    assert len(partial.failures) == 4
    html, markdown = to_html(both), to_markdown(both).replace("\\", "")
    for failure in partial.failures.values():
        assert failure.id in html
        assert f"| ours | {failure.id} | missing | {failure.reason} |" in markdown


def test_settings_seeds_and_rubric_stand_in_every_format(both: Report) -> None:
    for text in (to_html(both), to_markdown(both), to_latex(both)):
        assert "95" in text
        assert "200 resamples" in text
        assert "seed 0" in text
    assert "evaluate.py:PROMPT" in to_html(both)
    assert SETTINGS.rubric_sha256[:12] in to_html(both)
    assert report_json(both)["comparisons"][0]["judges"]["b"] == [asdict(SETTINGS)]
    assert report_json(both)["settings"] == {
        "method": "percentile bootstrap, samples resampled within themes",
        "resamples": 200,
        "seed": 0,
        "confidence": 0.95,
    }


@pytest.fixture(scope="module")
def whole_benchmark(tmp_path_factory: pytest.TempPathFactory) -> list[BenchSample]:
    return make_bench(tmp_path_factory.mktemp("whole") / "bench", AS_MANY_AS_PUBLISHED)


def test_published_rows_are_marked_with_their_judge(
    whole_benchmark: list[BenchSample], tmp_path: Path
) -> None:
    report = make_report([judge_save(tmp_path / "x", whole_benchmark, WEAK)], FEW)
    assert report.published_comparable
    assert "*Kiwi-Sparkle (published, gemini-2.5-pro)* | *–* | *3.81* | *4.10*" in to_markdown(report)
    assert to_html(report).count('class="published"') == 3 * 7 + 3  # marks in the chart, and the legend


def test_another_benchmark_of_the_same_form_does_not_compare_with_the_published_rows(both: Report) -> None:
    assert not both.published_comparable
    assert "over a benchmark of 60 samples, the published rows over 458" in both.cautions[0]


@pytest.mark.parametrize(
    "judge",
    [
        replace(SETTINGS, model="gemini-2.5-flash"),
        replace(SETTINGS, rubric="rubric_sparkle.md"),
        replace(SETTINGS, temperature=0.7),
        replace(SETTINGS, media="frames:2fps,16"),
        Judge("metrics", media="pixels", version="1"),
    ],
)
def test_another_judge_rubric_or_setting_is_said_to_be_not_comparable(
    judge: Judge, samples: list[BenchSample], tmp_path: Path
) -> None:
    report = make_report([judge_save(tmp_path / "x", samples, WEAK, judge=judge)], FEW)
    assert not report.published_comparable
    html = to_html(report)
    assert "Not comparable" in html
    assert "published, gemini-2.5-pro; not comparable" in html
    assert 'class="published"' not in html, "no published mark among bars that it cannot be compared with"


def test_files_of_the_authors_scripts_compare_with_the_published_rows(
    whole_benchmark: list[BenchSample], tmp_path: Path
) -> None:
    assert make_report([judge_save(tmp_path / "x", whole_benchmark, WEAK, judge=None)], FEW).cautions == ()


class Page(HTMLParser):
    """Collects tags and attributes, and checks that tags close in the order in which they opened."""

    VOID = ("meta", "img", "br", "line", "rect", "circle", "polygon")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def hostile_results(results: Results) -> Results:
    """Hostile words in every place where a stranger's text can stand."""
    records = {
        id: replace(record, result=HOSTILE, prompt=HOSTILE, judge=replace(SETTINGS, rubric=HOSTILE))
        for id, record in results.records.items()
    }
    samples = tuple(replace(sample, instruction=HOSTILE) for sample in results.samples)
    failures = {id: replace(failure, reason=HOSTILE) for id, failure in results.failures.items()}
    return replace(results, model=HOSTILE, samples=samples, records=records, failures=failures)


def test_hostile_words_stay_words_in_html(partial: Results, whole: Results) -> None:
    html = to_html(make_report([hostile_results(partial), whole], FEW))
    page = Page(html)
    assert page.open == []
    assert not {tag for tag, _ in page.tags} & {"script", "iframe", "object", "link", "base", "form"}
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/jpeg;base64,"))
    assert "&lt;script" in html
    assert "{{ 7*7 }}" in html, "a stranger's words are no template"
    policy = next(attributes for tag, attributes in page.tags if attributes.get("http-equiv"))
    assert (policy["content"] or "").startswith("default-src 'none'")


def test_hostile_words_stay_in_their_cell_in_markdown(partial: Results) -> None:
    markdown = to_markdown(make_report([hostile_results(partial)], FEW))
    assert "<script" not in markdown
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in markdown.split("\n") if line.startswith("|")]
    tables = re.findall(r"(?:^\|.*\n)+", markdown, re.MULTILINE)
    assert len(tables) >= 6
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
    assert widths


def test_hostile_words_stay_words_in_latex(partial: Results, tmp_path: Path) -> None:
    assert escape_latex("50% \\input{x} a_b $x$ – --- 雪") == (
        r"50\% \textbackslash{}input\{x\} a\_b \$x\$ \textendash{} -{}-{}- ?"
    )
    tex = to_latex(make_report([hostile_results(partial), partial], FEW))
    assert r"\input" not in tex
    assert tex.count(r"\begin{table}") == tex.count(r"\end{table}") == 4
    for table in re.findall(r"\\begin\{tabular\}.*?\\end\{tabular\}", tex, re.DOTALL):
        assert (
            len({len(re.findall(r"(?<!\\)&", line)) for line in table.split("\n") if line.endswith(r"\\")})
            == 1
        )
    if shutil.which("pdflatex") is None:
        return
    (tmp_path / "tables.tex").write_text(tex)
    (tmp_path / "paper.tex").write_text(
        "\\documentclass{article}\\usepackage{booktabs}\\usepackage{graphicx}"
        "\\begin{document}\\input{tables.tex}\\end{document}"
    )
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "paper.tex"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)


def write_clips(results: Results, ids: tuple[str, ...], folder: Path) -> Results:
    """Write a red source and a blue result for some samples."""
    colours = {"source": (200, 30, 30), "edited": (30, 30, 200)}
    red, blue = (np.full((6, 36, 64, 3), colour, np.uint8) for colour in colours.values())
    samples = []
    for sample in results.samples:
        if sample.id in ids:
            sample = replace(sample, source=folder / f"{sample.id}.mp4")
            write_video(sample.source, red, 8)
            write_video(results.save / sample.result, blue, 8)
        samples.append(sample)
    return replace(results, samples=tuple(samples))


def test_the_page_shows_the_source_above_the_edited_clip(samples: list[BenchSample], tmp_path: Path) -> None:
    results = judge_save(tmp_path / "save", samples, STRONG)
    model = make_report([results], FEW).models[0]
    report = make_report([write_clips(results, (*model.best, *model.worst[1:]), tmp_path / "sources")], FEW)
    page = Page(to_html(report))
    pictures = [attributes["src"] or "" for tag, attributes in page.tags if tag == "img"]
    assert len(pictures) == 5
    strip = np.asarray(
        PIL.Image.open(io.BytesIO(b64decode(pictures[0].partition(",")[2]))).convert("RGB"), int
    )
    height, width = strip.shape[:2]
    for x in (0.1, 0.35, 0.6, 0.9):
        above, below = strip[height // 4, int(x * width)], strip[3 * height // 4, int(x * width)]
        assert above[0] > above[2] + 80
        assert below[2] > below[0] + 80


def test_a_clip_that_cannot_be_shown_is_named_and_stops_nothing(
    samples: list[BenchSample], tmp_path: Path
) -> None:
    results = judge_save(tmp_path / "save", samples, STRONG)
    worst = make_report([results], FEW).models[0].worst[0]
    broken = results.save / next(sample.result for sample in samples if sample.id == worst)
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"no video at all" * 100)
    html = to_html(make_report([results], FEW))
    assert "<img" not in html
    assert f"cannot be shown: {broken}" in html


def test_pictures_stop_at_their_limit(
    samples: list[BenchSample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = judge_save(tmp_path / "save", samples, STRONG)
    model = make_report([results], FEW).models[0]
    report = make_report([write_clips(results, (*model.best, *model.worst), tmp_path / "sources")], FEW)
    size = len(re.findall(r'src="(data:[^"]+)"', to_html(report))[0])
    monkeypatch.setattr("sparkle.bench.report.samples.MAX_PICTURE_BYTES", int(2.5 * size))
    html = to_html(report)
    assert html.count("<img") == 2
    assert html.count("not shown: the pictures") == 4


def test_a_model_without_any_score_is_reported_as_such(whole: Results, partial: Results) -> None:
    failures = {
        sample.id: replace(next(iter(partial.failures.values())), id=sample.id) for sample in whole.samples
    }
    none = replace(partial, model="nothing", records={}, failures=failures)
    report = make_report([none, whole], FEW)
    assert report.comparisons == ()
    assert "| nothing | 0/60 | – |" in to_markdown(report)
    assert "over 0 survivors of 60 samples" in to_html(report)
    assert "NaN" not in json.dumps(report_json(report), allow_nan=False)


def test_a_benchmark_of_one_sample_has_a_report(whole: Results) -> None:
    id, record = next(iter(whole.records.items()))
    sample = next(sample for sample in whole.samples if sample.id == id)
    report = make_report([replace(whole, samples=(sample,), records={id: record})], FEW)
    assert report.models[0].best == (id,)
    assert report.models[0].worst == ()
    for text in (to_html(report), to_markdown(report), to_latex(report)):
        assert not re.search(r"\bnan\b", text, re.IGNORECASE)
    assert report.models[0].themes[MACRO][0].interval is None


def test_openve_has_its_three_dimensions_and_no_subthemes(tmp_path: Path) -> None:
    tasks = [
        BenchSample(f"clip{n}", "background_change", "x", tmp_path / "a.mp4", Path(f"clip{n}_edited.mp4"))  # type: ignore[arg-type]
        for n in range(5)
    ]
    records = {
        task.id: ScoreRecord(task.id, "x", task.theme, "", "", (4.0, 3.0, float(n % 3 + 1)), "text")
        for n, task in enumerate(tasks)
    }
    results = Results("m", tmp_path, "gemini-2.5-pro", OPENVE, tuple(tasks), records, {})
    markdown = to_markdown(make_report([results], FEW))
    assert "| model | n | Overall | Ins | Cons | Vis |" in markdown
    assert "UniVideo 13B" in markdown
    assert "By subtheme" not in markdown


def test_two_judges_of_one_save_are_told_apart_and_their_agreement_is_reported(
    samples: list[BenchSample], tmp_path: Path
) -> None:
    judges = [SETTINGS, replace(SETTINGS, model="other")]
    results = [
        judge_save(tmp_path / "save", samples, STRONG, judge=judge, seed=n) for n, judge in enumerate(judges)
    ]
    report = make_report(results, FEW)
    assert [model.label for model in report.models] == ["save (gemini-2.5-pro)", "save (other)"]
    assert report.comparisons == ()
    assert "Agreement of the judges on save" in to_html(report)
    assert report_json(report)["agreements"][0]["dimensions"]["visual"]["n"] == 60


def test_measured_judges_are_explained_and_broken_numbers_left_out(whole: Results) -> None:
    metrics = pytest.importorskip("sparkle.bench.metrics")
    known = next(iter(metrics.MEASUREMENTS))
    measured = {
        id: replace(record, measurements={known.name: 0.25, "from_elsewhere": float("nan")})
        for id, record in whole.records.items()
    }
    html = to_html(make_report([replace(whole, records=measured)], FEW))
    assert known.name in html
    assert "0.25" in html
    assert f"Ins: {known.scales['instruction']}" in unescape(html), "how the quantity becomes a score"
    assert "from_elsewhere" not in html
    assert "no model has looked at the clips" in html


@pytest.mark.parametrize("ending", ["html", "md", "json", "tex"])
def test_the_same_scores_give_the_same_file(
    ending: str, both: Report, whole: Results, partial: Results, tmp_path: Path
) -> None:
    first, second = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    write_report(both, first)
    write_report(make_report([whole, partial], FEW), second)
    assert first.read_bytes() == second.read_bytes()
    assert not list(tmp_path.glob(".*"))


def test_an_unknown_ending_is_refused_before_anything_is_read(sparkle: Command) -> None:
    refused = sparkle("bench", "report", "nowhere", "--save", "nothing", "--out", "report.pdf")
    assert refused.returncode == 2
    assert "must end in .html, .md, .json, .tex" in refused.stderr


def test_an_unknown_ending_is_refused(both: Report, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"\.html, \.md, \.json, \.tex"):
        write_report(both, tmp_path / "report.pdf")
    assert not list(tmp_path.iterdir())


def test_reloaded_results_give_the_same_report(whole: Results, samples: list[BenchSample]) -> None:
    again = load_results(samples, whole.benchmark, whole.save, whole.judge)
    assert to_markdown(make_report([again], FEW)) == to_markdown(make_report([whole], FEW))


def test_result_sets_of_one_name_are_told_apart_everywhere(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench")
    results = [judge_save(tmp_path / place / "kiwi", samples, STRONG, seed=n) for n, place in enumerate("ab")]
    report = make_report(results, BootstrapSettings(resamples=100))
    assert [model.label for model in report.models] == ["a/kiwi", "b/kiwi"]
    comparison = compare(*results, BootstrapSettings(resamples=100))
    assert (comparison.a, comparison.b) == ("a/kiwi", "b/kiwi")
    folders = [row.heads[1] for row in judge_table(report).rows]
    assert folders == [str(tmp_path / place / "kiwi") for place in "ab"]


def test_long_names_keep_their_tables_narrow_and_stay_apart(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench", {"location": 4})
    names = [f"kiwi-edit-{'very-long-name-' * 12}{end}" for end in ("of-one-training", "of-one-training-x")]
    names.append(names[0][:-20] + "#" + names[0][-19:])
    results = [judge_save(tmp_path / name, samples, STRONG, seed=n) for n, name in enumerate(names)]
    report = make_report(results, BootstrapSettings(resamples=100))
    labels = [model.label for model in report.models]
    assert len(set(labels)) == 3 and all(len(label) <= 40 for label in labels)
    assert "…" in labels[0] and labels[0].startswith("kiwi-edit")
    assert "?" not in to_latex(report).split("midrule")[1]
    console = Console(width=80, file=io.StringIO())
    for table in report_tables(report):
        console.print(table)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(map(len, text.splitlines())) <= 80
    assert " 4.10 " in text, "published numbers are whole beside long names"


def test_axes_say_what_they_count(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench")
    results = [judge_save(tmp_path / name, samples, STRONG, seed=n) for n, name in enumerate(("a", "b"))]
    page = to_html(make_report(results, BootstrapSettings(resamples=100)))
    for unit in (
        "mean score, 1 (worst) to 5 (best)",
        "samples in %",
        "difference of mean scores in points, b − a",
    ):
        assert unit in page


def test_what_has_no_score_bounds_the_mean(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench", {"location": 4, "time": 2})
    results = judge_save(tmp_path / "save", samples, STRONG, missing=3)
    low, high = overall_bounds(results)
    known = [np.mean(record.scores) for record in results.records.values()]
    assert low == pytest.approx(((sum(known) + 1) / 4 + 1) / 2)
    assert high == pytest.approx(((sum(known) + 5) / 4 + 5) / 2)
    (mark,) = make_report([results], BootstrapSettings(resamples=100)).survivors
    assert f"from {low:.2f} to {high:.2f}" in mark
    whole = judge_save(tmp_path / "whole", samples, STRONG)
    assert overall_bounds(whole) == pytest.approx([aggregate(whole).macro.overall] * 2)  # type: ignore[union-attr]
