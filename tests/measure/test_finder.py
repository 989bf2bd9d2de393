"""The finder on drawn clips: what moves, what stands out, and what must not be taken for a subject."""

import cv2
import numpy as np
import pytest

from sparkle.core.box_tracks import box_iou
from sparkle.demo import DemoClip, render_demo_clip
from sparkle.demo.room import render_room
from sparkle.measure.finder import Candidate, find_candidates

WIDTH, HEIGHT, FRAMES = 416, 240, 41
ANCHORS = tuple(range(0, FRAMES, 8))
Boxes = list[tuple[int, int, int, int]]


@pytest.fixture(scope="module")
def room() -> np.ndarray:
    return np.rint(render_room(7, WIDTH, HEIGHT) * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def person() -> DemoClip:
    return render_demo_clip(7, WIDTH, HEIGHT, FRAMES, 8.0)


@pytest.fixture(scope="module")
def fabric() -> np.ndarray:
    random = np.random.default_rng(3)
    return cv2.GaussianBlur(random.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8), (0, 0), 2) // 2


def test_a_textured_thing_that_moves_is_found_where_it_is(room, fabric):
    clip, truth = moving_patch(room, fabric, 60, 50, 90)
    assert_found(subjects(clip), truth, 0.7)


def test_a_thing_that_moves_and_then_stands_is_found_all_the_time(room, fabric):
    frames, truth = [], []
    for t in range(FRAMES):
        picture = room.copy()
        x = 40 + 12 * min(t, 16)
        picture[100:200, x : x + 60] = fabric[:100, :60] + (90, 20, 20)
        frames.append(picture)
        truth.append((x, 100, x + 60, 200))
    # It is at its last place most of the time: edges tell that what is seen there on the first frames is the room.
    assert_found(subjects(noisy(frames)), truth, 0.78)


def test_a_still_thing_on_plain_ground_is_found():
    picture = np.full((HEIGHT, WIDTH, 3), (150, 160, 170), np.uint8)
    cv2.ellipse(picture, (230, 140), (40, 60), 0, 0, 360, (90, 60, 140), -1)
    found = subjects(noisy([picture] * FRAMES))
    assert [each.label for each in found] == ["object"]
    assert_found(found, [(190, 80, 270, 200)] * FRAMES, 0.8)


def test_nothing_is_found_in_a_furnished_room_but_candidates_are_offered(room):
    found = find_candidates(noisy([room] * FRAMES), ANCHORS)
    assert found
    assert not any(each.is_subject for each in found)


def test_two_things_that_move_apart_are_two_subjects(room, fabric):
    frames, truths = [], ([], [])
    for t in range(FRAMES):
        picture = room.copy()
        for truth, (x, y), colour in zip(
            truths, ((20 + 3 * t, 120), (340 - 3 * t, 30)), ((100, 10, 10), (10, 20, 110)), strict=True
        ):
            picture[y : y + 70, x : x + 50] = fabric[:70, :50] + colour
            truth.append((x, y, x + 50, y + 70))
        frames.append(picture)
    found = subjects(noisy(frames))
    assert [each.label for each in found] == ["moving object", "moving object 2"]
    for truth in truths:
        assert max(mean_iou(each, truth) for each in found) > 0.65


def test_a_flickering_screen_is_no_subject(room):
    random = np.random.default_rng(0)
    frames, truth = [], []
    for t in range(FRAMES):
        picture = room.copy()
        picture[40:110, 60:170] = random.integers(0, 255, 3)
        cv2.circle(picture, (190 + 4 * t, 180), 24, (220, 60, 60), -1)
        frames.append(picture)
        truth.append((166 + 4 * t, 156, 214 + 4 * t, 204))
    assert_found(subjects(noisy(frames)), truth, 0.6)


def test_swaying_leaves_are_no_subject(fabric):
    clip = swaying(fabric)
    frames, truth = [], []
    for t, picture in enumerate(clip):
        picture[160:] = (90, 110, 90)
        x = 40 + 6 * t
        picture[100:220, x : x + 50] = (200, 40, 40)
        frames.append(picture)
        truth.append((x, 100, x + 50, 220))
    assert_found(subjects(noisy(frames)), truth, 0.7)


