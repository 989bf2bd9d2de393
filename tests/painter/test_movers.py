"""Cars, people, birds and mills go their way in a loop, behind what stands nearer; the picture is its first moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sparkle.backends.cpu.animator import Animator
from sparkle.core.seeds import derive_seed
from sparkle.painter import Movers, Painted, ScenePlan, paint_scene, plan_scene
from sparkle.painter.engine.faces import Face
from sparkle.roles import AnimationRequest

SIZE = (160, 90)
MOVING = ("street", "neon street", "old street", "square", "park", "harbor", "tulips", "alley")


def scene(place: str, style: str = "photo", seed: int = 3) -> Painted:
    return paint_scene(ScenePlan(place, style=style), *SIZE, seed)


def at(painted: Painted, phase: float, seconds: float = 5.0) -> NDArray[np.float32]:
    assert painted.movers is not None
    painted.movers.draw(moment := painted.plate.astype(np.float32), phase, seconds)
    return moment


@pytest.mark.parametrize("place", MOVING)
def test_the_still_picture_is_the_first_moment_and_the_loop_closes(place: str) -> None:
    painted = scene(place)
    for seconds in (2.0, 11.0):
        assert np.array_equal(np.rint(np.clip(at(painted, 0.0, seconds), 0, 255)), painted.picture)
    seam = np.abs(at(painted, 1 - 1e-6) - at(painted, 0.0))
    assert seam.mean() < 0.02
    moved = np.abs(at(painted, 0.4) - at(painted, 0.0)).max(axis=2)
    assert (moved > 12).sum() > 20


def test_what_stands_nearer_hides_and_what_stands_farther_does_not() -> None:
    painted = scene("street")
    movers = painted.movers
    assert movers is not None
    for depth, shown in ((0.0, False), (1e6, True)):
        where = replace(movers, depth=np.full_like(movers.depth, depth))
        where.draw(moment := painted.plate.astype(np.float32), 0.2, 5.0)
        assert (np.abs(moment - painted.plate).max() > 30) == shown


def test_what_is_behind_the_eye_is_cut_off() -> None:
    movers = scene("street").movers
    assert movers is not None

    def drawn(*z: float) -> NDArray[np.float32]:
        corners = np.array([[-1, 0, z[0]], [1, 0, z[0]], [1, 2, z[-1]], [-1, 2, z[-1]]], np.float32)
        one: Movers = replace(
            movers,
            depth=np.full_like(movers.depth, 1e6),
            each=(lambda phase, seconds: [Face(corners, np.ones(3, np.float32))],),
        )
        one.draw(canvas := np.zeros((SIZE[1], SIZE[0], 3), np.float32), 0.0, 1.0)
        return canvas

    assert not drawn(-3.0).any()
    assert 0 < (drawn(-3.0, 3.0) > 0).mean() < 1
    assert (drawn(6.0) > 0).sum() < (drawn(3.0) > 0).sum()


def test_only_a_photograph_moves_but_every_manner_shows_what_could() -> None:
    photo, ink = scene("harbor"), scene("harbor", "ink")
    assert photo.movers is not None
    assert ink.movers is None
    assert np.array_equal(ink.picture, ink.plate)


def test_seeds_let_others_pass() -> None:
    one, other = (scene("square", seed=seed) for seed in (3, 4))
    assert (np.abs(at(one, 0.3) - one.plate).max(axis=2) > 20).sum() > 20
    assert not np.array_equal(at(one, 0.3) != one.plate, at(other, 0.3) != other.plate)


def test_a_mill_turns_in_an_animation_that_begins_with_its_picture() -> None:
    text = "a wheat field beside an old windmill, the sails turn slowly"
    painted = paint_scene(plan_scene(text), *SIZE, derive_seed(5, "scene"))
    request = AnimationRequest(painted.picture, text, 8, 2.0, 5, instruction=text)
    frames = Animator()(request)
    assert np.array_equal(frames[0], painted.picture)
    sails = (painted.picture != painted.plate).any(axis=2)
    changed = np.abs(frames[2].astype(int) - frames[0]).max(axis=2) > 25
    assert (changed & sails).sum() > 0.25 * sails.sum()
