"""Things in the air: petals, leaves, snow, rain, dust, embers, fireflies, bubbles, each at its own depth.

A particle lives for a part of the loop: it fades in, travels, fades out, and is gone when it starts again, so that
nothing pops and the loop closes. Near ones are large, fast and out of focus, far ones small, slow and faint.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.animator.layers import Layer, Moment
from sparkle.backends.cpu.animator.noise import Field
from sparkle.backends.cpu.animator.scenery import Scenery

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Species:
    """How one kind of particle looks and moves. Lengths are shares of the picture's size, times in seconds.

    `number` are alive at once at full strength; `radius` is from the farthest to the nearest; `fall` and `blow` are
    speeds of the nearest, down and along the wind; `sway` is a swing to the side; `aspect` length over breadth.
    """

    number: int
    radius: tuple[float, float]
    fall: float
    blow: float
    sway: float
    sway_rate: float
    life: tuple[float, float]
    opacity: float
    aspect: float = 1.0
    spins: bool = False
    glows: bool = False
    blinks: float = 0.0
    lit: float = 0.7
    palette: tuple[tuple[int, int, int], ...] = ((255, 255, 255),)


SPECIES = {
    "petals": Species(120, (0.0024, 0.0080), 0.10, 0.09, 0.014, 0.5, (2.5, 4.5), 0.95, 1.7, True,
                      palette=((250, 205, 215), (244, 182, 198), (255, 226, 232))),
    "leaves": Species(70, (0.003, 0.0095), 0.13, 0.12, 0.022, 0.45, (2.5, 4.5), 0.97, 1.8, True,
                      palette=((196, 120, 40), (170, 78, 30), (210, 160, 60), (140, 100, 40))),
    "snow": Species(800, (0.0013, 0.0080), 0.20, 0.05, 0.012, 0.4, (3.0, 5.0), 0.9, lit=0.45),
    "dust": Species(230, (0.0009, 0.0036), -0.010, 0.020, 0.010, 0.25, (2.5, 4.5), 0.85,
                    glows=True, blinks=0.5, lit=1.0),
    "embers": Species(90, (0.0009, 0.0026), -0.13, 0.03, 0.014, 0.9, (1.2, 2.8), 1.0, glows=True, blinks=2.5, lit=0.0,
                      palette=((255, 150, 50), (255, 110, 30), (255, 196, 96))),
    "fireflies": Species(46, (0.0016, 0.0042), -0.012, 0.012, 0.03, 0.3, (2.0, 4.0), 1.0,
                         glows=True, blinks=0.9, lit=0.0,
                         palette=((214, 255, 110), (255, 236, 120))),
    "bubbles": Species(60, (0.0012, 0.0060), -0.16, 0.01, 0.010, 0.8, (2.0, 4.0), 0.5, lit=0.5,
                       palette=((225, 245, 255),)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Swarm:
    """N particles: where (pixels) and when (share of the loop) each is born, how it moves, how it looks."""

    start: Values
    speed: Values
    born: Values
    life: Values
    depth: Values
    radius: Values
    phase: Values
    colour: Values


def fly(scenery: Scenery, strength: float, kind: str) -> Layer:
    """Let a swarm of `kind` (a key of SPECIES) drift over the picture; `strength` sets number, speed and wind."""
    species = _coloured(SPECIES[kind], kind, scenery)
    swarm = _born(scenery, species, kind, strength)
    sway = species.sway * scenery.size * (0.5 + strength)

    def layer(canvas: Field, moment: Moment) -> None:
        age = (moment.phase - swarm.born) % 1.0
        for i in np.flatnonzero(age < swarm.life):
            _stamp_particle(
                canvas, species, swarm, int(i), float(age[i]) * scenery.duration, scenery.duration, sway
            )

    return layer


def _born(scenery: Scenery, species: Species, kind: str, strength: float) -> _Swarm:
    random = scenery.random(kind)
    longest = min(species.life[1], scenery.duration * 0.96)
    shortest = min(species.life[0], 0.6 * longest)
    alive = species.number * (0.4 + 0.8 * strength)
    count = max(3, round(alive * scenery.duration / (0.5 * (longest + shortest))))
    life = random.uniform(shortest, longest, count)
    depth = random.beta(1.3, 2.6, count)
    pace = (0.35 + 0.65 * depth) * random.uniform(0.8, 1.2, count) * scenery.size
    wind = scenery.wind * species.blow * (0.3 + 1.5 * strength**1.5)
    speed = np.stack([pace * wind, pace * species.fall * (0.65 + 0.5 * strength)], axis=1)
    far, near = species.radius
    lights = np.array(species.palette, np.float64)[random.integers(len(species.palette), size=count)]
    start = _birth_places(scenery, kind, random, speed, life)
    return _Swarm(
        start,
        speed,
        random.random(count),
        life / scenery.duration,
        depth,
        scenery.size * (far + (near - far) * depth**1.6),
        random.uniform(0, 2 * np.pi, count),
        _lit(lights * random.uniform(0.9, 1.06, (count, 1)), start, species, scenery),
    )


def _birth_places(
    scenery: Scenery, kind: str, random: np.random.Generator, speed: Values, life: Values
) -> Values:
    """Spread births so that flights cover the picture evenly; embers rise from flames where there are any."""
    count = len(life)
    flame = scenery.small(scenery.regions.flame)
    if kind == "embers" and float(flame.max()) > 0.4:
        spots = np.argwhere(flame > 0.35)
        chosen = spots[random.integers(len(spots), size=count)] + random.normal(0, 1.2, (count, 2))
        stray = random.random(count) < 0.45
        anywhere = random.uniform((0.35, 0), (1.0, 1.0), (count, 2)) * flame.shape
        places = np.where(stray[:, None], anywhere, chosen)
        return np.asarray(places[:, ::-1] * scenery.step)
    middle = random.uniform((-0.06, -0.06), (1.06, 1.06), (count, 2)) * (scenery.width, scenery.height)
    if kind in ("bubbles", "embers", "fireflies"):
        middle[:, 1] = random.uniform(0.45, 1.0, count) * scenery.height
    return np.asarray(middle - 0.5 * speed * life[:, None])


def _coloured(species: Species, kind: str, scenery: Scenery) -> Species:
    """Petals and leaves take the colours of the picture's own crowns where it has any of that hue."""
    if kind not in ("petals", "leaves"):
        return species
    crowns = scenery.image[scenery.regions.foliage > 0.7]
    if len(crowns) < 200:
        return species
    hue, saturation, value = cv2.cvtColor(crowns[None], cv2.COLOR_RGB2HSV)[0].astype(int).T
    fits = (hue > 150) | (hue < 8) if kind == "petals" else (hue < 32) & (saturation > 90)
    fits &= value > (150 if kind == "petals" else 70)
    if fits.mean() < 0.03:
        return species
    found = crowns[fits].astype(float)
    light = found[np.argsort(found.sum(axis=1))]
    chosen = [light[int(share * (len(light) - 1))] for share in (0.5, 0.75, 0.93)]
    lifted = 25 if kind == "petals" else 8
    return replace(species, palette=tuple((int(min(255, r + lifted)), int(g), int(b)) for r, g, b in chosen))


