"""A kept edit is mended: a correction alone is a command, and only what depends on it is done anew."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import HEIGHT, SMALL_OPTIONS, WIDTH, Command

from sparkle.core.boxes import LabelledBox
from sparkle.core.errors import SetupError
from sparkle.roles import Anchor
from sparkle.runners.corrections import (
    Mark,
    marks_from_json,
    marks_to_json,
    mended_anchors,
    merged,
    parse_mark,
)
from sparkle.runners.weakness import FrameSign, frame_sign, weak_moments
from sparkle.video import read_clip, write_image


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("box", "12:1,2,3,4", r"--box 12:1,2,3,4: is to be frame=N:x1,y1,x2,y2"),
        ("box", "frame=12:1,2,3", r"each number from 0 to 1000"),
        ("box", "frame=12:100,100,1200,900", r"pixels are not meant"),
        ("box", "frame=12:100,100,100,900", r"has no area"),
        ("point", "frame=-1:5,5", r"frame=N:x,y"),
        ("point", "frame=1:nan,5", r"each number"),
        ("not", "frame=1", r"frame=N:x1,y1,x2,y2"),
        ("mask", "frame=1", r"frame=N:MASK\.png"),
        ("clear", "frame=1:2", r"is to be frame=N"),
    ],
)
def test_marks_that_say_nothing_are_refused(kind: str, text: str, message: str) -> None:
    with pytest.raises(SetupError, match=message):
        parse_mark(kind, text)  # type: ignore[arg-type]


def test_marks_gather_and_are_taken_back() -> None:
    box, other = parse_mark("box", "frame=3:1,2,30,40"), parse_mark("point", "frame=5:10,10")
    mask, newer = parse_mark("mask", "frame=3:a.png"), parse_mark("mask", "frame=3:b.png")
    assert merged([box, mask], [box, newer]) == (box, newer)
    clear = parse_mark("clear", "frame=3")
    assert merged([box, other, mask], [clear]) == (other, clear)
    assert marks_from_json(json.loads(json.dumps(marks_to_json([box, clear, newer])))) == (box, clear, newer)


def test_a_box_takes_the_label_of_what_it_means() -> None:
    frames = np.zeros((10, 100, 200, 3), np.uint8)
    anchors = [Anchor(0, (LabelledBox("cat", (0, 0, 50, 90)), LabelledBox("dog", (120, 0, 180, 90))))]
    marks = [Mark("box", 4, (600.0, 100.0, 900.0, 900.0)), Mark("box", 0, (300.0, 0.0, 400.0, 400.0))]
    mended = mended_anchors(anchors, marks, frames, [0, 8])
    assert [(anchor.frame, [box.label for box in anchor.boxes]) for anchor in mended] == [
        (0, ["cat", "dog", "marked 1"]),
        (4, ["dog"]),
    ]
    assert mended_anchors(anchors, [Mark("clear", 0)], frames, [0, 8]) == []


def test_weak_moments_are_told_by_their_worst_frame() -> None:
    sure, unsure, nothing = FrameSign(0.2, 0.01), FrameSign(0.2, 0.05), FrameSign(0.0, 0.0)
    signs = [sure] * 10 + [unsure, FrameSign(0.2, 0.08), unsure] + [sure] * 10 + [nothing] * 2 + [sure] * 5
    moments = weak_moments(signs)
    assert (10, 12, 11) in [(each.first, each.last, each.worst) for each in moments]
    assert {(each.first, each.last) for each in moments} >= {(10, 12), (23, 24)}
    assert not weak_moments([sure] * 30)
    share = np.zeros((10, 20), np.float32)
    share[2:6, 5:10] = 1.0
    assert frame_sign(share) == FrameSign(0.1, 0.0, (250, 200, 500, 600))


def kept_files(keep: Path) -> dict[str, set[str]]:
    names = ("study", "masks", "mended", "background")
    return {name: {path.name for path in (keep / name).glob("*")} for name in names}


def test_a_correction_alone_is_a_command_and_redoes_what_depends_on_it(
    clip_file: Path, tmp_path: Path, sparkle: Command
) -> None:
    keep, output = tmp_path / "work", tmp_path / "o.mp4"

    def run(*options: object) -> dict[str, set[str]]:
        before = kept_files(keep)
        done = sparkle("edit", *options, "--keep", keep, "--json", cwd=clip_file.parent)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["frames"] == 17
        return {name: files - before[name] for name, files in kept_files(keep).items()}

    matte = tmp_path / "m.mp4"
    first = run(clip_file.name, "put the subject on a beach", "-o", output, "--matte", matte, *SMALL_OPTIONS)
    assert all(first[name] for name in ("study", "masks", "background"))

    mask = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    mask[10:40, 10:60] = 255
    write_image(tmp_path / "mask.png", mask)
    made = run("--mask", f"frame=6:{tmp_path / 'mask.png'}")
    assert {name for name, files in made.items() if files} == {"mended"}
    (tmp_path / "mask.png").unlink()  # it was kept
    shown = read_clip(matte).frames[..., 0].astype(int)
    assert shown[6, 15:35, 20:50].mean() > 220
    assert shown[6, 60:, 80:].mean() < 30, "the painted mask is all of that frame's"
    assert shown[9, 15:35, 20:50].mean() > 200, "and it is carried on"

    assert {name for name, files in run("--box", "frame=8:300,100,700,990").items() if files} == {
        "masks",
        "mended",
    }
    assert not any(run("--set", "synthesize.generator.options={relight: 0}").values())
    made = run("--seed", "8")
    assert made["study"]
    assert made["background"]
    assert not made["masks"]
    assert len(list((keep / "background").glob("*"))) == 1, "the large ones are not gathered"


def test_marks_are_checked_before_the_work(clip_file: Path, tmp_path: Path, sparkle: Command) -> None:
    for options, message in (
        (("--box", "frame=900:1,1,500,500"), "there are about 17 frames, counted from 0"),
        (("--mask", "frame=3:none.png"), "no such image"),
        (("--mask", "frame=3:none.png", "--keep", tmp_path / "k"), "no such image"),
        (("--box", "frame=3:1,1,500,500", "--preview"), "a preview and a matte that was given have none"),
    ):
        done = sparkle("edit", clip_file, "a beach", "-o", tmp_path / "o.mp4", *options, *SMALL_OPTIONS)
        assert (done.returncode, done.stdout) == (2, "")
        assert message in " ".join(done.stderr.split())
    done = sparkle("edit", "--keep", tmp_path / "new")
    assert done.returncode == 2
    assert "an edit needs CLIP, INSTRUCTION and -o OUTPUT" in " ".join(done.stderr.split())
