"""The whole pipeline on tiny checkpoints: modes, seeds, windows, what is refused."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.tiny_models.kiwi import write_diffusers_release, write_tiny_kiwi  # noqa: E402

from sparkle.config.settings import parse_settings  # noqa: E402
from sparkle.core.errors import SampleError, SettingsError  # noqa: E402
from sparkle.kiwi.checkpoint import convert, read_checkpoint  # noqa: E402
from sparkle.kiwi.loading import load_pipeline  # noqa: E402
from sparkle.kiwi.pipeline import frame_span  # noqa: E402
from sparkle.kiwi.settings import EditSettings  # noqa: E402

QUICK = EditSettings(steps=2)


def quiet(pipeline):
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_tiny_kiwi(tmp_path_factory.mktemp("kiwi"), reference=True)


@pytest.fixture(scope="module")
def pipeline(tiny):
    return quiet(load_pipeline(read_checkpoint(tiny.official), tiny.qwen, tiny.vae, torch.float32))


@pytest.fixture(scope="module")
def clip(demo_clip):
    return demo_clip.frames[:6, :70, :100]


@pytest.fixture(scope="module")
def edited(pipeline, clip):
    return pipeline("put him on a beach", clip, settings=QUICK)


def test_a_clip_comes_back_at_the_reference_s_size_and_length(clip, edited):
    assert clip.shape == (6, 70, 100, 3)
    assert edited.shape == (5, 64, 96, 3)
    assert edited.dtype == np.uint8


def test_the_same_seed_gives_the_same_clip_and_another_another(pipeline, clip, edited):
    assert np.array_equal(pipeline("put him on a beach", clip, settings=QUICK), edited)
    assert not np.array_equal(pipeline("put him on a beach", clip, seed=1, settings=QUICK), edited)


def test_the_instruction_matters(pipeline, clip, edited):
    assert not np.array_equal(pipeline("put him in a forest", clip, settings=QUICK), edited)


def test_the_source_matters(pipeline, clip, edited):
    assert not np.array_equal(pipeline("put him on a beach", 255 - clip, settings=QUICK), edited)


def test_a_reference_image_matters(pipeline, clip, edited):
    reference = np.full((50, 30, 3), 128, np.uint8)
    with_reference = pipeline("put him on a beach", clip, reference=reference, settings=QUICK)
    other = pipeline("put him on a beach", clip, reference=reference // 2, settings=QUICK)
    assert not np.array_equal(with_reference, edited)
    assert not np.array_equal(with_reference, other)


def test_one_frame_is_edited_as_an_image(pipeline, clip):
    assert pipeline("put him on a beach", clip[:1], settings=QUICK).shape == (1, 64, 96, 3)


def test_a_single_frame_takes_a_reference_too(pipeline, clip):
    """The official pipeline fails here; its authors' port to diffusers does not."""
    edited = pipeline("x", clip[:1], reference=clip[3], settings=QUICK)
    assert edited.shape == (1, 64, 96, 3)


@pytest.mark.parametrize("layout", ["sparkle", "diffusers"])
def test_every_layout_edits_alike(tiny, clip, edited, tmp_path, layout):
    checkpoint = convert(tiny.official, tmp_path / layout, layout)
    pipeline = quiet(load_pipeline(checkpoint, tiny.qwen, tiny.vae, torch.float32))
    assert np.array_equal(pipeline("put him on a beach", clip, settings=QUICK), edited)


def test_the_authors_release_edits_without_any_other_folder(clip, tmp_path):
    release = write_diffusers_release(tmp_path / "release")
    pipeline = quiet(load_pipeline(read_checkpoint(release), None, release / "vae", torch.float32))
    assert pipeline("put him on a beach", clip, settings=QUICK).shape == (5, 64, 96, 3)


def test_a_reference_is_refused_by_a_checkpoint_without(clip, tmp_path):
    release = write_diffusers_release(tmp_path / "release")
    pipeline = quiet(load_pipeline(read_checkpoint(release), None, release / "vae", torch.float32))
    with pytest.raises(SampleError, match="takes no reference image"):
        pipeline("put him on a beach", clip, reference=clip[0], settings=QUICK)


def test_an_empty_instruction_is_refused_before_anything_is_computed(pipeline, clip):
    with pytest.raises(SampleError, match="instruction is empty"):
        pipeline(" ", clip, settings=EditSettings(steps=1000))


def test_long_clips_are_edited_whole(pipeline, clip):
    long = np.concatenate([clip] * 3)[:15]
    settings = EditSettings(steps=2, window_frames=9, window_overlap=4)
    assert pipeline("put him on a beach", long, settings=settings).shape == (13, 64, 96, 3)


def test_a_clip_of_one_window_ignores_the_window_settings(pipeline, clip, edited):
    settings = EditSettings(steps=2, window_frames=9, window_overlap=4)
    assert np.array_equal(pipeline("put him on a beach", clip, settings=settings), edited)


def test_windows_are_given_frames_that_match_their_latent_frames():
    assert frame_span(slice(0, 21)) == slice(0, 81)
    assert frame_span(slice(16, 37)) == slice(64, 145)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"window_frames": 80}, "4k \\+ 1"),
        ({"window_frames": 9, "window_overlap": 8}, "shorter"),
        ({"step": 3}, "did you mean 'steps'"),
        ({"steps": 0}, "steps"),
    ],
)
def test_impossible_settings_are_named(values, complaint):
    with pytest.raises(SettingsError, match=complaint):
        parse_settings(EditSettings, values, "kiwi")


def test_bfloat16_edits_too(tiny, clip):
    pipeline = quiet(load_pipeline(read_checkpoint(tiny.official), tiny.qwen, tiny.vae, torch.bfloat16))
    assert pipeline.transformer.dtype == pipeline.encoder.dtype == pipeline.vae.dtype == torch.bfloat16
    assert pipeline("put him on a beach", clip, settings=QUICK).shape == (5, 64, 96, 3)
