"""How far the subject takes on the new light: not at all, within stated limits, and not where it has it already."""

from dataclasses import replace
from itertools import product

import cv2
import numpy as np
import pytest
from tests.backends.cpu.test_compositor import FRAMES, HEIGHT, WIDTH, deep_inside, scene

from sparkle.backends.cpu.compositor import Compositor
from sparkle.backends.cpu.compositor.relight import (
    Look,
    code_table,
    disagreement,
    match_light,
    mix_saturation,
)

# What docs/edit.md states of --relight 1.
DARKEST, BRIGHTEST = 0.34, 1.15
MOST_HUE = 17.0  # degrees; of any but the palest skin 8
SKINS = np.array([[255, 224, 196], [224, 172, 140], [198, 134, 98], [141, 85, 54], [86, 50, 36]], np.float32)


def look(key: float, warmth: float, saturation: float = 0.3) -> Look:
    tint = np.array([np.exp(warmth), 1.0, np.exp(-warmth)], np.float32)
    tint /= tint @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    return Look(key, 2 * key, 0.02 * key, tint, saturation)


def hue(colours: np.ndarray) -> np.ndarray:
    hsv = cv2.cvtColor(np.clip(colours, 0, 255)[None].astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
    return np.asarray((hsv[0, :, 0] + 180) % 360 - 180)


def test_nothing_is_what_zero_changes_inside() -> None:
    """In a noisy, bright place at one side, after a start whose exposure settles."""
    rng = np.random.default_rng(3)
    behind = np.clip(rng.normal(120, 60, (HEIGHT, WIDTH, 3)) + np.linspace(-90, 120, WIDTH)[:, None], 0, 255)
    request = scene(behind, speed=0.5)
    dimmed = request.source.copy()
    dimmed[0] = (0.8 * dimmed[0]).astype(np.uint8)
    request = replace(request, source=dimmed)
    changed = Compositor()(request)
    left = Compositor(relight=0)(request)
    for index in range(FRAMES):
        inside = deep_inside(request.mask[index])
        assert np.array_equal(left[index][inside], request.source[index][inside])
        assert np.abs(changed[index][inside].astype(int) - request.source[index][inside]).mean() > 3


@pytest.mark.parametrize("behind", [(15, 20, 45), (250, 170, 90), (200, 220, 250)])
def test_a_part_lies_between_nothing_and_all(behind: tuple[int, int, int]) -> None:
    request = scene(np.array(behind))
    inside = deep_inside(request.mask[0])
    source = request.source[0][inside].astype(float).mean()
    none, half, full = (Compositor(relight=r, grain=0)(request)[0][inside].mean() for r in (0, 0.5, 1))
    assert none == pytest.approx(source)
    assert min(none, full) < half < max(none, full)


def test_light_that_agrees_already_is_left_alone() -> None:
    wall = np.array([90.0, 110.0, 130.0])
    slope = np.linspace(0.6, 1.4, WIDTH)[None, :, None] * np.broadcast_to(wall, (HEIGHT, WIDTH, 3))
    request = scene(slope.astype(np.uint8), wall=slope)
    inside = deep_inside(request.mask[0])
    options = {"grain": 0, "wrap": 0, "settle_s": 0}
    edited = Compositor(**options)(request)[0]
    assert np.abs(edited[inside].astype(int) - request.source[0][inside]).max() <= 2
    other = replace(request, background=request.background[:, :, ::-1].copy())  # lit from the other side
    turned = Compositor(**options)(other)[0]
    assert np.abs(turned[inside].astype(int) - request.source[0][inside]).mean() > 2


def test_same_light_and_other_light() -> None:
    assert disagreement(look(0.2, 0.0), look(0.22, 0.02)) == 0
    assert disagreement(look(0.2, 0.0), look(0.05, 0.0)) == 1
    assert disagreement(look(0.2, 0.0), look(0.2, 0.3)) == 1
    assert 0 < disagreement(look(0.2, 0.0), look(0.27, 0.0)) < 1


def test_skin_stays_skin_within_the_stated_limits() -> None:
    """Over every light, from night to snow and from lamps to shade."""
    for old, new, old_warmth, warmth in product(
        (0.02, 0.2, 0.7), (0.005, 0.1, 0.9), (-0.4, 0.4), (-0.6, 0, 0.6)
    ):
        found = match_light(look(old, old_warmth), look(old, old_warmth), look(new, warmth), 1.0)
        assert DARKEST - 1e-4 <= found.gain @ (0.2126, 0.7152, 0.0722) <= BRIGHTEST + 1e-4
        table = code_table(found)
        codes = SKINS.astype(np.uint8)
        shown = np.stack([table[codes[:, channel], channel] for channel in range(3)], axis=1)
        shown = mix_saturation(shown[None].astype(np.float32), found.saturation)[0]
        turned = np.abs(hue(shown) - hue(SKINS))
        assert turned[0] <= MOST_HUE
        assert turned[1:].max() <= 8
        assert (np.diff(shown.mean(axis=1)) < 0).all(), "light skin stays lighter than dark skin"
