"""Each sign speaks against the fault that it is named for, and not against a true mask."""

from functools import cache

import cv2
import numpy as np
import pytest

from sparkle.measure.contour_signs import contour_signs, longest_run
from sparkle.measure.faces import Head
from sparkle.measure.masked_clip import masked_clip, signed_distance, steadied
from sparkle.measure.uncovered_faces import face_signs
from sparkle.measure.wholeness import LIMITS, MEANINGS, measure_wholeness, wholeness_signs
from sparkle.roles import Frames, Masks

COUNT, HEIGHT, WIDTH = 25, 108, 192


def texture(shape: tuple[int, int], colour: tuple[int, int, int], seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)
    return np.array(colour, np.float32) + 60 * cv2.GaussianBlur(noise, (0, 0), 2)[..., None]


@cache
def walker() -> tuple[Frames, Masks]:
    """An orange figure with a head walks before a blue wall, and turns back."""
    wall = texture((HEIGHT, WIDTH), (60, 90, 140), 1)
    cloth = texture((HEIGHT, WIDTH), (200, 120, 50), 2)
    frames, masks = [], []
    for at in range(COUNT):
        x = round(96 + 45 * np.sin(2 * np.pi * at / COUNT))
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.circle(mask, (x, 32), 11, 1, -1)
        cv2.rectangle(mask, (x - 16, 42), (x + 16, 90), 1, -1)
        shown = np.roll(cloth, x, axis=1)
        frame = np.where(mask[..., None] > 0, shown, wall)
        frame += np.random.default_rng(at).normal(0, 2, frame.shape)
        frames.append(np.clip(frame, 0, 255).astype(np.uint8))
        masks.append(mask > 0)
    return np.stack(frames), np.stack(masks)


def without_head(mask: Masks) -> Masks:
    broken = mask.copy()
    broken[:, :42] = False
    return broken


def headless_for_a_while(mask: Masks) -> Masks:
    broken = mask.copy()
    broken[10:16] = without_head(mask)[10:16]
    return broken


def ringed(mask: Masks) -> Masks:
    return np.stack([cv2.dilate(one.astype(np.uint8), np.ones((11, 11), np.uint8)) > 0 for one in mask])


def pierced(mask: Masks) -> Masks:
    broken = mask.copy()
    for one in broken:
        middle = int(np.flatnonzero(one[60]).mean())
        one[55:70, middle - 5 : middle + 5] = False
    return broken


def lost(mask: Masks) -> Masks:
    broken = mask.copy()
    broken[10:16] = False
    return broken


def with_slab(mask: Masks) -> Masks:
    broken = mask.copy()
    for one in broken:
        right = int(np.flatnonzero(one[60])[-1])
        one[60:90, right : right + 25] = True
    return broken


def slid(mask: Masks) -> Masks:
    """In its place at first, 4 pixels to the right and 2 down at the end."""
    shifts = np.linspace(0, 1, len(mask))
    return np.stack(
        [
            np.roll(one, (round(2 * far), round(4 * far)), (0, 1))
            for one, far in zip(mask, shifts, strict=True)
        ]
    )


BREAKS = {
    "slid": (slid, ("misplaced", "slid")),
    "headless": (without_head, ("moving_beside", "colours_beside")),
    "ring": (ringed, ("resting_rim", "misplaced", "no_peak")),
    "pierced": (pierced, ("own_gaps", "colours_beside")),
    "slab": (with_slab, ("bare", "astray", "long_astray")),
    "headless for a while": (headless_for_a_while, ("moving_beside", "colours_beside", "leap", "stepped")),
    "lost": (lost, ("leap", "stepped", "gained")),
}


@pytest.mark.parametrize("name", BREAKS)
def test_signs_speak_against_the_fault_they_are_named_for(name: str) -> None:
    frames, mask = walker()
    change, speaking = BREAKS[name]
    _, good = wholeness_signs(frames, mask)
    _, broken = wholeness_signs(frames, change(mask))
    for sign in speaking:
        assert broken[sign].max() > good[sign].max() + 0.03, sign


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_mask_is_less_whole_than_a_true_one(name: str) -> None:
    frames, mask = walker()
    good, broken = measure_wholeness(frames, mask), measure_wholeness(frames, BREAKS[name][0](mask))
    assert min(broken.overall / good.overall, broken.worst / good.worst) < 0.8
    assert 0 <= broken.worst <= 1
    assert 0 <= broken.overall <= 1
    assert broken.reason in MEANINGS.values()