def _lit(colours: Values, start: Values, species: Species, scenery: Scenery) -> Values:
    """Light the particles as the picture is lit around their birthplace, `lit` of the way."""
    tiny = cv2.GaussianBlur(cv2.resize(scenery.image, (24, 16), interpolation=cv2.INTER_AREA), (0, 0), 1.5)
    column = np.clip(start[:, 0] / scenery.width * 24, 0, 23).astype(int)
    row = np.clip(start[:, 1] / scenery.height * 16, 0, 15).astype(int)
    local = tiny[row, column].astype(np.float64)
    if species.glows and species.lit > 0:
        return np.asarray(scenery.light_colour * np.clip(local.mean(axis=1, keepdims=True) / 110, 0.15, 1.2))
    light = np.clip(local.mean(axis=1, keepdims=True) / 150, 0.22, 1.12)
    tint = local / np.maximum(local.mean(axis=1, keepdims=True), 1)
    shade = 1 + species.lit * (light - 1)
    return np.asarray(np.clip(colours * shade * (0.8 + 0.2 * tint), 0, 255))


def _stamp_particle(
    canvas: Field, species: Species, swarm: _Swarm, i: int, age: float, duration: float, sway: float
) -> None:
    life = swarm.life[i] * duration
    visible = min(1.0, age / (0.16 * life), (life - age) / (0.2 * life))
    turn = swarm.phase[i] + 2 * np.pi * species.sway_rate * age * (0.7 + 0.6 * swarm.depth[i])
    swing = sway * (0.4 + 0.6 * swarm.depth[i])
    x = swarm.start[i, 0] + swarm.speed[i, 0] * age + swing * np.sin(turn)
    y = swarm.start[i, 1] + swarm.speed[i, 1] * age + 0.35 * swing * np.cos(1.3 * turn)
    opacity = (
        species.opacity
        * visible
        * (1 - 0.45 * swarm.depth[i] ** 3)
        * (0.45 + 0.55 * min(1.0, 2.5 * swarm.depth[i]))
    )
    if species.blinks:
        opacity *= 0.55 + 0.45 * np.sin(2 * np.pi * species.blinks * age + 5 * swarm.phase[i])
    radius, colour = swarm.radius[i], swarm.colour[i]
    length, breadth, angle = radius * species.aspect**0.5, radius / species.aspect**0.5, 0.0
    if species.spins:
        angle = 1.7 * turn
        face = np.cos(2.3 * turn + swarm.phase[i])
        breadth *= 0.3 + 0.7 * abs(face)
        colour = colour * (0.9 + 0.12 * face)
    softness = (
        0.5 + (2.2 * max(0.0, swarm.depth[i] - 0.55)) * radius * 0.6 + (0.5 * radius if species.glows else 0)
    )
    stamp(canvas, (x, y), (length, breadth), angle, float(softness), colour, float(opacity), species.glows)


