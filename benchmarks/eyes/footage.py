"""Scenes from the public clips, for both halves: subjects outlined by hand on one frame, places without anybody.

Two clips are shown as they are: bottles and a woman who stand still on the frames shown, so that one outline is true on
all of them. Elsewhere an outlined subject moves over another place: what another clip shows most of the time, pixel by
pixel, where nobody stood for long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
from benchmarks.eyes import backgrounds, motion
from benchmarks.eyes import footage_outlines as outlined
from benchmarks.eyes.cutouts import cleaned, filled, trimmed
from benchmarks.eyes.footage_outlines import OutlinedFrame
from benchmarks.eyes.scene import Actor, Background, Camera, Picture, Pose, Scene, Shadow, Sprite, Stage

from sparkle.core.errors import SetupError
from sparkle.roles import Frames

MEDIAN_OF_EVERY = 4
# As they are: the clips have noise and compression of their own.
UNTOUCHED = Camera(noise=0, crf=23, blur=0)

Files = Mapping[str, Path]


def footage_scenes(folder: Path) -> Iterator[Scene]:
    """Yield the scenes whose clips lie in `folder` or below it. Raises SetupError when there are none."""
    files = {path.name: path for path in sorted(folder.rglob("*.m*")) if path.is_file()}
    there = [make for needed, make in MAKERS if all(name in files for name in needed)]
    if not there:
        needed_files = sorted({name for needed, _ in MAKERS for name in needed})
        raise SetupError(f"{folder}: has none of the clips that the set uses: {', '.join(needed_files)}")
    for make in there:
        yield make(files)


@cache
def decoded(path: Path) -> Frames:
    """Return all frames of a clip, uint8 (T, H, W, 3)."""
    with av.open(str(path)) as source:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in source.decode(video=0)])


def usual(path: Path, part: tuple[float, float, float, float]) -> Callable[..., Background]:
    """Return the place of a clip, or a part of it (fractions x1, y1, x2, y2): the median over time."""

    def make(stage: Stage, rng: np.random.Generator) -> Background:
        frames = decoded(path)[::MEDIAN_OF_EVERY]
        height, width = frames.shape[1:3]
        x1, y1, x2, y2 = (round(at * size) for at, size in zip(part, (width, height) * 2, strict=True))
        place = np.median(frames[:, y1:y2, x1:x2], axis=0).astype(np.float32)
        picture = backgrounds.fitted(place, stage)
        return lambda u: picture

    return make


def subject(files: Files, taken: OutlinedFrame, name: str) -> Sprite:
    """Return an outlined subject as a sprite."""
    picture = decoded(files[taken.file])[taken.frame].astype(np.float32)
    return trimmed(cleaned(picture, filled(taken.outlines[name], picture.shape[:2])))


def shown_frame(path: Path, span: range, stage: Stage) -> Callable[[float], Picture]:
    """Return the picture at each time of a part of a clip that is shown to and fro, as large as the stage."""

    def picture(u: float) -> Picture:
        at = round(u * (stage.frames - 1)) % (2 * len(span) - 2)
        frame = decoded(path)[span[min(at, 2 * len(span) - 2 - at)]]
        return backgrounds.fitted(frame.astype(np.float32), stage)

    return picture


def standing(path: Path, span: range, taken: OutlinedFrame) -> list[Actor]:
    """Return the outlined subjects of a clip that is shown as it is: what they cover is the clip's own picture."""
    stage = Stage()
    picture = shown_frame(path, span, stage)
    shape = decoded(path).shape[1:3]
    actors = []
    for name, outline in taken.outlines.items():
        alpha = backgrounds.fitted(np.dstack([filled(outline, shape)] * 3), stage)[..., 0]
        actors.append(Actor(name, _covering(picture, alpha), motion.still(Pose(0.5, 1.0, 1.0))))
    return actors


def _covering(picture: Callable[[float], Picture], alpha: Picture) -> Callable[[float], Sprite]:
    return lambda u: Sprite(picture(u), alpha)


def _trumpeter(files: Files) -> Scene:
    def actors(rng: np.random.Generator) -> list[Actor]:
        man = subject(files, outlined.TRUMPETER, "trumpeter")
        playing = motion.swaying(Pose(0.46, 1.02, 0.86), 0.012, 0.006, 1.2, 1.6)
        return [Actor("trumpeter", motion.unchanging(man), playing)]

    return Scene(
        "trumpeter in a passage",
        "choose",
        ("held object", "thin parts", "nearly still", "real footage"),
        usual(files["dog_and_woman.mp4"], (0.36, 0.1, 1.0, 0.78)),
        actors,
        Camera(noise=3, crf=26),
        things=((0.75, 0.0, 1.0, 0.5), (0.3, 0.05, 0.6, 0.3)),
    )


