"""`sparkle scenes` lists what calls a place, and `edit` says what it understood."""

import json
import os
import subprocess
import sys
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


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal of POSIX")
@pytest.mark.parametrize("more, asked", [((), True), (("--yes",), False), (("--json",), False)])
def test_at_a_terminal_it_asks_before_words_are_ignored(
    clip_file: Path, tmp_path: Path, more: tuple[str, ...], asked: bool
) -> None:
    """The output cannot be made here, which is said after the question: so nothing is edited in any case."""
    nowhere = clip_file / "out.mp4"
    words = ["edit", clip_file, "a meadow with a zeppelin", "-o", nowhere, *more]
    ours, theirs = os.openpty()
    try:
        os.write(ours, b"n\n")
        done = subprocess.run(
            [sys.executable, "-m", "sparkle", *map(str, words)], stdin=theirs, stderr=theirs, timeout=120
        )
        said = os.read(ours, 65536).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "zeppelin" in said
    assert ("go on" in said) == asked
    assert done.returncode == (1 if asked else 2)
