import pytest

torch = pytest.importorskip("torch")

from sparkle.backends.held_model import HeldModel  # noqa: E402
from sparkle.core.errors import SetupError  # noqa: E402


def test_a_held_model_that_cannot_be_compiled_says_what_to_set() -> None:
    def no_compiler(graph: object, inputs: object) -> object:
        raise RuntimeError("no compiler found")

    held = HeldModel(lambda: torch.compile(torch.nn.Linear(2, 2), backend=no_compiler), "use a smaller one")
    with (
        pytest.raises(SetupError, match=r"compile: .*no compiler found.*; .* set compile: false"),
        held.use("a product") as model,
    ):
        model(torch.ones(1, 2))


def test_other_errors_stay_what_they_are() -> None:
    held = HeldModel(lambda: torch.nn.Linear(2, 2), "use a smaller one")
    with pytest.raises(RuntimeError, match="shapes"), held.use("a product") as model:
        model(torch.ones(1, 3))
