"""People who walk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.faces import Face
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import Colour
from sparkle.painter.moving.shapes import Points, facing, limb, ring, shaded, times

# Metres from one to their like behind, metres a second, metres of two steps.
FILE, WALK, STRIDE = 8.4, 1.5, 1.4
POSES = 28  # of a double step
FADE = 25.0  # metres over which who comes from far away appears
COATS = ("2b3444", "6b3a34", "8c8272", "3f4a3a", "a8a39a", "1f2126", "4a4256", "8a4a3a", "2f5a6a", "c9b890")
TROUSERS = ("23252c", "3a4258", "5a5148", "2f2a28")
SKINS, HAIRS = ("d9a98a", "b8805c", "7a4f38", "e3bda0"), ("2a2019", "4a3524", "15120f", "8a6a44")


def person(canvas: Canvas, coat: str, step: float) -> Callable[[float], list[Face]]:
    """Somebody in a coat: faces for how many double steps were made; `step` is how much one sees of them, from -1 (all,
    to the left) to 1 (to the right)."""
    rng, bright = canvas.rng, 1.0 if canvas.light.direction[0] > 0 else -1.0
    trousers, skin, hair = (table[rng.integers(len(table))] for table in (TROUSERS, SKINS, HAIRS))
    size, bag = rng.uniform(0.92, 1.06), rng.uniform() < 0.4
    tones = {
        code: shaded(canvas, code, (0, 0.3, -0.8), 0.5) for code in (coat, trousers, skin, hair, "1c1a1a")
    }
    lit = shaded(canvas, coat, (bright * 0.6, 0.3, -0.6), 0.6)

    @cache
    def stand(pose: int) -> list[Face]:
        gait = 2 * np.pi * pose / POSES
        broad = 1 - 0.5 * abs(step)
        lift = 0.025 * abs(float(np.cos(gait)))
        shapes: list[tuple[Points, Colour]] = []
        for leg in (-1.0, 1.0):
            swing = float(np.sin(gait)) * leg
            bend = 0.55 * max(0.0, float(np.cos(gait)) * leg)
            hip = (0.08 * leg * broad, 0.92 + lift)
            knee = (hip[0] + 0.2 * swing * step, hip[1] - 0.43)
            foot = (knee[0] + (0.2 * swing - 0.3 * bend) * step, 0.04 + 0.16 * bend)
            toe = foot[0] + (0.13 * np.sign(step) * abs(step) if abs(step) > 0.5 else 0.02 * leg)
            shapes.append((limb(hip, knee, (0.17, 0.13)), tones[trousers]))
            shapes.append((limb(knee, foot, (0.13, 0.09)), tones[trousers]))
            shapes.append(
                (limb((foot[0], 0.04 + 0.14 * bend), (toe, 0.03 + 0.1 * bend), (0.1, 0.08)), tones["1c1a1a"])
            )
            hand = (0.25 * leg * broad - 0.22 * swing * step, 0.84 + lift)
            arm = limb((0.19 * leg * broad, 1.4 + lift), hand, (0.12, 0.08))
            shapes = [(arm, tones[coat]), *shapes] if leg * bright > 0 else [*shapes, (arm, lit)]
        half = 0.2 * broad
        body = [(-half, 1.45 + lift), (half, 1.45 + lift), (0.85 * half, 0.8), (-0.85 * half, 0.8)]
        shapes.append((body, tones[coat]))
        edge = half * bright
        shapes.append(
            ([(edge, 1.45 + lift), (0.35 * edge, 1.46 + lift), (0.3 * edge, 0.82), (0.85 * edge, 0.8)], lit)
        )
        if bag:
            shapes.append((limb((-0.8 * edge, 1.2), (-0.8 * edge, 0.86), (0.2, 0.22)), tones[hair]))
        shapes += [(limb((0, 1.42 + lift), (0, 1.55 + lift), (0.1, 0.09)), tones[skin])]
        shapes += [(ring(0.02 * step, 1.62 + lift, 0.09, 0.12), tones[skin])]
        shapes += [(ring(-0.012 * step, 1.665 + lift, 0.1, 0.085), tones[hair])]
        ground = [Face(floats([[x, 0.01, z] for x, z in ring(0, 0, 0.3, 0.25)]), floats([0, 0, 0]), 0.4)]
        return ground + [Face(facing(points) * floats([size, size, 1]), tone) for points, tone in shapes]

    return lambda made: stand(round(made * POSES) % POSES)


def walkers(
    canvas: Canvas,
    lanes: Sequence[float],
    near: float,
    far: float,
    level: float = 0.0,
    across: bool = False,
    corner: float = -99.0,
) -> None:
    """People who walk to and fro in lines `lanes` metres from the middle, or `across` the view so far ahead.

    They come and go at `near` and at `far` (metres ahead, or to the right), where nobody sees it: outside the picture,
    behind a house, far away; those who walk ahead come around a house from `corner` on. After `FILE` metres somebody
    of the same looks comes, so that they pass in a loop.
    """
    rng = canvas.rng
    coats, turns = rng.permutation(COATS), rng.permutation(len(lanes))
    for number, lane in enumerate(lanes):
        start = near + FILE * (turns[number] + rng.uniform(0, 0.8)) / len(lanes)
        way = int(rng.choice((-1, 1)))
        who = person(canvas, str(coats[number % len(coats)]), way * (1.0 if across else 0.35))
        for place in range(-1, int((far - near) // FILE) + 2):
            canvas.movers.append(
                partial(_walk, who, lane, start + FILE * place, way, level, far, across, corner)
            )


def _walk(
    who: Callable[[float], list[Face]],
    lane: float,
    start: float,
    way: int,
    level: float,
    far: float,
    across: bool,
    corner: float,
    phase: float,
    seconds: float,
) -> list[Face]:
    gone = FILE * ((phase * times(seconds, WALK / FILE, 0)) % 1.0)
    at = start + way * gone
    fade = 1.0 if across else float(smoothstep(far, far - FADE, floats(at)))
    if at < corner - 4:  # behind the house
        return []
    faces = who(lane + gone / STRIDE)
    x, z = (at, lane) if across else (lane + np.sign(lane) * max(corner - at, 0), at)
    return [Face(face.corners + floats([x, level, z]), face.tone, face.cover * fade) for face in faces]
