"""What a run tells programs that read logs, and which runner its options choose."""

import json
from pathlib import Path

import pytest
from tests.conftest import Command
from tests.runners.small_run import CARDS, plan

from sparkle.cli.event_log import event_log, notice_facts, stage_facts
from sparkle.core.outcome import Costs, Outcome
from sparkle.core.sample import Check
from sparkle.runners.stream import Notice
from sparkle.runs import StageEvent

LOST = Notice("lost", "Sparkle_time_000003", "animate", "its worker was killed by signal 9; try 1 of 3")


def event(score: float, error: str | None = None) -> StageEvent:
    check = Check("track.area", score, 8.0, "minimum", "too small", "test")
    outcome = Outcome((check,), costs=Costs(1.23456)) if error is None else Outcome(error=error)
    return StageEvent.of(plan()[0], "track", outcome, CARDS)


def test_a_line_an_event_with_the_samples_id(tmp_path: Path) -> None:
    for _ in range(2):  # a second start goes on in the same file
        with event_log(str(tmp_path / "logs" / "run.jsonl")) as tell:
            tell("stage", stage_facts(event(1.0)))
            tell("stage", stage_facts(event(9.0, "no \n subject")))
            tell(LOST.kind, notice_facts(LOST))
    lines = [json.loads(line) for line in (tmp_path / "logs" / "run.jsonl").read_text().splitlines()]
    assert len(lines) == 6
    rejected, failed, lost = lines[:3]
    assert rejected["id"] == "Sparkle_time_000000"
    assert (rejected["status"], rejected["seconds"], rejected["check"]) == (
        "rejected",
        1.235,
        "track.area 1 < 8",
    )
    assert (failed["status"], failed["error"]) == ("failed", "no \n subject")
    assert (lost["event"], lost["id"], lost["stage"]) == ("lost", LOST.id, "animate")
    assert all(line["at"].endswith("+00:00") for line in lines)


def test_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with event_log("-") as tell:
        tell("stage", stage_facts(event(9.0)))
    told = capsys.readouterr()
    assert told.out == ""
    assert json.loads(told.err)["status"] == "passed"


def test_options_that_do_not_go_together(sparkle: Command, tmp_path: Path, clip_file: Path) -> None:
    for options, why in (
        (["--runner", "slurm"], "no such runner; there are local, ray"),
        (["--ray-address", "auto"], "goes with --runner ray"),
        (["--runner", "ray", "--workers", 3], "goes with --runner local"),
    ):
        refused = sparkle("build", clip_file, "--out", tmp_path / "run", *options)
        assert refused.returncode == 2
        assert why in " ".join(refused.stderr.split())
        assert not (tmp_path / "run").exists()