def test_leaves_alone_are_no_subject(fabric):
    assert subjects(swaying(fabric)) == []


def test_a_cast_shadow_stays_outside_the_box(room):
    frames, truth = [], []
    for t in range(FRAMES):
        shadow = np.zeros((HEIGHT, WIDTH), np.float32)
        cv2.ellipse(shadow, (110 + 5 * t, 205), (60, 14), 0, 0, 360, 1, -1)
        shadow = cv2.GaussianBlur(shadow, (0, 0), 3)
        picture = (room * (1 - 0.35 * shadow[..., None])).astype(np.uint8)
        cv2.circle(picture, (90 + 5 * t, 150), 24, (220, 60, 60), -1)
        frames.append(picture)
        truth.append((66 + 5 * t, 126, 114 + 5 * t, 174))
    assert_found(subjects(noisy(frames)), truth, 0.6)


def test_a_picture_of_a_face_on_the_wall_is_no_subject(room, person, fabric):
    wall = room.copy()
    wall[30:120, 100:200] = person.frames[4][35:125, 155:255]
    clip, truth = moving_patch(wall, fabric, 50, 150, 70)
    assert_found(subjects(clip), truth, 0.6)


def test_a_person_who_never_moves_is_found_by_face_and_body(person):
    found = subjects(noisy([person.frames[0]] * FRAMES))
    rows, columns = np.flatnonzero(person.mask[0].any(1)), np.flatnonzero(person.mask[0].any(0))
    assert [each.label for each in found] == ["person"]
    for x1, y1, x2, y2 in found[0].boxes.values():
        assert x1 < columns[0] + 4
        assert y1 < rows[0] + 10
        assert x2 > columns[-1] - 4
        assert y2 > HEIGHT - 4
        assert x2 - x1 < 1.8 * np.ptp(columns)


def test_a_second_one_that_never_moves_is_found_by_the_first(fabric):
    wall = np.full((HEIGHT, WIDTH, 3), (150, 150, 145), np.uint8)
    vase = fabric[:90, :40] + (30, 60, 90)
    wall[120:210, 330:370] = vase
    frames = []
    for t in range(FRAMES):
        picture = wall.copy()
        x = 20 + 6 * min(t, 25)
        picture[120:210, x : x + 40] = vase
        frames.append(picture)
    found = subjects(noisy(frames))
    assert max(mean_iou(each, [(330, 120, 370, 210)] * FRAMES) for each in found) > 0.7


def test_what_a_person_holds_is_in_the_persons_box(person):
    frames, right = [], []
    for t in range(FRAMES):
        picture = person.frames[t].copy()
        x, y = 262, 130 + int(40 * np.sin(t / 4))
        picture[y - 15 : y + 15, x - 20 : x + 50] = (40, 90, 210)
        frames.append(picture)
        right.append(x + 50)
    found = subjects(noisy(frames))
    assert [each.label for each in found] == ["person"]
    for frame in ANCHORS:
        assert right[frame] - 8 < found[0].boxes[frame][2] < right[frame] + 40


def test_a_person_before_leaves_that_sway_is_found_without_them(person, fabric):
    leaves = swaying(fabric) // 2 + np.uint8([60, 80, 40])
    frames = [
        np.where(m[..., None], f, b) for f, m, b in zip(person.frames, person.mask, leaves, strict=True)
    ]
    columns = [np.flatnonzero(mask.any(0)) for mask in person.mask]
    rows = [np.flatnonzero(mask.any(1)) for mask in person.mask]
    truth = [(x[0], y[0], x[-1] + 1, y[-1] + 1) for x, y in zip(columns, rows, strict=True)]
    assert_found(subjects(noisy(frames)), truth, 0.7)


def test_a_thing_of_which_a_part_stirs_is_found_as_a_whole():
    frames = []
    for t in range(FRAMES):
        picture = np.full((HEIGHT, WIDTH, 3), (150, 160, 170), np.uint8)
        cv2.ellipse(picture, (230, 140), (45, 65), 0, 0, 360, (90, 60, 140), -1)
        picture[90 + t % 3 : 102 + t % 3, 215:245] = (220, 180, 40)
        frames.append(picture)
    assert_found(subjects(noisy(frames)), [(185, 75, 275, 205)] * FRAMES, 0.8)


