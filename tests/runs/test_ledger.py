import itertools
import json
import os
import random
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.ledgers import ledger_lines, put_lines, read_events, write_events

from sparkle.core.errors import OutputError, SetupError
from sparkle.core.model_card import ModelCard
from sparkle.core.records import ClipFormat, IsolateRecord, PublishedBox, Records, SourceRecord
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.core.scene import Scene
from sparkle.core.usage import Usage
from sparkle.runs import Ledger, Progress, Provenance, RunState, StageEvent
from sparkle.runs.kept_index import INDEX_FILE
from sparkle.runs.segments import Segments, segment_key
from sparkle.store import Folder

STAGES = ("source", "first_frame", "isolate")
PLAN = [Sample(f"Sparkle_time_{number:06d}", "time", number, Inputs("a.mp4")) for number in range(4)]
SAMPLE = PLAN[0]
CLIP = ClipFormat(17, 16.0, 208, 120)
MODELS = Provenance.of({"track.tracker": ModelCard("tracker", "1", "MIT")})


def event(stage: str, status: str = "passed", row: int = 0, **values: object) -> StageEvent:
    return StageEvent(PLAN[row].id, stage, status, **values)  # type: ignore[arg-type]


def state(root: Path) -> RunState:
    return RunState(root, PLAN, STAGES)


def stages(root: Path, row: int = 0) -> list[str]:
    return [one.stage for one in state(root).progress(row).events]


def test_an_event_comes_back_as_it_was_written(tmp_path: Path) -> None:
    written = event(
        "isolate",
        instruction="go\nthere",
        scene=Scene("time", "dusk", "harbour", "boats rock"),
        checks=(Check("first_frame.editscore", 7.2, 8.0, "minimum", "too „dark“\n", "heuristic"),),
        record=IsolateRecord(("é",), (PublishedBox((1, 2, 3, 4), "é"), PublishedBox((), "b"))),
        artifacts={"edited_frame0_foreground_removed": 77},
        sha256={"edited_frame0_foreground_removed": "0123"},
        seconds=1.25,
        usage=(Usage("work", "model", seconds=0.5),),
        provenance=MODELS,
    )
    failed = event("isolate", "failed", error="no disk\udcff")
    write_events(tmp_path, written, failed)
    assert list(read_events(tmp_path)) == [written, failed]


def test_models_are_named_once_however_many_results_they_gave(tmp_path: Path) -> None:
    write_events(tmp_path, *(event("source", row=row, provenance=MODELS) for row in range(4)))
    lines = ledger_lines(tmp_path)
    assert [b"tracker" in line for line in lines] == [True, False, False, False, False]
    assert all(state(tmp_path).progress(row).sample.provenance == MODELS.cards for row in range(4))


def test_what_a_stage_left_alone_stays(tmp_path: Path) -> None:
    write_events(
        tmp_path, event("source", instruction="a beach", record=SourceRecord(clip=CLIP)), event("first_frame")
    )
    sample = state(tmp_path).progress(0).sample
    assert (sample.instruction, sample.records) == ("a beach", Records(SourceRecord(clip=CLIP)))


def test_a_line_cut_by_a_kill_is_dropped_and_the_next_event_starts_on_its_own_line(tmp_path: Path) -> None:
    write_events(tmp_path, event("source"), event("first_frame"))
    whole = ledger_lines(tmp_path)
    for cut in range(1, len(whole[1])):
        put_lines(tmp_path, [whole[0], whole[1][:-cut]])
        if cut > 1:  # without its last byte alone it is whole
            assert stages(tmp_path) == ["source"]
        write_events(tmp_path, event("first_frame", instruction="again"))
        assert state(tmp_path).progress(0).sample.instruction == "again"
        assert len(ledger_lines(tmp_path)) == (2 if cut > 1 else 3)


