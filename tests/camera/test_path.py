"""The path through every frame, held against a virtual camera whose place is known."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from virtual_camera import HEIGHT, WIDTH, look, scene

from sparkle.camera.homography import corner_errors, fit_homography, moved, scaled
from sparkle.camera.path import CameraPath, follow_camera, in_pixels

FRAMES = 40
ASPECT = HEIGHT / WIDTH
Look = dict[str, float]
Grey = NDArray[np.uint8]

MOVES: dict[str, Callable[[float, int], Look]] = {
    "still": lambda share, frame: {},
    "pan": lambda share, frame: {"x": 30 * share - 15},
    "there and back": lambda share, frame: {"x": 15 * np.sin(2 * np.pi * share)},
    "zoom": lambda share, frame: {"scale": 1.0 + 0.4 * share},
    "turn": lambda share, frame: {"angle": 12 * np.sin(2 * np.pi * share)},
    "shake": lambda share, frame: {"x": 1.5 * np.sin(1.7 * frame), "y": 1.5 * np.cos(2.3 * frame)},
}


def truth(x: float = 0, y: float = 0, scale: float = 1, angle: float = 0) -> NDArray[np.float64]:
    """Where a look's pixels lie in the scene, in units of the width from its middle."""
    sine, cosine = np.sin(np.radians(angle)) / scale, np.cos(np.radians(angle)) / scale
    units = np.array(
        [[1 / WIDTH, 0, -0.5 + 0.5 / WIDTH], [0, 1 / WIDTH, (1 - HEIGHT) / 2 / WIDTH], [0, 0, 1]]
    )
    pixels = np.array(
        [
            [cosine, -sine, x / 100 * WIDTH - cosine * WIDTH / 2 + sine * HEIGHT / 2],
            [sine, cosine, y / 100 * WIDTH - sine * WIDTH / 2 - cosine * HEIGHT / 2],
            [0, 0, 1],
        ]
    )
    return np.asarray(np.diag([1 / WIDTH, 1 / WIDTH, 1]) @ pixels @ np.linalg.inv(units))


def filmed(looks: list[Look], subject: float = 0.3) -> tuple[list[Grey], list[NDArray[np.bool_]]]:
    """Frames with noise and a textured subject that sways before the scene, and where it is."""
    random, place, other = np.random.default_rng(5), scene(), scene(seed=11)
    frames, masks = [], []
    for number, each in enumerate(looks):
        centre = (int(WIDTH * (0.5 + 0.08 * np.sin(0.3 * number))), HEIGHT)
        cover = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.ellipse(cover, centre, (int(WIDTH * subject / 2), int(HEIGHT * 0.8)), 0, 0, 360, 1, -1)
        body = look(other, x=-8 * np.sin(0.3 * number)) * 0.7
        noisy = np.where(cover > 0, body, look(place, **each)) + random.normal(0, 2, (HEIGHT, WIDTH))
        frames.append(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))
        masks.append(cover > 0)
    return frames, masks


def misses(path: CameraPath, looks: list[Look]) -> NDArray[np.float64]:
    """How far off a corner is in each frame, in percent of the width."""
    first = truth(**looks[0])
    places = [
        scaled(np.linalg.solve(truth(**each), first) @ path.at(number)) for number, each in enumerate(looks)
    ]
    return np.array([corner_errors(place, np.eye(3), ASPECT).max() for place in places])


def looks_of(move: str) -> list[Look]:
    return [MOVES[move](number / (FRAMES - 1), number) for number in range(FRAMES)]


@pytest.mark.parametrize("move", MOVES)
def test_a_known_move_is_followed_to_half_a_percent_of_the_width_behind_a_moving_subject(move: str) -> None:
    looks = looks_of(move)
    frames, _ = filmed(looks)
    path = follow_camera(frames)
    assert path.seen.all()
    assert path.cut is None
    assert misses(path, looks).max() < 0.5
    assert path.errors.max() < 0.5


def test_a_subject_that_fills_most_of_the_picture_is_left_out_by_its_mask() -> None:
    looks = looks_of("pan")
    frames, masks = filmed(looks, subject=0.9)
    assert misses(follow_camera(frames, masks), looks).max() < 0.5


def test_a_hidden_view_is_bridged_and_its_frames_are_told() -> None:
    looks = looks_of("pan")
    frames, _ = filmed(looks)
    for number in (20, 21):
        frames[number] = cv2.GaussianBlur(frames[number], (0, 0), 40)
    path = follow_camera(frames)
    assert path.cut is None
    assert np.flatnonzero(~path.seen).tolist() == [20, 21]
    assert misses(path, looks).max() < 1.0
    assert path.errors[20] > 2 * path.errors[19]


def test_a_camera_that_is_knocked_aside_is_found_again_or_its_path_ends() -> None:
    for jump, cut in ((8.0, None), (24.0, 10)):
        looks: list[Look] = [{"x": -jump / 2 if number < 10 else jump / 2} for number in range(20)]
        frames, _ = filmed(looks, subject=0.15)
        path = follow_camera(frames)
        assert path.cut == cut
        assert path.seen.all()
        assert misses(path, looks[: len(path.seen)]).max() < 0.5


def test_the_path_ends_at_a_cut_and_says_where() -> None:
    frames, _ = filmed(looks_of("pan"))
    other = [np.asarray(look(scene(seed=23)), np.float32).astype(np.uint8)] * 9
    path = follow_camera([*frames[:15], *other])
    assert path.cut == 15
    assert len(path.homographies) == 15


def test_a_picture_without_texture_says_that_it_does_not_know() -> None:
    flat = [np.full((HEIGHT, WIDTH), 90, np.uint8) for _ in range(5)]
    assert follow_camera(flat).seen.tolist() == [True, False, False, False, False]


def test_points_in_one_corner_give_a_similarity_and_points_all_over_a_homography() -> None:
    random = np.random.default_rng(3)
    bent = np.array([[1.01, 0.0, 0.01], [0.0, 1.01, 0.0], [0.03, 0.0, 1.0]])
    everywhere = random.uniform(-0.5, 0.5, (200, 2)) * [1, ASPECT]
    corner = 0.45 + 0.05 * random.random((20, 2)) * [1, ASPECT]
    noise = random.normal(0, 0.0003, (200, 2))
    known = fit_homography(everywhere, moved(bent, everywhere) + noise, ASPECT)
    open_ = fit_homography(corner, moved(bent, corner) + noise[:20], ASPECT)
    assert known is not None
    assert open_ is not None
    assert corner_errors(known.homography, bent, ASPECT).max() < 0.1
    assert np.abs(open_.homography[2, :2]).max() < 0.01
    assert open_.variance > 20 * known.variance


def test_fewer_points_than_eight_are_no_homography() -> None:
    points = np.random.default_rng(1).random((7, 2))
    assert fit_homography(points, points, ASPECT) is None


def test_a_homography_of_units_is_the_same_in_pixels_of_any_size() -> None:
    shift = np.array([[1.0, 0.0, 0.1], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    for width, height in ((320, 180), (1920, 1080)):
        assert in_pixels(shift, (width, height)) @ [5, 7, 1] == pytest.approx([5 + width / 10, 7, 1])
