"""What a person holds becomes a part of the person, beside whatever else moves."""

import numpy as np
from numpy.typing import NDArray

from sparkle.measure.moving import _hand_over


def _block(left: int) -> NDArray[np.bool_]:
    mask = np.zeros((40, 90), np.bool_)
    mask[10:30, left : left + 10] = True
    return mask


def test_a_held_thing_is_found_behind_another_that_is_seen_on_the_same_frames() -> None:
    person, far, held = ({frame: _block(left) for frame in (0, 1, 2)} for left in (10, 70, 21))
    things = [far, held]
    _hand_over([person], things)
    assert len(things) == 1
    assert things[0] is far
    assert all(np.array_equal(person[frame], _block(10) | _block(21)) for frame in (0, 1, 2))