def stamp(
    canvas: Field,
    centre: tuple[float, float],
    radii: tuple[float, float],
    angle: float,
    softness: float,
    colour: Values,
    opacity: float,
    glows: bool,
) -> None:
    """Draw a soft ellipse with sub-pixel precision; what glows adds its light, with a halo."""
    reach = int(np.ceil(max(radii) * (2.6 if glows else 1) + 1.5 * softness + 1))
    left, top = int(np.floor(centre[0])) - reach, int(np.floor(centre[1])) - reach
    x1, x2 = max(left, 0), min(left + 2 * reach + 2, canvas.shape[1])
    y1, y2 = max(top, 0), min(top + 2 * reach + 2, canvas.shape[0])
    if x1 >= x2 or y1 >= y2 or opacity <= 0.01:
        return
    dx, dy = np.arange(x1, x2) - centre[0], (np.arange(y1, y2) - centre[1])[:, None]
    cosine, sine = np.cos(angle), np.sin(angle)
    # Below a pixel the area that is covered shrinks, not the drawn radius: tiny things are faint, not jagged.
    long, short = max(radii[0], 0.6), max(radii[1], 0.6)
    faint = min(1.0, radii[0] / 0.6) * min(1.0, radii[1] / 0.6)
    distance = np.sqrt(((dx * cosine + dy * sine) / long) ** 2 + ((dy * cosine - dx * sine) / short) ** 2)
    cover = np.clip((1 - distance) * min(long, short) / softness + 0.5, 0, 1)
    patch = canvas[y1:y2, x1:x2]
    if glows:
        halo = 0.28 * np.exp(-1.2 * distance)
        patch += (opacity * faint * np.maximum(cover, halo))[..., None] * colour
    else:
        patch += (opacity * faint * cover)[..., None] * (colour - patch)
