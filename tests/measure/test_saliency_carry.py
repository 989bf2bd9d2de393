"""Between two looks the evidence follows the box; where the looks contradict each other little is left."""

import numpy as np

from sparkle.measure.saliency_carry import carried


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


def test_beyond_the_looks_the_last_one_holds() -> None:
    known = {5: seen(10, 10, 30, 30)}
    assert np.array_equal(carried(known, 0, known[5][1]), carried(known, 9, known[5][1]))
    shifted = carried(known, 9, (20.0, 10.0, 40.0, 30.0))
    assert shifted[20, 35] == 3.0
    assert shifted[20, 12] == 0.0
