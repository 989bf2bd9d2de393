"""Many clips: files are read and written while others are edited, one ahead and one behind, with the same results."""

import threading
import time

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.bench.tiny_bench import make_bench  # noqa: E402
from tests.tiny_models.kiwi import write_tiny_kiwi  # noqa: E402
from tests.video.tiny_media import moving_bar, write  # noqa: E402

from sparkle.bench.infer import infer  # noqa: E402
from sparkle.core.errors import SampleError, SetupError  # noqa: E402
from sparkle.kiwi.ahead import ahead  # noqa: E402
from sparkle.kiwi.editing import edit_file  # noqa: E402
from sparkle.kiwi.editor import KiwiEditor  # noqa: E402
from sparkle.kiwi.many_clips import KiwiBenchEditor, edit_folder  # noqa: E402
from sparkle.kiwi.settings import EditSettings  # noqa: E402

INSTRUCTION = "put the bar on a beach"
QUICK = EditSettings(steps=1)
PATIENCE_S = 600.0


@pytest.fixture(scope="module")
def editor(tmp_path_factory):
    tiny = write_tiny_kiwi(tmp_path_factory.mktemp("kiwi"))
    return KiwiEditor(
        str(tiny.official), qwen=str(tiny.qwen), wan=str(tiny.vae.parent), device="cpu", dtype="float32"
    )


