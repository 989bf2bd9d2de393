import cv2
import numpy as np
import pytest

from sparkle.backends.cpu.canny import Canny
from sparkle.core.errors import SettingsError


def square_clip(contrast: float = 120.0, frames: int = 6, noise: float = 0.0) -> np.ndarray:
    picture = np.full((120, 160, 3), 60.0)
    picture[30:90, 50:110] += contrast
    picture = cv2.GaussianBlur(picture, (0, 0), 0.8)
    clip = np.repeat(picture[None], frames, axis=0)
    clip = clip + np.random.default_rng(3).normal(0, noise, clip.shape) if noise else clip
    return np.clip(clip, 0, 255).astype(np.uint8)


def test_edges_are_white_lines_where_the_square_ends():
    edges = Canny()(square_clip())
    assert edges.shape == (6, 120, 160) and edges.dtype == np.uint8
    assert set(np.unique(edges)) == {0, 255}
    rows, columns = np.nonzero(edges[0])
    on_side = (np.abs(columns - 50) <= 2) | (np.abs(columns - 109) <= 2)
    on_top = (np.abs(rows - 30) <= 2) | (np.abs(rows - 89) <= 2)
    assert (on_side | on_top).all()
    assert len(rows) > 180


def test_a_dim_scene_gets_the_same_lines_as_a_bright_one():
    bright, dim = Canny()(square_clip(contrast=150)), Canny()(square_clip(contrast=18))
    near = cv2.dilate(bright[0], np.ones((3, 3), np.uint8)) > 0
    assert (dim[0] > 0).sum() > 0.8 * (bright[0] > 0).sum()
    assert near[dim[0] > 0].all()


def test_a_flat_clip_has_no_edges():
    assert not Canny()(np.full((3, 60, 80, 3), 90, np.uint8)).any()


def test_noise_does_not_make_the_lines_of_still_things_blink():
    edges = Canny()(square_clip(contrast=40, frames=20, noise=4.0))[8:] > 0
    changed = np.mean(edges[1:] != edges[:-1])
    assert changed / edges.mean() < 0.5


def test_an_unknown_option_is_named():
    with pytest.raises(SettingsError, match="strong_share"):
        Canny(strong_shar=0.1)
