"""Whole runs: exact continuation, clean stops, checkpoints that the pipeline loads, validation, broken losses."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import yaml  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from tests.kiwi.training.tiny_training import tiny_settings, tiny_values  # noqa: E402

from sparkle.core.errors import SetupError  # noqa: E402
from sparkle.kiwi.checkpoint import read_checkpoint  # noqa: E402
from sparkle.kiwi.training.models import make_models  # noqa: E402
from sparkle.kiwi.training.run import Reports, train  # noqa: E402
from sparkle.runs import locked  # noqa: E402


def losses(output):
    """Return what must be equal of a run: everything but the seconds."""
    rows = [json.loads(line) for line in (output / "losses.jsonl").read_text().splitlines()]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def steps_kept(output):
    return sorted(path.name for path in (output / "checkpoints").iterdir())


@pytest.fixture(scope="module")
def whole(pairs, tmp_path_factory):
    """A run of ten updates that nothing interrupts."""
    settings = tiny_settings(tmp_path_factory.mktemp("whole"), pairs, steps=10, average=0.9)
    torch.set_num_threads(1)
    train(settings)
    return settings.output


def test_a_killed_run_continues_with_bitwise_equal_losses(pairs, tmp_path, whole):
    output = tmp_path / "killed"
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(tiny_values(output, pairs, steps=10, average=0.9)))
    command = [sys.executable, "-m", "sparkle.kiwi.train", str(config)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if line.startswith("update 5 "):
            process.kill()
            break
    assert process.wait() == -signal.SIGKILL
    assert len(losses(output)) < 10
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "update 3 " in done.stderr or "update 5 " in done.stderr
    assert "update 1 " not in done.stderr
    assert losses(output) == losses(whole)
    for name in ("transformer/diffusion_pytorch_model", "encoder/model"):
        ours, theirs = (
            load_file(run / "checkpoints/step-000010" / f"{name}.safetensors") for run in (output, whole)
        )
        assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def test_sigterm_ends_a_run_with_a_checkpoint_and_it_continues_exactly(pairs, tmp_path, whole):
    settings = tiny_settings(tmp_path, pairs, steps=10, average=0.9, checkpoints={"every": 100, "keep": 1})
    before = signal.getsignal(signal.SIGTERM)

    def terminate(update):
        if update.step == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    outcome = train(settings, reports=Reports(update=terminate))
    assert outcome.stopped
    assert signal.getsignal(signal.SIGTERM) == before
    assert outcome.step in (3, 4)  # the update in hand is finished
    assert steps_kept(tmp_path) == [f"step-{outcome.step:06d}"]
    assert not train(settings).stopped
    assert losses(tmp_path) == losses(whole)


def test_workers_change_nothing(pairs, tmp_path, whole):
    train(tiny_settings(tmp_path, pairs, steps=10, average=0.9, data={"workers": 2}))
    assert losses(tmp_path) == losses(whole)


def test_the_last_checkpoints_are_kept_and_none_is_half_written(whole):
    assert steps_kept(whole) == ["step-000008", "step-000010"]


def test_an_unfinished_checkpoint_is_not_taken_for_one(pairs, tmp_path, whole):
    settings = tiny_settings(tmp_path, pairs, steps=4, average=0.9)
    train(settings)
    partial = tmp_path / "checkpoints" / ".step-000005.partial"
    partial.mkdir()
    (partial / "kiwi.json").write_text("{")
    train(tiny_settings(tmp_path, pairs, steps=10, average=0.9))
    assert not partial.exists()
    assert losses(tmp_path) == losses(whole)


def test_other_settings_are_refused_in_a_folder_that_was_begun(pairs, tmp_path):
    train(tiny_settings(tmp_path, pairs, steps=2))
    with pytest.raises(SetupError, match=r"seed: 0 -> 5"):
        train(tiny_settings(tmp_path, pairs, steps=2, seed=5))


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
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    train(tiny_settings(tmp_path / "one", pairs, steps=3, batch=4))
    for one, two in zip(losses(tmp_path / "one"), losses(tmp_path / "two"), strict=True):
        assert sorted(one["labels"]) == sorted(two["labels"])
        assert two["loss"] == pytest.approx(one["loss"], rel=1e-5)
        assert two["gradient_norm"] == pytest.approx(one["gradient_norm"], rel=1e-4)


def test_a_folder_has_one_writer(pairs, tmp_path):
    with locked(tmp_path), pytest.raises(SetupError, match="another process"):
        train(tiny_settings(tmp_path, pairs))
