"""The benchmark of the small model, with a handful of pairs: whoever lends it a GPU does not find out there."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from benchmarks.kiwi_small.edit import MOMENTS  # noqa: E402
from benchmarks.kiwi_small.pairs import SCENES, held_out_pairs, run_folders  # noqa: E402
from benchmarks.kiwi_small.scenes import SceneGuess  # noqa: E402
from benchmarks.kiwi_small.sources import render_source  # noqa: E402
from transformers import Qwen2_5_VLModel  # noqa: E402

from sparkle.core.errors import SettingsError  # noqa: E402
from sparkle.dataset import read_pairs  # noqa: E402
from sparkle.kiwi.config import KiwiConfig  # noqa: E402
from sparkle.kiwi.cosine_autoencoder import CosineAutoencoder  # noqa: E402
from sparkle.kiwi.preprocessing import to_latent_pixels  # noqa: E402
from sparkle.kiwi.training.encode_pairs import encoder_states  # noqa: E402
from sparkle.kiwi.training.frames import encoder_input  # noqa: E402
from sparkle.kiwi.training.scratch import ScratchSettings, scratch_tokenizer  # noqa: E402
from sparkle.taxonomy import load_taxonomy  # noqa: E402
from sparkle.video import probe, read_image  # noqa: E402

ROOT = Path(__file__).parents[3]
PAIRS = ["--sources", "2", "--held-out", "1", "--pairs-each", "2", "--scenes", "4", "--size", "96x64"]
SETTINGS = [
    "device=cpu",
    "precision=float32",
    "compile=false",
    "data.workers=0",
    "model.scratch.width=32",
    "model.scratch.layers=1",
    "model.scratch.feed_forward=32",
    "model.scratch.channels=4",
    "model.scratch.queries=2",
    "batch=2",
    "micro_batch=2",
    "steps=8",
    "checkpoints.every=1",
]


def run(out: Path, *options: str) -> str:
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    command = [sys.executable, "-m", "benchmarks.kiwi_small", str(out), *PAIRS, "--processes", "2", *settings]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_all_phases_from_nothing_to_the_tables(tmp_path):
    printed = run(tmp_path, "--steps", "2", "--minutes", "9")

    assert len(run_folders(tmp_path, "train")) == len(run_folders(tmp_path, "held_out")) == 1
    held_out = held_out_pairs(tmp_path)
    trained_on = {pair.source.read_bytes() for pair in read_pairs(run_folders(tmp_path, "train")[0])}
    assert not trained_on & {pair.source.read_bytes() for _, pair in held_out}
    figures = json.loads((tmp_path / "small.json").read_text())
    assert len(figures["clips"]) == len(held_out)
    versions = figures["summary"]
    assert {"source", "cpu recipe", "model, 8 updates"} <= set(versions)
    assert versions["source"]["subject_db"] == 99
    assert versions["cpu recipe"]["subject_db"] > versions["model, 8 updates"]["subject_db"]
    assert versions["cpu recipe"]["background_db"] < versions["source"]["background_db"]
    assert f"| cpu recipe | {versions['cpu recipe']['subject_db']:.1f} |" in printed
    assert read_image(tmp_path / "small.png").shape[1] > 96 * len(versions)
    assert probe(tmp_path / "small.mp4").width == 2 * 3 * 96

    edits = sorted((tmp_path / "edits").rglob("*.mp4"))
    written = [path.stat().st_mtime_ns for path in edits]
    assert len(edits) == len(held_out) * len(MOMENTS)
    assert run(tmp_path, "--steps", "2") == printed
    assert [path.stat().st_mtime_ns for path in edits] == written


def test_sources_differ_in_framing_and_colour_and_repeat_with_their_seed():
    first, again, other = (render_source(seed, 96, 64, 5) for seed in (1, 1, 2))
    assert np.array_equal(first.frames, again.frames)
    assert np.array_equal(first.mask, again.mask)
    assert first.frames.shape == other.frames.shape == (5, 64, 96, 3)
    assert not np.array_equal(first.mask, other.mask)
    room = [clip.frames[~clip.mask].mean(axis=0) for clip in (first, other)]
    assert np.abs(room[0] - room[1]).max() > 4


def test_less_whitening_makes_coarse_latents_larger_and_loses_nothing_else():
    clip = render_source(3, 96, 64, 9)
    pixels = to_latent_pixels(clip.frames, torch.float32, "cpu")
    even, graded = (CosineAutoencoder(48, 8, whitening) for whitening in (1.0, 0.5))
    latents = [one.encode(pixels).latent_dist.mode() for one in (even, graded)]
    rebuilt = [one.decode(found)[0] for one, found in zip((even, graded), latents, strict=True)]
    torch.testing.assert_close(rebuilt[0], rebuilt[1], rtol=0, atol=1e-5)
    coarse, fine = (latents[1][:, part].std() / latents[0][:, part].std() for part in (0, -1))
    assert coarse > 2 * fine
    assert even.key != graded.key


def test_a_sharp_random_language_model_tells_instructions_apart():
    """The states that are kept for training differ more by what is asked than a blunt model's do."""
    frames = render_source(3, 96, 64, 9).frames
    first, second = (
        f"Replace the background with {scene}." for scene in ("a snowfield in a blizzard", "a sunny beach")
    )
    shares = []
    for sizes in ({"sharpness": 1.0}, {"sharpness": 3.0, "vocabulary": 1024}):
        scratch = ScratchSettings(language_layers=1, queries=8, **sizes)
        config = KiwiConfig.model_validate(scratch.config_values())
        torch.manual_seed(0)
        encoder = config.new_encoder(Qwen2_5_VLModel(config.qwen_config()))
        tokenizer = scratch_tokenizer(scratch.vocabulary)
        states = [
            encoder_states(encoder, encoder_input(tokenizer, encoder.query_counts, text, frames, None))
            for text in (first, second)
        ]
        shares.append(float((states[0] - states[1]).norm() / states[0].norm()))
    assert shares[1] > 2 * shares[0]


def test_a_vocabulary_beyond_the_taxonomys_words_is_refused():
    with pytest.raises(SettingsError, match="yield"):
        scratch_tokenizer(100_000)


def test_all_scenes_are_the_taxonomys():
    known = {
        (scene.theme, scene.keyword)
        for subthemes in load_taxonomy().values()
        for scenes in subthemes.values()
        for scene in scenes
    }
    assert set(SCENES) <= known


def test_a_scene_is_told_from_what_is_seen_of_the_background():
    grids = np.zeros((2, 6, 10, 3), np.float32)
    grids[1, ..., 0] = 100.0  # white
    guess = SceneGuess(grids, ("night", "snow"))
    frame = np.full((60, 100, 3), 255, np.uint8)
    background = np.ones((60, 100), np.bool_)
    background[:, 20:] = False
    frame[:, 20:] = 0
    assert guess(frame, background) == "snow"
    assert guess(frame, ~background) == "night"
