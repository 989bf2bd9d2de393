"""Well-spread points, and whether they are found again."""

import numpy as np
from virtual_camera import HEIGHT, WIDTH, look, scene

from sparkle.camera.points import follow_points, spread_points

NO_FLOW = np.zeros((HEIGHT, WIDTH, 2), np.float32)


def grey(picture: np.ndarray) -> np.ndarray:
    return np.clip(picture, 0, 255).astype(np.uint8)


def test_every_part_of_the_picture_gets_its_points() -> None:
    points = spread_points(grey(look(scene())), cells=24)
    counts, _, _ = np.histogram2d(*points.xy.T, bins=(4, 3), range=((0, WIDTH), (0, HEIGHT)))
    assert counts.min() > 0.6 * counts.max()


def test_a_point_stands_on_a_corner() -> None:
    picture = np.zeros((HEIGHT, WIDTH), np.uint8)
    picture[100:, 150:] = 200
    points = spread_points(picture, cells=24)
    assert np.abs(points.xy[points.strength.argmax()] - (150, 100)).max() < 5


def test_brightness_and_contrast_do_not_hide_a_point() -> None:
    picture = look(scene())
    points = spread_points(grey(picture), cells=24)
    found = follow_points(points, grey(picture * 0.6 + 30), NO_FLOW, 5e-6, 0.75)
    assert found.found[found.textured].mean() > 0.98


def test_a_point_that_is_gone_is_not_found() -> None:
    points = spread_points(grey(look(scene())), cells=24)
    found = follow_points(points, grey(look(scene(seed=8))), NO_FLOW, 5e-6, 0.75)
    assert found.found.mean() < 0.05


def test_displacements_are_in_percent_of_the_width() -> None:
    points = spread_points(grey(look(scene())), cells=24)
    flow = np.full((HEIGHT, WIDTH, 2), (3.2, -1.6), np.float32)
    found = follow_points(points, grey(look(scene())), flow, 5e-6, 0.75)
    assert np.allclose(found.displacement, (1.0, -0.5))
    assert np.abs(found.position[:, 0]).max() < 1
