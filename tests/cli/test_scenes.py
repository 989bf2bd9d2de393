"""`sparkle scenes` lists what calls a place, and `edit` says what it understood."""

import json
from pathlib import Path

import pytest
from tests.conftest import Command
from typer.testing import CliRunner

from sparkle.cli import app
from sparkle.core.errors import SetupError
from sparkle.painter.places import PLACES
from sparkle.video import read_image


def test_scenes_as_text_json_and_pictures(tmp_path: Path) -> None:
    listed = CliRunner().invoke(app, ["scenes"]).stdout
    assert all(name in listed for name in PLACES)
    found = CliRunner().invoke(app, ["scenes", "seaside", "--out", str(tmp_path / "p"), "--json"])
    (place,) = json.loads(found.stdout)["places"]
    assert place["place"] == "beach"
    assert any(scene["scene"] == "sunny beach with gentle surf" for scene in place["scenes"])
    assert read_image(place["picture"]).shape == (240, 416, 3)
    with pytest.raises(SetupError, match="no place is called by quux"):
        CliRunner().invoke(app, ["scenes", "quux"], catch_exceptions=False)


def test_an_instruction_of_nothing_known_is_one_line(
    sparkle: Command, clip_file: Path, tmp_path: Path
) -> None:
    done = sparkle("edit", clip_file, "a quux of beech", "-o", tmp_path / "o.mp4")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "sparkle scenes" in done.stderr
    assert not (tmp_path / "o.mp4").exists()
