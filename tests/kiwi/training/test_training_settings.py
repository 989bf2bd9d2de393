"""Configurations: the shipped ones, the published defaults, what is refused."""

import pytest

pytest.importorskip("torch")

from tests.kiwi.training.tiny_training import tiny_settings

from sparkle.core.errors import SettingsError, SetupError
from sparkle.kiwi.training.devices import make_accelerator
from sparkle.kiwi.training.files import load_settings, shipped
from sparkle.kiwi.training.run import train


@pytest.mark.parametrize("name", ["kiwi_sparkle", "lora_24gb", "tiny"])
def test_shipped_configurations_are_valid(name):
    assert name in shipped()
    load_settings(name)


def test_the_published_run_is_as_published():
    run = load_settings("kiwi_sparkle")
    assert (run.trainable, run.batch, run.micro_batch, run.steps) == ("published", 128, 1, 10_000)
    assert (run.optimizer.learning_rate, run.optimizer.weight_decay) == (1e-5, 0.01)
    assert run.optimizer.betas == (0.9, 0.999)
    assert run.optimizer.clip_norm is None
    assert (run.lora.rank, run.lora.alpha) == (64, 64)
    assert (run.data.max_pixels, run.data.datasets[0].frames) == (921_600, 81)
    assert (run.precision, run.timestep_rounding, run.gradient_checkpointing) == (
        "bfloat16",
        "bfloat16",
        "transformer",
    )


def test_the_rate_is_a_third_for_five_updates_and_constant_then():
    optimizer = load_settings("kiwi_sparkle").optimizer
    assert [optimizer.rate(step) for step in (1, 5)] == pytest.approx([1e-5 / 3] * 2)
    assert [optimizer.rate(step) for step in (6, 7, 9999)] == pytest.approx([1e-5] * 3)


def test_overrides_reach_into_lists():
    run = load_settings("tiny", ["data.datasets.0.folder=somewhere", "average=0.99", "optimizer.clip_norm=1"])
    assert run.data.datasets[0].folder == "somewhere"
    assert (run.average, run.optimizer.clip_norm) == (0.99, 1.0)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optimizer.learning_rat=1", "did you mean 'learning_rate'"),
        ("data.datasets.3.folder=x", "no place in a list of 1"),
        ("steps", "section.key=value"),
        ("steps.more=1", "a value, not a section"),
        ("data.datasets.0.frames=10", "4k \\+ 1"),
        ("trainable=all", "published"),
        ("model.checkpoint=x", "either checkpoint"),
        ("model.scratch.cell=5", "cell must be 4, 8 or 16"),
    ],
)
def test_what_is_wrong_is_named(override, message):
    with pytest.raises(SettingsError, match=message):
        load_settings("tiny", [override])


def test_an_unknown_configuration_names_the_known_ones():
    with pytest.raises(SettingsError, match=r"kiwi_sparkle, lora_24gb, .*tiny"):
        load_settings("tinny")


def test_two_datasets_of_one_name_must_be_told_apart(tmp_path):
    with pytest.raises(SettingsError, match="called run; give each a name"):
        tiny_settings(tmp_path, tmp_path / "a" / "run", tmp_path / "b" / "run")


def test_a_batch_that_cannot_be_divided_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(SettingsError, match=r"3 processes.*multiple of 6"):
        make_accelerator(tiny_settings(tmp_path, tmp_path / "run", batch=8, micro_batch=2))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": -1}, "seed"),
        ({"seed": 2**32}, "seed"),
        ({"optimizer": {"betas": [1.0, 1.5]}}, "betas"),
        ({"optimizer": {"learning_rate": float("inf")}}, "learning_rate"),
        ({"guard": {"window": 8}}, "window"),
        ({"validation": {"folder": "x", "frames": 10}}, "4k \\+ 1, e.g. 9"),
        ({"data": {"datasets": [{"folder": "x", "weight": float("inf")}]}}, "weight"),
    ],
)
def test_values_that_would_fail_later_are_refused(tmp_path, change, named):
    with pytest.raises(SettingsError, match=named):
        tiny_settings(tmp_path, tmp_path, **change)


def test_what_is_not_there_is_missed_before_anything_is_encoded(pairs, tmp_path, monkeypatch):
    monkeypatch.setattr("sparkle.kiwi.training.run.make_models", pytest.fail)
    with pytest.raises(SetupError, match="nowhere"):
        train(tiny_settings(tmp_path / "a", pairs, validation={"folder": str(tmp_path / "nowhere")}))
    with pytest.raises(SetupError, match="nowhere"):
        train(tiny_settings(tmp_path / "b", tmp_path / "nowhere"))
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="cannot be made"):
        train(tiny_settings(tmp_path / "file" / "out", pairs))
