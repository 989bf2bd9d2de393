"""What a recipe's models need installed is told before any work, with the extras that bring it."""

from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("torch")

from sparkle.backends.weights import Weights
from sparkle.core.errors import SetupError
from sparkle.recipes import load_recipe
from sparkle.runners import readiness
from sparkle.runners.assemble import BackendPool

BACKEND = """
from sparkle.backends.weights import Weights
from sparkle.roles import ModelCard


class Needy:
    card = ModelCard("needy", "1", "CC0")
    packages = {"no_such_package_here": "edgetam"}

    def __init__(self, model: str) -> None:
        self.weights = (Weights(model),)

    def open(self, frames, anchors):
        raise NotImplementedError
"""


def test_a_backend_names_packages_beside_those_of_all_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needy.py").write_text(BACKEND)
    changes = [f"track.tracker={tmp_path / 'needy.py'}:Needy", f"track.tracker.options.model={tmp_path}"]
    recipe = load_recipe("cpu", changes)
    with pytest.raises(SetupError, match=r"no_such_package_here; pip install .*\[edgetam\]"):
        readiness.require_ready(recipe, BackendPool())
    monkeypatch.setattr(Weights, "packages", {"torch": "models", "another_that_is_not_here": "models"})
    with pytest.raises(SetupError, match=r"not_here, no_such.*pip install .*\[models,edgetam\]"):
        readiness.require_ready(recipe, BackendPool())


def test_edgetams_backbone_has_an_extra_of_its_own() -> None:
    """Otherwise a run with recipe laptop would learn of it after the first frames were edited."""
    recipe = load_recipe("laptop")
    tracker = next(
        report for report in readiness.report_roles(recipe, BackendPool()) if "track.tracker" in report.roles
    )
    missing = [name for name in ("timm", "torchvision") if find_spec(name) is None]
    assert all(any(name in fault for fault in tracker.faults) for name in missing)
