import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkle.measure.edge_matte import edge_matte

SHAPE = (180, 320)
RED, GREEN = (200, 60, 50), (60, 150, 80)


def disc(radius, centre=(160, 90), blur=1.2):
    """The true alpha of a soft disc, drawn four times too large."""
    large = np.zeros((SHAPE[0] * 4, SHAPE[1] * 4), np.float32)
    cv2.circle(large, (centre[0] * 4, centre[1] * 4), int(radius * 4), 1.0, -1)
    alpha = cv2.resize(large, SHAPE[::-1], interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(alpha, (0, 0), blur)


def picture(alpha, subject=RED, background=GREEN, noise=3.0, seed=0):
    mixed = alpha[..., None] * np.array(subject) + (1 - alpha[..., None]) * np.array(background)
    grain = np.random.default_rng(seed).normal(0, noise, mixed.shape)
    return np.clip(mixed + grain, 0, 255).astype(np.uint8)


def iou(one, two):
    return (one & two).sum() / (one | two).sum()


@pytest.mark.parametrize("off", [2.0, 1.0, 0.0, -1.0])
def test_a_mask_that_is_a_little_too_large_or_small_is_drawn_to_the_edge(off):
    alpha = disc(40)
    matte = edge_matte(picture(alpha), disc(40 + off))
    assert iou(matte > 0.5, alpha > 0.5) > 0.98
    assert iou(matte > 0.5, alpha > 0.5) >= iou(disc(40 + off) > 0.5, alpha > 0.5) - 0.005
    band = (alpha > 0.02) & (alpha < 0.98)
    assert np.abs(matte - alpha)[band].mean() < 0.1


def test_a_belief_at_half_the_size_leads_to_the_same_edge():
    alpha = disc(40)
    small = cv2.resize(disc(41.5), (160, 90), interpolation=cv2.INTER_AREA)
    assert iou(edge_matte(picture(alpha), small) > 0.5, alpha > 0.5) > 0.98


def test_where_both_sides_look_alike_the_contour_stays():
    alpha = disc(40)
    matte = edge_matte(picture(alpha, subject=GREEN), alpha)
    assert iou(matte > 0.5, alpha > 0.5) > 0.95


def test_a_contour_at_the_border_of_the_picture_is_none():
    alpha = disc(60, centre=(160, 170))
    matte = edge_matte(picture(alpha), alpha)
    assert matte[-1, 130:190].min() > 0.9


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_mask_of_nothing_or_everything_stays(value):
    matte = edge_matte(picture(disc(40)), np.full((45, 80), value, np.float32))
    assert (matte == value).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 60), st.integers(3, 90))
def test_any_picture_gives_numbers_from_0_to_1(seed, height, width):
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    belief = random.random((max(1, height // 2), max(1, width // 2))).astype(np.float32)
    matte = edge_matte(image, belief)
    assert matte.shape == (height, width)
    assert matte.dtype == np.float32
    assert np.isfinite(matte).all()
    assert matte.min() >= 0
    assert matte.max() <= 1
