"""A moving camera: the new place goes with it, masks lie in the clip's own frames, and what is unsure is refused."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.conftest import FPS, SMALL

from sparkle.core.errors import SampleError
from sparkle.demo import DemoClip
from sparkle.recipes import load_recipe
from sparkle.runners.corrections import Mark
from sparkle.runners.edit import EditResult, edit
from sparkle.runners.kept_masks import noted_masks
from sparkle.video import Span, delivery_for, read_clip, write_video

STEP = 1  # pixels a frame


@pytest.fixture(scope="module")
def panned(demo_clip: DemoClip, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, NDArray[np.bool_]]:
    """The demo clip through a window that slides over it, and the subject's true masks in the window."""
    count, _, whole = demo_clip.frames.shape[:3]
    width = (whole - STEP * count) // 2 * 2
    slices = [slice(STEP * number, STEP * number + width) for number in range(count)]
    path = tmp_path_factory.mktemp("moving") / "panned.mp4"
    write_video(path, np.stack([f[:, s] for f, s in zip(demo_clip.frames, slices, strict=True)]), FPS, crf=14)
    return path, np.stack([m[:, s] for m, s in zip(demo_clip.mask, slices, strict=True)])


@pytest.fixture(scope="module")
def followed(
    panned: tuple[Path, NDArray[np.bool_]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[EditResult, Path, list[str]]:
    folder = tmp_path_factory.mktemp("followed")
    told: list[str] = []
    output = folder / "behind.mov"
    done = edit(
        panned[0],
        "put the subject in a forest",
        output,
        load_recipe("cpu", SMALL),
        keep=folder / "work",
        layer="background",
        delivery=delivery_for(output, codec="png"),
        announce=told.append,
    )
    return done, folder / "work", told


def test_the_new_place_moves_with_the_camera(followed: tuple[EditResult, Path, list[str]]) -> None:
    done, work, told = followed
    assert done.followed
    assert any("its path is known to 0.0" in line for line in told)
    greys = [
        cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32) for frame in read_clip(done.output).frames
    ]
    window = cv2.createHanningWindow(greys[0].shape[::-1], cv2.CV_32F)
    for number in (1, 4, 8, len(greys) - 1):
        (x, y), _ = cv2.phaseCorrelate(greys[0], greys[number], window)
        allowed = 0.005 * greys[0].shape[1]
        assert (x, y) == pytest.approx((-STEP * number, 0), abs=allowed), number
    (path,) = (work / "camera").glob("place_*.json")  # measured without the subject
    shift = np.array(json.loads(path.read_text())["path"][0])[:, 0, 2]
    assert shift * greys[0].shape[1] == pytest.approx(STEP * np.arange(len(greys)), abs=0.2)


def test_masks_lie_where_the_subject_is_in_the_clips_own_frames(
    panned: tuple[Path, NDArray[np.bool_]], followed: tuple[EditResult, Path, list[str]]
) -> None:
    masks = noted_masks(followed[1])
    for number in (0, 8, 16):
        found, true = masks.at(number) > 0.5, panned[1][number]
        assert found.shape == true.shape
        assert (found & true).sum() / (found | true).sum() > 0.85, number


def test_a_box_that_is_not_the_subject_counts_where_it_was_drawn(
    panned: tuple[Path, NDArray[np.bool_]], followed: tuple[EditResult, Path, list[str]], tmp_path: Path
) -> None:
    """Would fail if the marks of a late frame were taken for places of the first one."""
    work, true = followed[1], panned[1][16]
    width = true.shape[1]
    columns = np.flatnonzero(true.any(axis=0))
    middle = (int(columns[0]) + int(columns[-1])) // 2
    mark = Mark("not", 16, (0.0, 0.0, middle / width * 1000, 1000.0))
    edit(
        panned[0],
        "put the subject in a forest",
        tmp_path / "o.mp4",
        load_recipe("cpu", SMALL),
        keep=work,
        marks=[mark],
    )
    found = noted_masks(work).at(16) > 0.5
    assert not found[:, : middle - 2].any()
    assert (found & true)[:, middle + 3 :].sum() > 0.8 * true[:, middle + 3 :].sum()


def test_a_matte_of_the_users_own_is_studied_as_it_lies_and_used_as_it_is(
    panned: tuple[Path, NDArray[np.bool_]], tmp_path: Path
) -> None:
    matte = tmp_path / "matte.mp4"
    write_video(
        matte, np.repeat(np.where(panned[1], 255, 0).astype(np.uint8)[..., None], 3, axis=3), FPS, crf=4
    )
    output = tmp_path / "o.mp4"
    done = edit(
        panned[0], "a forest", output, load_recipe("cpu", SMALL), matte=matte, matte_output=tmp_path / "m.mp4"
    )
    assert done.followed
    made = read_clip(tmp_path / "m.mp4").frames[..., 0] > 127
    assert (made & panned[1]).sum() / (made | panned[1]).sum() > 0.9


def test_a_cut_is_refused_with_its_time_and_the_commands_that_go_on(
    demo_clip: DemoClip, tmp_path: Path
) -> None:
    random = np.random.default_rng(3)
    other = cv2.resize(random.integers(0, 255, (12, 20, 3), np.uint8), demo_clip.frames.shape[2:0:-1])
    write_video(
        tmp_path / "cut.mp4", np.concatenate([demo_clip.frames, np.repeat(other[None], 12, axis=0)]), FPS
    )
    with pytest.raises(SampleError, match=r"cut\.mp4: .* from 1\.06 s on: another scene begins") as refused:
        edit(tmp_path / "cut.mp4", "a forest", tmp_path / "o.mp4", load_recipe("cpu", SMALL), camera="follow")
    assert "--end 1.062" in refused.value.details[0]
    assert "--start 1.062" in refused.value.details[1]
    assert not (tmp_path / "o.mp4").exists()


def test_a_camera_that_leaves_the_largest_canvas_is_refused_where_it_does(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    place = cv2.resize(
        random.integers(0, 255, (30, 200, 3), np.uint8), (1000, 120), interpolation=cv2.INTER_CUBIC
    )
    frames = np.stack([place[:, 12 * number : 12 * number + 208] for number in range(40)])
    write_video(tmp_path / "long.mp4", frames, FPS, crf=14)
    with pytest.raises(
        SampleError, match=r"from 1\.12 s on: it has seen more than 2 times the picture's width"
    ):
        edit(
            tmp_path / "long.mp4", "a forest", tmp_path / "o.mp4", load_recipe("cpu", SMALL), camera="follow"
        )


def test_a_smooth_picture_says_that_its_camera_is_not_known(tmp_path: Path) -> None:
    write_video(tmp_path / "flat.mp4", np.full((17, 120, 208, 3), 90, np.uint8), FPS)
    with pytest.raises(SampleError, match=r"the camera moves and cannot be followed from 0\.06 s on"):
        edit(
            tmp_path / "flat.mp4", "a forest", tmp_path / "o.mp4", load_recipe("cpu", SMALL), camera="follow"
        )


def test_a_clip_that_is_called_fixed_is_not_followed(
    panned: tuple[Path, NDArray[np.bool_]], tmp_path: Path
) -> None:
    called = edit(panned[0], "a forest", tmp_path / "o.mp4", load_recipe("cpu", SMALL), camera="fixed")
    assert not called.followed
    assert [check for check in called.warnings if check.name == "source.camera"]


def test_a_part_of_a_clip_is_followed_from_its_own_first_frame(
    panned: tuple[Path, NDArray[np.bool_]], tmp_path: Path
) -> None:
    done = edit(
        panned[0],
        "a forest",
        tmp_path / "o.mp4",
        load_recipe("cpu", SMALL),
        camera="follow",
        span=Span(0.25, 2.0),
        keep=tmp_path / "work",
    )
    masks = noted_masks(tmp_path / "work")
    assert masks.times[0] == pytest.approx(0.25)
    found, true = masks.at(0) > 0.5, panned[1][4]
    assert (found & true).sum() / (found | true).sum() > 0.85
    assert (done.followed, done.frames) == (True, 13)
