"""What the finder's people say about boxes that a tracker asks about."""

import cv2
import numpy as np
import pytest

from sparkle.demo import DemoClip, render_demo_clip
from sparkle.measure.finder import find_people
from sparkle.measure.saliency_carry import Seeing
from sparkle.measure.shapes import bounds, components, depth, grown
from sparkle.measure.silhouette_odds import silhouette_seeing

WIDTH, HEIGHT, FRAMES = 416, 240, 25
ANCHORS = (0, 8, 16, 24)


@pytest.fixture(scope="module")
def clip() -> DemoClip:
    return render_demo_clip(7, WIDTH, HEIGHT, FRAMES, 8.0)


@pytest.fixture(scope="module")
def see(clip: DemoClip) -> Seeing:
    return silhouette_seeing(clip.frames, ANCHORS, (HEIGHT, WIDTH))


def test_the_person_in_the_box_is_subject_and_what_is_beside_is_not(clip: DemoClip, see: Seeing) -> None:
    truth = clip.mask[8]
    odds = see(8, bounds(truth))
    assert odds.shape == (HEIGHT, WIDTH) and odds.dtype == np.float32
    assert (odds[truth & (depth(truth) > 6)] > 1).mean() > 0.9
    beside = ~truth & (depth(~truth) > 8) & (odds != 0)
    assert beside.sum() > 1000 and (odds[beside] < -1).mean() > 0.7
    left = bounds(truth)[0]
    assert not odds[:, : max(left - 40, 0)].any()  # far from the box it says nothing


def test_what_lies_beside_the_person_is_hardly_ever_taken_for_the_person(clip: DemoClip, see: Seeing) -> None:
    for frame in ANCHORS:
        truth = clip.mask[frame]
        odds = see(frame, bounds(truth))
        # The finder's outline is rough, and closes gaps between an arm and the body.
        assert (odds[~truth] > 1).sum() < 0.02 * truth.sum()
        assert (odds[truth & (depth(truth) > 8)] > 1).mean() > 0.99


@pytest.mark.parametrize(
    ("frame", "why"),
    [(8, "another thing was boxed"), (9, "it looked at the anchors only")],
)
def test_it_says_nothing(clip: DemoClip, see: Seeing, frame: int, why: str) -> None:
    box = (5.0, 5.0, 60.0, 90.0) if frame == 8 else tuple(map(float, bounds(clip.mask[9])))
    assert not see(frame, box).any(), why


def test_of_things_without_a_face_it_says_nothing() -> None:
    frames = np.full((FRAMES, HEIGHT, WIDTH, 3), 120, np.uint8)
    for number, frame in enumerate(frames):
        frame[80:160, 40 + 8 * number : 100 + 8 * number] = (200, 30, 30)
    see = silhouette_seeing(frames, ANCHORS, (HEIGHT, WIDTH))
    assert not see(8, (104.0, 80.0, 164.0, 160.0)).any()


def test_of_somebody_who_never_stirs_it_says_nothing(clip: DemoClip) -> None:
    noise = np.random.default_rng(1).integers(-2, 3, (FRAMES, HEIGHT, WIDTH, 3))
    frames = np.clip(clip.frames[8][None].astype(np.int16) + noise, 0, 255).astype(np.uint8)
    see = silhouette_seeing(frames, ANCHORS, (HEIGHT, WIDTH))
    assert not see(8, bounds(clip.mask[8])).any()


def test_the_lamp_that_a_hand_passes_is_no_part_of_the_woman() -> None:
    clip = render_demo_clip(7, 416, 240, 41, 8.0)
    (woman,) = find_people(clip.frames, range(0, 41, 8))
    for frame, mask in woman.masks.items():
        true = cv2.resize(clip.mask[frame].astype(np.float32), mask.shape[::-1], interpolation=cv2.INTER_AREA)
        # Between arm and body the outline is rough; the lamp as an island beside it has four times as many pixels.
        assert (mask & ~grown(true > 0, 6)).sum() < 20
        assert len(components(mask, 1)) == 1
