import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.ledgers import write_events

from sparkle.core.errors import OutputError, SetupError
from sparkle.core.layout import artifact_path
from sparkle.core.records import Records, SourceRecord
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.runs import (
    Ledger,
    Progress,
    StageEvent,
    Wish,
    keep_plan,
    locked,
    make_plan,
    open_state,
    place_artifacts,
    read_run,
    refuse_artifact_place,
    refuse_links_out,
    refuse_other_content,
    refuse_run_folder,
    refuse_sources_inside,
    take_up,
)
from sparkle.runs.sources import input_fingerprints, refuse_changed_sources
from sparkle.store import Folder

STAGES = ("source", "first_frame")
SAMPLE = Sample("Sparkle_time_000000", "time", 1, Inputs("a.mp4"))
SOURCE = artifact_path("source_video", SAMPLE.theme, SAMPLE.id)
EDITED = artifact_path("edited_frame0", SAMPLE.theme, SAMPLE.id)


def put(root: Path, relative: object, content: bytes = b"12345") -> None:
    path = root / str(relative)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


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
    write_events(
        tmp_path,
        StageEvent(SAMPLE.id, "source", "passed", artifacts={"source_video": 5}),
        StageEvent(SAMPLE.id, "first_frame", "rejected", checks=(low,), artifacts={"edited_frame0": 3}),
    )
    assert open_state(tmp_path, [SAMPLE], STAGES)[SAMPLE.id].status == "rejected"
    assert (tmp_path / "rejected" / SOURCE).exists()


def test_a_stage_whose_artifact_is_gone_or_cut_is_done_again(tmp_path: Path) -> None:
    put(tmp_path, SOURCE)
    put(tmp_path, EDITED, b"12")
    write_events(
        tmp_path,
        StageEvent(SAMPLE.id, "source", "passed", artifacts={"source_video": 5}),
        StageEvent(SAMPLE.id, "first_frame", "passed", artifacts={"edited_frame0": 3}),
    )
    state = open_state(tmp_path, [SAMPLE], STAGES)[SAMPLE.id]
    assert [event.stage for event in state.events] == ["source"]
    take_up(tmp_path, state)
    assert (tmp_path / SOURCE).exists() and not (tmp_path / EDITED).exists()


def test_files_of_an_unfinished_stage_are_removed(tmp_path: Path) -> None:
    for place in ("", "rejected/", "failed/"):
        put(tmp_path, f"{place}{EDITED}")
    take_up(tmp_path, Progress(SAMPLE))
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_a_failed_sample_is_tried_again(tmp_path: Path) -> None:
    put(tmp_path, f"failed/{SOURCE}")
    write_events(tmp_path, StageEvent(SAMPLE.id, "source", "failed", error="disk full"))
    state = open_state(tmp_path, [SAMPLE], STAGES)
    assert (state.waiting(), state.progress(0).to_try_again()) == ([0], Progress(SAMPLE))


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
    deep = "[" * 100_000 + "]" * 100_000
    shapes = (
        "{",
        "{}",
        '{"recipe": [], "commands": [], "times": []}',
        '{"recipe": {}, "commands": 7}',
        deep,
        "5",
    )
    for content in shapes:
        (tmp_path / "run.json").write_text(content)
        with pytest.raises(SetupError, match=r"run\.json: no record of a run"):
            read_run(tmp_path)
    (tmp_path / "run.json").write_bytes(b"\xff\xfe")
    with pytest.raises(SetupError, match=r"run\.json: no record of a run"):
        read_run(tmp_path)
    with pytest.raises(SetupError, match=r"run\.json: cannot be read \(Not a directory\)$"):
        read_run(tmp_path / "run.json")


@pytest.mark.parametrize("line", ["[" * 100_000 + "]" * 100_000, "5", "{}", '{"id": 5}', "twice"])
def test_a_damaged_plan_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    plan = make_plan([Wish(Inputs("a"))], ("time",), 1, 7)
    keep_plan(tmp_path, plan)
    path = tmp_path / "plan.jsonl"
    kept = path.read_text()
    path.write_text(kept + (kept if line == "twice" else f"{line}\n"))
    with pytest.raises(SetupError, match=r"plan\.jsonl, line 2"):
        keep_plan(tmp_path, plan)


