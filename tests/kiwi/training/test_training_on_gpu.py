"""Training on a CUDA device; everything else here runs on the CPU. Run with -m gpu."""

import pytest

torch = pytest.importorskip("torch")

from tests.kiwi.training.tiny_training import losses, tiny_settings  # noqa: E402

from sparkle.kiwi.training.run import train  # noqa: E402

pytestmark = pytest.mark.gpu
ON_GPU = {"device": "auto", "precision": "bfloat16", "steps": 4}


@pytest.mark.parametrize("trainable", ["published", "everything"])
def test_clips_that_are_encoded_in_every_update_train_as_kept_latents_do(pairs, tmp_path, trainable):
    for kept in (True, False):
        data = {"cache_latents": kept}
        train(tiny_settings(tmp_path / str(kept), pairs, **ON_GPU, trainable=trainable, data=data))
    for kept, anew in zip(losses(tmp_path / "True"), losses(tmp_path / "False"), strict=True):
        assert anew["loss"] == pytest.approx(kept["loss"], rel=1e-2)


def test_a_run_of_compiled_recomputed_blocks_follows_the_plain_one(pairs, tmp_path):
    train(tiny_settings(tmp_path / "plain", pairs, **ON_GPU))
    train(tiny_settings(tmp_path / "compiled", pairs, **ON_GPU, compile=True, gradient_checkpointing="all"))
    for plain, compiled in zip(losses(tmp_path / "plain"), losses(tmp_path / "compiled"), strict=True):
        assert compiled["loss"] == pytest.approx(plain["loss"], rel=1e-2)


def test_a_run_goes_on_where_it_stopped(pairs, tmp_path):
    train(tiny_settings(tmp_path / "whole", pairs, **ON_GPU, average=0.9))
    train(tiny_settings(tmp_path / "parts", pairs, **ON_GPU | {"steps": 2}, average=0.9))
    train(tiny_settings(tmp_path / "parts", pairs, **ON_GPU, average=0.9))
    whole, parts = losses(tmp_path / "whole"), losses(tmp_path / "parts")
    assert [row["labels"] for row in parts] == [row["labels"] for row in whole]
    assert [row["loss"] for row in parts] == pytest.approx([row["loss"] for row in whole], rel=1e-3)


def test_validation_edits_on_the_device(pairs, tmp_path):
    validation = {"folder": str(pairs), "every": 2, "count": 1, "frames": 5, "steps": 2}
    train(tiny_settings(tmp_path, pairs, **ON_GPU | {"steps": 2}, validation=validation))
    assert list((tmp_path / "validation" / "step-000002").glob("*.mp4"))
