"""The truth of a clip is what was drawn: not the shadow, not the background, not what lies behind another subject."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.eyes import motion
from benchmarks.eyes.compose import composed, make_clip
from benchmarks.eyes.scene import Actor, Background, Camera, Pose, Scene, Shadow, Sprite, Stage
from benchmarks.eyes.store import stored_clip
from tests.eyes.conftest import SMALL, scene_named, small_clip

TINY = Stage(160, 90, 5)


def square(subject: str | None, pose: Pose, shadow: Shadow | None = None, grey: float = 200.0) -> Actor:
    sprite = Sprite(np.full((40, 40, 3), grey, np.float32), np.ones((40, 40), np.float32))
    return Actor(subject, motion.unchanging(sprite), motion.still(pose), shadow)


def grey_wall(stage: Stage, rng: np.random.Generator) -> Background:
    return lambda u: np.full((*stage.shape, 3), 90, np.float32)


def scene_of(*actors: Actor, camera: Camera | None = None) -> Scene:
    return Scene("made", "choose", (), grey_wall, lambda rng: list(actors), camera or Camera(blur=0))


@pytest.mark.parametrize("name", ["hand holds a mug of its own", "duck and boat on a pond"])
def test_without_a_subject_the_picture_differs_only_where_its_alpha_is(name: str) -> None:
    scene = scene_named(name)
    bare = replace(scene, actors=lambda rng: [replace(actor, shadow=None) for actor in scene.actors(rng)])

    light, subjects, alphas = composed(bare, TINY)
    front = subjects[-1]
    without, _, _ = composed(bare, TINY, without=front)

    changed = np.abs(light - without).max(axis=-1) > 0.01
    assert changed.any()
    assert not changed[alphas[-1] == 0].any()


def test_where_alpha_is_one_nothing_of_the_background_shows() -> None:
    light, _, alphas = composed(scene_of(square("box", Pose(0.5, 0.9, 0.5))), TINY)

    assert np.allclose(light[alphas[0] == 1], 200)
    assert np.allclose(light[alphas[0] == 0], 90)


def test_a_cast_shadow_darkens_the_background_and_is_not_subject() -> None:
    shadow = Shadow(0.3, 0.0, 0.5, blur=0.005)
    lit, _, alphas = composed(scene_of(square("box", Pose(0.3, 0.9, 0.5))), TINY)
    shaded, _, shaded_alphas = composed(scene_of(square("box", Pose(0.3, 0.9, 0.5), shadow)), TINY)

    assert np.array_equal(alphas, shaded_alphas)
    darker = (lit - shaded)[0].max(axis=-1) > 20
    assert darker.sum() > 300
    assert not darker[alphas[0, 0] == 1].any()


def test_what_another_subject_hides_is_not_visible_truth() -> None:
    back, front = square("back", Pose(0.4, 0.9, 0.5)), square("front", Pose(0.5, 0.9, 0.5), grey=20.0)

    _, subjects, alphas = composed(scene_of(back, front), TINY)

    assert subjects == ("back", "front")
    assert alphas.sum(axis=0).max() <= 1 + 1e-5
    assert alphas[0, 0].sum() < alphas[1, 0].sum()


def test_scenery_before_a_subject_hides_it_and_is_no_subject() -> None:
    _, subjects, alphas = composed(
        scene_of(square("box", Pose(0.5, 0.9, 0.5)), square(None, Pose(0.6, 0.9, 0.5))), TINY
    )
    _, _, alone = composed(scene_of(square("box", Pose(0.5, 0.9, 0.5))), TINY)

    assert subjects == ("box",)
    assert 0 < alphas.sum() < alone.sum()


def test_parts_with_one_owner_are_one_subject_and_with_two_are_two() -> None:
    held = small_clip("hand lifts a mug")
    apart = small_clip("hand holds a mug of its own")

    assert held.subjects == ("hand",)
    assert set(apart.subjects) == {"hand", "mug"}
    assert min(masks.sum() for masks in apart.masks) > 500
    assert not (apart.masks[0] & apart.masks[1]).any()


def test_a_clip_is_the_same_each_time_it_is_made(two_subjects) -> None:
    again = make_clip(scene_named("duck and boat on a pond"), SMALL)

    assert np.array_equal(again.frames, two_subjects.frames)
    assert np.array_equal(again.alphas, two_subjects.alphas)


def test_a_clip_from_the_store_is_the_clip_that_was_made(tmp_path) -> None:
    scene = replace(scene_named("duck and boat on a pond"), stage=TINY)

    made, kept = stored_clip(scene, tmp_path), stored_clip(scene, tmp_path)

    assert len(list(tmp_path.iterdir())) == 1
    assert np.array_equal(made.frames, kept.frames)
    assert np.array_equal(made.alphas, kept.alphas)
    assert (made.subjects, made.things) == (kept.subjects, kept.things)


def test_the_camera_adds_noise_and_compression_but_keeps_the_picture() -> None:
    scene = scene_of(square("box", Pose(0.5, 0.9, 0.5)), camera=Camera(noise=4, crf=28))
    light, _, _ = composed(scene, TINY)

    frames = make_clip(scene, TINY).frames

    error = np.abs(frames - light)
    assert frames.dtype == np.uint8
    assert 0.5 < error.mean() < 6
