"""A painting moves as its painter knows it: what is solid stays to the pixel, plants and water do not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.animator import Animator
from sparkle.backends.cpu.repaint import painted_again
from sparkle.core.seeds import derive_seed
from sparkle.painter import Kind, Painted, paint, plan_scene
from sparkle.roles import AnimationRequest, Image

SEED, SIZE = 5, (208, 120)
LAKE = "a mountain lake with snowy peaks, ripples spread over the lake and clouds drift"
FOREST = "a snowy pine forest, laden branches sway in the wind"


def picture(text: str) -> Image:
    return paint(plan_scene(text), *SIZE, derive_seed(SEED, "scene"))


def animated(text: str, **changes: object) -> tuple[Painted, NDArray[np.int16]]:
    """The painting, and by how many grey levels each pixel (H, W) changes at most over the clip."""
    image = picture(text)
    painted = painted_again(image, text, None, SEED)
    assert painted is not None
    settings = {"instruction": text, **changes}
    frames = Animator()(AnimationRequest(image, text, 12, 12.0, SEED, **settings))  # type: ignore[arg-type]
    return painted, np.abs(frames.astype(np.int16) - image).max(axis=(0, 3))


def test_a_painting_is_known_again_and_nothing_else_is() -> None:
    image = picture(LAKE)
    encoded = np.clip(image + np.random.default_rng(1).normal(0, 3, image.shape), 0, 255).astype(np.uint8)
    assert painted_again(encoded, LAKE, None, SEED) is not None
    assert painted_again(image, LAKE, None, SEED + 1) is None
    assert painted_again(image, FOREST, None, SEED) is None
    assert painted_again(image, "qwxz", None, SEED) is None


def test_peaks_stand_still_while_their_lake_ripples() -> None:
    painted, change = animated(LAKE)
    above = np.arange(SIZE[1])[:, None] < 0.45 * SIZE[1]
    assert change[(painted.share(Kind.LAND) == 1) & above].max() <= 1
    assert change[painted.share(Kind.WATER) == 1].mean() > 5


def test_trunks_stand_still_while_laden_branches_sway() -> None:
    painted, change = animated(FOREST)
    trunks = painted.share(Kind.SOLID) == 1
    assert trunks.sum() > 100
    assert np.quantile(change[trunks], 0.9) <= 1
    assert change[painted.share(Kind.FOLIAGE) == 1].mean() > 4


def test_the_users_own_picture_is_not_taken_for_a_painting() -> None:
    image = picture(LAKE)
    told, untold = (
        Animator()(AnimationRequest(image, LAKE, 3, 12.0, SEED, own_picture=True, instruction=text))
        for text in (LAKE, "")
    )
    assert np.array_equal(told, untold)
