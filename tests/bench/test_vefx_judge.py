"""VEFX-Reward as a benchmark's judge: a third protocol over Sparkle-Bench's tasks, scores from 1 to 4."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from tests.bench.tiny_bench import make_bench, make_results
from tests.tiny_models.vefx import PROMPT, write_tiny_vefx
from typer.testing import CliRunner

from sparkle.bench.aggregate import aggregate
from sparkle.bench.dimensions import VEFX
from sparkle.bench.report import make_report
from sparkle.bench.report.means_chart import means_chart
from sparkle.bench.report.score_tables import summary_table
from sparkle.bench.results import load_results
from sparkle.bench.rubric import Rubric
from sparkle.bench.scores import read_records
from sparkle.bench.session import JudgeChoice, choose_judge
from sparkle.bench.statistics import BootstrapSettings
from sparkle.cli import app
from sparkle.core.errors import SetupError


def test_clips_are_judged_by_the_authors_prompt_and_reported_from_1_to_4(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench", {"time": ("night: lit street", "night: quiet pier")})
    save = make_results(tmp_path / "save", samples)
    model = write_tiny_vefx(tmp_path / "model")
    script = tmp_path / "prompt_template.py"
    script.write_text(f'"""Prompts."""\nraise SystemExit("it ran")\nEDITREWARD_V2_SPECIAL = {PROMPT!r}\n')
    about = [str(tmp_path / "bench"), "--save", str(save), "--bench", "vefx"]
    prompt = f"{script}::EDITREWARD_V2_SPECIAL"
    arguments = [
        "bench",
        "score",
        *about,
        "--judge",
        str(model),
        "--rubric",
        prompt,
        "--device",
        "cpu",
        "--name",
        "tiny",
    ]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["saves"][0]["judged"] == 2
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 0, again.output
    assert "Rend" in again.stdout
    page = tmp_path / "report.html"
    made = CliRunner().invoke(
        app, ["bench", "report", *about, "--judge", "tiny", "--out", str(page), "--resamples", "100"]
    )
    assert made.exit_code == 0, made.output
    assert "Edit Exclusivity" in page.read_text()

    records = read_records(save / "time_tiny_vefx_score.jsonl", VEFX)
    assert {sample.id for sample in samples} == set(records)
    for record in records.values():
        assert record.scores == pytest.approx(record.values, abs=0.0006)
        assert all(1 < score < 4 and score != round(score) for score in record.scores)
        assert record.judge is not None
        assert record.judge.rubric == "prompt_template.py::EDITREWARD_V2_SPECIAL"
        assert record.judge.rubric_sha256 == Rubric("", PROMPT).sha256

    results = load_results(samples, VEFX, save, "tiny")
    overall = aggregate(results)
    assert overall.macro is not None
    assert overall.macro.overall == pytest.approx(sum(sum(r.scores) / 3 for r in records.values()) / 2)
    report = make_report([results], BootstrapSettings(resamples=100))
    assert len(report.models[0].histogram[0]) == 4
    assert not report.published_comparable
    assert not report.cautions
    assert "1 (worst) to 4 (best)" in means_chart(report)
    table = summary_table(report)
    assert len(table.rows) == 1
    assert "Published" not in table.note


def test_scores_above_four_are_none(tmp_path: Path) -> None:
    line = {
        "id": "a",
        "prompt": "",
        "edit_type": "time",
        "subtheme": "",
        "scene": "",
        "scores": [1, 2, 4.5],
        "result": "",
    }
    (tmp_path / "scores.jsonl").write_text(json.dumps(line) + "\n")
    with pytest.raises(SetupError, match=r"scores must be 3 numbers in \[1, 4\]"):
        read_records(tmp_path / "scores.jsonl", VEFX)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (JudgeChoice(judge="m"), "prompt_template.py"),
        (JudgeChoice(judge="metrics", rubric="p.txt"), "prompt_template.py"),
        (JudgeChoice(judge="m", rubric="p.txt", runs=2), "--runs"),
        (JudgeChoice(judge="m", rubric="p.txt"), "<|IF_reward|>"),
        (JudgeChoice(judge="nobody/nothing", rubric="good.txt"), "hf download nobody/nothing"),
    ],
)
def test_what_does_not_go_together_is_refused_before_work(
    choice: JudgeChoice, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.txt").write_text("Say something.")
    Path("good.txt").write_text(PROMPT)
    with pytest.raises(SetupError) as caught:
        choose_judge(VEFX, choice)
    assert message in str(caught.value)
