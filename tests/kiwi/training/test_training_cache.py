"""Latents that are kept: made once, found again, made anew when damaged or when their clip changed."""

import shutil

import pytest

torch = pytest.importorskip("torch")

from tests.kiwi.training.tiny_training import tiny_settings, write_pairs  # noqa: E402

from sparkle.core.errors import SetupError  # noqa: E402
from sparkle.kiwi.cosine_autoencoder import CosineAutoencoder  # noqa: E402
from sparkle.kiwi.training.run import Reports, train  # noqa: E402


@pytest.fixture
def encodings(monkeypatch):
    """Counts the clips that the VAE encodes, and encodes them."""
    count = []
    encode = CosineAutoencoder.encode
    monkeypatch.setattr(
        CosineAutoencoder, "encode", lambda self, pixels: (count.append(1), encode(self, pixels))[1]
    )
    return count


def files(folder):
    return sorted(folder.rglob("*.safetensors"))


def test_every_clip_is_encoded_once_in_all(pairs, tmp_path, encodings):
    settings = tiny_settings(tmp_path / "out", pairs, steps=6)
    train(settings)
    assert len(encodings) == 2 * 4
    train(tiny_settings(tmp_path / "again", pairs, data={"cache": str(tmp_path / "out" / "cache")}))
    assert len(encodings) == 2 * 4


def test_the_cache_can_be_filled_alone(pairs, tmp_path, encodings):
    outcome = train(tiny_settings(tmp_path, pairs), cache_only=True)
    assert (outcome.samples, outcome.step, outcome.checkpoint) == (4, 0, None)
    assert len(files(tmp_path / "cache")) == 4


def test_a_damaged_file_is_made_anew(pairs, tmp_path, encodings):
    settings = tiny_settings(tmp_path, pairs)
    train(settings, cache_only=True)
    whole = {path: path.read_bytes() for path in files(tmp_path / "cache")}
    cut, garbled, *_ = whole
    cut.write_bytes(whole[cut][:-100])
    garbled.write_bytes(b"\xff" * 300)
    encodings.clear()
    train(settings, cache_only=True)
    assert len(encodings) == 4
    assert {path: path.read_bytes() for path in files(tmp_path / "cache")} == whole


def test_a_changed_clip_and_other_sizes_are_other_files(pairs, tmp_path, encodings):
    root = shutil.copytree(pairs, tmp_path / "run")
    cache = {"cache": str(tmp_path / "cache")}
    train(tiny_settings(tmp_path / "a", root, data=cache), cache_only=True)
    clip = root / "location/edited_video/Sparkle_location_000001.mp4"
    other = write_pairs(tmp_path / "other", 2, seed=5)
    shutil.copyfile(other / "location/edited_video/Sparkle_location_000001.mp4", clip)
    encodings.clear()
    train(tiny_settings(tmp_path / "b", root, data=cache), cache_only=True)
    assert len(encodings) == 2
    train(tiny_settings(tmp_path / "c", root, data={**cache, "max_pixels": 96 * 64}), cache_only=True)
    assert len(encodings) == 2 + 8
    assert len(files(tmp_path / "cache")) == 4 + 1 + 4


def test_training_on_kept_latents_equals_training_on_clips(pairs, tmp_path):
    rows = []
    for cached in (True, False):
        settings = tiny_settings(
            tmp_path / str(cached), pairs, trainable="published", data={"cache_latents": cached}, steps=2
        )
        train(settings)
        rows.append(
            [
                line.partition('"seconds"')[0]
                for line in (settings.output / "losses.jsonl").read_text().splitlines()
            ]
        )
    assert rows[0] == rows[1]


