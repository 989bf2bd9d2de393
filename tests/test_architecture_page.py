"""docs/architecture.md shows the house that stands: its rooms, recipes, order of imports, and no file that is gone."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "src" / "sparkle"
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PLAN = PAGE.split("```")[1]
FILES = sorted(set(re.findall(r"`([\w./]+\.(?:py|yaml|js))`", PAGE)))


def rooms() -> list[str]:
    """Every folder of the package that holds modules, two floors deep."""
    found = (path.parent.relative_to(HOUSE) for path in HOUSE.rglob("__init__.py"))
    return sorted(path.as_posix() for path in found if 1 <= len(path.parts) <= 2)


def line_of(room: str) -> str:
    """What the plan says of a room: from its own name to the next room's."""
    match = re.search(rf"^  {re.escape(room)} .*(?:\n {{8,}}.*)*", PLAN, re.MULTILINE)
    return match[0] if match else ""


@pytest.mark.parametrize("room", rooms())
def test_every_room_is_in_the_plan(room: str) -> None:
    outer, _, inner = room.partition("/")
    alone = re.search(rf"(?:^  |  ){re.escape(room)}/ ", PLAN, re.MULTILINE)
    assert alone or (inner and f"{inner}/" in line_of(f"{outer}/")), (
        f"docs/architecture.md does not show {room}/"
    )


def test_every_recipe_and_stage_is_in_the_plan() -> None:
    recipes = {path.stem for path in (HOUSE / "recipes").glob("*.yaml")}
    assert recipes <= set(re.findall(r"\w+", line_of("recipes/")))
    from sparkle.recipes import STAGES

    assert re.findall(r"\w+", line_of("stages/"))[1:7] == list(STAGES)


@pytest.mark.parametrize("name", FILES)
def test_every_file_that_the_page_names_is_there(name: str) -> None:
    files = [path for top in ("src", "tests") for path in (ROOT / top).rglob(Path(name).name)]
    assert [path for path in files if path.as_posix().endswith(f"/{name}")], f"{name} is gone, or elsewhere"


def test_the_order_of_imports_is_the_contract() -> None:
    project: Any = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    wanted = [sorted(name.strip().removeprefix("sparkle.") for name in layer.split("|")) for layer in layers]
    told = re.search(r"holds it:\n`([^`]+)`", PAGE)
    assert told
    floors = " ".join(told[1].split()).split(" -> ")
    assert [sorted(re.findall(r"\w+", floor)) for floor in floors] == wanted
