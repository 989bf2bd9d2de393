"""Runs of an earlier version: refused with the command that converts them, and converted."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Command
from tests.ledgers import ledger_lines

from sparkle.core.errors import SetupError
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.recipes import STAGES
from sparkle.runs import RunState, keep_plan, read_run, write_run
from sparkle.runs.upgrade import KEPT_LEDGER, OLD_LEDGER, upgrade_run

PLAN = [Sample(f"Sparkle_time_{number:06d}", "time", number, Inputs("a.mp4")) for number in range(4)]
CARD = {"name": "tracker", "revision": "1", "licence": "MIT"}


def old_line(row: int, stage: str, status: str = "passed", **values: Any) -> str:
    """A line as it was written: every key, and the models of all stages so far."""
    done = STAGES[: STAGES.index(stage) + 1]
    provenance = {f"{name}.role": {**CARD, "name": name} for name in done}
    line = {
        "event": "stage", "id": PLAN[row].id, "stage": stage, "status": status, "instruction": "a beach", "scene": None,
        "checks": [], "records": {"provenance": provenance, stage: row}, "artifacts": {}, "seconds": 1.5, "error": None,
        "usage": [],
    }  # fmt: skip
    return json.dumps({**line, **values})


@pytest.fixture
def run(tmp_path: Path) -> Path:
    root = tmp_path / "an old run"
    root.mkdir()
    write_run(root, {"recipe": {}, "commands": [], "times": []})
    keep_plan(root, PLAN)
    low = {
        "name": "source.camera",
        "score": 1.0,
        "threshold": 0.5,
        "passes": "maximum",
        "reason": "moves",
        "scorer": "m",
    }
    lines = [
        *(
            old_line(0, stage, artifacts={"edited_video": 5} if stage == "synthesize" else {})
            for stage in STAGES
        ),
        old_line(0, "source"),  # it stands there twice
        old_line(1, "source", "rejected", checks=[low]),
        old_line(2, "source"),
        old_line(2, "isolate"),  # the one before was lost
        old_line(3, "source", "failed", error="disk", records={}),
        '{"event": "redo", "stage": "animate"}',
        old_line(0, "animate", instruction="a forest"),
    ]
    (root / OLD_LEDGER).write_text("\n".join(lines) + "\n" + old_line(3, "source")[:40])
    return root


def test_an_old_run_is_refused_with_the_command_that_converts_it(run: Path, sparkle: Command) -> None:
    for refused in (lambda: read_run(run), lambda: RunState(run, PLAN, STAGES)):
        with pytest.raises(SetupError, match=rf"run `sparkle upgrade {run}` once"):
            refused()
    done = sparkle("upgrade", run)
    assert done.returncode == 0, done.stderr
    assert "10 results converted" in done.stdout
    assert read_run(run) is not None
    assert sparkle("rejects", run, "--no-sheets").returncode == 0
    assert sparkle("upgrade", run).returncode == 2


def test_what_counted_counts_and_nothing_else(run: Path) -> None:
    upgrade_run(run, STAGES)
    state = RunState(run, PLAN, STAGES)
    assert state.faults == ()
    assert [[event.stage for event in state.progress(row).events] for row in range(4)] == [
        ["source", "first_frame", "isolate", "track", "animate"], ["source"], ["source"], ["source"],
    ]  # fmt: skip
    assert [state.progress(row).status for row in range(4)] == ["passed", "rejected", "passed", "failed"]
    first = state.progress(0).sample
    assert first.instruction == "a forest"
    assert first.records["provenance"]["track.role"] == {**CARD, "name": "track"}
    assert list(first.records["provenance"]) == [f"{name}.role" for name in STAGES[:5]]
    assert state.progress(1).sample.checks == (Check("source.camera", 1.0, 0.5, "maximum", "moves", "m"),)
    assert state.progress(3).events[0].error == "disk"


def test_an_upgrade_that_was_killed_is_done_again(run: Path) -> None:
    (run / ".ledger.partial" / "ledger").mkdir(parents=True)
    (run / ".ledger.partial" / "ledger" / "000000.jsonl").write_text("half")
    shutil.copy(run / OLD_LEDGER, run / "copy")
    upgrade_run(run, STAGES)
    lines = ledger_lines(run)
    (run / "copy").rename(run / OLD_LEDGER)  # killed before the old file was put aside
    upgrade_run(run, STAGES)
    assert ledger_lines(run) == lines
    assert sorted(path.name for path in run.iterdir()) == ["ledger", KEPT_LEDGER, "plan.jsonl", "run.json"]


@pytest.mark.parametrize(
    "line", ["5", "{", '{"event": "redo", "stage": "x"}', '{"event": "stage", "stage": "source"}']
)
def test_a_damaged_old_line_is_named(run: Path, line: str) -> None:
    (run / OLD_LEDGER).write_text(f"{old_line(0, 'source')}\n{line}\n{old_line(1, 'source')}\n")
    with pytest.raises(SetupError, match=r"ledger\.jsonl, line 2: no event"):
        upgrade_run(run, STAGES)
    assert not (run / "ledger").exists()