def test_unreadable_clips_are_reported_and_left_out(pairs, tmp_path):
    root = shutil.copytree(pairs, tmp_path / "run")
    (root / "location/edited_video/Sparkle_location_000001.mp4").write_bytes(b"no video")
    (root / "location/source_video/Sparkle_location_000002.mp4").unlink()
    outcome = train(tiny_settings(tmp_path / "out", root, data={"most_unreadable": 0.5}))
    assert (outcome.samples, outcome.unreadable) == (2, 2)
    report = (tmp_path / "out" / "unreadable.jsonl").read_text()
    assert "run/Sparkle_location_000001" in report
    assert "run/Sparkle_location_000002" in report
    assert "000001" not in (tmp_path / "out" / "losses.jsonl").read_text()
    with pytest.raises(SetupError, match=r"2 of 4 samples cannot be read.*most_unreadable"):
        train(tiny_settings(tmp_path / "strict", root))


def test_a_clip_that_is_lost_while_training_is_replaced_and_reported(pairs, tmp_path):
    root = shutil.copytree(pairs, tmp_path / "run")
    lost = root / "location/source_video/Sparkle_location_000003.mp4"
    settings = tiny_settings(
        tmp_path / "out",
        root,
        trainable="published",
        data={"cache_latents": False, "most_unreadable": 0.5},
        steps=4,
    )
    # Two epochs of two updates: in the second one it is missed.
    outcome = train(
        settings, reports=Reports(update=lambda update: lost.unlink() if update.step == 2 else None)
    )
    assert (outcome.step, outcome.unreadable) == (4, 1)
    assert "run/Sparkle_location_000003" in (settings.output / "unreadable.jsonl").read_text()
    assert (settings.output / "losses.jsonl").read_text().count("Sparkle") == 4 * 2


def test_images_and_videos_are_drawn_together(pairs, tmp_path):
    root = tmp_path / "images"
    shutil.copytree(pairs, root)
    settings = tiny_settings(
        tmp_path / "out",
        pairs,
        data={
            "datasets": [
                {"folder": str(pairs), "frames": 5, "weight": 1},
                {"folder": str(root), "frames": 1, "weight": 3},
            ]
        },
        trainable="published",
        steps=4,
        batch=4,
    )
    train(settings)
    lines = (settings.output / "losses.jsonl").read_text()
    assert lines.count("images/") == 12
    assert lines.count("run/") == 4


def test_a_clip_of_one_frame_is_an_image_pair(tmp_path):
    root = write_pairs(tmp_path / "run", 1, frames=1)
    assert train(tiny_settings(tmp_path / "out", root, steps=1, batch=1)).step == 1


@pytest.mark.parametrize("kept", [True, False])
def test_the_limit_on_unreadable_pairs_holds_at_every_start(pairs, tmp_path, kept):
    root = tmp_path / "run"
    shutil.copytree(pairs, root)
    clip = root / "location/source_video/Sparkle_location_000001.mp4"
    whole = clip.read_bytes()
    clip.write_bytes(b"no video")
    trainable = "frozen_language" if kept else "published"
    settings = tiny_settings(tmp_path / "out", root, trainable=trainable, data={"cache_latents": kept})
    for _ in range(2):
        with pytest.raises(SetupError, match="1 of 4 samples cannot be read"):
            train(settings)
    clip.write_bytes(whole)
    assert train(settings).samples == 4


def test_a_run_goes_on_with_the_pairs_that_it_was_begun_with_or_says_so(pairs, tmp_path):
    root = tmp_path / "run"
    shutil.copytree(pairs, root)
    clip = root / "location/source_video/Sparkle_location_000001.mp4"
    whole = clip.read_bytes()
    clip.write_bytes(b"no video")
    free = {"data": {"most_unreadable": 0.5}}
    train(tiny_settings(tmp_path / "out", root, steps=2, **free))
    clip.write_bytes(whole)
    with pytest.raises(SetupError, match="other pairs than the 4 that can be used now"):
        train(tiny_settings(tmp_path / "out", root, steps=4, **free))
    (tmp_path / "out" / "pairs.json").unlink()
    assert train(tiny_settings(tmp_path / "out", root, steps=4, **free)).step == 4
