import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkle.backends.cpu.compositor.extend import extend_colours
from sparkle.backends.cpu.compositor.matte import estimate_matte
from sparkle.backends.cpu.compositor.relight import Correction, code_table
from sparkle.backends.cpu.compositor.window import subject_window

SIDE = 64
RADIUS = 5.0


def disc(radius: int, x: int = 32, y: int = 32) -> np.ndarray:
    return cv2.circle(np.zeros((SIDE, SIDE), np.uint8), (x, y), radius, 1, -1) > 0


def alpha_of(frame: np.ndarray, mask: np.ndarray) -> np.ndarray:
    plate = np.full(frame.shape, 60, np.float32)
    return estimate_matte(frame, mask, np.zeros(mask.shape, np.float32), plate, RADIUS).alpha


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 24), st.integers(10, 54), st.integers(10, 54), st.integers(0, 2**31))
def test_alpha_is_bounded_one_deep_inside_and_zero_far_outside(radius, x, y, seed):
    frame = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    mask = disc(radius, x, y)
    alpha = alpha_of(frame, mask)
    size = 2 * int(RADIUS) + 5
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    assert alpha.dtype == np.float32 and alpha.min() >= 0 and alpha.max() <= 1
    border = cv2.BORDER_REPLICATE
    assert (alpha[cv2.erode(mask.astype(np.uint8), kernel, borderType=border) > 0] == 1).all()
    assert (alpha[cv2.dilate(mask.astype(np.uint8), kernel, borderType=border) == 0] == 0).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(4, 18), st.integers(0, 2**31))
def test_a_larger_mask_gives_a_larger_matte(radius, seed):
    frame = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    assert alpha_of(frame, disc(radius)).sum() < alpha_of(frame, disc(radius + 4)).sum()


def test_an_empty_and_a_full_mask_are_kept():
    frame = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    assert not alpha_of(frame, np.zeros((SIDE, SIDE), bool)).any()
    assert (alpha_of(frame, np.ones((SIDE, SIDE), bool)) == 1).all()


def test_a_finger_three_pixels_wide_stays_solid():
    mask = np.zeros((SIDE, SIDE), bool)
    mask[10:40, 30:33] = True
    mask[36:60, 16:48] = True
    frame = np.where(mask[..., None], np.uint8([210, 160, 130]), np.uint8([60, 60, 60]))
    assert alpha_of(frame, mask)[14:34, 31].min() > 0.9


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31))
def test_extended_colours_stay_where_known_and_within_their_range(seed):
    random = np.random.default_rng(seed)
    colours = random.integers(40, 200, (33, 47, 3)).astype(np.float32)
    known = (random.random((33, 47)) < 0.2).astype(np.float32)
    known[16, 20] = 1
    extended = extend_colours(colours, known)
    assert np.allclose(extended[known > 0], colours[known > 0], atol=1e-2)
    assert extended.min() >= 39 and extended.max() <= 201


@given(st.lists(st.floats(0.2, 1.8), min_size=3, max_size=3), st.floats(-0.006, 0.05))
def test_code_tables_never_turn_back(gain, black):
    table = code_table(Correction(np.array(gain, np.float32), black, 1.0))
    assert (np.diff(table, axis=0) >= -1e-2).all()
    assert table.min() >= 0 and table.max() <= 255


def test_the_identity_correction_returns_the_codes():
    table = code_table(Correction(np.ones(3, np.float32), 0.0, 1.0))
    assert np.abs(table - np.arange(256)[:, None]).max() < 0.05


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 20))
def test_the_window_holds_the_subject_and_its_margin(x, y, margin):
    mask = np.zeros((2, SIDE, SIDE), bool)
    mask[1, y : y + 4, x : x + 4] = True
    window = subject_window(mask, margin)
    assert window is not None
    outside = mask.copy()
    outside[:, *window.slices] = False
    assert not outside.any()
    assert window.top == max(y - margin, 0) and window.right == min(x + 4 + margin, SIDE)
