"""The half that is only ever reported: scenes that need no footage. Nobody looks at it to choose a setting."""

from __future__ import annotations

import cv2
import numpy as np
from benchmarks.eyes import backgrounds, drawn_report, motion
from benchmarks.eyes.cutouts import cut_out, filled, with_hair
from benchmarks.eyes.outlines import OUTLINES
from benchmarks.eyes.photographs import photograph
from benchmarks.eyes.scene import Actor, Background, Camera, Picture, Pose, Scene, Shadow, Sprite, Stage
from benchmarks.eyes.textures import fractal, tiled, tinted, wood


def _brick_wall(stage: Stage, rng: np.random.Generator) -> Background:
    bricks = tiled(photograph("brick"), stage.shape, 0.55 * stage.height / 360)
    light = 0.55 + 0.5 * fractal(stage.shape, rng, 2, 3)
    picture = np.clip(bricks * np.float32([1.15, 0.82, 0.68]) * light[..., None], 0, 255).astype(np.float32)
    return lambda u: picture


def _pebbles(stage: Stage, rng: np.random.Generator) -> Background:
    picture = tinted(fractal(stage.shape, rng, 24, 4), (30, 34, 30), (150, 142, 120))
    return lambda u: picture


def _counter(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    return wood(shape, rng, (104, 70, 44), (190, 146, 104))


def _lawn_in_grey(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    return tinted(fractal(shape, rng, 30, 3), (84, 84, 84), (158, 158, 158))


def _widened(name: str) -> Picture:
    """The photograph of the cup, made 16:9 by mirroring its sides."""
    picture = photograph(name)
    side = round((picture.shape[0] * 16 / 9 - picture.shape[1]) / 2)
    return cv2.copyMakeBorder(picture, 0, 0, side, side, cv2.BORDER_REFLECT)


def _cup_on_its_table(stage: Stage, rng: np.random.Generator) -> Background:
    picture = backgrounds.fitted(_widened("cup"), stage)
    return lambda u: picture


def _cup(rng: np.random.Generator) -> list[Actor]:
    picture = _widened("cup")
    alpha = filled(OUTLINES["cup"], photograph("cup").shape[:2])
    side = (picture.shape[1] - alpha.shape[1]) // 2
    alpha = cv2.copyMakeBorder(
        alpha, 0, 0, side, picture.shape[1] - alpha.shape[1] - side, cv2.BORDER_CONSTANT
    )
    return [Actor("cup", motion.unchanging(Sprite(picture, alpha)), motion.still(Pose(0.5, 1.0, 1.0)))]


def _astronaut(rng: np.random.Generator) -> list[Actor]:
    woman = with_hair(cut_out("astronaut"), rng, (0.0, 0.2), 0.025, 350)
    breathing = motion.bending(woman, 0.002, 1.0, breath=0.004)
    return [
        Actor(
            "astronaut", breathing, motion.still(Pose(0.52, 1.02, 1.12)), Shadow(0.07, 0.02, 0.4, blur=0.03)
        )
    ]


def _officer(rng: np.random.Generator) -> list[Actor]:
    place = motion.swaying(Pose(0.77, 1.12, 1.1), 0.003, 0.0, 0.4, 1.3)
    held = motion.swaying(Pose(0.57, 1.02, 0.95, 9), 0.003, 0.0, 1.2, 1.3)
    return [
        Actor("officer", motion.unchanging(drawn_report.parasol(rng)), held),
        Actor("officer", motion.bending(cut_out("officer"), 0.003, 1.2), place),
    ]


def _cameraman(rng: np.random.Generator) -> list[Actor]:
    return [Actor("cameraman", motion.unchanging(cut_out("cameraman")), motion.still(Pose(0.235, 1.0, 0.95)))]


def _koi(rng: np.random.Generator) -> list[Actor]:
    under = Shadow(0.05, 0.06, 0.35, blur=0.02)
    red = motion.line(Pose(-0.05, 0.5, 0.24, -8), Pose(0.95, 0.66, 0.24, -14))
    black = motion.line(Pose(0.9, 0.42, 0.22, 10, flip=True), Pose(0.2, 0.72, 0.22, 16, flip=True))
    gold = motion.swaying(Pose(0.5, 0.95, 0.2, 4), 0.02, 0.01, 3)
    return [
        Actor("gold koi", drawn_report.koi(rng, (236, 160, 40), 6), gold, under),
        Actor("red koi", drawn_report.koi(rng, (206, 54, 20), 9), red, under),
        Actor("black koi", drawn_report.koi(rng, (40, 40, 48), 8), black, under),
    ]


def _lantern(rng: np.random.Generator) -> list[Actor]:
    path = motion.there_and_back(Pose(0.24, 0.52, 0.3, light=0.9), Pose(0.66, -0.12, 0.26, light=0.9))
    return [Actor("lantern", drawn_report.lantern(rng), path)]


def _puppet(rng: np.random.Generator) -> list[Actor]:
    dancing = motion.swaying(Pose(0.45, 0.98, 1.0), 0.03, 0.012, 2, 2.4)
    return [Actor("puppet", drawn_report.puppet(rng), dancing, Shadow(0.12, 0.04, 0.35, blur=0.025))]


def _bear(rng: np.random.Generator) -> list[Actor]:
    warm, cold = np.array([1.1, 0.95, 0.75]), np.array([0.55, 0.75, 1.25])

    def light(u: float) -> np.ndarray:
        share = float(np.clip((u - 0.4) * 8, 0, 1))
        return warm * (1 - share) + cold * share

    tilting = motion.swaying(Pose(0.6, 0.96, 0.62), 0.0, 0.0, 1.5, 1.0)
    return [
        Actor("bear", drawn_report.bear(rng, light), tilting, Shadow(-0.16, 0.0, 0.5, squash=0.3, blur=0.015))
    ]


def _gripper_with_ball(rng: np.random.Generator) -> list[Actor]:
    carried = motion.swaying(Pose(0.5, 0.72, 0.86), 0.16, 0.05, 0, 1)
    return [Actor("gripper", drawn_report.gripper(rng, "all"), carried, Shadow(0.1, 0.06, 0.4, blur=0.025))]


def _gripper_and_ball(rng: np.random.Generator) -> list[Actor]:
    resting = motion.swaying(Pose(0.58, 0.86, 0.98), 0.002, 0.001, 0, 2)
    seed = int(rng.integers(2**31))
    looks = {part: drawn_report.gripper(np.random.default_rng(seed), part) for part in ("ball", "gripper")}
    return [Actor(part, look, resting) for part, look in looks.items()]


SCENES = (
    Scene(
        "astronaut before bricks",
        "report",
        ("still", "fills the picture", "hair", "same colour", "cast shadow"),
        _brick_wall,
        _astronaut,
        Camera(noise=3, crf=26, drift=0.05),
        things=((0.02, 0.1, 0.2, 0.6), (0.8, 0.2, 0.98, 0.7)),
    ),
    Scene(
        "officer with a parasol in the dark",
        "report",
        ("dark on dark", "held object", "nearly still", "noise", "thin parts"),
        backgrounds.curtain((44, 42, 58), 14, depth=0.3),
        _officer,
        Camera(noise=5, crf=28, exposure=0.5),
        things=((0.02, 0.2, 0.2, 0.8), (0.3, 0.5, 0.45, 0.98)),
    ),
    Scene(
        "cameraman and tripod",
        "report",
        ("still", "thin parts", "held object", "moving background", "black and white"),
        backgrounds.table(backgrounds.sky((150, 150, 150), (236, 236, 236)), _lawn_in_grey, 0.55),
        _cameraman,
        Camera(noise=4, crf=27),
        things=((0.72, 0.3, 0.95, 0.7),),
    ),
    Scene(
        "cup on its table",
        "report",
        ("still", "same colour", "fills the picture", "cast shadow"),
        _cup_on_its_table,
        _cup,
        Camera(noise=3, crf=25, drift=0.04),
        things=((0.0, 0.0, 0.16, 0.3), (0.8, 0.05, 0.99, 0.5)),
    ),
    Scene(
        "three koi cross",
        "report",
        ("several subjects", "moving background", "cast shadow", "turns"),
        backgrounds.water(_pebbles, (34, 66, 52), 2.0, glint=90),
        _koi,
        Camera(noise=3, crf=27),
        things=((0.02, 0.75, 0.2, 0.98),),
    ),
    Scene(
        "lantern leaves and returns at night",
        "report",
        ("night", "leaves and returns", "small", "thin parts", "noise"),
        backgrounds.photo("launch pad"),
        _lantern,
        Camera(noise=7, crf=30, exposure=0.75, drift=0.08),
        things=((0.42, 0.28, 0.58, 0.95), (0.0, 0.1, 0.15, 0.95)),
    ),
    Scene(
        "puppet before a curtain of its colour",
        "report",
        ("same colour", "thin parts", "moving background", "cast shadow"),
        backgrounds.curtain((132, 40, 40), 11, depth=0.22, moving=0.006),
        _puppet,
        Camera(noise=3, crf=27),
        things=((0.75, 0.2, 0.98, 0.9),),
    ),
    Scene(
        "bear under a changing lamp",
        "report",
        ("changes colour", "nearly still", "cast shadow"),
        backgrounds.room((96, 84, 110), (98, 72, 60), 16, 0.8),
        _bear,
        Camera(noise=3, crf=26),
        things=((0.05, 0.05, 0.3, 0.5), (0.02, 0.8, 0.3, 0.99)),
    ),
    Scene(
        "gripper carries a ball",
        "report",
        ("held object", "thin parts", "cast shadow"),
        backgrounds.table(backgrounds.room((138, 148, 156), (90, 90, 90), 20, 0.9), _counter, 0.72),
        _gripper_with_ball,
        Camera(noise=3, crf=26, drift=0.1, shutter=2),
        things=((0.02, 0.1, 0.22, 0.6), (0.8, 0.1, 0.98, 0.6)),
    ),
    Scene(
        "gripper and ball apart",
        "report",
        ("held object apart", "nearly still", "thin parts", "moving background"),
        backgrounds.sky((70, 118, 176), (232, 232, 236)),
        _gripper_and_ball,
        Camera(noise=4, crf=28),
        things=((0.05, 0.2, 0.35, 0.6),),
    ),
)
