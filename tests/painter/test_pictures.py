"""Pictures: the right size, the same for the same seed, and as bright, warm or white as the words say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.conftest import forget

from sparkle.core.scene import Scene
from sparkle.painter import ScenePlan, paint, paint_scene, plan_scene
from sparkle.painter.styles import STYLES
from sparkle.taxonomy.reader import load_taxonomy

SCENES = [scene for theme in load_taxonomy().values() for scenes in theme.values() for scene in scenes]
SMALL = (64, 36)


def thumbnail(text: str, seed: int = 3, size: tuple[int, int] = (96, 54)) -> NDArray[np.float64]:
    return paint(plan_scene(text), *size, seed).astype(float)


@pytest.mark.parametrize(("width", "height"), [(64, 64), (65, 37), (90, 160), (320, 180)])
def test_pictures_have_the_asked_size(width: int, height: int) -> None:
    picture = paint(plan_scene("a beach with palms"), width, height, 1)
    assert picture.shape == (height, width, 3)
    assert picture.dtype == np.uint8


def test_the_same_seed_paints_the_same_picture_and_another_seed_another() -> None:
    plan = plan_scene("a lake in autumn")
    first, other = (paint(plan, *SMALL, seed) for seed in (5, 6))
    forget()
    assert np.array_equal(first, paint(plan, *SMALL, 5))
    assert np.abs(first.astype(int) - other).mean() > 4


def test_a_picture_that_is_kept_for_the_next_who_asks_cannot_be_changed() -> None:
    plan = plan_scene("a lake in autumn")
    painted = paint_scene(plan, *SMALL, 5)
    assert paint_scene(plan, *SMALL, 5) is painted
    for kept in (painted.picture, painted.kinds):
        with pytest.raises(ValueError, match="read-only"):
            kept[:] = 0


def _painted(scene: Scene) -> NDArray[np.uint8]:
    return paint(plan_scene(f"Put the subject in {scene.name}, where {scene.motion}.", scene), *SMALL, 7)


def test_every_scene_of_the_taxonomy_is_painted_and_differs_from_all_others() -> None:
    pictures = np.stack([_painted(scene) for scene in SCENES]).astype(np.float32)
    assert (pictures.std(axis=(1, 2, 3)) > 6).all(), "a scene came out empty"
    flat = pictures.reshape(len(pictures), -1)
    for number, picture in enumerate(flat):
        distance = np.abs(flat - picture).mean(axis=1)
        distance[number] = np.inf
        twin = int(distance.argmin())
        assert distance[twin] > 3, f"{SCENES[number].keyword} looks like {SCENES[twin].keyword}"


def test_night_is_darker_than_noon() -> None:
    assert thumbnail("hills at night").mean() < 0.5 * thumbnail("hills at noon").mean()


def test_winter_is_whiter_and_cooler_than_summer() -> None:
    winter, summer = thumbnail("a snowy meadow in winter"), thumbnail("a meadow in summer")
    assert winter.mean() > summer.mean() + 20
    assert np.ptp(winter.mean(axis=(0, 1))) < np.ptp(summer.mean(axis=(0, 1)))


def test_sunset_is_warmer_than_noon() -> None:
    def warmth(text: str) -> float:
        red, _, blue = thumbnail(text).mean(axis=(0, 1))
        return float(red - blue)

    assert warmth("the ocean at sunset") > warmth("the ocean at noon") + 40


def test_fog_hides_what_is_far() -> None:
    def far_contrast(text: str) -> float:
        return float(thumbnail(text)[22:30].std())

    assert far_contrast("autumn trees in fog") < 0.7 * far_contrast("autumn trees under a clear sky")


def test_what_is_said_of_the_subject_does_not_change_the_picture() -> None:
    plain = paint(plan_scene("Place the man in a meadow at noon"), *SMALL, 2)
    dressed = paint(plan_scene("Place the man in a snow-white shirt in a meadow at noon"), *SMALL, 2)
    assert np.array_equal(plain, dressed)


def test_words_that_nobody_knows_are_painted_too() -> None:
    assert paint(plan_scene("qwxz"), *SMALL, 1).std() > 10


@pytest.mark.parametrize("style", sorted(STYLES.keys() - {"photo"}))
def test_every_style_changes_the_picture_but_keeps_its_scene(style: str) -> None:
    base = paint(ScenePlan(setting="beach"), 96, 54, 4).astype(float)
    styled = paint(ScenePlan(setting="beach", style=style), 96, 54, 4).astype(float)
    assert np.abs(base - styled).mean() > 2
    if style != "swirls":
        halves = [np.mean(picture[:20]) - np.mean(picture[40:]) for picture in (base, styled)]
        assert np.sign(halves[0]) == np.sign(halves[1]) or abs(halves[1]) < 12


def test_noir_is_grey_and_pixels_are_square() -> None:
    noir = thumbnail("film noir alley")
    assert np.abs(noir[..., 0] - noir[..., 2]).mean() < 4
    plan = plan_scene("a meadow as pixel art")
    assert plan.style == "pixel"
