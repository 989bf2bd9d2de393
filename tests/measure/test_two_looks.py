"""Which of two looks of a place is the background's, on drawn clips before a textured wall."""

import cv2
import numpy as np
import pytest

from sparkle.measure.activity import measure_activity
from sparkle.measure.two_looks import calm_is_background

WIDTH, HEIGHT, FRAMES = 208, 117, 25
TOP, BOTTOM, BREADTH = 40, 90, 40


@pytest.fixture(scope="module")
def wall() -> np.ndarray:
    random = np.random.default_rng(5)
    rough = cv2.GaussianBlur(random.normal(0, 1, (HEIGHT, WIDTH, 3)), (0, 0), 4)
    return np.clip(110 + 200 * rough, 60, 160).astype(np.uint8)


def boxes_at(wall: np.ndarray, lefts: list[int]) -> np.ndarray:
    clip = np.repeat(wall[None], len(lefts), axis=0)
    for picture, left in zip(clip, lefts, strict=True):
        picture[TOP:BOTTOM, left : left + BREADTH] = (190, 40, 60)
    return clip


def answer(clip: np.ndarray) -> np.ndarray:
    return calm_is_background(measure_activity(clip, [0, FRAMES // 2, FRAMES - 1]))


def test_where_something_passes_the_calm_picture_shows_the_background(wall):
    told = answer(boxes_at(wall, np.linspace(5, 160, FRAMES).astype(int).tolist()))
    assert told[TOP + 5 : BOTTOM - 5, 60:150].mean() > 0.8


def test_where_something_rests_for_most_of_the_clip_the_calm_picture_shows_it(wall):
    told = answer(boxes_at(wall, [10] * 7 + [140] * (FRAMES - 7)))
    assert told[TOP + 5 : BOTTOM - 5, 145:175].mean() < -0.8
    assert told[TOP + 5 : BOTTOM - 5, 15:45].mean() > 0.8


def test_nothing_is_said_where_nothing_differs(wall):
    told = answer(boxes_at(wall, [10] * 7 + [140] * (FRAMES - 7)))
    assert not told[: TOP - 8].any()
    assert not answer(np.repeat(wall[None], FRAMES, axis=0)).any()
