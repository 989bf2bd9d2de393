"""Files in, files out, with tiny weights: rates, sound, images, folders, the benchmark's editor, the tracker."""

import json

import av
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.tiny_models.kiwi import write_tiny_kiwi  # noqa: E402
from tests.video.tiny_media import moving_bar, write  # noqa: E402

from sparkle.core.errors import MediaError, SampleError, SettingsError, SetupError  # noqa: E402
from sparkle.kiwi.editing import edit_file  # noqa: E402
from sparkle.kiwi.editor import KiwiEditor  # noqa: E402
from sparkle.kiwi.many_clips import KiwiBenchEditor, edit_folder  # noqa: E402
from sparkle.kiwi.opening import open_kiwi  # noqa: E402
from sparkle.kiwi.settings import EditSettings  # noqa: E402
from sparkle.kiwi.tracker import KiwiTracker, foreground_masks  # noqa: E402
from sparkle.video import AudioOutcome, probe, read_clip, read_image, read_masks, write_image, write_video  # noqa: E402

QUICK = EditSettings(steps=1)
INSTRUCTION = "put the bar on a beach"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_tiny_kiwi(tmp_path_factory.mktemp("kiwi"), reference=True)


@pytest.fixture(scope="module")
def editor(tiny):
    return KiwiEditor(
        str(tiny.official), qwen=str(tiny.qwen), wan=str(tiny.vae.parent), device="cpu", dtype="float32"
    )


@pytest.fixture
def clip(tmp_path):
    return write(tmp_path / "bar.mp4", moving_bar(7), fps=24, sound_s=1.0)


def test_a_clip_keeps_its_rate_and_its_sound(editor, clip, tmp_path):
    done = edit_file(editor, clip, INSTRUCTION, tmp_path / "out.mp4", settings=QUICK)
    info = probe(done.output)
    assert (info.width, info.height) == done.size == (96, 64)
    assert info.fps == done.fps == 24
    assert len(read_clip(done.output).frames) == done.frames == 5
    assert done.audio == AudioOutcome.COPIED
    with av.open(str(done.output)) as container:
        assert container.streams.audio
    assert done.remarks == ("7 frames became 5: the model makes 4k + 1",)


def test_the_official_rate_can_be_asked_for(editor, clip, tmp_path):
    done = edit_file(editor, clip, INSTRUCTION, tmp_path / "out.mp4", settings=QUICK, fps=15.0)
    assert probe(done.output).fps == done.fps == 15


def test_a_change_of_size_is_said(editor, tmp_path):
    clip = write(tmp_path / "odd.mp4", moving_bar(5, width=100, height=70))
    done = edit_file(editor, clip, INSTRUCTION, tmp_path / "out.mp4", settings=QUICK)
    assert done.size == (96, 64)
    assert done.remarks[0].startswith("100x70 became 96x64")


def test_only_the_first_frames_are_edited_if_asked(editor, clip, tmp_path):
    done = edit_file(editor, clip, INSTRUCTION, tmp_path / "out.mp4", settings=QUICK, frames=1)
    assert done.frames == 1


def test_an_image_becomes_an_image(editor, tmp_path):
    write_image(tmp_path / "in.png", moving_bar(1)[0])
    done = edit_file(editor, tmp_path / "in.png", INSTRUCTION, tmp_path / "out.png", settings=QUICK)
    assert read_image(done.output).shape == (64, 96, 3)
    with pytest.raises(SetupError, match=r"out\.mp4.*written as \.png"):
        edit_file(editor, tmp_path / "in.png", INSTRUCTION, tmp_path / "out.mp4", settings=QUICK)


def test_a_reference_image_is_read_from_its_file(editor, clip, tmp_path):
    write_image(tmp_path / "hat.png", np.full((40, 30, 3), 200, np.uint8))
    outputs = [tmp_path / "with.mp4", tmp_path / "without.mp4"]
    edit_file(editor, clip, INSTRUCTION, outputs[0], settings=QUICK, reference=tmp_path / "hat.png")
    edit_file(editor, clip, INSTRUCTION, outputs[1], settings=QUICK)
    assert outputs[0].read_bytes() != outputs[1].read_bytes()


