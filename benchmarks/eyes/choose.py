"""The half to choose settings on: scenes that need no footage."""

from __future__ import annotations

import numpy as np
from benchmarks.eyes import backgrounds, drawn_choose, motion
from benchmarks.eyes.cutouts import cut_out, flower, motorcycle, with_hair
from benchmarks.eyes.photographs import photograph
from benchmarks.eyes.scene import Actor, Camera, Picture, Pose, Scene, Shadow
from benchmarks.eyes.textures import cloth, tiled, wood


def _gravel(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    return tiled(photograph("gravel"), shape, 0.5) * np.float32([1.0, 0.94, 0.86])


def _lawn(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    return tiled(photograph("grass"), shape, 0.35) * np.float32([0.62, 0.9, 0.42])


def _desk(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    return wood(shape, rng, (70, 52, 40), (150, 120, 92))


def _linen(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    return cloth(shape, rng, (206, 200, 188))


def _cat(rng: np.random.Generator) -> list[Actor]:
    cat = with_hair(cut_out("cat"), rng, (0.0, 1.0), 0.05, 500)
    return [
        Actor("cat", motion.bending(cat, 0.012, 1.5), motion.swaying(Pose(0.44, 1.06, 1.3), 0.006, 0.004))
    ]


def _motorcycle(rng: np.random.Generator) -> list[Actor]:
    lying = Shadow(0.16, 0.0, 0.5, squash=0.25, blur=0.012)
    return [Actor("motorcycle", motion.unchanging(motorcycle()), motion.still(Pose(0.5, 0.95, 0.74)), lying)]


def _flower(rng: np.random.Generator) -> list[Actor]:
    look = drawn_choose.stemmed(flower(), rng)(0)
    on_wall = Shadow(0.09, 0.03, 0.35, blur=0.025)
    return [Actor("flower", motion.bending(look, 0.02, 2.5), motion.still(Pose(0.46, 1.02, 0.92)), on_wall)]


def _horse(rng: np.random.Generator) -> list[Actor]:
    path = motion.there_and_back(Pose(0.3, 0.93, 0.62), Pose(1.35, 0.93, 0.62), bob=0.008)
    return [Actor("horse", drawn_choose.horse(rng), path, Shadow(0.1, 0.0, 0.4, squash=0.2, blur=0.012))]


def _bicycle(rng: np.random.Generator) -> list[Actor]:
    path = motion.line(Pose(-0.05, 0.93, 0.5, light=0.5), Pose(0.95, 0.95, 0.56, light=0.6))
    return [Actor("bicycle", drawn_choose.bicycle(rng, 1.6), path, Shadow(-0.1, 0.0, 0.4, squash=0.25))]


def _mug_in_hand(rng: np.random.Generator) -> list[Actor]:
    lifted = motion.swaying(Pose(0.52, 1.03, 0.95), 0.03, 0.03, 5, 1.2)
    return [Actor("hand", drawn_choose.hand(rng, "all"), lifted, Shadow(0.12, 0.05, 0.4, blur=0.03))]


def _hand_and_mug(rng: np.random.Generator) -> list[Actor]:
    quiet = motion.swaying(Pose(0.4, 1.02, 0.9), 0.004, 0.003, 0.8, 2)
    seed = int(rng.integers(2**31))
    looks = {part: drawn_choose.hand(np.random.default_rng(seed), part) for part in ("mug", "hand")}
    return [Actor(part, look, quiet) for part, look in looks.items()]


def _balloon(rng: np.random.Generator) -> list[Actor]:
    rising = motion.line(Pose(0.3, 0.93, 0.5), Pose(0.62, 0.7, 0.44))
    return [Actor("balloon", drawn_choose.balloon(rng), rising)]


def _pond(rng: np.random.Generator) -> list[Actor]:
    duck = motion.line(Pose(0.12, 0.6, 0.24), Pose(0.8, 0.68, 0.28), bob=0.008, steps=9)
    boat = motion.swaying(Pose(0.66, 0.86, 0.5), 0.012, 0.008, 4, 3)
    mirror = Shadow(0.0, 0.05, 0.3, squash=-0.4, blur=0.02)
    return [
        Actor("duck", drawn_choose.duck(rng), duck, mirror),
        Actor("boat", drawn_choose.boat(rng), boat, mirror),
    ]


def _robot(rng: np.random.Generator) -> list[Actor]:
    look = drawn_choose.robot(rng, lambda u: float(np.clip((u - 0.45) * 10, 0, 1)))
    place = motion.swaying(Pose(0.42, 0.93, 0.72), 0.05, 0.0, 0, 1)
    return [Actor("robot", look, place, Shadow(0.14, 0.0, 0.5, squash=0.35, blur=0.015))]


SCENES = (
    Scene(
        "cat close up",
        "choose",
        ("fills the picture", "hair", "nearly still"),
        backgrounds.photo("flower", (0.0, 0.0, 0.3, 0.5), defocus=4),
        _cat,
        Camera(noise=3, crf=27, drift=0.06),
        things=((0.7, 0.5, 0.98, 0.9),),
    ),
    Scene(
        "parked motorcycle",
        "choose",
        ("still", "thin parts", "cast shadow"),
        backgrounds.table(backgrounds.room((120, 104, 92), (110, 100, 90), 26), _gravel, 0.6),
        _motorcycle,
        Camera(noise=3.5, crf=25),
        things=((0.04, 0.05, 0.3, 0.5), (0.7, 0.1, 0.96, 0.45)),
    ),
    Scene(
        "dahlia before a wall of its colour",
        "choose",
        ("same colour", "thin parts", "cast shadow"),
        backgrounds.curtain((226, 150, 96), 3, depth=0.1),
        _flower,
        Camera(noise=2.5, crf=26),
        things=((0.7, 0.2, 0.95, 0.8),),
    ),
    Scene(
        "horse leaves and returns",
        "choose",
        ("leaves and returns", "thin parts", "moving background", "cast shadow"),
        backgrounds.waving(
            backgrounds.table(backgrounds.photo("temple", (0.0, 0.3, 1, 1)), _lawn, 0.7), 0.008, (0.2, 0.7)
        ),
        _horse,
        Camera(noise=3, crf=28, shutter=2),
        things=((0.1, 0.02, 0.42, 0.6), (0.8, 0.3, 1.0, 0.68)),
    ),
    Scene(
        "bicycle at night",
        "choose",
        ("night", "thin parts", "noise", "moving background"),
        backgrounds.night_street(),
        _bicycle,
        Camera(noise=8, crf=30, drift=0.1, shutter=2),
        things=((0.6, 0.2, 0.8, 0.6), (0.05, 0.3, 0.2, 0.7)),
    ),
    Scene(
        "hand lifts a mug",
        "choose",
        ("held object", "fingers", "cast shadow"),
        backgrounds.table(backgrounds.room((150, 132, 120), (120, 90, 70), 18), _desk, 0.7),
        _mug_in_hand,
        Camera(noise=3, crf=26, drift=0.1),
        things=((0.02, 0.1, 0.25, 0.6), (0.75, 0.05, 0.98, 0.5)),
    ),
    Scene(
        "hand holds a mug of its own",
        "choose",
        ("held object apart", "nearly still", "fingers"),
        backgrounds.curtain((168, 150, 142), 9, depth=0.25),
        _hand_and_mug,
        Camera(noise=4, crf=28),
        things=((0.72, 0.3, 0.95, 0.8),),
    ),
    Scene(
        "balloon over trees",
        "choose",
        ("small", "thin parts", "moving background"),
        backgrounds.waving(backgrounds.photo("temple", (0.35, 0.0, 1, 0.75)), 0.01, (0.5, 1.2)),
        _balloon,
        Camera(noise=3, crf=26),
        things=((0.0, 0.5, 0.2, 0.95), (0.75, 0.5, 0.98, 0.95)),
    ),
    Scene(
        "duck and boat on a pond",
        "choose",
        ("several subjects", "moving background", "thin parts"),
        backgrounds.water(lambda stage, rng: lambda u: _linen(stage.shape, rng) * 0.6, (40, 96, 110)),
        _pond,
        Camera(noise=3, crf=25),
        things=((0.1, 0.7, 0.35, 0.95), (0.6, 0.02, 0.95, 0.3)),
    ),
    Scene(
        "robot turns round and changes colour",
        "choose",
        ("changes colour", "turns round", "moving background", "cast shadow"),
        backgrounds.screens(
            backgrounds.room((92, 110, 100), (112, 104, 96), 12),
            ((0.06, 0.1, 0.26, 0.45), (0.66, 0.08, 0.94, 0.5)),
        ),
        _robot,
        Camera(noise=3, crf=26),
        things=((0.06, 0.1, 0.26, 0.45), (0.66, 0.08, 0.94, 0.5)),
    ),
)
