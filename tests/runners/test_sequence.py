"""PNG files are edited as a clip, and mended as one."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import FRAMES, SMALL_OPTIONS
from typer.testing import CliRunner

from sparkle.cli import app
from sparkle.core.errors import MediaError, SetupError
from sparkle.runners.mending import KeptEdit
from sparkle.runners.sequence import one_file
from sparkle.video import Picture, deliver, delivery_for, read_clip


def test_an_edit_of_png_files_is_kept_and_mended(clip_file: Path, tmp_path: Path) -> None:
    source = read_clip(clip_file)
    shots = tmp_path / "shots/%04d.png"
    pictures = (Picture(number / 12.5, frame) for number, frame in enumerate(source.frames))
    deliver(shots, pictures, Fraction(25, 2), delivery_for(shots))
    keep, output = tmp_path / "keep", tmp_path / "out.mov"
    options = ["--keep", str(keep), *SMALL_OPTIONS]
    done = CliRunner().invoke(app, ["edit", str(tmp_path / "shots"), "a beach", "-o", str(output), *options])
    assert done.exit_code == 0, done.output
    edited = read_clip(output)
    assert len(edited.frames) == FRAMES
    assert edited.fps == pytest.approx(12.5)
    again = CliRunner().invoke(app, ["edit", "--keep", str(keep), "--not", "frame=3:0,0,100,100"])
    assert again.exit_code == 0, again.output
    assert len(list((keep / "sequence").glob("*.mov"))) == 1
    with KeptEdit(keep) as mended:
        assert mended.title == "shots"
        assert next(iter(mended.pack("source", 0)))
    next((keep / "sequence").glob("*.mov")).unlink()
    with pytest.raises(SetupError, match=r"packed from .*shots, is gone"):
        KeptEdit(keep)


def test_a_video_has_its_own_rate(clip_file: Path, tmp_path: Path) -> None:
    with one_file(clip_file, None, None) as found:
        assert found == clip_file
    with pytest.raises(SetupError, match="a rate is for PNG files"), one_file(clip_file, 24.0, None):
        pass
    with pytest.raises(MediaError, match="no PNG files"), one_file(tmp_path, 24.0, None):
        pass
    assert np.array_equal(list(tmp_path.iterdir()), [])