def _woman_and_walker(files: Files) -> Scene:
    def actors(rng: np.random.Generator) -> list[Actor]:
        woman = subject(files, outlined.WOMAN_REACHING, "woman")
        path = motion.there_and_back(Pose(0.4, 0.95, 0.72), Pose(-0.25, 0.95, 0.72), bob=0.01)
        shadow = Shadow(0.1, 0.0, 0.4, squash=0.2, blur=0.012)
        return [Actor("woman", motion.bending(woman, 0.02, 5), path, shadow)]

    return Scene(
        "woman leaves and returns",
        "choose",
        ("leaves and returns", "cast shadow", "moving background", "real footage"),
        backgrounds.waving(usual(files["dog_and_woman.mp4"], (0.36, 0.1, 1.0, 0.78)), 0.006, (0.0, 0.45)),
        actors,
        Camera(noise=4, crf=29, drift=0.1),
        things=((0.75, 0.0, 1.0, 0.5),),
    )


def _hand_over_blocks(files: Files) -> Scene:
    def actors(rng: np.random.Generator) -> list[Actor]:
        hand = subject(files, outlined.HAND, "hand")
        reaching = motion.swaying(Pose(0.46, 0.7, 0.95, -36), 0.07, 0.06, 5, 1.4)
        return [Actor("hand", motion.unchanging(hand), reaching, Shadow(0.03, 0.03, 0.5, blur=0.02))]

    return Scene(
        "hand over blocks",
        "choose",
        ("fingers", "busy background", "cast shadow", "real footage"),
        usual(files["blocks.mp4"], (0.0, 0.13, 1.0, 1.0)),
        actors,
        Camera(noise=3, crf=26, shutter=2),
        things=((0.38, 0.36, 0.56, 0.5), (0.76, 0.3, 0.96, 0.55)),
    )


def _bottles(files: Files) -> Scene:
    path, span = files[outlined.BOTTLES.file], range(76, 110)
    return Scene(
        "two bottles stand",
        "report",
        ("still", "several subjects", "transparent", "real footage"),
        lambda stage, rng: shown_frame(path, span, stage),
        lambda rng: standing(path, span, outlined.BOTTLES),
        UNTOUCHED,
        things=((0.0, 0.0, 0.05, 0.66), (0.1, 0.3, 0.3, 0.6)),
    )


def _woman_standing(files: Files) -> Scene:
    path, span = files[outlined.WOMAN_STANDING.file], range(34, 48)
    return Scene(
        "woman stands at a table",
        "report",
        ("nearly still", "hair", "cast shadow", "real footage"),
        lambda stage, rng: shown_frame(path, span, stage),
        lambda rng: standing(path, span, outlined.WOMAN_STANDING),
        UNTOUCHED,
        things=((0.0, 0.0, 0.14, 0.28), (0.66, 0.0, 0.8, 0.45)),
    )


def _man_in_black(files: Files) -> Scene:
    def shelf(stage: Stage, rng: np.random.Generator) -> Background:
        still = usual(files["Sparkle_season_000029_source.mp4"], (0.5, 0.0, 1.0, 1.0))(stage, rng)(0)
        half = cv2.resize(still, (stage.width // 2, stage.height), interpolation=cv2.INTER_AREA)
        picture = np.hstack([half[:, ::-1], half])
        return lambda u: backgrounds.fitted(picture, stage)

    def actors(rng: np.random.Generator) -> list[Actor]:
        man = subject(files, outlined.MAN_IN_BLACK, "man")
        talking = motion.swaying(Pose(0.5, 1.02, 0.92), 0.01, 0.0, 0.8, 1.5)
        return [Actor("man", motion.bending(man, 0.01, 1.7, breath=0.006), talking)]

    return Scene(
        "man in black before a dark wall",
        "report",
        ("dark on dark", "nearly still", "fingers", "noise", "real footage"),
        shelf,
        actors,
        Camera(noise=5, crf=28),
        things=((0.02, 0.05, 0.25, 0.6), (0.75, 0.05, 0.98, 0.6)),
    )


MAKERS: tuple[tuple[tuple[str, ...], Callable[[Files], Scene]], ...] = (
    ((outlined.TRUMPETER.file, "dog_and_woman.mp4"), _trumpeter),
    ((outlined.WOMAN_REACHING.file,), _woman_and_walker),
    ((outlined.HAND.file,), _hand_over_blocks),
    ((outlined.BOTTLES.file,), _bottles),
    ((outlined.WOMAN_STANDING.file,), _woman_standing),
    ((outlined.MAN_IN_BLACK.file, "Sparkle_season_000029_source.mp4"), _man_in_black),
)
