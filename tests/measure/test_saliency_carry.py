"""Between two looks the evidence follows the box; where the looks contradict each other little is left."""

import numpy as np

from sparkle.measure.saliency_carry import carried, clip_odds, seeing


def seen(x1: int, y1: int, x2: int, y2: int, value: float = 3.0) -> tuple[np.ndarray, tuple[float, ...]]:
    odds = np.zeros((60, 100), np.float32)
    odds[y1:y2, x1:x2] = value
    return odds, (float(x1), float(y1), float(x2), float(y2))


def test_evidence_moves_and_grows_with_its_box() -> None:
    known = {0: seen(10, 10, 30, 30), 8: seen(50, 10, 90, 50)}
    assert np.array_equal(carried(known, 0, known[0][1]), known[0][0])
    assert np.allclose(carried(known, 8, known[8][1]), known[8][0], atol=1e-4)
    between = carried(known, 4, (30.0, 10.0, 60.0, 40.0))
    assert between[25, 45] == 3.0
    assert between[25, 20] == between[45, 45] == 0.0


def test_the_nearer_look_counts_more_and_contradiction_cancels() -> None:
    known = {0: seen(10, 10, 30, 30, 3.0), 8: seen(10, 10, 30, 30, -3.0)}
    values = [float(carried(known, frame, known[0][1])[20, 20]) for frame in range(9)]
    assert values[0] == 3.0
    assert values[4] == 0.0
    assert values[8] == -3.0
    assert values == sorted(values, reverse=True)


def test_of_two_that_contradict_each_other_the_surer_one_does_not_win() -> None:
    known = {0: seen(10, 10, 30, 30, 6.0), 8: seen(10, 10, 30, 30, -3.0)}
    assert float(carried(known, 4, known[0][1])[20, 20]) == 0.0
    agreeing = {0: seen(10, 10, 30, 30, 6.0), 8: seen(10, 10, 30, 30, 3.0)}
    assert float(carried(agreeing, 4, agreeing[0][1])[20, 20]) == 4.5


def test_beyond_the_looks_the_last_one_holds() -> None:
    known = {5: seen(10, 10, 30, 30)}
    assert np.array_equal(carried(known, 0, known[5][1]), carried(known, 9, known[5][1]))
    shifted = carried(known, 9, (20.0, 10.0, 40.0, 30.0))
    assert shifted[20, 35] == 3.0
    assert shifted[20, 12] == 0.0


def test_every_frame_of_a_clip_gets_what_the_looks_at_its_boxes_say() -> None:
    """A bright square moves; the network is asked on three of nine frames, and of a second box on none."""
    frames = np.zeros((9, 120, 200, 3), np.uint8)
    for frame in range(9):
        frames[frame, 40:80, 20 + 10 * frame : 60 + 10 * frame] = 255
    asked = []

    def bright(crop: np.ndarray) -> np.ndarray:
        asked.append(crop.shape[:2])
        return (crop[..., 0] / 255).astype(np.float32)

    shape = (60, 100)
    boxes = [{0: (10.0 + 5 * frame, 20.0, 30.0 + 5 * frame, 40.0)} for frame in range(9)]
    boxes[5][1] = (0.0, 0.0, 8.0, 8.0)
    fields = clip_odds(boxes, [0, 4, 8], seeing(frames, bright, shape), shape)
    assert asked == [(52, 52)] * 3
    assert len(fields) == 9
    for frame, field in enumerate(fields):
        assert field.shape == shape
        assert field[30, 20 + 5 * frame] > 2.9
        assert field[30, 3] == field[55, 50] == 0.0


def test_where_boxes_overlap_the_one_that_says_more_for_a_subject_counts() -> None:
    def see(frame: int, box: tuple[float, ...]) -> np.ndarray:
        return np.full((60, 100), 2.0 if box[0] < 20 else -2.0, np.float32)

    boxes = [{0: (10.0, 10.0, 50.0, 50.0), 1: (30.0, 10.0, 90.0, 50.0)}]
    (field,) = clip_odds(boxes, [0], see, (60, 100))
    assert (field[30, 20], field[30, 40], field[30, 80], field[5, 5]) == (2.0, 2.0, -2.0, 0.0)
