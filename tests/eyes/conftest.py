"""Small clips of the evaluation set that need neither photographs nor footage."""

from __future__ import annotations

from functools import cache

import pytest
from benchmarks.eyes import choose
from benchmarks.eyes.compose import make_clip
from benchmarks.eyes.scene import Clip, Scene, Stage

SMALL = Stage(320, 180, 33)


def scene_named(name: str) -> Scene:
    return next(scene for scene in choose.SCENES if scene.name == name)


@cache
def small_clip(name: str) -> Clip:
    return make_clip(scene_named(name), SMALL)


@pytest.fixture(scope="session")
def two_subjects() -> Clip:
    return small_clip("duck and boat on a pond")
