import numpy as np

from sparkle.backends.cpu.tracking.evidence import ClipEvidence
from sparkle.backends.cpu.tracking.models import Models, choose, colour_faith
from sparkle.measure.colour import BINS


def test_black_tells_less_than_a_bright_colour():
    frames = np.zeros((2, 40, 60, 3), np.uint8)
    frames[:, :, 30:] = (220, 160, 90)
    faith = colour_faith(ClipEvidence(frames, []), 0)
    assert (faith[:, :25] < 0.5).all()
    assert (faith[:, 35:] == 1).all()


def run(bias: float, area: float, *fit: float) -> Models:
    even = np.full(BINS, 1 / BINS, np.float32)
    return Models(even, even, bias, fit, area, {})


def test_of_one_object_the_largest_stable_area_is_chosen():
    runs = [run(-1, 0.100, 0.80), run(-0.5, 0.101, 0.80), run(0, 0.13, 0.84), run(0.5, 0.16, 0.88)]
    assert choose(runs).bias == -1


def test_of_several_objects_each_has_to_fill_its_boxes_better():
    # All in all the area is stable; the second object has lost a wrist.
    fits = [(0.85, 0.75), (0.86, 0.75), (0.86, 0.86), (0.86, 0.86)]
    runs = [
        run(bias, area, *fit)
        for bias, area, fit in zip((-1, -0.5, 0, 0.5), (0.134, 0.136, 0.166, 0.171), fits, strict=True)
    ]
    assert choose(runs).bias == 0
    alone = [run(each.bias, each.area, each.fit[1]) for each in runs]
    assert choose(alone).bias == -1  # of one object that much may be a loose box


def test_boxes_that_fill_only_as_the_area_grows_are_filled_with_what_lies_behind():
    # A woman before a hedge, and her dog.
    fits = [(0.717, 0.679), (0.728, 0.691), (0.743, 0.75), (0.773, 0.75), (0.837, 0.758), (0.857, 0.75)]
    areas = (0.0579, 0.0608, 0.0633, 0.0744, 0.0859, 0.0924)
    runs = [run(number, area, *fit) for number, (area, fit) in enumerate(zip(areas, fits, strict=True))]
    assert choose(runs).bias == 1


def test_models_that_lose_the_object_are_not_chosen_however_stable():
    runs = [run(-1, 0.010, 0.2), run(-0.5, 0.010, 0.2), run(0, 0.20, 0.8), run(0.5, 0.23, 0.8)]
    assert choose(runs).bias == 0
