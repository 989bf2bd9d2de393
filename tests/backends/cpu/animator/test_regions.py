import cv2
import numpy as np

from sparkle.backends.cpu.animator.regions import find_regions


def test_the_sky_is_found_above_the_meadow_and_not_in_the_house(meadow):
    regions = find_regions(meadow, {"clouds"}, indoor=False)
    assert regions.sky[:40].mean() > 0.85
    assert regions.sky[66:].mean() < 0.02
    assert regions.sky[60:85, 145:175].max() < 0.1
    assert 40 < regions.horizon < 70


def test_grass_is_found_below_the_horizon(meadow):
    regions = find_regions(meadow, {"grass"}, indoor=False)
    assert regions.grass[75:, :120].mean() > 0.8
    assert regions.grass[:45].mean() < 0.02


def test_water_is_found_and_the_wall_beside_it_is_not(lake):
    regions = find_regions(lake, {"waves"}, indoor=False)
    assert regions.water[60:, 80:].mean() > 0.8
    assert regions.water[92:, :50].mean() < 0.1
    assert regions.water[:40].mean() < 0.02


def test_a_lamp_is_found_in_the_dark(night):
    regions = find_regions(night, {"lamps"}, indoor=True)
    assert regions.lamp[50, 150] > 0.5
    assert regions.lamp[:, :100].max() < 0.05
    assert regions.night


def test_a_smooth_wall_indoors_is_no_sky():
    wall = np.full((90, 160, 3), (205, 190, 170), np.uint8)
    cv2.rectangle(wall, (20, 50), (140, 89), (80, 50, 30), -1)
    assert find_regions(wall, set(), indoor=True).sky.max() == 0


def test_maps_are_soft_and_of_the_pictures_size(meadow):
    regions = find_regions(meadow, set(), indoor=False)
    for name in ("sky", "water", "foliage", "grass", "cloth", "flame", "lamp"):
        region = getattr(regions, name)
        assert region.shape == meadow.shape[:2]
        assert region.dtype == np.float32
        assert region.min() >= 0
        assert region.max() <= 1 + 1e-5
