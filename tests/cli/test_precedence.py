"""What stands, from the strongest: the command's own option, --set, the file, the default. In every command."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sparkle.cli import app
from sparkle.core.errors import SettingsError
from sparkle.kiwi.opening import make_kiwi
from sparkle.recipes import load_recipe
from sparkle.video import write_video

# Own option, --set, the file's seed, and what stands.
SEEDS = [
    (None, None, None, 7),
    (None, None, 3, 3),
    (None, 4, None, 4),
    (None, 4, 3, 4),
    (5, None, None, 5),
    (5, None, 3, 5),
    (5, 4, 3, 5),
    (0, 4, 3, 0),
]


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A recipe that no clip gets through, for want of frames."""
    path = tmp_path / "mine.yaml"
    path.write_text(
        "extends: cpu\nname: mine\nsummary: x\nvideo: {width: 64, height: 64, frames: 9, minimum_frames: 999}\n"
    )
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    write_video(path, np.zeros((9, 64, 64, 3), np.uint8), 16.0, crf=30)
    return path


def run(command: list[str], own: int | None, given: int | None, filed: int | None, recipe: Path) -> None:
    if filed is not None:
        recipe.write_text(recipe.read_text() + f"seed: {filed}\n")
    words = [*command, "--recipe", str(recipe)]
    words += [] if own is None else ["--seed", str(own)]
    words += [] if given is None else ["--set", f"seed={given}"]
    CliRunner().invoke(app, words)


def recorded(folder: Path) -> int:
    (found,) = [*folder.glob("run.json"), *folder.glob("study/*/run.json")]
    record = json.loads(found.read_text())
    assert record["seed"] == record["recipe"]["seed"]
    return int(record["seed"])


@pytest.mark.parametrize(("own", "given", "filed", "stands"), SEEDS)
def test_the_seed_of_a_build(
    tmp_path: Path,
    recipe: Path,
    clip: Path,
    own: int | None,
    given: int | None,
    filed: int | None,
    stands: int,
) -> None:
    run(["build", str(clip), "--out", str(tmp_path / "run")], own, given, filed, recipe)
    assert recorded(tmp_path / "run") == stands


@pytest.mark.parametrize(("own", "given", "filed", "stands"), SEEDS)
def test_the_seed_of_an_edit(
    tmp_path: Path,
    recipe: Path,
    clip: Path,
    own: int | None,
    given: int | None,
    filed: int | None,
    stands: int,
) -> None:
    command = ["edit", str(clip), "a beach", "-o", str(tmp_path / "out.mp4"), "--keep", str(tmp_path / "run")]
    run([*command, "--preview"], own, given, filed, recipe)
    assert recorded(tmp_path / "run") == stands


@pytest.mark.parametrize(("own", "given", "filed", "stands"), [row for row in SEEDS if row[1] is None])
def test_the_seed_of_the_demo(
    tmp_path: Path, recipe: Path, own: int | None, given: int | None, filed: int | None, stands: int
) -> None:
    run(["demo", "--out", str(tmp_path)], own, given, filed, recipe)
    assert recorded(tmp_path / "run") == stands


def test_the_steps_of_the_kiwi_editor() -> None:
    pytest.importorskip("torch")
    base = ["device=cpu"]
    assert make_kiwi(None, base)[1].steps == 50
    assert make_kiwi(None, base, {"steps": None})[1].steps == 50
    assert make_kiwi(None, [*base, "steps=3"])[1].steps == 3
    assert make_kiwi(None, [*base, "steps=3"], {"steps": 4})[1].steps == 4
    with pytest.raises(SettingsError, match=r"^--steps: steps: .*less than or equal to 1000"):
        make_kiwi(None, [*base, "steps=3"], {"steps": 4000})
    with pytest.raises(
        SettingsError, match=r"^--set: unknown key 'stebs' of the Kiwi editor; did you mean 'steps'"
    ):
        make_kiwi(None, [*base, "stebs=3"], {"steps": 4})


def test_of_two_set_options_the_last_stands_and_both_stand_above_the_file(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("extends: cpu\nname: mine\nsummary: x\nwave: 2\n")
    assert load_recipe(tmp_path / "mine.yaml").wave == 2
    assert load_recipe(tmp_path / "mine.yaml", ["wave=3", "wave=5"]).wave == 5


SHARED = """
extends: cpu
name: mine
summary: x
shared: {fine: {blur: 1, faintest: 10}}
synthesize: {edges: {key: cpu.canny, shared: fine, options: {blur: 2}}}
"""


@pytest.mark.parametrize(
    ("overrides", "blur"),
    [
        ([], 2),
        (["shared.fine.blur=3"], 3),
        (["shared.fine.faintest=3"], 2),
        (["shared.fine={blur: 3}"], 3),
        (["synthesize.edges.options.blur=4"], 4),
        (["synthesize.edges.options.blur=4", "shared.fine.blur=3"], 4),
        (["synthesize.edges={key: cpu.canny, shared: fine, options: {blur: 4}}", "shared.fine.blur=3"], 4),
        (["synthesize.edges={key: cpu.canny, shared: fine}", "shared.fine.blur=3"], 3),
    ],
)
def test_what_is_set_for_all_that_share_it_is_not_undone_by_a_file(
    tmp_path: Path, overrides: list[str], blur: int
) -> None:
    (tmp_path / "mine.yaml").write_text(SHARED)
    assert load_recipe(tmp_path / "mine.yaml", overrides).synthesize.edges.options["blur"] == blur


@pytest.mark.parametrize(
    ("filed", "given", "stands"),
    [
        ("", [], "by_size"),
        ("bt601", [], "bt601"),
        ("bt601", ["by_size"], "by_size"),
        ("", ["bt601"], "bt601"),
    ],
)
def test_what_a_command_takes_where_nobody_says_anything_stands_below_the_file(
    tmp_path: Path, filed: str, given: list[str], stands: str
) -> None:
    video = f"video: {{untagged: {filed}}}" if filed else ""
    (tmp_path / "mine.yaml").write_text(f"extends: cpu\nname: mine\nsummary: x\n{video}\n")
    overrides = [f"video.untagged={value}" for value in given]
    found = load_recipe(tmp_path / "mine.yaml", overrides, defaults={"video.untagged": "by_size"})
    assert found.video.untagged == stands
    assert load_recipe(tmp_path / "mine.yaml").video.untagged == (filed or "bt601")
