"""What was found on a piece is kept exactly, and not looked for again when a mark is added."""

from pathlib import Path

import numpy as np
from tests.conftest import SMALL

from sparkle.core.boxes import LabelledBox
from sparkle.recipes import load_recipe
from sparkle.roles import Anchor
from sparkle.runners.corrections import Mark
from sparkle.runners.edit import edit
from sparkle.runners.kept_anchors import anchors_from_text, anchors_to_text
from sparkle.video import read_confidence


def test_anchors_come_back_to_the_last_bit() -> None:
    random = np.random.default_rng(5)
    anchors = [
        Anchor(
            frame, tuple(LabelledBox(f"öbject {k}", tuple(random.random(4) * 832)) for k in range(frame % 3))
        )
        for frame in range(0, 40, 8)
    ]
    assert anchors_from_text(anchors_to_text(anchors)) == anchors


def test_a_mark_looks_for_nothing_anew_and_gives_the_mask_of_a_first_edit(
    clip_file: Path, tmp_path: Path
) -> None:
    recipe, box = load_recipe("cpu", SMALL), Mark("box", 4, (300.0, 100.0, 700.0, 1000.0))

    def edited(keep: Path, *marks: Mark) -> None:
        edit(clip_file, "a beach", tmp_path / "out.mp4", recipe, keep=keep, marks=marks)

    edited(tmp_path / "mended")
    (found,) = (tmp_path / "mended/anchors").iterdir()
    before = found.stat().st_mtime_ns
    edited(tmp_path / "mended", box)
    assert [each.stat().st_mtime_ns for each in (tmp_path / "mended/anchors").iterdir()] == [before]
    edited(tmp_path / "at_once", box)
    (at_once,) = (tmp_path / "at_once/masks").glob("*.npz")
    mended = tmp_path / "mended/masks" / at_once.name
    assert np.array_equal(read_confidence(mended), read_confidence(at_once))
