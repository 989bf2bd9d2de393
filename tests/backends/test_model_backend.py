"""Doctor, fetch, readiness and the runner ask every backend the same, whatever it says of itself."""

from pathlib import Path
from typing import Any

import pytest

from sparkle.backends import REGISTRY, create_backend
from sparkle.backends.model_backend import as_model
from sparkle.roles import EndpointReport, ModelCard


class Silent:
    card = ModelCard("silent", "1", "CC0")


class Speaking(Silent):
    weights = ("files",)
    packages = {"timm": "edgetam"}  # noqa: RUF012
    gpu_memory_gb = 3
    held = "the model"

    def __init__(self) -> None:
        self.done: list[str] = []

    def endpoint_report(self) -> EndpointReport:
        return EndpointReport(("answers",), ())

    def release(self) -> None:
        self.done.append("release")


def test_what_a_backend_does_not_say_it_does_not_need() -> None:
    silent = Silent()
    asked = as_model(silent)
    assert (asked.card, asked.weights, asked.packages, asked.gpu_memory_gb) == (Silent.card, (), {}, 0.0)
    assert asked.held is silent
    assert asked.endpoint_report() == EndpointReport()
    asked.release()


def test_what_a_backend_says_is_what_is_heard() -> None:
    speaking = Speaking()
    asked = as_model(speaking)
    assert (asked.weights, asked.packages, asked.gpu_memory_gb) == (("files",), {"timm": "edgetam"}, 3.0)
    assert asked.held == "the model"
    assert asked.endpoint_report().lines == ("answers",)
    asked.release()
    assert speaking.done == ["release"]


@pytest.mark.parametrize("key", sorted(REGISTRY))
def test_every_backend_of_the_house_says_what_it_weighs_and_under_which_licence(
    key: str, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    options: dict[str, Any] = {"model": "m"} if key.startswith("vlm.") else {}
    if key == "vefx.reward":
        from tests.tiny_models.vefx import PROMPT

        (tmp_path / "prompt.txt").write_text(PROMPT)
        options = {"prompt": str(tmp_path / "prompt.txt")}
    asked = as_model(create_backend(key, options))
    assert asked.card.name and asked.card.licence
    assert all(files.card().licence and files.packages for files in asked.weights)
    is_neural = key.startswith(("diffusion.", "segmentation.", "flow.", "edges.", "onnx.", "vefx."))
    assert bool(asked.weights) == is_neural
    assert (asked.gpu_memory_gb > 0) == (is_neural and not key.startswith("onnx."))
    asked.release()
