import numpy as np

from sparkle.measure.cast_light import is_cast_light, is_shadow
from sparkle.measure.contrast import border, contrast_to_border


def test_what_stands_apart_is_as_far_as_its_colour_step():
    lab = np.zeros((1, 60, 90, 3), np.float32)
    lab[..., 0] = 50
    lab[0, 20:40, 30:60, 0] = 80
    stands_out = contrast_to_border(lab)[0]
    assert abs(stands_out[30, 45] - 30) < 0.5
    assert stands_out[5, 5] < 0.5


def test_a_ramp_from_the_border_stands_out_less_than_an_island_of_the_same_colour():
    lab = np.zeros((2, 60, 90, 3), np.float32)
    lab[0, :, :, 0] = np.linspace(0, 60, 90)
    lab[1, 20:40, 60:85, 0] = 50
    ramp, island = contrast_to_border(lab)
    assert ramp[30, 75] < 15
    assert island[30, 75] > 45


def test_who_stands_on_the_lower_border_stands_out():
    lab = np.zeros((1, 60, 90, 3), np.float32)
    lab[0, 20:, 35:55, 0] = 50
    assert contrast_to_border(lab)[0, 40, 45] > 45
    whole = border((60, 90))
    whole[-1] = True
    assert contrast_to_border(lab, whole)[0, 40, 45] < 5


def test_without_any_start_nothing_stands_out():
    assert not contrast_to_border(np.ones((1, 20, 30, 3), np.float32), np.zeros((20, 30), bool)).any()


def test_a_soft_shadow_is_light_and_a_thing_of_another_hue_is_not():
    plate = np.full((40, 60, 3), (60.0, 12.0, -8.0), np.float32)
    shadow, thing, dark = plate.copy(), plate.copy(), plate.copy()
    shadow[10:30, 10:50] *= 0.7
    thing[10:30, 10:50] = (45, -20, 30)
    dark[10:30, 10:50] = (5, 0, 0)
    inside = (slice(15, 25), slice(15, 45))
    assert is_cast_light(shadow, plate)[inside].all()
    assert not is_cast_light(thing, plate)[inside].any()
    assert not is_cast_light(dark, plate)[inside].any()


def test_a_bright_thing_is_no_shadow():
    plate = np.full((40, 60, 3), (50.0, 0.0, 0.0), np.float32)
    bright = plate.copy()
    bright[10:30, 10:50, 0] = 62
    inside = (slice(15, 25), slice(15, 45))
    assert is_cast_light(bright, plate)[inside].all()
    assert not is_shadow(bright, plate)[inside].any()