def test_the_same_edit_gives_the_same_file(editor, clip, tmp_path):
    for name in ("a.mp4", "b.mp4"):
        edit_file(editor, clip, INSTRUCTION, tmp_path / name, settings=QUICK, seed=3)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_released_editor_loads_again_and_edits_the_same(editor, clip, tmp_path):
    edit_file(editor, clip, INSTRUCTION, tmp_path / "a.mp4", settings=QUICK)
    editor.release()
    edit_file(editor, clip, INSTRUCTION, tmp_path / "b.mp4", settings=QUICK)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_folder_goes_on_after_a_broken_clip_and_keeps_what_is_done(editor, tmp_path):
    clips, results = tmp_path / "clips", tmp_path / "results"
    clips.mkdir()
    write(clips / "a.mp4", moving_bar(5))
    (clips / "b.mp4").write_bytes(b"no video")
    write(clips / "c.mp4", moving_bar(5))
    seen = []
    outcomes = edit_folder(editor, [clips], INSTRUCTION, results, seen.append, settings=QUICK)
    assert [outcome.source.name for outcome in outcomes] == ["a.mp4", "b.mp4", "c.mp4"]
    assert [outcome.error is None for outcome in outcomes] == [True, False, True]
    assert "b.mp4" in outcomes[1].error
    assert seen == outcomes
    assert sorted(path.name for path in results.iterdir()) == ["a.mp4", "c.mp4"]
    again = edit_folder(editor, [clips / "a.mp4"], INSTRUCTION, results, settings=QUICK)
    assert (again[0].edit, again[0].error) == (None, None)


def test_two_clips_of_one_name_are_refused(editor, tmp_path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "clip.mp4", moving_bar(2))
    with pytest.raises(SetupError, match="would both become"):
        edit_folder(editor, [tmp_path / "x", tmp_path / "y"], INSTRUCTION, tmp_path / "out")


def test_the_benchmark_s_editor_takes_the_training_length(editor, tmp_path):
    clip = write(tmp_path / "long.mp4", moving_bar(6))
    KiwiBenchEditor(editor, QUICK)(clip, INSTRUCTION, tmp_path / "out.mp4")
    assert len(read_clip(tmp_path / "out.mp4").frames) == 5
    assert KiwiBenchEditor(editor).name == "kiwi"


def test_a_file_that_is_no_video_names_itself(editor, tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    with pytest.raises(MediaError, match=r"bad\.mp4"):
        edit_file(editor, tmp_path / "bad.mp4", INSTRUCTION, tmp_path / "out.mp4", settings=QUICK)
    assert not (tmp_path / "out.mp4").exists()


def test_missing_weights_say_which(tmp_path):
    editor = KiwiEditor(str(tmp_path / "none.safetensors"), device="cpu")
    with pytest.raises(SetupError, match=r"none\.safetensors"):
        editor.edit(moving_bar(1), INSTRUCTION, QUICK, reference=None, seed=0)


def test_options_and_settings_are_told_apart_by_their_names(tiny):
    base = [f"qwen={tiny.qwen}", f"wan={tiny.vae.parent}", "device=cpu"]
    editor, settings = open_kiwi(str(tiny.official), [*base, "steps=3", "encoder_max_pixels=null"])
    assert editor.card.revision == "local file"
    assert (settings.steps, settings.encoder_max_pixels) == (3, None)


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("stps=3", "did you mean 'steps'"),
        ("offload=all", "Input should be 'none', 'model'"),
        ("steps=none", "steps"),
    ],
)
def test_wrong_options_are_named(tiny, override, complaint):
    with pytest.raises(SettingsError, match=complaint):
        open_kiwi(str(tiny.official), ["device=cpu", override])


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a GPU")
def test_a_missing_gpu_is_said_before_anything_is_read(tiny):
    editor = KiwiEditor(str(tiny.official), qwen=str(tiny.qwen), wan=str(tiny.vae.parent))
    with pytest.raises(SetupError, match="set device: cpu or run where there is a GPU"):
        editor.edit(moving_bar(1), INSTRUCTION, QUICK, reference=None, seed=0)