def test_a_ball_that_rolls_over_a_table_is_no_part_of_it():
    frames, truth = [], []
    for t in range(FRAMES):
        picture = np.full((HEIGHT, WIDTH, 3), (150, 160, 170), np.uint8)
        picture[110:190, 90:330] = (60, 50, 40)
        x = 110 + 5 * t
        cv2.circle(picture, (x, 150), 14, (220, 180, 40), -1)
        frames.append(picture)
        truth.append((x - 14, 136, x + 15, 165))
    assert_found(subjects(noisy(frames)), truth, 0.6)


def test_networks_can_name_find_and_weigh(room):
    clip = noisy([room] * FRAMES)

    def vase(image: np.ndarray) -> list[tuple[str, float, tuple[float, float, float, float]]]:
        return [("vase", 0.8, (361, 80, 386, 115))]

    def lamp(image: np.ndarray) -> np.ndarray:
        salient = np.zeros(image.shape[:2], np.float32)
        salient[115:170, 255:300] = 1
        return salient

    named = [each for each in find_candidates(clip, ANCHORS, detector=vase) if each.is_subject]
    assert [each.label for each in named] == ["vase"]
    assert mean_iou(named[0], [(361, 80, 386, 115)] * FRAMES) > 0.6
    weighed = [each for each in find_candidates(clip, ANCHORS, saliency=lamp) if each.is_subject]
    assert len(weighed) == 1
    assert box_iou(weighed[0].boxes[0], (255, 115, 300, 170)) > 0.5


def test_scores_order_the_candidates_and_answers_repeat(room, fabric):
    clip, _ = moving_patch(room, fabric, 60, 50, 90)
    found = find_candidates(clip, ANCHORS)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert len({each.label for each in found}) == len(found)
    assert found == find_candidates(clip, ANCHORS)


@pytest.mark.parametrize("shape", [(2, 16, 16), (5, 40, 700), (9, 300, 20), (1, 240, 416)])
def test_odd_clips_give_an_answer_inside_the_frame(shape):
    clip = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    for each in find_candidates(clip, [0, len(clip) - 1]):
        for x1, y1, x2, y2 in each.boxes.values():
            assert 0 <= x1 < x2 <= shape[2]
            assert 0 <= y1 < y2 <= shape[1]


def subjects(clip: np.ndarray) -> list[Candidate]:
    return [each for each in find_candidates(clip, ANCHORS) if each.is_subject]


def assert_found(found: list[Candidate], truth: Boxes, least: float) -> None:
    assert len(found) == 1
    assert mean_iou(found[0], truth) > least


def mean_iou(found: Candidate, truth: Boxes) -> float:
    return float(np.mean([box_iou(found.boxes[t], truth[t]) if t in found.boxes else 0.0 for t in ANCHORS]))


def moving_patch(
    background: np.ndarray, fabric: np.ndarray, width: int, top: int, height: int
) -> tuple[np.ndarray, Boxes]:
    frames, truth = [], []
    for t in range(FRAMES):
        picture = background.copy()
        x = 40 + 5 * t
        picture[top : top + height, x : x + width] = fabric[:height, :width] + (100, 10, 10)
        frames.append(picture)
        truth.append((x, top, x + width, top + height))
    return noisy(frames), truth


def swaying(leaves: np.ndarray) -> np.ndarray:
    y, x = np.indices((HEIGHT, WIDTH)).astype(np.float32)
    return np.stack(
        [
            cv2.remap(
                leaves,
                x + 3 * np.sin(t / 3 + y / 20),
                y + 2 * np.sin(t / 2 + x / 30),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REFLECT,
            )
            for t in range(FRAMES)
        ]
    )


def noisy(pictures: list[np.ndarray]) -> np.ndarray:
    random = np.random.default_rng(5)
    frames = np.stack(pictures).astype(np.float32)
    return np.clip(frames + random.normal(0, 2.5, frames.shape), 0, 255).astype(np.uint8)
