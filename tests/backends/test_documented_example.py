"""The worked example of docs/backends.md, as it stands there."""

import re
from pathlib import Path

import numpy as np
import pytest

from sparkle.backends import create_backend
from sparkle.recipes import load_recipe
from sparkle.runners.assemble import BackendPool
from sparkle.runners.readiness import report_roles

PAGE = Path(__file__).parents[2] / "docs" / "backends.md"


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the example's two files, which is where one stands."""
    blocks = re.findall(r"```\w*\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for name, beginning in {"sobel.py": "# sobel.py", "mine.yaml": "extends: paper"}.items():
        (block,) = [block for block in blocks if block.startswith(beginning)]
        (tmp_path / name).write_text(block, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_one_file_and_one_recipe_line_fill_a_role(example: Path) -> None:
    recipe = load_recipe("mine.yaml")
    (report,) = [
        report for report in report_roles(recipe, BackendPool()) if "synthesize.edges" in report.roles
    ]
    assert (report.card.name, report.faults) == ("sobel", ())
    assert recipe.synthesize.generator == load_recipe("paper").synthesize.generator
    on_the_command_line = load_recipe("paper", ["synthesize.edges=sobel.py:Sobel"])
    assert on_the_command_line.synthesize.edges.key == recipe.synthesize.edges.key


def test_the_example_draws_edges(example: Path) -> None:
    frames = np.zeros((2, 20, 30, 3), np.uint8)
    frames[:, :, 15:] = 100
    edges = create_backend("sobel.py:Sobel", {"gain": 0.5})(frames)
    assert (edges.shape, edges.dtype) == ((2, 20, 30), np.uint8)
    assert (edges[:, :, 14:16] > 0).all()
    assert (edges[:, :, :13] == 0).all()
