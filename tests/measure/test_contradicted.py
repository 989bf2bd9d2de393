"""A place that looks the same at two moments is either the subject's at both or at neither."""

import numpy as np
import pytest

from sparkle.measure.contradicted import contradicted
from sparkle.measure.masked_clip import masked_clip
from sparkle.roles import Frames, Masks

COUNT, HEIGHT, WIDTH = 24, 90, 160
BODY = np.s_[30:90, 60:110]
HOLE = np.s_[45:65, 75:95]
CHUNK = np.s_[60:90, 110:130]


def sitter(seed: int) -> tuple[Frames, Masks]:
    """A textured figure that sits still before a textured wall, and lifts an arm over it for a while."""
    random = np.random.default_rng(seed)
    wall = random.integers(60, 120, (HEIGHT, WIDTH, 3))
    wall[BODY] = random.integers(140, 220, (*wall[BODY].shape[:2], 3))
    frames = np.repeat(wall[None], COUNT, axis=0) + random.integers(-2, 3, (COUNT, HEIGHT, WIDTH, 1))
    mask = np.zeros((COUNT, HEIGHT, WIDTH), bool)
    mask[(slice(None), *BODY)] = True
    for at in range(8, 16):
        frames[at, 35:50, 20 + at : 60] = (200, 90, 60)
        mask[at, 35:50, 20 + at : 60] = True
    return np.clip(frames, 0, 255).astype(np.uint8), mask


@pytest.mark.parametrize("seed", [1, 2])
def test_a_true_mask_does_not_contradict_itself_where_an_arm_comes_and_goes(seed: int) -> None:
    frames, mask = sitter(seed)
    assert contradicted(masked_clip(frames, mask)).max() == 0


@pytest.mark.parametrize(("place", "held"), [(HOLE, False), (CHUNK, True)])
def test_a_hole_and_a_piece_of_wall_that_come_and_go_do(place: tuple[slice, slice], held: bool) -> None:
    frames, mask = sitter(3)
    mask[(slice(0, 6), *place)] = held
    found = contradicted(masked_clip(frames, mask))
    # On all other moments, too: which of the two is right the sign does not know.
    assert (found > 0.05).all()


def test_a_fault_that_never_changes_contradicts_nothing() -> None:
    frames, mask = sitter(4)
    mask[(slice(None), *HOLE)] = False
    assert contradicted(masked_clip(frames, mask)).max() == 0


def test_one_moment_that_differs_is_told_by_itself_alone() -> None:
    frames, mask = sitter(5)
    mask[(slice(0, 1), *HOLE)] = False
    found = contradicted(masked_clip(frames, mask))
    assert found[0] > 0.05
    assert found[1:].max() == 0
