"""What the finder's silhouettes say about boxes that a tracker asks about."""

import cv2
import numpy as np
import pytest

from sparkle.demo.room import render_room
from sparkle.measure.saliency_carry import Seeing
from sparkle.measure.silhouette_odds import silhouette_seeing

WIDTH, HEIGHT, FRAMES = 416, 240, 25
ANCHORS = (0, 8, 16, 24)
RADIUS = 40
SHAPE = (HEIGHT // 2, WIDTH // 2)


def centre(frame: int) -> tuple[int, int]:
    return 80 + 10 * frame, 120


@pytest.fixture(scope="module")
def see() -> Seeing:
    """A textured disc crosses a room."""
    random = np.random.default_rng(3)
    room = np.rint(render_room(7, WIDTH, HEIGHT) * 255).astype(np.uint8)
    fabric = cv2.GaussianBlur(random.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8), (0, 0), 2) // 2
    frames = np.stack([room] * FRAMES)
    for number, frame in enumerate(frames):
        disc = cv2.circle(np.zeros((HEIGHT, WIDTH), np.uint8), centre(number), RADIUS, 1, -1) > 0
        frame[disc] = fabric[disc] + np.array([90, 20, 20], np.uint8)
    noisy = np.clip(frames + random.normal(0, 1.5, frames.shape), 0, 255).astype(np.uint8)
    return silhouette_seeing(noisy, ANCHORS, SHAPE)


def box_at(frame: int, grown: float = 0.0) -> tuple[float, float, float, float]:
    x, y = (place / 2 for place in centre(frame))
    reach = RADIUS / 2 + grown
    return x - reach, y - reach, x + reach, y + reach


def test_the_disc_in_the_box_is_subject_and_the_corners_are_not(see: Seeing) -> None:
    odds = see(8, box_at(8))
    x, y = (place // 2 for place in centre(8))
    assert odds.shape == SHAPE and odds.dtype == np.float32
    assert odds[y - 8 : y + 9, x - 8 : x + 9].min() > 1.5
    assert odds[y - 19, x - 19] < -0.5
    assert not odds[:, x + 40 :].any()  # far from the box it says nothing


@pytest.mark.parametrize(
    ("frame", "box", "why"),
    [
        (8, box_at(8, grown=30), "another thing was boxed"),
        (8, (5.0, 5.0, 30.0, 30.0), "nothing is there"),
        (9, box_at(9), "it looked at the anchors only"),
    ],
)
def test_it_says_nothing_about(see: Seeing, frame: int, box: tuple, why: str) -> None:
    assert not see(frame, box).any(), why
