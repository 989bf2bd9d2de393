"""Places behind the actors, still and moving. Each function returns what `Scene.background` asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from benchmarks.eyes import textures
from benchmarks.eyes.photographs import photograph
from benchmarks.eyes.scene import Background, Picture, Stage

Maker = Callable[[Stage, np.random.Generator], Background]


def fitted(picture: Picture, stage: Stage) -> Picture:
    """Return the middle of a picture that fills the stage."""
    scale = max(stage.height / picture.shape[0], stage.width / picture.shape[1])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    size = (
        max(stage.width, round(picture.shape[1] * scale)),
        max(stage.height, round(picture.shape[0] * scale)),
    )
    big = np.clip(cv2.resize(picture, size, interpolation=way), 0, 255)
    top, left = (big.shape[0] - stage.height) // 2, (big.shape[1] - stage.width) // 2
    return big[top : top + stage.height, left : left + stage.width].astype(np.float32)


def photo(name: str, part: tuple[float, float, float, float] = (0, 0, 1, 1), defocus: float = 0.0) -> Maker:
    """A photograph, or a part of it (fractions x1, y1, x2, y2); defocus is a sigma at 360 rows."""

    def make(stage: Stage, rng: np.random.Generator) -> Background:
        whole = photograph(name)
        height, width = whole.shape[:2]
        x1, y1, x2, y2 = (
            round(at * size) for at, size in zip(part, (width, height, width, height), strict=True)
        )
        picture = fitted(whole[y1:y2, x1:x2], stage)
        if defocus:
            picture = cv2.GaussianBlur(picture, (0, 0), defocus * stage.height / 360)
        return lambda u: picture

    return make


def room(wall: Sequence[float], floor: Sequence[float], clutter: int = 22, contrast: float = 1.0) -> Maker:
    """A wall with shelves, frames and boxes, and a wooden floor from 0.78 of the height on."""

    def make(stage: Stage, rng: np.random.Generator) -> Background:
        height, width = stage.shape
        stains = textures.fractal(stage.shape, rng, 2, 7)
        picture = np.float32(wall) * (0.75 + 0.4 * stains)[..., None]
        for _ in range(clutter):
            x, y = rng.uniform(0, width), rng.uniform(0, 0.7 * height)
            w, h = rng.uniform(0.02, 0.16) * width, rng.uniform(0.04, 0.24) * height
            tone = 1 + contrast * rng.uniform(-0.55, 0.55)
            colour = np.clip(np.float32(wall) * tone + contrast * rng.normal(0, 14, 3), 8, 245)
            corner, other = (int(x), int(y)), (int(x + w), int(y + h))
            cast = (int(x + w + 0.012 * height), int(y + h + 0.015 * height))
            cv2.rectangle(picture, corner, cast, (0.55 * picture[int(y)].mean(0)).tolist(), -1)
            cv2.rectangle(picture, corner, other, colour.tolist(), -1)
            if rng.random() < 0.5:
                cv2.rectangle(picture, corner, other, (colour * 0.6).tolist(), max(1, height // 120))
        horizon = round(0.78 * height)
        planks = textures.wood(
            (height - horizon, width), rng, np.float32(floor) * 0.6, np.float32(floor) * 1.25
        )
        picture[horizon:] = planks
        picture *= (0.86 + 0.28 * textures.fractal(stage.shape, rng, 12, 6))[..., None]
        picture = cv2.GaussianBlur(picture, (0, 0), 0.7 * height / 360)
        return lambda u: picture

    return make


def curtain(base: Sequence[float], folds: float = 26, depth: float = 0.4, moving: float = 0.0) -> Maker:
    """A heavy curtain, its folds dark by `depth`; a draught pushes them by `moving` (fraction of the width)."""

    def make(stage: Stage, rng: np.random.Generator) -> Background:
        height, width = stage.shape
        weave = textures.cloth(stage.shape, rng, base)
        bend = textures.fractal(stage.shape, rng, 2, 4)
        x = np.linspace(0, 1, width, dtype=np.float32)[None]
        y = np.linspace(0, 1, height, dtype=np.float32)[:, None]

        def at(u: float) -> Picture:
            push = moving * np.sin(2 * np.pi * (1.5 * u + 2 * x)) * y
            light = 1 - 0.8 * depth + depth * np.sin(folds * 2 * np.pi * (x + push) + 5 * bend)
            return np.clip(weave * light[..., None], 0, 255).astype(np.float32)

        if moving:
            return at
        picture = at(0)
        return lambda u: picture

    return make


def waving(still: Maker, strength: float, rows: tuple[float, float], turns: float = 5.0) -> Maker:
    """Leaves in the wind: what lies between two heights moves to and fro by `strength` of the width, each part in its
    own time."""

    def make(stage: Stage, rng: np.random.Generator) -> Background:
        picture = still(stage, rng)(0)
        phase, depth = 9 * textures.fractal(stage.shape, rng, 4, 4), textures.fractal(stage.shape, rng, 5, 4)
        x, y = np.meshgrid(
            np.arange(stage.width, dtype=np.float32), np.arange(stage.height, dtype=np.float32)
        )
        inside = np.clip(np.minimum(y / stage.height - rows[0], rows[1] - y / stage.height) * 12, 0, 1)
        reach = strength * stage.width * depth * inside

        def at(u: float) -> Picture:
            dx = reach * np.sin(2 * np.pi * turns * u + phase)
            dy = 0.5 * reach * np.sin(2 * np.pi * turns * 0.8 * u + 1.3 * phase)
            return cv2.remap(picture, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)

        return at

    return make


def water(bed: Maker, deep: Sequence[float], speed: float = 3.0, glint: float = 70.0) -> Maker:
    """The bed of a pond through moving water: bent light, a colour of its own, glints."""

    def make(stage: Stage, rng: np.random.Generator) -> Background:
        picture = bed(stage, rng)(0)
        x, y = np.meshgrid(
            np.arange(stage.width, dtype=np.float32), np.arange(stage.height, dtype=np.float32)
        )
        size = stage.height / 360
        waves = [
            (rng.uniform(0.02, 0.09) / size, rng.uniform(0, 2 * np.pi), rng.uniform(0.7, 1.6) * speed)
            for _ in range(7)
        ]

        def at(u: float) -> Picture:
            surface = np.zeros(stage.shape, np.float32)
            for number, way, pace in waves:
                surface += np.sin(number * (np.cos(way) * x + np.sin(way) * y * 1.8) + 2 * np.pi * pace * u)
            dx, dy = (cv2.Sobel(surface, cv2.CV_32F, *order) * 5 * size for order in ((1, 0), (0, 1)))
            bent = cv2.remap(picture, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            shine = np.clip((surface - 2.3) / 2.5, 0, 1) ** 2
            colour = 0.55 * bent + 0.45 * np.float32(deep) + 9 * surface[..., None] + glint * shine[..., None]
            return np.clip(colour, 0, 255).astype(np.float32)

        return at

    return make


def screens(behind: Maker, places: Sequence[tuple[float, float, float, float]]) -> Maker:
    """A wall with screens (fractions x1, y1, x2, y2) whose pictures scroll, cut and flicker."""

    def make(stage: Stage, rng: np.random.Generator) -> Background:
        wall = behind(stage, rng)(0)
        shows = []
        for place in places:
            x1, y1, x2, y2 = (round(at * size) for at, size in zip(place, stage.shape[::-1] * 2, strict=True))
            tall = (y2 - y1) * 4
            chart = textures.tinted(
                textures.fractal((tall, x2 - x1), rng, 18, 4), (10, 25, 60), (110, 230, 255)
            )
            for _ in range(40):
                top, left = rng.integers(0, tall), rng.integers(0, x2 - x1)
                colour = rng.uniform(30, 255, 3).tolist()
                end = (int(left + rng.integers(8, 60)), int(top + rng.integers(2, 14)))
                cv2.rectangle(chart, (int(left), int(top)), end, colour, -1)
            shows.append((x1, y1, x2, y2, chart, rng.uniform(0.5, 1.5)))

        def at(u: float) -> Picture:
            picture = wall.copy()
            for x1, y1, x2, y2, chart, pace in shows:
                cut = int(u * 4 * pace) % 3
                top = int((u * pace * 0.8 + 0.29 * cut) % 1 * (len(chart) - (y2 - y1)))
                flicker = 0.9 + 0.1 * np.sin(40 * u * pace)
                picture[y1:y2, x1:x2] = chart[top : top + y2 - y1] * flicker
            return picture

        return at

    return make


def night_street(lights: int = 26, flicker: float = 0.35) -> Maker:
    """A dark street: walls and wet ground hardly seen, lamps out of focus, some of them passing cars."""

    def make(stage: Stage, rng: np.random.Generator) -> Background:
        height, width = stage.shape
        walls = textures.tinted(textures.fractal(stage.shape, rng, 5, 7), (6, 8, 14), (44, 42, 46))
        for _ in range(14):
            x, w = rng.uniform(-0.05, 1) * width, rng.uniform(0.04, 0.16) * width
            top = rng.uniform(0.0, 0.45) * height
            corners = (int(x), int(top)), (int(x + w), int(0.72 * height))
            cv2.rectangle(walls, *corners, rng.uniform(8, 40, 3).tolist(), -1)
        walls = cv2.GaussianBlur(walls, (0, 0), 2.2 * height / 360)
        lamps = [
            (rng.random(), rng.uniform(0.1, 0.66), rng.uniform(0.006, 0.026), rng.uniform(0, 6), rng.random() < 0.3,
             np.float32([255, 190, 90]) if rng.random() < 0.6 else rng.uniform(90, 255, 3).astype(np.float32))
            for _ in range(lights)
        ]  # fmt: skip

        def at(u: float) -> Picture:
            glow = np.zeros((height, width, 3), np.float32)
            for x, y, radius, phase, passes, colour in lamps:
                place = (x + u * 0.6) % 1 if passes else x
                level = 0.75 * (1 + flicker * np.sin(25 * u + phase))
                centre = (int(place * width * 16), int(y * height * 16))
                cv2.circle(
                    glow, centre, int(radius * width * 16), (colour * level).tolist(), -1, cv2.LINE_AA, 4
                )
            mirrored = glow[: round(0.72 * height)][::-1][: height - round(0.72 * height)]
            glow[round(0.72 * height) :][: len(mirrored)] += 0.3 * mirrored
            soft = cv2.GaussianBlur(glow, (0, 0), 1.6 * height / 360) * 0.6
            return np.clip(walls + soft + 0.5 * cv2.GaussianBlur(glow, (0, 0), 14 * height / 360), 0, 255)

        return at

    return make


def table(
    behind: Maker, top: Callable[[tuple[int, int], np.random.Generator], Picture], edge: float = 0.62
) -> Maker:
    """A table in front of a place: its top fills the picture from `edge` of the height on."""

    def make(stage: Stage, rng: np.random.Generator) -> Background:
        view = behind(stage, rng)
        start = round(edge * stage.height)
        surface = top((stage.height - start, stage.width), rng)
        fall = np.linspace(0.8, 1.1, len(surface), dtype=np.float32)[:, None, None]

        def at(u: float) -> Picture:
            picture = view(u).copy()
            picture[start:] = surface * fall
            return picture

        return at

    return make


def sky(bright: Sequence[float], cloud: Sequence[float], speed: float = 0.25) -> Maker:
    """Clouds that drift."""

    def make(stage: Stage, rng: np.random.Generator) -> Background:
        height, width = stage.shape
        air = textures.fractal((height, width * 2), rng, 2, 7)
        air = np.clip((air - 0.35) * 2.2, 0, 1)
        fall = np.linspace(0, 0.35, height, dtype=np.float32)[:, None, None]

        def at(u: float) -> Picture:
            shift = u * speed * width
            window = cv2.warpAffine(air, np.float32([[1, 0, -shift], [0, 1, 0]]), (width, height))
            blue = np.float32(bright) * (1 - fall) + 255 * fall
            return (blue + window[..., None] * (np.float32(cloud) - blue)).astype(np.float32)

        return at

    return make