@pytest.fixture
def clips(tmp_path):
    """Four clips that differ, in a folder."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for number in range(4):
        write(folder / f"{number}.mp4", np.roll(moving_bar(5), 10 * number, axis=2))
    return folder


class WatchedEditor(KiwiEditor):
    """Edits nothing; `began` and `fitted` say which clips, counted from 0, its two methods have come to.

    `while_editing` is called in the middle of an edit with the clip's number and the edit's `after_step`.
    """

    def __init__(self, while_editing=lambda number, after_step: None):
        super().__init__("none", device="cpu")
        self.while_editing = while_editing
        self.began = [threading.Event() for _ in range(6)]
        self.fitted = [threading.Event() for _ in range(6)]

    def load(self):
        pass

    def fit(self, frames, settings):
        next(event for event in self.fitted if not event.is_set()).set()
        return frames

    def edit(self, frames, instruction, settings, *, reference, seed, after_step):
        number = sum(event.is_set() for event in self.began)
        self.began[number].set()
        self.while_editing(number, after_step)
        return frames


def test_the_next_clip_is_read_while_one_is_edited(clips, tmp_path):
    missed = []

    def wait_for_the_next(number, after_step):
        if number < 3 and not editor.fitted[number + 1].wait(PATIENCE_S):
            missed.append(number)

    editor = WatchedEditor(wait_for_the_next)
    edit_folder(editor, [clips], INSTRUCTION, tmp_path / "out")
    assert not missed


def test_the_next_clip_is_edited_before_the_last_one_is_told_to_be_written(clips, tmp_path):
    editor, missed = WatchedEditor(), []

    def wait_for_the_next(outcome):
        number = int(outcome.source.stem)
        if number < 3 and not editor.began[number + 1].wait(PATIENCE_S):
            missed.append(number)

    edit_folder(editor, [clips], INSTRUCTION, tmp_path / "out", wait_for_the_next)
    assert not missed


def test_no_more_than_one_clip_is_read_ahead(clips, tmp_path):
    ahead_of_the_edit = []

    def look(number, after_step):
        time.sleep(0.3)  # time enough to read all of them
        ahead_of_the_edit.append(sum(event.is_set() for event in editor.fitted) - number - 1)

    editor = WatchedEditor(look)
    edit_folder(editor, [clips], INSTRUCTION, tmp_path / "out")
    assert max(ahead_of_the_edit) <= 1


def test_an_interruption_ends_the_edit_under_way_and_leaves_whole_files_only(clips, tmp_path):
    steps = []

    def long_edit(number, after_step):
        for step in range(2 if number == 0 else 2000):
            steps.append(number)
            time.sleep(0.01)
            after_step(step)

    def interrupt(outcome):
        assert editor.began[1].wait(PATIENCE_S)
        raise KeyboardInterrupt

    editor = WatchedEditor(long_edit)
    with pytest.raises(KeyboardInterrupt):
        edit_folder(editor, [clips], INSTRUCTION, tmp_path / "out", interrupt)
    assert steps.count(1) < 2000
    assert 2 not in steps
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["0.mp4"]
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("ahead")]


def test_what_stops_all_clips_reaches_the_caller(clips, tmp_path):
    def fail(number, after_step):
        if number == 1:
            raise SetupError("no memory")

    with pytest.raises(SetupError, match="no memory"):
        edit_folder(WatchedEditor(fail), [clips], INSTRUCTION, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["0.mp4"]


def test_a_folder_is_edited_to_the_same_bytes_as_its_clips_alone(editor, clips, tmp_path):
    (clips / "2.mp4").write_bytes(b"no video")
    outcomes = edit_folder(editor, [clips], INSTRUCTION, tmp_path / "out", seed=3, settings=QUICK)
    assert [outcome.error is None for outcome in outcomes] == [True, True, False, True]
    for number in (0, 1, 3):
        alone = tmp_path / f"{number}.mp4"
        edit_file(editor, clips / alone.name, INSTRUCTION, alone, seed=3, settings=QUICK)
        assert alone.read_bytes() == (tmp_path / "out" / alone.name).read_bytes()


def test_a_benchmark_s_clips_are_the_same_as_alone_and_a_broken_source_fails_alone(editor, tmp_path):
    samples = make_bench(tmp_path / "bench")
    samples[1].source.write_bytes(b"no video")
    outcomes = infer(samples, tmp_path / "save", KiwiBenchEditor(editor, QUICK))
    assert [outcome.status for outcome in outcomes] == ["made", "failed", "made"]
    for sample in (samples[0], samples[2]):
        alone = tmp_path / "alone.mp4"
        edit_file(editor, sample.source, sample.instruction, alone, settings=QUICK, frames=81)
        assert alone.read_bytes() == (tmp_path / "save" / sample.result).read_bytes()


def test_a_benchmark_editor_works_ahead_and_stops_when_told(clips, tmp_path):
    editor = WatchedEditor()
    bench = KiwiBenchEditor(editor)
    files = sorted(clips.iterdir())
    bench.prepare([(file, INSTRUCTION) for file in files])
    assert not editor.fitted[0].is_set()
    bench(files[0], INSTRUCTION, tmp_path / "0.mp4")
    assert editor.began[1].wait(PATIENCE_S)
    bench.close()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("ahead")]


def test_a_benchmark_editor_makes_a_clip_that_it_was_not_told_of(clips, tmp_path):
    bench = KiwiBenchEditor(WatchedEditor())
    bench.prepare([(clips / "0.mp4", INSTRUCTION)])
    bench(clips / "3.mp4", INSTRUCTION, tmp_path / "3.mp4")
    bench.close()
    assert (tmp_path / "3.mp4").exists()


def test_a_benchmark_clip_that_cannot_be_edited_says_why(clips, tmp_path):
    def fail(number, after_step):
        raise SampleError("no such edit")

    bench = KiwiBenchEditor(WatchedEditor(fail))
    with pytest.raises(SampleError, match="no such edit"):
        bench(clips / "0.mp4", INSTRUCTION, tmp_path / "0.mp4")
    bench.close()


def test_ahead_keeps_order_and_passes_on_what_is_raised():
    def items():
        yield from range(3)
        raise ValueError("the fourth")

    seen = []
    with pytest.raises(ValueError, match="the fourth"):
        for item in ahead(items()):
            seen.append(item)
    assert seen == [0, 1, 2]
    assert list(ahead(iter(()))) == []