def test_segments_are_closed_when_they_are_full_and_each_names_its_models(tmp_path: Path) -> None:
    events = [
        event(stage, row=row, provenance=MODELS, instruction=f"n{row}")
        for stage in STAGES
        for row in range(4)
    ]
    with Ledger(tmp_path, segment_bytes=700) as ledger:
        for one in events[:8]:
            ledger.append(one)
    with Ledger(tmp_path, segment_bytes=700) as ledger:
        for one in events[8:]:
            ledger.append(one)
    files = [tmp_path / segment_key(each.number) for each in Segments(Folder.at(tmp_path)).files()]
    assert len(files) > 2
    for file in files:
        assert file.read_text().startswith('{"n":') and "tracker" in file.read_text().split("\n")[0]
        assert file.stat().st_size < 1000
    assert list(read_events(tmp_path)) == events
    assert [state(tmp_path).progress(row).sample.instruction for row in range(4)] == ["n0", "n1", "n2", "n3"]
    assert state(tmp_path).faults == ()
    files[1].unlink()
    with pytest.raises(SetupError, match=r"000001\.jsonl: this segment of the ledger is missing"):
        state(tmp_path)


def test_results_of_many_threads_share_flushes_and_each_stands_once(tmp_path: Path) -> None:
    plan = [Sample(f"Sparkle_time_{number:06d}", "time", number, Inputs("a.mp4")) for number in range(400)]
    with Ledger(tmp_path) as ledger:

        def work(some: Sequence[Sample]) -> None:
            for sample in some:
                ledger.append(StageEvent(sample.id, "source", "passed"))
            ledger.settle()
            # What is settled can be read by another program, before the ledger is closed.
            state = RunState(tmp_path, plan, STAGES)
            assert all(state[sample.id].status == "passed" for sample in some)

        threads = [threading.Thread(target=work, args=(plan[start::4],)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = RunState(tmp_path, plan, STAGES)
    assert (found.faults, len(ledger_lines(tmp_path))) == ((), 400)
    assert all(found[sample.id].status == "passed" for sample in plan)


def test_a_full_disk_is_said_and_what_stood_there_stays(tmp_path: Path, full_disk: None) -> None:
    with pytest.raises(OutputError, match=r"ledger\.jsonl: cannot be written"), Ledger(tmp_path) as ledger:
        for row in range(4):
            ledger.append(event("source", row=row, error="x" * 30_000))  # which no packing makes short
            ledger.settle()
    assert [state(tmp_path).progress(row).status for row in range(4)] == ["passed", "passed", None, None]


def test_nothing_is_appended_to_a_closed_ledger(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="not open"):
        Ledger(tmp_path).append(event("source"))


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    "line",
    [
        DEEP.encode(),
        b"5",
        b"\xff\xfe{}",
        b"{}",
        b"",
        b'{"n": "1", "event": "redo", "stage": "source", "redos": 1}',
        b'{"n": 1, "id": "Sparkle_time_000000", "stage": "no such", "status": "passed"}',
        b'{"n": 1, "id": "Sparkle_time_000000", "stage": "first_frame", "status": "perhaps"}',
        b'{"n": 1, "id": "Sparkle_time_000009", "stage": "source", "status": "passed"}',
        b'{"n": 1, "id": 7, "stage": "source", "status": "passed"}',
        b'{"n": 1, "event": "provenance", "by": "0123", "cards": {}}',
        b'{"n": 1, "event": "something"}',
        b'{"n": 1, "id": "Sparkle_time_000000", "stage": "first_frame", "status": "passed", "record": 5}',
        b'{"n": 1, "id": "Sparkle_time_000000", "stage": "first_frame", "status": "passed", "by": "0123"}',
        b'{"n": 1, "id": "Sparkle_time_000000", "stage": "first_frame", "status": "passed", "artifacts": {"x": 1}}',
    ],
)
def test_a_damaged_line_is_named_and_its_work_is_done_again(tmp_path: Path, line: bytes) -> None:
    write_events(tmp_path, event("source"), event("first_frame"), event("isolate"))
    lines = ledger_lines(tmp_path)
    put_lines(tmp_path, [lines[0], line + b"\n", lines[2]])
    found = state(tmp_path)
    assert [one.stage for one in found.progress(0).events] == ["source"]
    assert len(found.faults) == 1 and "ledger.jsonl, line 2" in found.faults[0]
    assert "\n" not in found.faults[0]
    with Ledger(tmp_path, found.index) as ledger:
        ledger.append(event("first_frame"))
        ledger.append(event("isolate"))
    assert stages(tmp_path) == list(STAGES)


def test_a_line_that_is_an_event_of_wrong_content_is_one_clear_error(tmp_path: Path) -> None:
    write_events(tmp_path, event("source"))
    for extra in ('"checks": [{"name": 1}]', '"more": 1', '"record": {"clip": 7}'):
        put_lines(
            tmp_path,
            [f'{{"n": 0, "id": "{SAMPLE.id}", "stage": "source", "status": "passed", {extra}}}\n'.encode()],
        )
        with pytest.raises(SetupError, match=r"line 1: not a ledger event .* Delete that line") as raised:
            state(tmp_path).progress(0)
        assert "\n" not in str(raised.value)


def done_twice(lines: list[bytes], number: int) -> list[bytes]:
    return [*lines, lines[number]]


def lost(lines: list[bytes], number: int) -> list[bytes]:
    return lines[:number] + lines[number + 1 :]


def swapped(lines: list[bytes], number: int) -> list[bytes]:
    changed = list(lines)
    changed[number], changed[number - 1] = changed[number - 1], changed[number]
    return changed


def torn(lines: list[bytes], number: int) -> list[bytes]:
    changed = list(lines)
    changed[number] = changed[number][: len(changed[number]) // 2] + b"\n"
    return changed


@pytest.mark.parametrize("harm", [done_twice, lost, swapped, torn])
def test_doubled_lost_swapped_and_torn_lines_are_named_and_made_good_by_work_done_again(
    tmp_path: Path, harm: Callable[[list[bytes], int], list[bytes]]
) -> None:
    """Whatever line it happens to: no sample has a result that it never had, and after going on all have all."""
    whole = tmp_path / "whole"
    order = [(stage, row) for row in range(4) for stage in STAGES]
    random.Random(7).shuffle(order)
    order.sort(key=lambda pair: STAGES.index(pair[0]))
    write_events(
        whole, *(event(stage, row=row, provenance=MODELS, seconds=float(row)) for stage, row in order)
    )
    lines = ledger_lines(whole)
    expected = [state(whole).progress(row) for row in range(4)]
    for number in range(len(lines)):
        root = tmp_path / str(number)
        root.mkdir(parents=True)
        put_lines(root, harm(lines, number))
        found = state(root)
        last_is_gone = harm is lost and number == len(lines) - 1  # as if it had never been done
        assert bool(found.faults) != last_is_gone, (number, found.faults)
        count, _ = found.index.counted()
        assert count.tolist() == [len(found.progress(row).events) for row in range(4)]
        with Ledger(root, found.index) as ledger:
            for row in range(4):
                had = found.progress(row)
                assert had.events == expected[row].events[: len(had.events)]
                for stage in STAGES[len(had.events) :]:
                    ledger.append(event(stage, row=row, provenance=MODELS, seconds=float(row)))
        assert [state(root).progress(row) for row in range(4)] == expected


def test_a_lost_redo_is_never_passed_over(tmp_path: Path) -> None:
    write_events(tmp_path, event("source"), event("first_frame", instruction="old"))
    with Ledger(tmp_path) as ledger:
        ledger.append_redo("first_frame")
        ledger.append(event("first_frame", instruction="new", row=1))
    lines = ledger_lines(tmp_path)
    for damaged in (lost(lines, 2), torn(lines, 2)):
        put_lines(tmp_path, damaged)
        with pytest.raises(SetupError, match=r"line [34]: a redo before this line was lost"):
            state(tmp_path)
    put_lines(tmp_path, swapped(lines, 2))
    assert stages(tmp_path) == ["source"]
    put_lines(tmp_path, swapped(lines, 3))
    assert (stages(tmp_path), stages(tmp_path, 1)) == (["source"], [])
    assert "a redo that it knows of" in " ".join(state(tmp_path).faults)
    put_lines(tmp_path, done_twice(lines, 2))  # more is void than need be, and nothing that is void counts
    assert (stages(tmp_path), stages(tmp_path, 1)) == (["source"], [])


def test_progress_is_the_fold_of_the_events(tmp_path: Path) -> None:
    check = Check("isolate.objects", 0, 1, "minimum", "none", "count")
    rejected = event("isolate", "rejected", checks=(check,))
    write_events(tmp_path, event("source", record=SourceRecord(clip=CLIP)), event("first_frame"), rejected)
    found = state(tmp_path)[SAMPLE.id]
    assert (found.status, found.sample.rejection) == ("rejected", check)
    assert found.sample.record(SourceRecord).needed_clip == CLIP


def test_a_later_try_replaces_a_failed_one(tmp_path: Path) -> None:
    write_events(tmp_path, event("source"), event("first_frame", "failed", error="disk"))
    assert state(tmp_path).waiting() == [0, 1, 2, 3]
    assert state(tmp_path).ended("failed") == [0]
    write_events(tmp_path, event("first_frame", instruction="x"))
    found = state(tmp_path)[SAMPLE.id]
    assert [one.stage for one in found.events] == ["source", "first_frame"]
    assert (found.status, found.sample.instruction) == ("passed", "x")


def test_who_waits_and_who_has_ended(tmp_path: Path) -> None:
    check = Check("source.camera", 0, 1, "minimum", "moves", "measured")
    write_events(
        tmp_path,
        *(event(stage) for stage in STAGES),
        event("source", "rejected", row=1, checks=(check,)),
        event("source", row=2),
    )
    found = state(tmp_path)
    assert (found.waiting(), found.ended("passed"), found.ended("rejected"), found.ended("failed")) == (
        [2, 3],
        [0],
        [1],
        [],
    )
    with pytest.raises(KeyError):
        found["Sparkle_time_000004"]


def test_a_redo_voids_its_stage_and_those_after_it(tmp_path: Path) -> None:
    write_events(
        tmp_path,
        event("source", record=SourceRecord(clip=CLIP)),
        event("first_frame", instruction="old"),
        event("isolate"),
    )
    with Ledger(tmp_path) as ledger:
        ledger.append_redo("first_frame")
    found = state(tmp_path)[SAMPLE.id]
    assert [one.stage for one in found.events] == ["source"]
    assert (found.sample.instruction, found.sample.records) == (None, Records(SourceRecord(clip=CLIP)))
    write_events(tmp_path, event("first_frame", instruction="new"))
    assert state(tmp_path)[SAMPLE.id].sample.instruction == "new"
    assert stages(tmp_path) == ["source", "first_frame"]


def with_index(root: Path, *events: StageEvent) -> None:
    """Append events as a runner does, which keeps the index."""
    found = state(root)
    with Ledger(root, found.index) as ledger:
        for one in events:
            found.record(one, ledger.append(one))
        ledger.settle()
        found.save(ledger)


def same(first: RunState, second: RunState) -> bool:
    progress = [[each.progress(row) for row in range(4)] for each in (first, second)]
    return (
        progress[0] == progress[1] and first.waiting() == second.waiting() and first.faults == second.faults
    )


def test_the_index_says_what_the_lines_say_and_only_new_lines_are_read(tmp_path: Path) -> None:
    with_index(
        tmp_path, event("source", provenance=MODELS), event("source", row=1, artifacts={"source_video": 5})
    )
    write_events(
        tmp_path, event("first_frame", provenance=MODELS)
    )  # as after a kill: the index does not know it
    found = state(tmp_path)
    assert found.index.read(found.segments, found.rows) == 0
    (tmp_path / INDEX_FILE).rename(tmp_path / "aside")
    assert same(found, state(tmp_path))
    assert state(tmp_path).index.sizes.tolist() == found.index.sizes.tolist()
    (tmp_path / "aside").rename(tmp_path / INDEX_FILE)
    text = ledger_lines(tmp_path)[1]
    assert b'"source"' in text
    with_index(tmp_path, event("isolate"))
    assert stages(tmp_path) == list(STAGES)


@pytest.mark.parametrize(
    "harm", ["cut", "empty", "noise", "of another plan", "of other stages", "of another ledger"]
)
def test_an_index_that_is_not_that_of_the_ledger_is_made_again(tmp_path: Path, harm: str) -> None:
    with_index(tmp_path, event("source"), event("source", row=1), event("first_frame", row=1))
    path = tmp_path / INDEX_FILE
    if harm == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif harm == "empty":
        path.write_bytes(b"")
    elif harm == "noise":
        content = bytearray(path.read_bytes())
        content[200:260] = bytes(60)
        path.write_bytes(content)
    elif harm == "of another plan":
        plan = PLAN[::-1]
        found = RunState(tmp_path, plan, STAGES)
        assert [len(found.progress(row).events) for row in range(4)] == [0, 0, 2, 1]
        return
    elif harm == "of other stages":
        found = RunState(tmp_path, PLAN, ("source", "other", "first_frame"))
        assert [len(found.progress(row).events) for row in range(4)] == [1, 1, 0, 0]
        return
    else:
        put_lines(tmp_path, swapped(ledger_lines(tmp_path), 1))
        found = state(tmp_path)
        assert (len(found.faults), stages(tmp_path), stages(tmp_path, 1)) == (
            2,
            [],
            ["source", "first_frame"],
        )
        return
    assert stages(tmp_path) == ["source"] and stages(tmp_path, 1) == ["source", "first_frame"]


def test_a_plan_that_grew_keeps_its_index(tmp_path: Path) -> None:
    with_index(tmp_path, event("source"))
    more = Sample("Sparkle_time_000004", "time", 4, Inputs("b.mp4"))
    found = RunState(tmp_path, [*PLAN, more], STAGES)
    assert (found.waiting(), found[more.id], len(found[SAMPLE.id].events)) == (
        [0, 1, 2, 3, 4],
        Progress(more),
        1,
    )


def test_results_before_one_that_was_made_again_do_not_count(tmp_path: Path) -> None:
    """A file was lost, its stage ran again and the program was killed then: what was built on the lost one is void."""
    write_events(tmp_path, *(event(stage) for stage in STAGES), event("first_frame", instruction="again"))
    assert stages(tmp_path) == ["source", "first_frame"]
    assert (state(tmp_path).ended("passed"), state(tmp_path).waiting()) == ([], [0, 1, 2, 3])


def test_ids_go_beyond_a_million(tmp_path: Path) -> None:
    numbers = (0, 999_999, 1_000_000, 12_345_678)
    ids = [f"Sparkle_time_{number:06d}" for number in numbers]
    plan = [Sample(id, "time", 1, Inputs("a.mp4")) for id in ids]
    write_events(tmp_path, *(StageEvent(id, "source", "passed") for id in ids))
    found = RunState(tmp_path, plan, STAGES)
    assert [found[id].sample.number for id in ids] == list(numbers)
    assert all(found[id].status == "passed" for id in ids)


def test_only_an_id_as_it_is_written_is_one_of_the_plan(tmp_path: Path) -> None:
    found = RunState(tmp_path, [Sample("Sparkle_time_000001", "time", 1, Inputs("a.mp4"))], STAGES)
    assert found.rows.find("Sparkle_time_000001") == 0
    for other in (
        "time_000001",
        "Sparkle_time_1",
        "Sparkle_time_00000\u0661",
        "Sparkle_time_" + "9" * 5000,
        "1",
        "",
    ):
        assert found.rows.find(other) is None


def test_a_number_that_no_plan_gives_out_takes_no_memory(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no plan gives out"):
        RunState(tmp_path, [Sample("Sparkle_time_999999999999", "time", 1, Inputs("a.mp4"))], STAGES)


def test_a_small_line_is_small(tmp_path: Path) -> None:
    write_events(tmp_path, event("source"))
    assert len(ledger_lines(tmp_path)[0]) < 100
    assert list(json.loads(ledger_lines(tmp_path)[0])) == ["n", "id", "stage", "status", "seconds"]


def test_every_prefix_of_a_ledger_is_the_state_of_that_moment(tmp_path: Path) -> None:
    events = [event(stage, row=row) for stage, row in itertools.product(STAGES, range(2))]
    write_events(tmp_path, *events)
    content = (tmp_path / "ledger.jsonl").read_bytes()
    for size in range(0, len(content), 7):
        (tmp_path / "ledger.jsonl").write_bytes(content[:size])
        known = list(read_events(tmp_path))
        assert (
            known == events[: content[:size].count(b"\n")]
            or known == events[: content[:size].count(b"\n") + 1]
        )
        found = state(tmp_path)
        assert [len(found.progress(row).events) for row in range(2)] == [
            sum(one.id == PLAN[row].id for one in known) for row in range(2)
        ]


def test_a_ledger_on_object_storage_is_the_same_lines(tmp_path: Path) -> None:
    remote = f"memory://{tmp_path.name}"
    events = [
        event(stage, row=row, provenance=MODELS, instruction="x" * 90) for stage in STAGES for row in (0, 1)
    ]
    for some in (events[:2], events[2:]):
        for root in (tmp_path, remote):
            found = RunState(root, PLAN, STAGES)
            with Ledger(root, found.index, segment_bytes=700) as ledger:
                for one in some:
                    found.record(one, ledger.append(one))
                ledger.settle()
                found.save(ledger)
    here, there = RunState(tmp_path, PLAN, STAGES), RunState(remote, PLAN, STAGES)
    assert [line for _, line in there.segments.lines()] == [line for _, line in here.segments.lines()]
    assert there.segments.files()[-1].number == here.segments.files()[-1].number > 0
    assert same(here, there)
    assert there.index.read(there.segments, there.rows) == 0
    Folder.at(remote).remove(INDEX_FILE)
    assert same(here, RunState(remote, PLAN, STAGES))


def test_an_index_of_lines_that_lie_elsewhere_now_is_made_again(tmp_path: Path) -> None:
    found = state(tmp_path)
    with Ledger(tmp_path, found.index) as ledger:
        for row in range(4):
            one = event("source", row=row, instruction="x")
            found.record(one, ledger.append(one))
        ledger.settle()
        found.save(ledger)
    lines = ledger_lines(tmp_path)
    put_lines(tmp_path, [lines[0].replace(b'"x"', b'"a longer one"'), *lines[1:]])
    again = state(tmp_path)
    assert [len(again.progress(row).events) for row in range(4)] == [1, 1, 1, 1]
    assert again[SAMPLE.id].sample.instruction == "a longer one"


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_a_ledger_that_is_no_file_is_one_clear_error(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "ledger.jsonl"
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    with pytest.raises(SetupError, match="cannot be read"):
        state(tmp_path)


def test_a_state_knows_the_samples_of_its_plan_alone(tmp_path: Path) -> None:
    found = state(tmp_path)
    with pytest.raises(KeyError):
        found["Sparkle_time_000009"]
    with pytest.raises(KeyError):
        found.record(StageEvent("Sparkle_time_000009", "source", "passed"), 0)


def test_a_line_that_became_another_ones_is_named(tmp_path: Path) -> None:
    write_events(tmp_path, event("source"), event("source", row=1))
    found = state(tmp_path)
    lines = ledger_lines(tmp_path)
    put_lines(tmp_path, [lines[1], lines[0]])  # of one length, and behind the back of an open state
    with pytest.raises(SetupError, match=r"ledger\.jsonl, line 1: not a ledger event .*stood there"):
        found.progress(0)


def test_whatever_stops_the_writing_is_told_to_those_who_wait(tmp_path: Path) -> None:
    told: list[Exception] = []

    def wait(ledger: Ledger) -> None:
        try:
            ledger.settle()
        except ValueError as error:
            told.append(error)

    with pytest.raises(ValueError, match="no line end"), Ledger(tmp_path) as ledger:
        with ledger._change:
            ledger._put("a line\nthat is two")
        waiting = threading.Thread(target=wait, args=(ledger,), daemon=True)
        waiting.start()
        waiting.join(60)
        assert not waiting.is_alive(), "it would wait for ever"
    assert len(told) == 1
