"""Land in rows and stands: vineyards, lavender, tulips, sunflowers, wheat, prairie, moor, pumpkins, country roads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.grass import Blades, paint_blades
from sparkle.painter.engine.ground import Cover, Ground, HeightField, ground_start, hills, paint_land
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.light import fog_bank
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.strokes import disc, fill
from sparkle.painter.things.farm import barn, windmill
from sparkle.painter.things.land import GRASS, backdrop, grass_cover, scatter, tree_kinds


@dataclass(frozen=True, slots=True)
class Crop:
    """Plants in hedges along the view: soil, plant tones (one or several, row by row), row spacing and height, and the
    stalks drawn near."""

    soil: str
    tones: tuple[tuple[str, str], ...]
    spacing: float
    height: float
    fill: float
    blades: Blades


LAVENDER = Crop(
    "9a8560",
    (("4b3a78", "9a7fd0"),),
    1.35,
    0.55,
    0.74,
    Blades("4d5a3c", "7d8a5c", 0.36, 4200, 1.4, 22, 0.1, 0.008, "spike", ("8f6fd0", "7a5cc4", "a78be0"), 1.0),
)
TULIPS = Crop(
    "7a6848",
    (
        ("b01f2c", "ef4a4a"),
        ("d9901a", "ffd24a"),
        ("a83a78", "f58ac0"),
        ("c9c0b4", "fffaf0"),
        ("6a2a86", "a860c8"),
    ),
    1.1,
    0.34,
    0.80,
    Blades("3f6a2a", "6f9a44", 0.40, 3600, 1.4, 20, 0.05, 0.012, "tulip", ("e83a3a",), 1.0),
)
VINE_LEAVES = ("5f8a2c", "8fb044", "a9c455", "3f6a22")
VINEYARD = Crop(
    "a58a60",
    (("2f4f1c", "84a63c"),),
    2.7,
    1.55,
    0.50,
    Blades("2f4f1c", "8fb044", 0.30, 5600, 2.4, 30, 0.2, 0.03, "leaf", VINE_LEAVES),
)


def _rows_of(crop: Crop, x: Array) -> tuple[Array, Array]:
    """Number of the row, and the height share of the hedge there (0 between rows)."""
    phase = x / crop.spacing
    number = np.floor(phase)
    off = np.abs(phase - number - 0.5) * 2
    return number, np.sqrt(np.clip(1 - (off / crop.fill) ** 4, 0, 1))


def crop_field(canvas: Canvas, crop: Crop, rise: HeightField) -> HeightField:
    """The hedges as land, ending where the field ends."""
    noise = canvas.noise

    def at(x: Array, z: Array) -> Array:
        number, share = _rows_of(crop, x)
        lumps = 0.80 + 0.28 * noise.fbm(x / (crop.spacing * 0.35) + number, z / (crop.spacing * 0.45), 3)
        return rise(x, z) + share * lumps * crop.height * smoothstep(190, 150, z)

    return at


def crop_cover(canvas: Canvas, crop: Crop, beyond: Cover) -> Cover:
    """Plant tones on the hedges, soil between, grass beyond the field."""
    noise, soil = canvas.noise, colour(crop.soil)
    dark = np.stack([colour(low) for low, _ in crop.tones])
    bright = np.stack([colour(high) for _, high in crop.tones])

    def cover(ground: Ground) -> Array:
        number, share = _rows_of(crop, ground.x)
        kind = (np.floor(number / 3).astype(int) if len(crop.tones) > 1 else number.astype(int)) % len(
            crop.tones
        )
        fine = noise.fbm(ground.x / 0.13 + ground.height * 3, ground.z / 0.16, 4, gain=0.62) * np.clip(
            0.2 / ground.footprint, 0.15, 1
        )
        tone = np.clip(0.25 + 0.55 * share + 0.75 * fine, 0, 1)
        plant = mix(dark[kind], bright[kind], tone)
        earth = soil * (1 + 0.25 * noise.fbm(ground.x / 0.5, ground.z / 0.5, 4)[..., None])
        on = smoothstep(0.25, 0.55, share + 0.3 * fine)
        albedo = mix(earth, plant, on)
        away = smoothstep(150, 185, ground.z)
        return mix(albedo, beyond(ground), away)

    return cover


def paint_rows(canvas: Canvas, crop: Crop) -> None:
    """Rows that run to the horizon, with hills and trees behind them."""
    plan, rng = canvas.plan, canvas.rng
    if plan.has("mountains", "snowy peaks"):
        backdrop(canvas, 1300)
    dark, bright = GRASS[plan.season]
    rise = hills(canvas.noise, 210, 30, 70, float(rng.uniform(0, 90)))
    field = crop_field(canvas, crop, rise)
    cover = crop_cover(canvas, crop, grass_cover(canvas, dark, bright, 0.3))
    paint_land(canvas, field, cover, ground_start(canvas), 1600)
    scatter(canvas, tree_kinds(canvas), rise, 190, 420, 40, (8, 13), 0.05)
    if crop is TULIPS:
        windmill(canvas, (float(rng.choice((-1.0, 1.0))) * 62, 0.0, 150.0), 24)
    _near_stalks(canvas, crop, field)


def _near_stalks(canvas: Canvas, crop: Crop, field: HeightField) -> None:
    if len(crop.tones) == 1:
        sunk = replace(crop.blades, row=0.0)

        def on_rows(x: Array, z: Array) -> Array:
            _, share = _rows_of(crop, x)
            return np.where(share < 0.3, -90, field(x, z) - crop.blades.height * 0.35)

        paint_blades(canvas, sunk, on_rows)
        return
    for kind, (_, bright) in enumerate(crop.tones):

        def of_kind(x: Array, z: Array, kind: int = kind) -> Array:
            number, share = _rows_of(crop, x)
            mine = (np.floor(number / 3).astype(int) % len(crop.tones)) == kind
            return np.where(mine & (share > 0.3), field(x, z) - 0.22, -90)

        paint_blades(canvas, replace(crop.blades, heads=(bright,)), of_kind)


@dataclass(frozen=True, slots=True)
class Stand:
    """Plants that stand everywhere: ground tones and the stalks."""

    ground: tuple[str, str]
    blades: tuple[Blades, ...]
    roll: float = 18.0


WHEAT = Stand(
    ("a8822c", "e2bd5e"),
    (
        Blades(
            "8f6f28", "d9b458", 0.80, 9000, 1.5, 34, 0.28, 0.008, "ear", ("e8c468", "d2a244", "f0d488"), 0.75
        ),
    ),
    14,
)
PRAIRIE = Stand(
    ("8a7c3a", "c9b164"),
    (
        Blades("6d6a30", "c9b565", 0.75, 9500, 1.5, 36, 0.55, 0.009),
        Blades("8a7a3c", "e0cc86", 1.0, 1500, 1.8, 24, 0.6, 0.008, "ear", ("d9c07a", "b89a58"), 0.5),
    ),
    16,
)
SUNFLOWERS = Stand(("3f6326", "8a9a3a"), (Blades("35551f", "6f9438", 1.15, 1500, 2.0, 30, 0.1, 0.03),), 10)
MOOR = Stand(
    ("4f4230", "7f6a44"),
    (
        Blades("4a3f2a", "9c8350", 0.45, 5500, 1.6, 26, 0.4, 0.009),
        Blades(
            "4a3828", "7a5a50", 0.36, 3600, 1.6, 30, 0.15, 0.010, "spike", ("8a5a74", "75506a", "9a6a5c"), 0.9
        ),
    ),
    24,
)


def paint_stand(canvas: Canvas, stand: Stand) -> None:
    """A field of standing stalks under a big sky."""
    plan, rng, noise = canvas.plan, canvas.rng, canvas.noise
    field = hills(noise, 240, stand.roll, 60, float(rng.uniform(0, 90)))
    low, high = colour(stand.ground[0]), colour(stand.ground[1])
    beyond = grass_cover(canvas, *GRASS[plan.season], 0.4)

    def cover(ground: Ground) -> Array:
        waves = noise.fbm(ground.x / 16 + 0.3 * ground.z / 16, ground.z / 5, 4)
        fine = noise.fbm(ground.x / 0.22, ground.z / 0.8, 4, gain=0.65) * np.clip(
            0.35 / ground.footprint, 0.12, 1
        )
        share = np.clip(0.5 + 0.35 * waves + 0.5 * fine, 0, 1)
        albedo = mix(low, high, share)
        if stand is MOOR:
            bloom = smoothstep(0.05, 0.45, noise.fbm(ground.x / 9, ground.z / 9, 5))[..., None]
            return albedo * (1 - bloom * 0.6) + colour("75505f") * bloom * 0.6
        away = smoothstep(170, 330, ground.z + 40 * noise.fbm(ground.x / 80, ground.z / 80, 2))[..., None] * (
            stand is not PRAIRIE
        )
        return albedo * (1 - away) + beyond(ground) * away

    paint_land(canvas, field, cover, ground_start(canvas), 1600)
    if stand is not MOOR:
        scatter(canvas, tree_kinds(canvas), field, 150, 420, 26 if stand is not PRAIRIE else 7, (8, 13), 0.05)
    else:
        fog_bank(canvas, 0.75, canvas.view.horizon / canvas.view.height + 0.03, 0.06)
    if plan.has("windmill"):
        windmill(canvas, (float(rng.choice((-1.0, 1.0))) * 17, 0.0, 52.0), 15)
    if plan.has("barn"):
        barn(canvas, (float(rng.choice((-1.0, 1.0))) * 24, 0.0, 70.0))
    for blades in stand.blades:
        paint_blades(canvas, blades, field)
    if stand is SUNFLOWERS:
        sunflowers(canvas, field)
    if plan.weather == "fog" or plan.has("mist"):
        fog_bank(canvas, 0.55, canvas.view.horizon / canvas.view.height + 0.08, 0.08)


def sunflowers(canvas: Canvas, field: HeightField) -> None:
    """Flower heads in depth that look toward the viewer; the nearest with petals and seeds."""
    rng, view = canvas.rng, canvas.view

    light = canvas.light
    count = 900
    z = np.sort(1 / rng.uniform(1 / 60, 1 / 3.2, count))[::-1]
    x = rng.uniform(-1.1, 1.1, count) * view.half_width(1.0) * z
    tall = rng.uniform(0.95, 1.3, count)
    y = field(x[None], z[None])[0] + tall
    lift = light.sun * 0.8 + light.ambient * 0.7
    gold, amber, brown, dark = (colour(code) for code in ("ffcf2a", "e89a12", "5a3618", "2e1b0d"))
    with canvas.drawing(Kind.GRASS) as drawing:
        for i in range(count):
            c, r = view.project(float(x[i]), float(y[i]), float(z[i]))
            size = 0.155 * view.focal / float(z[i]) * rng.uniform(0.8, 1.15)
            tones = [
                tuple((np.clip(t, 0, 1) ** (1 / 2.2) * 255).tolist())
                for t in canvas.hazed(
                    np.stack([gold, amber, brown, dark]) * lift, np.full(4, z[i]), np.full(4, view.width // 2)
                )
            ]
            squash, turn = rng.uniform(0.82, 0.98), rng.uniform(0, 1)
            petals = 16 if size > 4 * view.unit else 8
            for ring, tone in ((1.0, tones[1]), (0.88, tones[0])):
                for k in range(petals):
                    a = turn + (k + 0.5 * (ring < 1)) * 2 * np.pi / petals
                    d, n = size * floats([[np.cos(a), np.sin(a) * squash], [-np.sin(a), np.cos(a) * squash]])
                    half = [d * 0.4 + n * 0.13, d * 0.75 + n * 0.15, d * ring, d * 0.75 - n * 0.15]
                    fill(drawing, np.add([c, r], [*half, d * 0.4 - n * 0.13]), tone)
            disc(drawing, (c, r), (size * 0.5, size * 0.5 * squash), tones[2])
            disc(drawing, (c, r), (size * 0.27, size * 0.27 * squash), tones[3])


paint_lavender = partial(paint_rows, crop=LAVENDER)
paint_tulips = partial(paint_rows, crop=TULIPS)
paint_vineyard = partial(paint_rows, crop=VINEYARD)
paint_wheat = partial(paint_stand, stand=WHEAT)
paint_prairie = partial(paint_stand, stand=PRAIRIE)
paint_sunflowers = partial(paint_stand, stand=SUNFLOWERS)
paint_moor = partial(paint_stand, stand=MOOR)
