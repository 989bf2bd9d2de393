from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from sparkle.backends.placement import ModelSize, Placement, memory_gb  # noqa: E402
from sparkle.core.errors import SettingsError, SetupError  # noqa: E402

SIZE = ModelSize(transformers=(14.0, 14.0), others=(0.1,), working_gb=10.0)


@pytest.mark.parametrize("option", [{"dtype": "bf16"}, {"offload": "cpu"}])
def test_an_unknown_value_is_refused_and_the_known_ones_are_named(option: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="choose one of"):
        Placement(**option)


def test_offloading_needs_something_to_offload_from() -> None:
    with pytest.raises(SettingsError, match="offload: none"):
        Placement(device="cpu", offload="model")


@pytest.mark.parametrize("option", [{"fp8": True}, {"offload": "sequential"}])
def test_settings_that_exchange_weights_cannot_be_compiled(option: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="leave one out"):
        Placement(compile=True, **option)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_a_missing_device_says_what_to_do(device: str) -> None:
    with pytest.raises(SetupError, match="set device: cpu or run where there is a GPU"):
        Placement(device=device).check_device()


def test_a_device_that_torch_does_not_know_is_refused() -> None:
    with pytest.raises(SettingsError, match="gpu"):
        Placement(device="gpu").check_device()


def test_the_remedy_names_only_what_is_not_set_yet() -> None:
    assert "offload: model" in Placement().remedy
    used = Placement(offload="sequential", fp8=True, tile_vae=True).remedy
    assert "offload" not in used
    assert "fp8" not in used
    assert "smaller videos" in used


def test_each_saving_setting_is_estimated_to_save() -> None:
    whole, model, sequential = (
        memory_gb(SIZE, Placement(offload=offload)) for offload in ("none", "model", "sequential")
    )
    assert whole > model > sequential > SIZE.working_gb
    assert memory_gb(SIZE, Placement(fp8=True)) < whole
    assert memory_gb(SIZE, Placement(dtype="float32")) > whole
    assert memory_gb(SIZE, Placement(device="cpu")) == 0


def test_what_was_lent_is_where_it_was_even_after_a_failure() -> None:
    module = torch.nn.Linear(3, 3)
    before = module.weight.data_ptr()
    with pytest.raises(RuntimeError, match="boom"), Placement(device="cpu").lend(module):
        module.weight.data = torch.zeros(3, 3)
        raise RuntimeError("boom")
    assert module.weight.data_ptr() == before


@pytest.mark.gpu
def test_lent_weights_are_on_the_device_and_come_home_without_a_copy() -> None:
    module = torch.nn.Linear(3, 3)
    before = module.weight.data_ptr()
    with Placement().lend(module):
        assert module.weight.device.type == "cuda"
        assert module(torch.ones(1, 3, device="cuda")).device.type == "cuda"
    assert module.weight.device.type == "cpu"
    assert module.weight.data_ptr() == before


@pytest.mark.parametrize(
    "options",
    [
        {"attention": "fa2"},
        {"attention": "fa3", "device": "cpu"},
        {"attention": "fa3", "dtype": "float32"},
        {"precision": "int8"},
        {"precision": "fp8", "fp8": True},
        {"precision": "fp8", "offload": "sequential"},
        {"precision": "fp8", "dtype": "float16"},
    ],
)
def test_kernels_that_cannot_be_are_refused(options):
    with pytest.raises(SettingsError, match=r"attention|precision"):
        Placement(**options)


def test_float8_products_halve_the_weights():
    assert memory_gb(SIZE, Placement(precision="fp8")) < memory_gb(SIZE, Placement())
