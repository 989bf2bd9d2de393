"""Holes in patterns: what a filler by patches must go on with, and leave alone."""

import cv2
import numpy as np
import pytest

from sparkle.backends.cpu.patch_filling import MOST_PIXELS, fill_with_patches
from sparkle.core.errors import BackendError

pytest.importorskip("patchmatch")


def grid(height: int = 120, width: int = 160) -> np.ndarray:
    picture = np.full((height, width, 3), (40, 90, 60), np.uint8)
    picture[::12] = 230
    picture[:, ::12] = 230
    return picture


def hole(height: int = 120, width: int = 160) -> np.ndarray:
    mask = np.zeros((height, width), np.bool_)
    mask[height // 3 : 2 * height // 3, width // 3 : 3 * width // 5] = True
    return mask


def test_a_grid_goes_on_where_a_smear_would_be() -> None:
    truth, where = grid(), hole()
    holed = truth.copy()
    holed[where] = (255, 0, 0)
    filled = fill_with_patches(holed, where, 7).astype(int)
    smeared = cv2.inpaint(holed, where.astype(np.uint8), 5, cv2.INPAINT_TELEA).astype(int)
    assert np.abs(filled - truth)[where].mean() < 0.5 * np.abs(smeared - truth)[where].mean()
    assert filled[where].std() > 0.8 * truth[where].std()


def test_the_rest_stays_and_what_was_under_the_hole_does_not_matter() -> None:
    truth, where = grid(), hole()
    red, blue = truth.copy(), truth.copy()
    red[where], blue[where] = (255, 0, 0), (0, 0, 255)
    filled = fill_with_patches(red, where, 7)
    assert (filled[~where] == truth[~where]).all()
    assert (filled == fill_with_patches(blue, where, 7)).all()
    assert (red[where] == (255, 0, 0)).all()


def test_large_pictures_are_filled_at_a_smaller_size_and_stay_sharp_outside() -> None:
    truth, where = grid(600, 900), hole(600, 900)
    assert truth[..., 0].size > MOST_PIXELS
    holed = np.where(where[..., None], np.uint8(255), truth)
    filled = fill_with_patches(holed, where, 7)
    assert (filled[~where] == truth[~where]).all()
    assert np.abs(filled[where].mean() - truth[where].mean()) < 25


def test_no_hole_is_no_change_and_nothing_else_than_a_hole_is_an_error() -> None:
    picture = grid()
    assert (fill_with_patches(picture, np.zeros((120, 160), np.bool_), 7) == picture).all()
    with pytest.raises(BackendError, match="the hole covers 100%"):
        fill_with_patches(picture, np.ones((120, 160), np.bool_), 7)
