import numpy as np
import pytest

from sparkle.core.box_tracks import box_iou
from sparkle.measure.choice import box_of_mask, choose_by_box, choose_by_point, choose_by_words
from sparkle.measure.finder import Candidate


def candidate(label: str, x1: float, y1: float, x2: float, y2: float, score: float = 0.7) -> Candidate:
    return Candidate(label, {0: (x1, y1, x2, y2), 8: (x1 + 2, y1, x2 + 2, y2)}, score, "for a test")


LEFT = candidate("person", 10, 10, 60, 100, 0.9)
RIGHT = candidate("person 2", 200, 20, 240, 100, 0.9)
BALL = candidate("moving object", 100, 80, 120, 100)
VASE = candidate("object", 205, 60, 225, 90, 0.3)
ALL = [LEFT, RIGHT, BALL, VASE]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("person", [LEFT, RIGHT]),
        ("the left person", [LEFT]),
        ("Woman on the right", [RIGHT]),
        ("largest", [LEFT]),
        ("moving object", [BALL]),
        ("still object", [VASE]),
        ("object", [BALL, VASE]),
        ("2", [RIGHT]),
        ("1 and 3", [LEFT, BALL]),
        ("number 4, left person", [VASE, LEFT]),
        ("everything", [LEFT, RIGHT, BALL]),
        ("moving person", []),
        ("dog", []),
        ("person and dog", []),
        ("5", []),
        ("0", []),
        ("", []),
        ("the", []),
    ],
)
def test_words_choose_among_what_can_be_named(words: str, meant: list[Candidate]):
    assert choose_by_words(ALL, words) == meant


def test_a_point_means_the_smallest_box_around_it():
    assert choose_by_point(ALL, 210, 70) == [VASE]
    assert choose_by_point(ALL, 202, 30) == [RIGHT]
    assert choose_by_point(ALL, 300, 70) == []
    assert choose_by_point(ALL, 61, 50) == []
    assert choose_by_point(ALL, 61, 50, frame=8) == [LEFT]


def test_a_drawn_box_means_the_one_that_it_fits():
    assert choose_by_box(ALL, (190, 15, 250, 110)) == [RIGHT]
    assert choose_by_box(ALL, (100, 10, 180, 60)) == []
    assert choose_by_box([], (0, 0, 10, 10)) == []


def test_the_box_of_a_mask_holds_it_exactly():
    mask = np.zeros((50, 80), bool)
    assert box_of_mask(mask) is None
    mask[10:20, 30:45] = mask[25, 60] = True
    assert box_of_mask(mask) == (30, 10, 61, 26)


def test_overlap_is_symmetric_and_knows_its_ends():
    one, other = (0.0, 0.0, 10.0, 10.0), (5.0, 0.0, 15.0, 10.0)
    assert box_iou(one, one) == 1
    assert box_iou(one, other) == box_iou(other, one) == pytest.approx(1 / 3)
    assert box_iou(one, (20.0, 0.0, 30.0, 10.0)) == 0