def scene(count=5, height=64, width=96):
    """A textured background, a textured subject with a white spot in it, and the subject alone on white."""
    random = np.random.default_rng(0)
    source = random.integers(40, 180, (1, height, width, 3)).repeat(count, axis=0).astype(np.uint8)
    subject = np.zeros((count, height, width), bool)
    for index in range(count):
        subject[index, 16:48, 30 + 2 * index : 60 + 2 * index] = True
        source[index, 28:36, 40 + 2 * index : 50 + 2 * index] = 255
    noise = random.normal(0, 3, source.shape)
    edited = np.where(subject[..., None], source, 255).astype(float) + noise
    return source, edited.clip(0, 255).astype(np.uint8), subject


def overlap(found, expected):
    return (found & expected).sum() / (found | expected).sum()


def test_what_is_kept_on_white_is_the_subject_and_so_is_white_inside_it():
    source, edited, subject = scene()
    found = foreground_masks(source, edited)
    assert overlap(found, subject) > 0.93
    assert found[0, 28:36, 40:50].all()


def test_an_edit_that_kept_nothing_has_no_subject():
    source, edited, _ = scene()
    assert not foreground_masks(source, np.full_like(edited, 255)).any()


def test_an_edit_that_changed_nothing_is_all_subject():
    source, _, _ = scene()
    assert foreground_masks(source, source).mean() > 0.9


class WhiteEditor(KiwiEditor):
    """An editor that answers as a trained one should; the tiny weights know no white."""

    def edit(self, frames, instruction, settings, *, reference, seed, after_step):
        assert "white" in instruction
        assert len(frames) % 4 == 1
        _, edited, _ = scene(len(frames))
        return edited


def test_masks_have_the_clip_s_own_size_and_length(tiny, tmp_path):
    """A clip of 70x100 is edited at 64x96: its masks are brought back, cropped sides continued, no frame lost."""
    source, _, subject = scene(7)
    framed = np.pad(source, ((0, 0), (3, 3), (2, 2), (0, 0)), mode="edge")
    masks = KiwiTracker(WhiteEditor(str(tiny.official), device="cpu"))(framed)
    assert masks.shape == (7, 70, 100)
    assert overlap(masks[:, 3:67, 2:98], subject) > 0.85


def test_masks_are_written_as_published(editor, tmp_path):
    clip = tmp_path / "bar.mp4"
    write_video(clip, moving_bar(6), 16.0)
    track = KiwiTracker(editor, QUICK).track_file(clip, tmp_path / "mask.npz")
    masks = read_masks(track.output)
    assert masks.shape == track.shape == (6, 64, 96)
    assert track.area == pytest.approx(masks.mean())


def test_convert_is_a_command(sparkle, tiny, tmp_path):
    there = sparkle("kiwi", "convert", tiny.official, tmp_path / "ours", "--json")
    assert there.returncode == 0, there.stderr
    facts = json.loads(there.stdout)
    assert (facts["layout"], facts["lora_rank"], facts["reference"]) == ("sparkle", 2, True)
    back = sparkle("kiwi", "convert", tmp_path / "ours", tmp_path / "back.safetensors")
    assert back.returncode == 0, back.stderr
    assert "official layout" in back.stdout


def test_convert_refuses_a_pickle_with_the_setup_exit_code(sparkle, tmp_path):
    (tmp_path / "model.pth").write_bytes(b"\x80\x04N.")
    run = sparkle("kiwi", "convert", tmp_path / "model.pth", tmp_path / "out")
    assert run.returncode == 2
    assert "model.pth" in run.stderr
    assert "Traceback" not in run.stderr


def test_an_unusable_instruction_is_refused(editor, clip, tmp_path):
    with pytest.raises((SampleError, SetupError), match="instruction is empty"):
        edit_file(editor, clip, "  ", tmp_path / "out.mp4", settings=QUICK)
