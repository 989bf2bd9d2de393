import subprocess
import sys
from pathlib import Path

import pytest

from sparkle.core.errors import SetupError
from sparkle.core.layout import artifact_path
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.runs import (
    Ledger,
    StageEvent,
    Wish,
    keep_plan,
    load_progress,
    locked,
    make_plan,
    place_artifacts,
    read_run,
)

STAGES = ("source", "first_frame")
SAMPLE = Sample("Sparkle_time_000000", "time", 1, Inputs("a.mp4"))
SOURCE = artifact_path("source_video", SAMPLE.theme, SAMPLE.id)
EDITED = artifact_path("edited_frame0", SAMPLE.theme, SAMPLE.id)


def put(root: Path, relative: object, content: bytes = b"12345") -> None:
    path = root / str(relative)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def record(root: Path, *events: StageEvent) -> None:
    with Ledger(root / "ledger.jsonl") as ledger:
        for event in events:
            ledger.append(event)


def test_a_second_writer_is_refused_while_the_first_one_lives(tmp_path: Path) -> None:
    other = (
        "import sys; from pathlib import Path; from sparkle.runs import locked\n"
        "with locked(Path(sys.argv[1])): pass"
    )
    with locked(tmp_path):
        refused = subprocess.run([sys.executable, "-c", other, str(tmp_path)], capture_output=True, text=True)
    allowed = subprocess.run([sys.executable, "-c", other, str(tmp_path)], capture_output=True, text=True)
    assert "another process is writing this run" in refused.stderr
    assert allowed.returncode == 0


def test_a_rejected_samples_files_move_out_of_the_dataset_and_back(tmp_path: Path) -> None:
    put(tmp_path, SOURCE)
    for _ in range(2):
        place_artifacts(tmp_path, SAMPLE, "rejected")
        assert not (tmp_path / SOURCE).exists()
        assert (tmp_path / "rejected" / SOURCE).read_bytes() == b"12345"
    place_artifacts(tmp_path, SAMPLE, None)
    assert (tmp_path / SOURCE).exists()
    assert not (tmp_path / "rejected" / SOURCE).exists()


def test_a_move_that_a_kill_cut_short_is_finished_on_the_next_start(tmp_path: Path) -> None:
    put(tmp_path, SOURCE)
    put(tmp_path, "rejected/" + str(EDITED), b"123")
    low = Check("first_frame.editscore", 1, 8, "minimum", "", "heuristic")
    record(
        tmp_path,
        StageEvent(SAMPLE.id, "source", "passed", artifacts={"source_video": 5}),
        StageEvent(SAMPLE.id, "first_frame", "rejected", checks=(low,), artifacts={"edited_frame0": 3}),
    )
    assert load_progress(tmp_path, [SAMPLE], STAGES)[SAMPLE.id].status == "rejected"
    assert (tmp_path / "rejected" / SOURCE).exists()


def test_a_stage_whose_artifact_is_gone_or_cut_is_done_again(tmp_path: Path) -> None:
    put(tmp_path, SOURCE)
    put(tmp_path, EDITED, b"12")
    record(
        tmp_path,
        StageEvent(SAMPLE.id, "source", "passed", artifacts={"source_video": 5}),
        StageEvent(SAMPLE.id, "first_frame", "passed", artifacts={"edited_frame0": 3}),
    )
    state = load_progress(tmp_path, [SAMPLE], STAGES)[SAMPLE.id]
    assert [event.stage for event in state.events] == ["source"]
    assert not (tmp_path / EDITED).exists()


def test_files_of_an_unfinished_stage_are_removed(tmp_path: Path) -> None:
    put(tmp_path, EDITED)
    load_progress(tmp_path, [SAMPLE], STAGES)
    assert not (tmp_path / EDITED).exists()


def test_a_failed_sample_is_tried_again(tmp_path: Path) -> None:
    record(tmp_path, StageEvent(SAMPLE.id, "source", "failed", error="disk full"))
    assert load_progress(tmp_path, [SAMPLE], STAGES)[SAMPLE.id].events == ()


def test_a_plan_may_grow_at_its_end_and_change_in_no_other_way(tmp_path: Path) -> None:
    def plan(*names: str) -> list[Sample]:
        return make_plan([Wish(Inputs(name)) for name in names], ("time",), 1, 7)

    keep_plan(tmp_path, plan("a", "b"))
    keep_plan(tmp_path, plan("a", "b", "c"))
    with pytest.raises(SetupError, match="sample 2 of this run is Sparkle_time_000001 from b"):
        keep_plan(tmp_path, plan("a", "x", "c"))
    with pytest.raises(SetupError, match="more samples"):
        keep_plan(tmp_path, plan("a"))


def test_a_damaged_run_file_is_named(tmp_path: Path) -> None:
    assert read_run(tmp_path) is None
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(SetupError, match=r"run\.json: not JSON"):
        read_run(tmp_path)
