"""Editors by name: each ready to work, or refused with what is wrong."""

from pathlib import Path

import numpy as np
import pytest
from tests.conftest import SMALL, SMALL_OPTIONS, SMALLEST, Command

from sparkle.core.errors import SampleError, SettingsError, SetupError
from sparkle.demo import DemoClip
from sparkle.recipes import load_recipe
from sparkle.runners.edit import edit
from sparkle.runners.editors import open_editor
from sparkle.video import probe, read_clip, write_video


def test_a_clip_is_edited_alike_alone_and_in_a_wave_and_a_bad_one_fails_alone(
    clip_file: Path, tmp_path: Path
) -> None:
    """Would fail if the seed came from a clip's place in the wave, or if one bad clip took the others with it."""
    instruction = "Put the subject on a beach, with waves rolling in."
    alone, in_wave, bad = tmp_path / "alone.mp4", tmp_path / "in wave.mp4", tmp_path / "bad.mp4"
    bad.write_text("no video")
    settings = [*SMALLEST, "video.fps=8"]
    edit(clip_file, instruction, alone, load_recipe("cpu", settings), preview=True)
    editor = open_editor("cpu", settings)
    editor.prepare([(bad, "a forest"), (clip_file, instruction)])
    with pytest.raises(SampleError, match=r"stage source: .*bad\.mp4"):
        editor(bad, "a forest", tmp_path / "never.mp4")
    editor(clip_file, instruction, in_wave)
    assert (read_clip(in_wave).frames == read_clip(alone).frames).all()
    assert (editor.name, probe(in_wave).fps) == ("recipe:cpu", 8)
    assert not (tmp_path / "never.mp4").exists()


@pytest.fixture
def panned_file(demo_clip: DemoClip, tmp_path: Path) -> Path:
    """The demo clip through a window that slides over it, by a pixel a frame."""
    width = demo_clip.frames.shape[2] - len(demo_clip.frames)
    window = np.stack([frame[:, at : at + width] for at, frame in enumerate(demo_clip.frames)])
    write_video(tmp_path / "panned.mp4", window[:, :, : width // 2 * 2], demo_clip.fps, crf=14)
    return tmp_path / "panned.mp4"


def test_a_preview_of_a_moving_camera_is_refused_until_somebody_insists(
    panned_file: Path, tmp_path: Path, sparkle: Command
) -> None:
    output, kept = tmp_path / "out.mp4", tmp_path / "kept"
    command = ["edit", panned_file, "a beach", "-o", output, "--keep", kept, "--preview", *SMALL_OPTIONS]
    refused = sparkle(*command)
    assert (refused.returncode, refused.stdout, output.exists()) == (1, "", False)
    assert (
        f"{panned_file}: the camera moves and cannot be followed: only edits of whole clips" in refused.stderr
    )
    insisting = next(line for line in refused.stderr.splitlines() if "stand still" in line)
    assert sparkle(*command, *insisting.split()[-2:]).returncode == 0
    assert probe(output).duration_s > 0.5


def test_other_editors_than_the_command_take_a_moving_camera(panned_file: Path, tmp_path: Path) -> None:
    """A benchmark's source is what it is: a poor edit has a score, a refused one has none."""
    open_editor("cpu", SMALL)(panned_file, "a beach", tmp_path / "out.mp4")
    assert probe(tmp_path / "out.mp4").duration_s > 0.5


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