def test_boxes_speak_against_a_mask_that_lost_its_head_and_against_none_that_is_whole() -> None:
    frames, mask = walker()
    boxes = {}
    for at in (0, 8, 16, 24):
        rows, columns = np.nonzero(mask[at])
        boxes[at] = (columns.min(), rows.min(), columns.max() + 1.0, rows.max() + 1.0)
    _, whole = wholeness_signs(frames, mask, boxes)
    _, headless = wholeness_signs(frames, without_head(mask), boxes)
    within, _ = LIMITS["within_boxes"]
    assert np.sqrt(whole["within_boxes"]).max() < 0.2 * within
    assert np.sqrt(headless["within_boxes"]).min() > within


def test_the_worst_moment_of_a_mask_that_is_lost_for_a_while_lies_there() -> None:
    frames, mask = walker()
    found = measure_wholeness(frames, lost(mask))
    assert 9 <= found.worst_frame <= 17
    assert found.worst < 0.5 * measure_wholeness(frames, mask).worst


def test_every_sign_has_its_limits_and_a_meaning() -> None:
    _, signs = wholeness_signs(*walker())
    assert list(LIMITS) == list(MEANINGS)
    assert set(LIMITS) == set(signs)
    assert all(value.shape == (21,) and value.dtype == np.float32 for value in signs.values())


@pytest.mark.parametrize("fill", [False, True])
def test_masks_of_nothing_and_of_all_are_judged(fill: bool) -> None:
    frames, mask = walker()
    found = measure_wholeness(frames, np.full_like(mask, fill))
    assert np.isfinite([found.overall, found.worst]).all()


def test_a_picture_that_never_changes_can_be_judged() -> None:
    frames, mask = walker()
    still = measure_wholeness(np.repeat(frames[:1], 4, axis=0), np.repeat(mask[:1], 4, axis=0))
    assert 0 <= still.overall <= 1


def test_a_face_above_a_masked_body_is_missed_and_a_face_without_one_is_bodiless() -> None:
    mask = np.zeros((3, 100, 100), bool)
    head = Head({0: (40, 20, 20, 20), 1: (40, 20, 20, 20), 2: (40, 20, 20, 20)})
    body, face = mask.copy(), mask.copy()
    body[:, 42:] = True
    face[:, :42, 35:65] = True
    assert face_signs([head], body) == (1.0, 0.0)
    assert face_signs([head], face) == (0.0, 1.0)
    assert face_signs([head], body | face) == (0.0, 0.0)
    # Somebody in the background, whom the mask holds nothing of.
    assert face_signs([head], mask) == (0.0, 0.0)


def test_distances_are_negative_inside_and_the_border_of_the_picture_is_no_contour() -> None:
    mask = np.zeros((20, 30), bool)
    mask[:, :10] = True
    distance = signed_distance(mask)
    assert distance[10, 9] == pytest.approx(-0.5, abs=0.1)
    assert distance[10, 10] == pytest.approx(0.5, abs=0.1)
    assert distance[0, 0] == distance[10, 0] < -8


def test_frames_are_brought_to_one_exposure_and_a_lost_part_is_not_brought_to_the_background() -> None:
    frames, mask = walker()
    dimmed = frames.copy()
    dimmed[3] = (frames[3] * 0.8).astype(np.uint8)
    outside = ~without_head(mask)
    steady = steadied(dimmed, outside).astype(float)
    head = mask & outside
    assert abs(steady[3][~mask[3]].mean() - frames[3][~mask[3]].mean()) < 3
    assert abs(steady[3][head[3]].mean() - frames[3][head[3]].mean()) < 6
    assert np.abs(steady[8][head[8]] - frames[8][head[8]]).mean() < 3


def test_a_cut_through_a_subject_runs_along_no_edge_however_faint_those_of_its_contour_are() -> None:
    frames, mask = walker()
    faint = (frames.astype(np.float32) * 0.2 + 90).astype(np.uint8)
    for shown in (frames, faint):
        good = contour_signs(masked_clip(shown, mask))
        cut = contour_signs(masked_clip(shown, without_head(mask)))
        for name in ("astray", "long_astray"):
            assert cut[name].mean() > good[name].mean() + 0.05, name


def test_the_longest_run_goes_on_over_the_start_of_a_contour() -> None:
    marked = np.zeros(10, bool)
    assert longest_run(marked) == 0
    marked[[8, 9, 0, 1, 4]] = True
    assert longest_run(marked) == 4
    assert longest_run(~np.zeros(10, bool)) == 10


def test_a_mask_that_slid_evenly_is_told_from_one_that_shook() -> None:
    frames, mask = walker()
    shaken = mask.copy()
    for at, step in enumerate(np.random.default_rng(3).integers(-3, 4, len(mask))):
        shaken[at] = np.roll(mask[at], step, axis=1)
    slides = [wholeness_signs(frames, one)[1]["slid"][0] for one in (mask, shaken, slid(mask))]
    assert slides[2] > 2 * max(slides[:2]) + 0.1
