"""Whole runs: checkpoints that the pipeline loads, validation, trackers, broken losses, several processes."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import yaml  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from tests.kiwi.training.tiny_training import losses, tiny_settings, tiny_values  # noqa: E402

from sparkle.core.errors import OutOfMemoryError, SetupError  # noqa: E402
from sparkle.kiwi.checkpoint import read_checkpoint  # noqa: E402
from sparkle.kiwi.editor import KiwiEditor  # noqa: E402
from sparkle.kiwi.settings import EditSettings  # noqa: E402
from sparkle.kiwi.training.models import make_models  # noqa: E402
from sparkle.kiwi.training.objective import Objective  # noqa: E402
from sparkle.kiwi.training.run import Reports, train  # noqa: E402
from sparkle.kiwi.training.validation import Validation  # noqa: E402
from sparkle.runs import locked  # noqa: E402


def steps_kept(output):
    folder = output / "checkpoints"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_workers_change_nothing(pairs, tmp_path, whole):
    train(tiny_settings(tmp_path, pairs, steps=10, average=0.9, data={"workers": 2}))
    assert losses(tmp_path) == losses(whole)


def test_the_last_checkpoints_are_kept_and_none_is_half_written(whole):
    assert steps_kept(whole) == ["step-000008", "step-000010"]


def test_settings_may_change_until_there_is_a_checkpoint(pairs, tmp_path):
    with pytest.raises(SetupError, match="no folder"):
        train(tiny_settings(tmp_path / "out", tmp_path / "misspelt", steps=2))
    assert train(tiny_settings(tmp_path / "out", pairs, steps=2)).step == 2


def test_other_settings_are_refused_in_a_folder_that_was_begun(pairs, tmp_path):
    train(tiny_settings(tmp_path, pairs, steps=2))
    with pytest.raises(SetupError, match=r"seed: 0 -> 5"):
        train(tiny_settings(tmp_path, pairs, steps=2, seed=5))
    free = {"guard": {"outlier_factor": None}, "data": {"most_unreadable": 0.5}}
    assert train(tiny_settings(tmp_path, pairs, steps=3, **free)).step == 3


def test_checkpoints_are_complete_and_hold_the_average(whole):
    found = read_checkpoint(whole / "checkpoints" / "step-000010")
    assert found.layout == "sparkle"
    trained = load_file(whole / "checkpoints/step-000010/state/trained.safetensors")
    saved = load_file(whole / "checkpoints/step-000010/transformer/diffusion_pytorch_model.safetensors")
    name = "blocks.0.ffn.net.2.weight"
    assert not torch.equal(saved[name], trained[f"transformer.{name}"])
    assert torch.allclose(saved[name], trained[f"transformer.{name}"], atol=0.01)


def test_a_run_goes_on_from_another_run_s_checkpoint(pairs, tmp_path, whole):
    start = whole / "checkpoints" / "step-000010"
    models = make_models(tiny_settings(tmp_path, pairs, model={"checkpoint": str(start)}))
    saved = load_file(start / "transformer/diffusion_pytorch_model.safetensors")
    assert all(torch.equal(value, saved[name]) for name, value in models.transformer.named_parameters())
    settings = tiny_settings(
        tmp_path,
        pairs,
        model={"checkpoint": str(start)},
        trainable="lora",
        lora={"rank": 2, "alpha": 4},
        steps=2,
    )
    outcome = train(settings)
    written = read_checkpoint(outcome.checkpoint)
    assert written.config.lora_rank == 2
    assert written.config.lora_alpha == 4


def test_lora_of_the_transformer_is_merged_into_its_checkpoint(pairs, tmp_path, whole):
    start = whole / "checkpoints" / "step-000010"
    settings = tiny_settings(
        tmp_path,
        pairs,
        model={"checkpoint": str(start)},
        trainable="transformer_lora",
        lora={"rank": 2, "alpha": 4},
        optimizer={"learning_rate": 1e-2},
        steps=3,
    )
    outcome = train(settings)
    before, after = (
        load_file(folder / "transformer/diffusion_pytorch_model.safetensors")
        for folder in (start, outcome.checkpoint)
    )
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert changed == {
        f"blocks.0.{attention}.{part}.weight"
        for attention in ("attn1", "attn2")
        for part in ("to_q", "to_k", "to_v", "to_out.0")
    }
    lora = load_file(outcome.checkpoint / "state/trained.safetensors")
    prefix = "transformer.blocks.0.attn1.to_v"
    change = 2.0 * lora[f"{prefix}.lora_B.default.weight"] @ lora[f"{prefix}.lora_A.default.weight"]
    name = "blocks.0.attn1.to_v.weight"
    assert torch.allclose(after[name] - before[name], change, atol=1e-6)


def test_an_update_that_was_left_out_pushes_no_checkpoint_out(pairs, tmp_path):
    """Four samples, one a batch; the latents of one are broken: every fourth update or so is left out."""
    settings = tiny_settings(
        tmp_path,
        pairs,
        steps=12,
        batch=1,
        checkpoints={"every": 1, "keep": 2},
        guard={"outlier_factor": None},
    )
    train(settings, cache_only=True)
    broken = sorted((tmp_path / "cache").rglob("*.safetensors"))[0]
    stored = load_file(broken)
    stored["target"][0, 0, 0, 0] = torch.nan
    save_file(stored, broken)
    written: set[str] = set()
    train(settings, reports=Reports(update=lambda update: written.update(steps_kept(tmp_path))))
    rows = losses(tmp_path)
    left_out = {f"step-{row['step']:06d}" for row in rows if row["skipped"]}
    learnt = [f"step-{row['step']:06d}" for row in rows if not row["skipped"]]
    assert len(left_out) >= 2
    last = "step-000012"
    assert not written & (left_out - {last})
    expected = learnt[-2:] if last in learnt else [*learnt[-2:], last]
    assert steps_kept(tmp_path) == expected


def test_a_loss_that_is_not_finite_changes_no_weight_and_is_reported(pairs, tmp_path):
    settings = tiny_settings(tmp_path, pairs, steps=1, batch=4)
    train(settings, cache_only=True)
    for path in (tmp_path / "cache").rglob("*.safetensors"):
        stored = load_file(path)
        stored["target"][0, 0, 0, 0] = torch.nan
        save_file(stored, path)
    outcome = train(settings)
    (row,) = losses(tmp_path)
    assert "not finite" in row["skipped"]
    assert all(f"run/Sparkle_location_{number:06d}" in row["skipped"] for number in range(4))
    started = make_models(settings).transformer
    saved = load_file(outcome.checkpoint / "transformer/diffusion_pytorch_model.safetensors")
    assert all(torch.equal(value, saved[name]) for name, value in started.named_parameters())
    with pytest.raises(SetupError, match="2 updates in a row"):
        train(
            tiny_settings(
                tmp_path / "more",
                pairs,
                steps=9,
                batch=4,
                guard={"most_in_a_row": 2},
                data={"cache": str(tmp_path / "cache")},
            )
        )


def test_validation_writes_videos_and_their_scores_and_disturbs_nothing(pairs, tmp_path, whole):
    settings = tiny_settings(
        tmp_path,
        pairs,
        steps=10,
        average=0.9,
        validation={"folder": str(pairs), "every": 5, "count": 2, "steps": 2, "frames": 5},
    )
    train(settings)
    assert losses(tmp_path) == losses(whole)
    folder = tmp_path / "validation" / "step-000010"
    rows = [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]
    assert [row["label"] for row in rows] == ["run/Sparkle_location_000000", "run/Sparkle_location_000001"]
    for row in rows:
        assert np.isfinite(row["psnr"])
        assert "values" in row or "unmeasured" in row
        assert (folder / f"{row['label'].rpartition('/')[2]}.mp4").is_file()


def test_validation_shows_what_the_checkpoint_gives(pairs, tmp_path):
    settings = tiny_settings(
        tmp_path,
        pairs,
        steps=6,
        average=0.9,
        optimizer={"learning_rate": 3e-2, "warmup_updates": 0},
        validation={"folder": str(pairs), "every": 6, "count": 2, "steps": 2, "frames": 5},
    )
    outcome = train(settings)
    scores = tmp_path / "validation" / "step-000006" / "scores.jsonl"
    wanted = [json.loads(line)["psnr"] for line in scores.read_text().splitlines()]
    found = []
    shards = tmp_path / "shards"
    for checkpoint, weights in ((outcome.checkpoint, "average"), (outcome.checkpoint, "last")):
        models = make_models(tiny_settings(tmp_path, pairs, model={"checkpoint": str(checkpoint)}))
        if weights == "last":
            trained = load_file(checkpoint / "state" / "trained.safetensors")
            for name, value in models.transformer.named_parameters():
                value.data = trained.get(f"transformer.{name}", value.data)
        rows = Validation.make(settings.validation, settings.data, shards).run(
            models, tmp_path / weights, 0, 1
        )
        found.append([row["psnr"] for row in rows])
    assert found[0] == pytest.approx(wanted, abs=1e-3)
    assert found[1] != pytest.approx(wanted, abs=1e-2)


def test_a_tracker_gets_losses_and_validation_scores(pairs, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    settings = tiny_settings(
        tmp_path,
        pairs,
        steps=3,
        tracker="tensorboard",
        validation={"folder": str(pairs), "every": 2, "count": 1, "steps": 1, "frames": 5},
    )
    train(settings)
    (file,) = (tmp_path / "sparkle-kiwi").glob("events.out.*")
    events = EventAccumulator(str(file))
    events.Reload()
    shown = [(event.step, event.value) for event in events.Scalars("loss")]
    assert shown == [(row["step"], pytest.approx(row["loss"])) for row in losses(tmp_path)]
    assert [event.step for event in events.Scalars("validation/psnr")] == [2]
    assert "gradient_norm" in events.Tags()["scalars"]


def test_a_picture_of_the_losses_is_drawn(whole):
    picture = (whole / "losses.svg").read_text()
    assert picture.startswith("<svg xmlns=")
    assert "training loss" in picture


def test_two_processes_make_the_same_updates_as_one(pairs, tmp_path):
    config = tmp_path / "config.yaml"
    values = tiny_values(tmp_path / "two", pairs, steps=3, batch=4)
    config.write_text(yaml.safe_dump(values))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    done = subprocess.run(
        [*command, "-m", "sparkle.kiwi.train", str(config)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    train(tiny_settings(tmp_path / "one", pairs, steps=3, batch=4))
    for one, two in zip(losses(tmp_path / "one"), losses(tmp_path / "two"), strict=True):
        assert sorted(one["labels"]) == sorted(two["labels"])
        assert two["loss"] == pytest.approx(one["loss"], rel=1e-5)
        assert two["gradient_norm"] == pytest.approx(one["gradient_norm"], rel=1e-4)


def test_a_device_that_is_too_small_says_what_to_make_smaller(pairs, tmp_path, monkeypatch):
    def too_large(self, batch):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nmore")

    monkeypatch.setattr(Objective, "forward", too_large)
    with pytest.raises(OutOfMemoryError, match=r"allocate 2\.00 GiB\. Lower micro_batch"):
        train(tiny_settings(tmp_path, pairs))


def test_a_folder_has_one_writer(pairs, tmp_path):
    with locked(tmp_path), pytest.raises(SetupError, match="another process"):
        train(tiny_settings(tmp_path, pairs))


def test_what_it_trained_edits_by_its_path_alone(pairs, tmp_path):
    outcome = train(tiny_settings(tmp_path, pairs, steps=1))
    editor = KiwiEditor(str(outcome.checkpoint), device="cpu")
    clip = np.zeros((5, 64, 64, 3), np.uint8)
    edited = editor.edit(clip, "put him on a beach", EditSettings(steps=1), reference=None, seed=0)
    assert edited.shape == clip.shape


def test_a_machine_without_a_compiler_is_told_so(pairs, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(tiny_values(tmp_path / "out", pairs, compile=True)))
    missing = {"CXX": "no-compiler", "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "compiled")}
    done = subprocess.run(
        [sys.executable, "-m", "sparkle", "train", str(config)],
        env={**os.environ, **missing},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "install a C++ compiler, or set compile: false" in done.stderr
    assert "Traceback" not in done.stderr
