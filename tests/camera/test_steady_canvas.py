"""The canvas holds every frame, and gives back what was laid on it."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from virtual_camera import scene

from sparkle.camera.canvas import Canvas, canvas_of, laid, reach, seen

FRAME = (96, 54)


def moves(seed: int, count: int = 5) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    found = [np.eye(3)]
    for _ in range(count - 1):
        zoom, turn = random.uniform(0.8, 1.25), random.uniform(-0.3, 0.3)
        x, y = random.uniform(-0.4, 0.4, 2)
        cosine, sine = zoom * np.cos(turn), zoom * np.sin(turn)
        tilt = random.uniform(-0.1, 0.1, 2)
        found.append(np.array([[cosine, -sine, x], [sine, cosine, y], [*tilt, 1.0]]))
    return np.stack(found)


@given(st.integers(0, 2**31))
def test_a_canvas_holds_all_corners_of_all_frames_and_is_no_larger(seed: int) -> None:
    canvas = canvas_of(moves(seed), FRAME)
    width, height = FRAME
    corners = np.array(
        [[[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]]]
    )
    there = np.concatenate([cv2.perspectiveTransform(corners, view)[0] for view in canvas.views])
    assert there.min() > -0.5 - 1e-6
    assert (there.max(axis=0) < np.array(canvas.size) - 0.5 + 1e-6).all()
    assert (np.array(canvas.size) - np.ptp(there, axis=0)).max() < 4
    assert not any(side % 2 for side in canvas.size)


def test_a_fixed_camera_has_a_canvas_of_its_frames() -> None:
    canvas = canvas_of(np.stack([np.eye(3)] * 3), FRAME)
    assert canvas.size == FRAME
    assert canvas.views == pytest.approx(np.stack([np.eye(3)] * 3))
    low, high = reach(np.stack([np.eye(3)]), FRAME)
    assert (*low[0], *high[0]) == pytest.approx((-0.5, -0.28125, 0.5, 0.28125))


def test_what_was_laid_is_seen_again_at_every_size() -> None:
    picture = cv2.GaussianBlur(scene()[:54, :96], (0, 0), 2.0)
    canvas = canvas_of(moves(4), FRAME)
    for number in range(5):
        back = seen(laid(picture, canvas.view(number), canvas.size), canvas.view(number), FRAME)
        assert np.abs(back - picture)[3:-3, 3:-3].max() < 3
    half = canvas.resized(size=(canvas.size[0] // 2, canvas.size[1] // 2), frame=(48, 27))
    small = cv2.resize(picture, (48, 27), interpolation=cv2.INTER_AREA)
    large = cv2.resize(laid(picture, canvas.view(2), canvas.size), half.size, interpolation=cv2.INTER_AREA)
    inside = cv2.erode(laid(np.ones_like(small), half.view(2), half.size), np.ones((5, 5))) > 0.99
    assert np.abs(laid(small, half.view(2), half.size) - large)[inside].max() < 3


def test_frames_beyond_the_end_lie_as_the_last_one() -> None:
    canvas = Canvas(FRAME, FRAME, moves(1))
    assert (canvas.view(99) == canvas.view(4)).all()
