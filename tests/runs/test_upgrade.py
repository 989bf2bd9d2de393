"""Runs of an earlier version: refused with the command that converts them, and converted."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Command
from tests.ledgers import ledger_lines

from sparkle.core.errors import SetupError
from sparkle.core.model_card import ModelCard
from sparkle.core.records import IsolateRecord, SourceRecord
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.recipes import STAGES
from sparkle.runs import Ledger, RunState, StageEvent, keep_plan, read_run, write_run
from sparkle.runs.segments import segment_key
from sparkle.runs.upgrade import KEPT_LEDGER, upgrade_run

OLD_LEDGER = segment_key(0)
PLAN = [Sample(f"Sparkle_time_{number:06d}", "time", number, Inputs("a.mp4")) for number in range(4)]
SCORE = {
    "prompt_following": 9.0, "consistency": 8.0, "perceptual_quality": 9.0, "overall": 8.5, "SC_reasoning": "s",
    "PQ_reasoning": "p", "scorer": "test", "SC_raw_output": "", "PQ_raw_output": "",
}  # fmt: skip
FRAME = {
    "SC_score": 8.0, "PQ_score": 9.0, "O_score": 8.5, "SC_score_reasoning": "s", "PQ_score_reasoning": "p",
    "SC_raw_output": "", "PQ_raw_output": "", "scorer": "test",
}  # fmt: skip
FLAT: dict[str, dict[str, Any]] = {
    "source": {"inputs": {}, "frames": 17, "fps": 16.0, "width": 208, "height": 120},
    "first_frame": {"original_scene": "a room", "edited_frame0_score": SCORE},
    "isolate": {"round1_labels": ["dog"], "round1_objects": [{"bbox_2d": [1, 2, 3, 4], "label": "dog"}]},
    "track": {"anchor_frames": [0], "frame_objects": [[]], "consensus": 1.0, "passes": 3},
    "synthesize": {"audio": "none", "edited_video_score": {"frame_indices": [0], "editscore": [FRAME]}},
}
CARD = {"name": "tracker", "revision": "1", "licence": "MIT"}


def old_line(row: int, stage: str, status: str = "passed", **values: Any) -> str:
    """A line as it was written: every key, and the models of all stages so far."""
    done = STAGES[: STAGES.index(stage) + 1]
    provenance = {f"{name}.role": {**CARD, "name": name} for name in done}
    line = {
        "event": "stage", "id": PLAN[row].id, "stage": stage, "status": status, "instruction": "a beach", "scene": None,
        "checks": [], "records": {"provenance": provenance, **FLAT.get(stage, {})}, "artifacts": {}, "seconds": 1.5,
        "error": None, "usage": [],
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
    assert first.provenance["track.role"] == ModelCard("track", "1", "MIT")
    assert list(first.provenance) == [f"{name}.role" for name in STAGES[:5]]
    assert first.record(SourceRecord).needed_clip.width == 208
    assert first.record(IsolateRecord).labels == ("dog",)
    assert state.progress(1).sample.checks == (Check("source.camera", 1.0, 0.5, "maximum", "moves", "m"),)
    assert state.progress(3).events[0].error == "disk"


def test_an_upgrade_that_was_killed_is_done_again(run: Path) -> None:
    (run / ".ledger.partial").mkdir()
    (run / ".ledger.partial" / "ledger.jsonl").write_text("half")
    (run / KEPT_LEDGER).write_text("half")
    old = (run / OLD_LEDGER).read_bytes()
    upgrade_run(run, STAGES)
    lines = ledger_lines(run)
    assert (run / KEPT_LEDGER).read_bytes() == old
    (run / OLD_LEDGER).write_bytes(old)  # killed before the new one took its place
    upgrade_run(run, STAGES)
    assert ledger_lines(run) == lines
    assert sorted(path.name for path in run.iterdir()) == [OLD_LEDGER, KEPT_LEDGER, "plan.jsonl", "run.json"]


def into_folder(run: Path, *names: str) -> None:
    """Lay the segments of a ledger of today's where they lay for a while."""
    (run / "ledger").mkdir()
    for number, name in enumerate(names):
        (run / segment_key(number)).rename(run / "ledger" / name)
    (run / "ledger" / "index.npz").write_bytes(b"of other files")


def test_segments_in_a_folder_of_their_own_are_refused_and_laid_beside_the_plan(
    tmp_path: Path, sparkle: Command
) -> None:
    write_run(tmp_path, {"recipe": {}, "commands": [], "times": []})
    keep_plan(tmp_path, PLAN)
    with Ledger(tmp_path, segment_bytes=100) as ledger:
        for sample in PLAN[:3]:
            ledger.append(StageEvent(sample.id, "source", "passed", instruction="x" * 40))
    into_folder(tmp_path, "000000.jsonl", "000001.jsonl", "000002.jsonl")
    with pytest.raises(SetupError, match="sparkle upgrade"):
        RunState(tmp_path, PLAN, STAGES)
    (tmp_path / "ledger" / "000002.jsonl").rename(
        tmp_path / segment_key(2)
    )  # killed after the first of three moves
    with pytest.raises(SetupError, match="sparkle upgrade"):
        read_run(tmp_path)
    done = sparkle("upgrade", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "ledger.jsonl" in done.stdout.replace("\n", "")
    state = RunState(tmp_path, PLAN, STAGES)
    assert [len(state.progress(row).events) for row in range(4)] == [1, 1, 1, 0]
    assert (state.faults, (tmp_path / "ledger").exists()) == ((), False)


def test_an_old_ledger_that_was_not_put_aside_beside_its_segments_is(run: Path) -> None:
    old = (run / OLD_LEDGER).read_bytes()
    upgrade_run(run, STAGES)
    lines = ledger_lines(run)
    into_folder(run, "000000.jsonl")
    (run / OLD_LEDGER).write_bytes(old)
    (run / KEPT_LEDGER).unlink()
    upgrade_run(run, STAGES)
    assert (ledger_lines(run), (run / KEPT_LEDGER).read_bytes()) == (lines, old)


def test_two_ledgers_are_not_made_one(run: Path) -> None:
    upgrade_run(run, STAGES)
    content = (run / OLD_LEDGER).read_bytes()
    into_folder(run, "000000.jsonl")
    (run / OLD_LEDGER).write_bytes(content)
    with pytest.raises(SetupError, match="two ledgers"):
        upgrade_run(run, STAGES)


@pytest.mark.parametrize(
    "line", ["5", "{", '{"event": "redo", "stage": "x"}', '{"event": "stage", "stage": "source"}']
)
def test_a_damaged_old_line_is_named(run: Path, line: str) -> None:
    (run / OLD_LEDGER).write_text(f"{old_line(0, 'source')}\n{line}\n{old_line(1, 'source')}\n")
    with pytest.raises(SetupError, match=r"ledger\.jsonl, line 2: no event"):
        upgrade_run(run, STAGES)
    assert [path.name for path in run.glob("ledger*")] == [OLD_LEDGER]
