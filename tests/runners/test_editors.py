"""Editors by name: each ready to work, or refused with what is wrong."""

from pathlib import Path

import pytest
from tests.conftest import SMALL

from sparkle.core.errors import SampleError, SettingsError, SetupError
from sparkle.recipes import load_recipe
from sparkle.runners.edit import edit
from sparkle.runners.editors import open_editor
from sparkle.video import probe


def test_a_clip_is_edited_alike_alone_and_in_a_wave_and_a_bad_one_fails_alone(
    clip_file: Path, tmp_path: Path
) -> None:
    """Would fail if the seed came from a clip's place in the wave, or if one bad clip took the others with it."""
    instruction = "Put the subject on a beach, with waves rolling in."
    alone, in_wave, bad = tmp_path / "alone.mp4", tmp_path / "in wave.mp4", tmp_path / "bad.mp4"
    bad.write_text("no video")
    settings = [*SMALL, "video.fps=8"]
    edit(clip_file, instruction, alone, load_recipe("cpu", settings))
    editor = open_editor("cpu", settings)
    editor.prepare([(bad, "a forest"), (clip_file, instruction)])
    with pytest.raises(SampleError, match=r"stage source: .*bad\.mp4"):
        editor(bad, "a forest", tmp_path / "never.mp4")
    editor(clip_file, instruction, in_wave)
    assert in_wave.read_bytes() == alone.read_bytes()
    assert (editor.name, probe(in_wave).fps) == ("recipe:cpu", 8)
    assert not (tmp_path / "never.mp4").exists()


def test_a_recipe_file_is_an_editor_under_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("extends: cpu\nname: mine\n")
    assert open_editor(f"recipe:{tmp_path / 'mine.yaml'}").name == "recipe:mine"


@pytest.mark.parametrize(
    ("editor", "overrides", "message"),
    [
        ("kiwi:/no/such/checkpoint.safetensors", ["device=cpu"], "no such checkpoint"),
        ("kiwi", ["stpes=4"], "steps"),
        ("nothing", [], "unknown; known: cpu"),
        ("recipe:", [], "unknown"),
        ("recipe:nothing", [], "no recipe 'nothing'"),
        ("command:cp {source}", [], "missing: output"),
        ("command:cp {source} {output}", ["seed=1"], "no recipe to set it in"),
    ],
)
def test_editors_that_cannot_work_are_refused(editor: str, overrides: list[str], message: str) -> None:
    with pytest.raises(SetupError, match=message):
        open_editor(editor, overrides)


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(SettingsError, match="vidoe"):
        open_editor("cpu", ["vidoe.frames=3"])
