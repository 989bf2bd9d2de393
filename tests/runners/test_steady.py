"""What is said of a frame lies on the canvas where the frame does; the clip stands still there."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from sparkle.camera.canvas import canvas_of, seen
from sparkle.core.boxes import LabelledBox
from sparkle.recipes import load_recipe
from sparkle.roles import Anchor
from sparkle.runners.behind import StillPicture
from sparkle.runners.corrections import Mark
from sparkle.runners.kept import Kept
from sparkle.runners.steady import AsSeen, Steady
from sparkle.video import (
    WHOLE,
    Delivery,
    Picture,
    deliver,
    delivery_for,
    probe,
    read_clip,
    read_image,
    write_image,
)

FRAME, COUNT, STEP, FPS = (160, 90), 12, 4, 10.0


def steady_clip(folder: Path, delivery: Delivery) -> tuple[Steady, np.ndarray]:
    """A camera that turns to the right by STEP pixels a frame, and the place that it sees."""
    random = np.random.default_rng(3)
    width = FRAME[0] + STEP * (COUNT - 1)
    place = cv2.resize(random.integers(30, 220, (12, 24, 3), np.uint8), (width, FRAME[1]))
    path = folder / f"turn{delivery.suffix}"
    pictures = []
    for number in range(COUNT):
        frame = place[:, STEP * number : STEP * number + FRAME[0]]
        alpha = np.where(np.arange(FRAME[0]) < 80, 255, 0).astype(np.uint8)[None].repeat(FRAME[1], axis=0)
        pictures.append(Picture(number / FPS, frame, alpha if delivery.alpha else None))
    deliver(path, pictures, Fraction(10), delivery)
    homographies = np.stack([np.eye(3)] * COUNT)
    homographies[:, 0, 2] = STEP / FRAME[0] * np.arange(COUNT)
    canvas = canvas_of(homographies, FRAME)
    times = np.arange(COUNT) / FPS
    recipe = load_recipe("cpu", ["video.width=160", "video.height=90"])
    return Steady(path, probe(path), WHOLE, canvas, np.full(COUNT, 0.1), times, recipe, Kept(folder)), place


@pytest.fixture(scope="module")
def turning(tmp_path_factory: pytest.TempPathFactory) -> tuple[Steady, np.ndarray]:
    return steady_clip(tmp_path_factory.mktemp("steady"), Delivery(".mp4", "h264", 8))


def test_on_the_canvas_the_place_stands_still_and_is_whole(turning: tuple[Steady, np.ndarray]) -> None:
    steady, place = turning
    shown = read_clip(steady.on_canvas(steady.source)).frames
    assert shown.shape == (COUNT, FRAME[1], place.shape[1] + place.shape[1] % 2, 3)
    assert np.abs(shown[:, :, : place.shape[1]].astype(int) - place).mean(axis=(1, 2, 3)).max() < 5


def test_a_matte_on_the_canvas_is_black_beyond_its_frames(
    turning: tuple[Steady, np.ndarray], tmp_path: Path
) -> None:
    """At twice the clip's rate: what belongs to a frame goes by its time, not by its number."""
    white = [
        Picture(number / FPS / 2, np.full((FRAME[1], FRAME[0], 3), 255, np.uint8))
        for number in range(2 * COUNT)
    ]
    deliver(tmp_path / "matte.mp4", white, Fraction(20), delivery_for(tmp_path / "matte.mp4"))
    shown = read_clip(turning[0].on_canvas(tmp_path / "matte.mp4")).frames[..., 0]
    for number in (1, 10, 23):
        left = STEP * (number // 2)
        assert shown[number, :, left + 3 : left + FRAME[0] - 3].min() > 200
        assert shown[number, :, : max(0, left - 3)].max(initial=0) < 50
        assert shown[number, :, left + FRAME[0] + 3 :].max(initial=0) < 50


def test_alpha_goes_with_its_frames(tmp_path: Path) -> None:
    steady, _ = steady_clip(tmp_path, Delivery(".mov", "png", None, alpha=True))
    clip = read_clip(steady.on_canvas(steady.source))
    assert clip.alpha is not None
    for number in (0, COUNT - 1):
        columns = np.flatnonzero(clip.alpha[number][FRAME[1] // 2] > 0.5)
        assert (columns[0], columns[-1]) == pytest.approx((STEP * number, STEP * number + 79), abs=1)


def test_boxes_points_and_masks_lie_where_their_frame_does(
    turning: tuple[Steady, np.ndarray], tmp_path: Path
) -> None:
    steady = turning[0]
    width = steady.canvas.size[0]

    def across(number: int, thousandths: float) -> float:
        return (STEP * number + thousandths / 1000 * FRAME[0]) / width * 1000

    box = LabelledBox("a", (250.0, 100.0, 500.0, 900.0))
    (anchor,) = steady.anchors([Anchor(8, (box,))], fps=16.0)  # frame 5 of the clip
    assert anchor.frame == 8
    assert anchor.boxes[0].xyxy == pytest.approx((across(5, 250), 100, across(5, 500), 900), abs=1)
    write_image(
        tmp_path / "m.png",
        np.where(np.arange(FRAME[0]) < 40, 255, 0).astype(np.uint8)[None].repeat(90, axis=0),
    )
    point, mask, clear = steady.marks(
        [Mark("point", 3, (500.0, 500.0)), Mark("mask", 6, path=str(tmp_path / "m.png")), Mark("clear", 2)]
    )
    assert point.numbers == pytest.approx((across(3, 500), 500), abs=1)
    assert clear == Mark("clear", 2)
    assert mask.path is not None
    columns = np.flatnonzero(read_image(Path(mask.path))[45, :, 0] > 127)
    assert (columns[0], columns[-1]) == pytest.approx((6 * STEP, 6 * STEP + 39), abs=1)
    assert steady.subject("500,500", [500.0, 500.0]).split(",")[0] == f"{across(0, 500):.3f}"[:7]
    assert steady.subject("left person", None) == "left person"


def test_a_frame_sees_its_part_of_a_background_of_any_size(turning: tuple[Steady, np.ndarray]) -> None:
    steady, place = turning
    large = cv2.resize(
        place, (2 * steady.canvas.size[0], 2 * steady.canvas.size[1]), interpolation=cv2.INTER_CUBIC
    )
    behind = AsSeen(StillPicture(large), steady.canvas)
    assert behind.picture.shape == (FRAME[1], FRAME[0], 3)
    frames = np.zeros((2, FRAME[1], FRAME[0], 3), np.uint8)
    shown = behind.at([0, 7], frames, np.zeros((2, 90, 160), np.float16)).astype(int)
    for picture, number in zip(shown, (0, 7), strict=True):
        true = place[:, STEP * number : STEP * number + FRAME[0]]
        assert np.abs(picture - true)[:, 2:-2].mean() < 4


def test_glimpses_lie_on_the_canvas_and_hide_what_no_frame_reaches(
    turning: tuple[Steady, np.ndarray],
) -> None:
    steady, _ = turning
    frames = read_clip(steady.source).frames[[0, 11]]
    masks = np.zeros((2, FRAME[1], FRAME[0]), bool)
    masks[:, 40:50, 60:80] = True
    glimpses = steady.glimpses(frames, masks, [0, 11])
    assert glimpses.views is not None
    for frame, mask, number in zip(frames, masks, (0, 11), strict=True):
        view = glimpses.views[number]
        clear = (
            seen(np.where(glimpses.mask[0 if number == 0 else 1], 0, 255).astype(np.uint8), view, FRAME) > 250
        )
        back = seen(glimpses.frames[0 if number == 0 else 1], view, FRAME).astype(int)
        assert not clear[mask].any()
        assert clear.mean() > 0.8
        assert np.abs(back - frame)[clear].mean() < 6
