"""A command makes each backend of its recipe once: what looks whether all is there hands it to what runs."""

from collections import Counter
from pathlib import Path

import pytest
from tests.conftest import SMALLEST
from typer.testing import CliRunner

import sparkle.runners.assemble as assemble
from sparkle.cli import app
from sparkle.recipes import STAGES, load_recipe
from sparkle.runners.build import build, plan_build
from sparkle.runners.edit import edit


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    counted: Counter[str] = Counter()
    create = assemble.create_backend

    def counting(key: str, options: dict[str, object]) -> object:
        counted[f"{key} {options}"] += 1
        return create(key, options)

    monkeypatch.setattr(assemble, "create_backend", counting)
    return counted


def wanted(name: str = "cpu") -> set[str]:
    recipe = load_recipe(name)
    return {
        f"{backend.key} {backend.options}"
        for stage in STAGES
        for backend in assemble.roles_of(getattr(recipe, stage)).values()
    }


def test_by_a_build(smallest_clip_file: Path, tmp_path: Path, made: Counter[str]) -> None:
    recipe = load_recipe("cpu", [*SMALLEST, "wave=1"])
    build(
        plan_build([str(smallest_clip_file)], themes=["time"], pairs_per_source=2), tmp_path / "run", recipe
    )
    assert made == dict.fromkeys(wanted(), 1)


def test_by_an_edit_that_names_its_subject(
    smallest_clip_file: Path, tmp_path: Path, made: Counter[str]
) -> None:
    recipe = load_recipe("cpu", SMALLEST)
    edit(smallest_clip_file, "a beach with rolling waves", tmp_path / "o.mp4", recipe, subject="500,600")
    assert made == dict.fromkeys(wanted(), 1)


@pytest.mark.parametrize("recipe", ["cpu", "laptop"])
def test_by_doctor(recipe: str, made: Counter[str]) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("openai")
    CliRunner().invoke(app, ["doctor", "--recipe", recipe, "--json"])
    assert made == dict.fromkeys(wanted(recipe), 1)
