"""Candidates from saliency maps: regions that stay, through time; not flashes, not crumbs."""

import numpy as np

from sparkle.measure.salient_things import find_salient

HEIGHT, WIDTH, COUNT = 120, 200, 9
ANCHORS = list(range(COUNT))


def bright(image: np.ndarray) -> np.ndarray:
    return (image[..., 0] / 255).astype(np.float32)


def clip(*boxes: tuple[int, int, int, int, int], step: int = 0) -> np.ndarray:
    """White boxes (x, y, width, height, the frames that show it) on black, moving right."""
    frames = np.zeros((COUNT, HEIGHT, WIDTH, 3), np.uint8)
    for x, y, width, height, until in boxes:
        for frame in range(until):
            left = x + step * frame
            frames[frame, y : y + height, left : left + width] = 255
    return frames


def test_what_stands_out_gets_one_candidate_with_its_box_on_every_frame() -> None:
    (found,) = find_salient(clip((20, 30, 40, 50, COUNT), step=5), ANCHORS, bright)
    assert found.is_subject
    assert found.label == "object"
    for frame in ANCHORS:
        assert np.allclose(found.boxes[frame], (20 + 5 * frame, 30, 60 + 5 * frame, 80), atol=1.5)


def test_two_things_are_two_the_larger_first() -> None:
    found = find_salient(clip((10, 60, 30, 30, COUNT), (130, 20, 50, 70, COUNT)), ANCHORS, bright)
    assert [each.label for each in found] == ["object", "object 2"]
    assert found[0].boxes[0][0] > 100 > found[1].boxes[0][0]


def test_flashes_and_crumbs_are_no_candidates() -> None:
    found = find_salient(
        clip((20, 30, 40, 50, COUNT), (150, 10, 30, 30, 2), (150, 100, 6, 6, COUNT), (90, 95, 12, 12, COUNT)),
        ANCHORS,
        bright,
    )
    assert len(found) == 1


def test_what_comes_late_has_boxes_only_where_it_is_and_scores_less() -> None:
    frames = clip((20, 30, 40, 50, COUNT))
    frames[:5] = 0
    (late,) = find_salient(frames, ANCHORS, bright)
    assert sorted(late.boxes) == [5, 6, 7, 8]
    assert late.score < 0.5


def test_a_hesitant_map_scores_less_and_an_empty_one_finds_nothing() -> None:
    frames = clip((20, 30, 40, 50, COUNT))
    (hesitant,) = find_salient(frames, ANCHORS, lambda image: 0.6 * bright(image))
    assert 0.5 < hesitant.score < 0.7
    assert find_salient(np.zeros_like(frames), ANCHORS, bright) == []
