import numpy as np
import pytest

from sparkle.backends.cpu.tracking.holes import unfounded_holes

SHAPE = (120, 160)
LITTLE, MUCH = -0.5, -3.0


def odds(value):
    return np.full(SHAPE, value, np.float32)


def sleeves(hand_ends=120, shoulder=0):
    """A head and two arms; between them a torso that runs out of the picture below, dark shoulders may be open."""
    mask = np.zeros(SHAPE, bool)
    mask[20:50, 65:95] = True
    mask[40:45, 45 + shoulder : 115 - shoulder] = True
    mask[45:120, 35:55] = True
    mask[45:hand_ends, 105:125] = True
    return mask


def torso(mask):
    inner = np.zeros(SHAPE, bool)
    inner[60:115, 60:100] = True
    return inner & ~mask


def test_a_small_enclosed_hole_is_filled_although_colours_speak_against_it():
    mask = np.zeros(SHAPE, bool)
    mask[20:100, 30:130] = True
    mask[50:60, 70:80] = False
    hole = np.zeros(SHAPE, bool)
    hole[50:60, 70:80] = True
    assert np.array_equal(unfounded_holes(mask, odds(0), odds(MUCH)), hole)


def test_a_small_hole_that_shows_the_empty_place_stays():
    mask = np.zeros(SHAPE, bool)
    mask[20:100, 30:130] = True
    mask[50:60, 70:80] = False
    assert not unfounded_holes(mask, odds(-2.0), odds(0)).any()


@pytest.mark.parametrize(("hand_ends", "shoulder"), [(120, 0), (105, 0), (120, 8)])
def test_what_lies_between_the_arms_of_one_who_runs_out_of_the_picture_is_filled_where_colours_say_little(
    hand_ends, shoulder
):
    mask = sleeves(hand_ends, shoulder)
    filled = unfounded_holes(mask, odds(0), odds(LITTLE))
    assert filled[torso(mask)].all()
    assert not filled[mask].any()
    assert not filled[:, :30].any()
    assert not filled[:, 130:].any()


def test_a_view_between_the_arms_stays_where_colours_speak_for_it():
    mask = sleeves()
    assert not unfounded_holes(mask, odds(0), odds(MUCH)).any()


def test_what_is_open_to_one_side_stays():
    mask = sleeves()
    mask[:, 100:] = False
    assert not unfounded_holes(mask, odds(0), odds(LITTLE))[torso(mask)].any()


def test_an_empty_mask_has_no_holes():
    assert not unfounded_holes(np.zeros(SHAPE, bool), odds(0), odds(0)).any()
