from pathlib import Path

import pytest

from sparkle.core.errors import SetupError
from sparkle.core.records import ClipFormat, IsolateRecord, PublishedBox, Records, SourceRecord
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.core.scene import Scene
from sparkle.runs.ledger import Ledger, StageEvent, read_events, read_progress

CLIP = ClipFormat(17, 16.0, 208, 120)
STAGES = ("source", "first_frame", "isolate")
SAMPLE = Sample("Sparkle_time_000000", "time", 1, Inputs("a.mp4"))


def event(stage: str, status: str = "passed", **values: object) -> StageEvent:
    return StageEvent(SAMPLE.id, stage, status, **values)  # type: ignore[arg-type]


def write(path: Path, *events: StageEvent) -> None:
    with Ledger(path) as ledger:
        for one in events:
            ledger.append(one)


def test_an_event_comes_back_as_it_was_written(tmp_path: Path) -> None:
    check = Check("first_frame.editscore", 7.2, 8.0, "minimum", "too „dark“\n", "heuristic")
    scene = Scene("time", "dusk", "harbour", "boats rock")
    written = event(
        "isolate",
        instruction="go\nthere",
        scene=scene,
        checks=(check,),
        record=IsolateRecord(("é",), (PublishedBox((1, 2, 3, 4), "é"), PublishedBox((), "b"))),
    )
    write(tmp_path / "ledger.jsonl", written)
    assert list(read_events(tmp_path / "ledger.jsonl")) == [written]


def test_a_line_cut_by_a_kill_is_dropped_and_the_next_event_starts_on_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    write(path, event("source"), event("first_frame"))
    path.write_bytes(path.read_bytes()[:-25])
    assert [one.stage for one in read_events(path)] == ["source"]
    write(path, event("first_frame", instruction="again"))
    assert [one.instruction for one in read_events(path)] == [None, "again"]


def test_a_line_changed_by_hand_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text('{"event": "stage", "id": 3}\n')
    with pytest.raises(SetupError, match=r"ledger\.jsonl, line 1"):
        list(read_events(path))


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    "line",
    [
        DEEP.encode(),
        b"5",
        b"\xff\xfe{}",
        b"{}",
        b'{"event": "redo"}',
        b'{"event": "redo", "stage": "no such"}',
        b'{"event": "stage", "id": "Sparkle_time_000000", "stage": "no such", "status": "passed"}',
        b'{"event": "stage", "id": "a", "stage": "source", "status": "passed", "checks": [{"name": 1}]}',
        b'{"event": "stage", "id": "a", "stage": "source", "status": "passed", "more": 1}',
    ],
)
def test_a_line_that_is_no_event_is_one_clear_error(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "ledger.jsonl"
    write(path, event("source"))
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(SetupError, match=r"ledger\.jsonl, line 2") as raised:
        read_progress(path, [SAMPLE], STAGES)
    assert "\n" not in str(raised.value)


def test_a_line_that_stands_there_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    write(path, event("source"), event("first_frame"), event("isolate"))
    once = read_progress(path, [SAMPLE], STAGES)
    lines = path.read_bytes().splitlines(keepends=True)
    for number in range(3):
        path.write_bytes(b"".join([*lines, lines[number]]))
        assert read_progress(path, [SAMPLE], STAGES) == once


def test_what_stands_behind_a_lost_line_is_done_again_and_then_counts(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    write(path, event("source"), event("first_frame"), event("isolate"))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    assert [one.stage for one in read_progress(path, [SAMPLE], STAGES)[SAMPLE.id].events] == ["source"]
    write(path, event("first_frame"), event("isolate"))
    assert [one.stage for one in read_progress(path, [SAMPLE], STAGES)[SAMPLE.id].events] == list(STAGES)


def test_progress_is_the_fold_of_the_events(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    check = Check("isolate.objects", 0, 1, "minimum", "none", "count")
    rejected = event("isolate", "rejected", checks=(check,))
    write(path, event("source", record=SourceRecord(clip=CLIP)), event("first_frame"), rejected)
    state = read_progress(path, [SAMPLE], STAGES)[SAMPLE.id]
    assert (state.status, state.sample.rejection) == ("rejected", check)
    assert state.sample.record(SourceRecord).needed_clip == CLIP


def test_a_later_try_replaces_a_failed_one(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    write(
        path,
        event("source"),
        event("first_frame", "failed", error="disk"),
        event("first_frame", instruction="x"),
    )
    state = read_progress(path, [SAMPLE], STAGES)[SAMPLE.id]
    assert [one.stage for one in state.events] == ["source", "first_frame"]
    assert (state.status, state.sample.instruction) == ("passed", "x")


def test_a_redo_voids_its_stage_and_those_after_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    write(
        path,
        event("source", record=SourceRecord(clip=CLIP)),
        event("first_frame", instruction="old"),
        event("isolate"),
    )
    with Ledger(path) as ledger:
        ledger.append_redo("first_frame")
    state = read_progress(path, [SAMPLE], STAGES)[SAMPLE.id]
    assert [one.stage for one in state.events] == ["source"]
    assert (state.sample.instruction, state.sample.records) == (None, Records(SourceRecord(clip=CLIP)))
