"""Sampling that makes values which are no numbers stops at once, in every backend that samples."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("ftfy")

from tests.tiny_models.flux2_klein import save_flux2_klein  # noqa: E402
from tests.tiny_models.fun_control import write_release  # noqa: E402
from tests.tiny_models.wan import save_wan_i2v, save_wan_vace  # noqa: E402

from sparkle.backends.diffusion.flux2_klein import Flux2KleinEditor  # noqa: E402
from sparkle.backends.diffusion.wan_fun_control import WanFunControl  # noqa: E402
from sparkle.backends.diffusion.wan_i2v import WanImageToVideo  # noqa: E402
from sparkle.backends.diffusion.wan_vace import WanVACE  # noqa: E402
from sparkle.backends.finite_steps import FiniteSteps  # noqa: E402
from sparkle.core.errors import BackendError  # noqa: E402
from sparkle.roles import AnimationRequest, EditRequest, GenerationRequest  # noqa: E402

CPU: dict[str, Any] = {"device": "cpu", "dtype": "float32", "steps": 8}
SOURCE = np.random.default_rng(0).integers(0, 256, (5, 64, 96, 3), np.uint8)


def generation() -> GenerationRequest:
    return GenerationRequest(
        first_frame=SOURCE[0],
        control=SOURCE[..., 0],
        instruction="a small red cat",
        source=SOURCE,
        clean_background=SOURCE[0],
        background=SOURCE,
        mask=np.zeros(SOURCE.shape[:3], bool),
        confidence=np.zeros(SOURCE.shape[:3], np.float32),
        fps=16.0,
        seed=3,
    )


def animation() -> AnimationRequest:
    return AnimationRequest(SOURCE[0], "waves", 5, 16.0, seed=5)


BACKENDS: dict[str, tuple[Callable[[Path], Any], Callable[[], Any], str]] = {
    "Fun-Control": (
        lambda folder: WanFunControl(
            model=str(write_release(folder)), guidance_scale=1.0, boundary=0.0, **CPU
        ),
        generation,
        "_pipeline",
    ),
    "I2V": (
        lambda folder: WanImageToVideo(
            model=str(save_wan_i2v(folder)), lora_high=None, lora_low=None, schedule="flow", **CPU
        ),
        animation,
        "_held",
    ),
    "VACE": (
        lambda folder: WanVACE(model=str(save_wan_vace(folder)), guidance=1.0, **CPU),
        generation,
        "_held",
    ),
    "FLUX.2-klein": (
        lambda folder: Flux2KleinEditor(model=str(save_flux2_klein(folder)), **CPU),
        lambda: EditRequest(SOURCE[:1], "a beach", None, 1, None),
        "held",
    ),
}


@pytest.mark.parametrize("name", BACKENDS)
def test_it_stops_a_step_after_the_one_that_made_them(tmp_path: Path, name: str) -> None:
    make, request, held = BACKENDS[name]
    backend = make(tmp_path)
    calls = []

    def overflow(_module: Any, _inputs: Any, output: Any) -> Any:
        calls.append(1)
        return (output[0] * float("nan"), *output[1:]) if len(calls) == 2 else output

    with getattr(backend, held).use("a look") as pipeline:
        pipeline.transformer.register_forward_hook(overflow)
    with pytest.raises(BackendError, match="step 2 made values that are not numbers"):
        backend(request())
    assert len(calls) == 3


@pytest.mark.parametrize("name", ["FLUX.2-klein", "VACE"])
def test_pixels_that_are_no_numbers_are_an_error_too(tmp_path: Path, name: str) -> None:
    make, request, held = BACKENDS[name]
    backend = make(tmp_path)
    with getattr(backend, held).use("a look") as pipeline:
        pipeline.vae.decoder.register_forward_hook(lambda _module, _inputs, output: output * float("nan"))
    with pytest.raises(BackendError, match="not numbers"):
        backend(request())


def test_the_last_step_is_asked_about_too() -> None:
    steps = FiniteSteps("a model")
    steps.after(0, torch.zeros(2))
    steps.after(1, torch.tensor([float("inf")]))
    with pytest.raises(BackendError, match="a model: sampling step 2"):
        steps.finish()
