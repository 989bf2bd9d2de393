"""Plates of drawn rooms, whose truth is known: what a walking figure uncovers, and what it never does."""

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.measure.clean_plate import clean_plate

HEIGHT, WIDTH, COUNT = 96, 160, 40
Truth = NDArray[np.float32]


def room() -> Truth:
    rng = np.random.default_rng(3)
    coarse = cv2.resize(rng.uniform(70, 190, (6, 10, 3)).astype(np.float32), (WIDTH, HEIGHT))
    for x in range(10, WIDTH, 30):
        cv2.rectangle(coarse, (x, 20), (x + 10, 50), (60, 110, 150), -1)
    return coarse.astype(np.float32)


def figure(x: int, half: int = 12, top: int = 40) -> NDArray[np.bool_]:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[top:, max(x - half, 0) : x + half] = True
    return mask


def walking(t: int) -> int:
    return 20 + 3 * t


def clip(
    backgrounds: list[Truth], masks: list[NDArray[np.bool_]], noise: float = 3.0
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    rng = np.random.default_rng(5)
    frames = [
        np.where(mask[..., None], np.float32([230, 40, 40]), background)
        + rng.normal(0, noise, (HEIGHT, WIDTH, 3))
        for background, mask in zip(backgrounds, masks, strict=True)
    ]
    return np.clip(frames, 0, 255).astype(np.uint8), np.stack(masks)


def error(picture: NDArray[np.uint8], truth: Truth) -> NDArray[np.float32]:
    return np.abs(picture - truth).max(axis=-1).astype(np.float32)


def test_a_figure_that_walks_through_uncovers_all_without_its_noise() -> None:
    truth = room()
    plate = clean_plate(*clip([truth] * COUNT, [figure(walking(t)) for t in range(COUNT)]))
    assert plate.picture.dtype == np.uint8
    assert plate.seen.all()
    assert error(plate.picture, truth).mean() < 2.0  # a single frame: 4.1
    assert error(plate.picture, truth).max() < 12.0


def test_what_is_never_uncovered_is_not_seen_and_black() -> None:
    masks = [figure(70 + 12 * (t % 2)) for t in range(COUNT)]
    plate = clean_plate(*clip([room()] * COUNT, masks))
    always = np.all(masks, axis=0)
    assert not plate.seen[always].any()
    assert (plate.picture[~plate.seen] == 0).all()
    far = cv2.dilate(np.any(masks, axis=0).astype(np.uint8), np.ones((7, 7))) == 0
    assert plate.seen[far].all()


def test_colours_are_those_of_the_first_frame_though_the_light_changes() -> None:
    truth = room()
    lights = [truth * (1 - 0.3 * t / COUNT) for t in range(COUNT)]
    plate = clean_plate(*clip(lights, [figure(walking(t)) for t in range(COUNT)]))
    assert error(plate.picture, truth).mean() < 4.0  # the middle of the clip differs by 20


def test_a_shadow_that_walks_along_is_left_out() -> None:
    """The figure rests at the left for most of the clip: near it, the shadow is what was mostly seen."""
    truth = room()
    places = [40 if t < 26 else 40 + 8 * (t - 25) for t in range(COUNT)]
    backgrounds = []
    for x in places:
        shaded = truth.copy()
        shaded[40:, x + 12 : x + 18] *= 0.6
        backgrounds.append(shaded)
    plate = clean_plate(*clip(backgrounds, [figure(x) for x in places]))
    assert plate.seen[60, 53]
    assert error(plate.picture, truth)[45:, 52:58].mean() < 6.0  # in the shadow: 50


def water(t: int) -> Truth:
    picture = room()
    wave = np.sin((np.arange(WIDTH) + 2.3 * t) / 2.5) * 45 + 128
    picture[:34] = wave[None, :, None]
    return picture.astype(np.float32)


def test_a_moving_background_stays_as_sharp_as_the_first_frame_shows_it() -> None:
    backgrounds = [water(t) for t in range(COUNT)]
    plate = clean_plate(*clip(backgrounds, [figure(walking(t)) for t in range(COUNT)]))
    assert plate.picture[4:28].std() > 0.7 * backgrounds[0][4:28].std()  # the median's: 0.2
    assert error(plate.picture, backgrounds[0])[4:28].mean() < 15.0


def test_a_slip_of_the_masks_leaves_no_ghost() -> None:
    """The figure stands in the waves, and the first frame's mask misses it."""
    backgrounds = [water(t) for t in range(COUNT)]
    masks = [figure(walking(t), top=8) for t in range(COUNT)]
    frames, given = clip(backgrounds, masks)
    given[0] = False
    picture = clean_plate(frames, given).picture.astype(int)
    red = picture[..., 0] - picture[..., 1]
    assert red[12:30, 10:30].mean() < 20.0  # the figure's: 190


def test_few_sightings_that_contradict_each_other_are_doubted() -> None:
    """The figure stands for most of the clip, and slips of its masks show it as often as the place is free."""
    truth = room()
    masks = [figure(70 if t < 34 else 140) for t in range(COUNT)]
    frames, given = clip([truth] * COUNT, masks)
    given[3:30:4] = False
    plate = clean_plate(frames, given)
    red = plate.picture[..., 0].astype(int) - plate.picture[..., 1]
    assert not plate.seen[50:90, 64:78].any()
    assert red[:, :90].max() < 120  # the figure's: 190


def test_a_subject_that_fills_every_frame_leaves_nothing() -> None:
    frames = np.full((5, HEIGHT, WIDTH, 3), 90, np.uint8)
    plate = clean_plate(frames, np.ones((5, HEIGHT, WIDTH), np.bool_))
    assert not plate.seen.any()
    assert not plate.picture.any()


def test_without_a_subject_the_plate_is_the_clip() -> None:
    truth = room()
    plate = clean_plate(*clip([truth] * 9, [np.zeros((HEIGHT, WIDTH), np.bool_)] * 9))
    assert plate.seen.all()
    assert error(plate.picture, truth).mean() < 3.0
