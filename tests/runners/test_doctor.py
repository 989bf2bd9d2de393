"""What doctor says of a GPU: by the stage whose models take most, and by the memory that is there."""

import pytest

from sparkle.recipes import load_recipe
from sparkle.runners import readiness
from sparkle.runners.assemble import BackendPool
from sparkle.runners.doctor import examine

pytest.importorskip("torch")
pytest.importorskip("openai")


@pytest.mark.parametrize(
    ("recipe", "size", "fault"),
    [
        ("cpu", 0.0, None),
        ("paper", 141.0, None),
        ("paper", 24.0, r"stage (animate|synthesize) takes about \d\d GB and the GPU has 24"),
        ("paper", 0.0, "need a CUDA GPU and none was found"),
        ("laptop", 25.3, None),  # what a card of 24 GiB has
    ],
)
def test_a_gpu_that_is_too_small_is_named_with_the_stage(
    recipe: str, size: float, fault: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "gpu_size_gb", lambda: size)
    found = readiness.gpu_fault(load_recipe(recipe), BackendPool())
    if fault is None:
        assert found is None
    else:
        with pytest.raises(AssertionError, match=fault):
            raise AssertionError(found)


def test_the_machine_is_looked_at_without_a_gpu_for_a_recipe_that_needs_none() -> None:
    findings = {finding.what: finding for finding in examine(load_recipe("cpu"), BackendPool())}
    assert "GPU" not in findings
    assert {"Python", "H.264 encoder", "H.264 decoder", "temporary disk"} <= set(findings)
    assert "GPU" in {finding.what for finding in examine(load_recipe("laptop"), BackendPool())}


def test_weights_that_two_roles_share_are_asked_for_once() -> None:
    weights = readiness.recipe_weights(load_recipe("paper"))
    assert len(weights) == len(set(weights))
    klein = [each for each in weights if "klein" in each.model]
    assert len(klein) == 1