def test_a_lock_that_is_a_link_or_a_pipe_is_refused_and_nothing_behind_it_touched(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    lock = tmp_path / "run" / ".lock"
    lock.parent.mkdir()
    lock.symlink_to(victim)
    with pytest.raises(OutputError, match=r"\.lock: is a link"), locked(lock.parent):
        raise AssertionError
    assert victim.read_text() == "precious"
    lock.unlink()
    os.mkfifo(lock)
    with pytest.raises(OutputError, match=r"\.lock: is no regular file"), locked(lock.parent):
        raise AssertionError


def test_a_lock_that_somebody_left_blocks_nobody_whatever_it_says(tmp_path: Path) -> None:
    """It held a process number in other programs; here only the system's lock counts, not what lies in the file."""
    (tmp_path / ".lock").write_text(f"{os.getpid()}\n1\n")
    with locked(tmp_path):
        assert (tmp_path / ".lock").read_text() == f"{os.getpid()}\n1\n"


@pytest.mark.parametrize(
    "name", ["ledger", "ledger.jsonl", "plan.jsonl", "README.md", "prompts", "time", "sheets", "failed"]
)
def test_a_folder_of_something_else_is_no_place_for_a_run(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").touch()
    refuse_other_content(tmp_path)
    (tmp_path / name).touch()
    with pytest.raises(SetupError, match=name.replace(".", r"\.")):
        refuse_other_content(tmp_path)


@pytest.mark.parametrize(
    "name", ["time", "time/source_video", "intermediate_data", "rejected", "prompts", "sheets", "failed/time"]
)
def test_a_link_where_the_run_has_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    run = tmp_path / "run"
    (run / name).parent.mkdir(parents=True)
    refuse_links_out(run, [SAMPLE])
    (run / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match=f"{name}: is a link"):
        refuse_links_out(run, [SAMPLE])


def test_sources_in_the_run_folder_are_refused_by_whatever_name(tmp_path: Path) -> None:
    run = tmp_path / "run"
    video = run / "time" / "source_video" / "a.mp4"
    video.parent.mkdir(parents=True)
    video.touch()
    (tmp_path / "link.mp4").symlink_to(video)
    (tmp_path / "other").symlink_to(run)
    (tmp_path / "fine.mp4").touch()
    names = (
        video,
        run / ".." / "run" / "time/source_video/a.mp4",
        tmp_path / "link.mp4",
        tmp_path / "other/b.mp4",
    )
    for name in names:
        for inputs in (Inputs(str(name)), Inputs(str(tmp_path / "fine.mp4"), background=str(name))):
            with pytest.raises(SetupError, match=r"name a folder that holds none"):
                refuse_sources_inside(run, [replace(SAMPLE, inputs=inputs)])
    refuse_sources_inside(run, [replace(SAMPLE, inputs=Inputs(str(tmp_path / "fine.mp4")))])


def examined(sample: Sample) -> Sample:
    return replace(sample, records=Records(SourceRecord(input_fingerprints(sample.inputs))))


@pytest.mark.parametrize("which", ["video", "background", "boxes"])
def test_a_file_that_is_another_one_at_the_next_start_is_named(tmp_path: Path, which: str) -> None:
    files = {name: tmp_path / f"{name}.bin" for name in ("video", "background", "boxes")}
    for file in files.values():
        file.write_bytes(b"the first one")
    sample = replace(SAMPLE, inputs=Inputs(**{name: str(file) for name, file in files.items()}))
    done = examined(sample)
    refuse_changed_sources(tmp_path, [sample, done])
    times = files[which].stat()
    files[which].unlink()
    refuse_changed_sources(tmp_path, [done])  # gone, not changed
    files[which].write_bytes(b"the first one")
    refuse_changed_sources(tmp_path, [done])  # a copy of the same content
    files[which].write_bytes(b"the other one")
    os.utime(files[which], ns=(times.st_atime_ns, times.st_mtime_ns))  # same size, same time
    with pytest.raises(SetupError, match=rf"{which}\.bin: has changed since"):
        refuse_changed_sources(tmp_path, [done])
    files[which].unlink()
    os.mkfifo(files[which])
    with pytest.raises(SetupError, match=rf"{which}\.bin: has changed since"):
        refuse_changed_sources(tmp_path, [done])


def test_pairs_of_one_source_are_made_of_one_file(tmp_path: Path) -> None:
    video = tmp_path / "a.mp4"
    samples = []
    for content in (b"one", b"two"):
        video.write_bytes(content)
        sample = replace(SAMPLE, inputs=Inputs(str(video)))
        samples.append(examined(sample))
    with pytest.raises(SetupError, match=r"a\.mp4: has changed since"):
        refuse_changed_sources(tmp_path, samples[::-1])


def test_no_result_goes_into_a_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    refuse_run_folder(run)
    (run / "run.json").touch()
    (run / "plan.jsonl").touch()
    (tmp_path / "link").symlink_to(run)
    for place in (run, run / "bench", tmp_path / "link" / "deep" / "er"):
        with pytest.raises(SetupError, match="lies in the run"):
            refuse_run_folder(place)
    refuse_run_folder(tmp_path / "bench")
    (tmp_path / "data" / "prompts").mkdir(parents=True)
    (tmp_path / "data" / "prompts" / "time_train.csv").touch()
    with pytest.raises(SetupError, match="lies in the dataset"):
        refuse_run_folder(tmp_path / "data" / "bench")
    refuse_artifact_place(run, run / "out.mp4")
    with pytest.raises(SetupError, match="lies among the files"):
        refuse_artifact_place(run, tmp_path / "link" / "time" / "out.mp4")


def test_a_start_looks_at_the_sources_of_what_was_done(tmp_path: Path) -> None:
    video = tmp_path / "clip.mp4"
    video.write_bytes(b"the first one")
    sample = replace(SAMPLE, inputs=Inputs(str(video)))
    run = tmp_path / "run"
    record = SourceRecord(input_fingerprints(sample.inputs))
    write_events(run, StageEvent(sample.id, "source", "passed", record=record))
    assert open_state(run, [sample], STAGES)[sample.id].sample.records.source == record
    video.write_bytes(b"the other one")
    with pytest.raises(SetupError, match=r"clip\.mp4: has changed since"):
        open_state(run, [sample], STAGES)
    video.write_bytes(b"the first one")  # other times, and the same content
    open_state(run, [sample], STAGES)
    video.unlink()
    open_state(run, [sample], STAGES)
    with Ledger(run) as ledger:  # made anew, it may be another
        ledger.append_redo("source")
    video.write_bytes(b"the other one")
    assert open_state(run, [sample], STAGES)[sample.id].events == ()


def test_whatever_place_a_killed_move_left_a_file_in_it_is_brought_to_its_own(tmp_path: Path) -> None:
    low = Check("first_frame.editscore", 1, 8, "minimum", "", "heuristic")
    rejected = replace(SAMPLE, id="Sparkle_time_000001")
    second = artifact_path("source_video", "time", rejected.id)
    put(tmp_path, f"failed/{SOURCE}")
    put(tmp_path, second)
    write_events(
        tmp_path,
        StageEvent(SAMPLE.id, "source", "passed", artifacts={"source_video": 5}),
        StageEvent(rejected.id, "source", "passed", artifacts={"source_video": 5}),
        StageEvent(rejected.id, "first_frame", "rejected", checks=(low,)),
    )
    state = open_state(tmp_path, [SAMPLE, rejected], STAGES)
    assert [len(state.progress(row).events) for row in (0, 1)] == [1, 2]
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.mp4")}
    assert files == {str(SOURCE), f"rejected/{second}"}


def test_no_run_begins_inside_another_wherever_it_lies(tmp_path: Path) -> None:
    home = Folder.at(f"memory://{tmp_path.name}/runs")
    refuse_run_folder(home / "first")
    for name in ("run.json", "plan.jsonl"):
        home.write(f"first/{name}", b"{}")
    (home / "data").write("prompts/time_train.csv", b"")
    for place, kind in (("first", "run"), ("first/deep/er", "run"), ("data/run", "dataset")):
        with pytest.raises(SetupError, match=f"lies in the {kind} memory://{tmp_path.name}/runs/{place[:4]}"):
            refuse_run_folder(home / place)
    refuse_run_folder(home / "second")
