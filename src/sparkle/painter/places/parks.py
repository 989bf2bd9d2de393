"""Trees that people planted: blossom parks, orchards, avenues, city parks, gardens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from sparkle.painter.engine.boughs import frame_with_boughs, litter
from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.grass import Blades, paint_blades
from sparkle.painter.engine.ground import Ground, HeightField, ground_start, height_of, paint_land
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.light import beams
from sparkle.painter.engine.materials import brick
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.plants import tree
from sparkle.painter.engine.solids import Hits
from sparkle.painter.engine.sprites import place
from sparkle.painter.things.land import GRASS, grass_cover
from sparkle.painter.things.landmarks import paint_fountain, street_lamp
from sparkle.painter.things.streets import far_towers
from sparkle.painter.things.waterfall import paint_falls


@dataclass(frozen=True, slots=True)
class Park:
    """A park: kind of tree and its size in metres, where the trees stand, what lies on the ground and how thick.

    `layout` is "rows" (an avenue, `inner` metres from the middle), "double rows" (an orchard), or "scattered".
    """

    kind: str
    layout: str = "scattered"
    size: tuple[float, float] = (6.5, 8.5)
    inner: float = 5.2
    path: float = 1.6
    fallen: tuple[str, ...] = ()
    density: float = 0.45
    litter: int = 1500


SEASON_TREES = {"spring": "young", "summer": "leafy", "autumn": "orange", "winter": "dry"}


def paint_blossom_park(canvas: Canvas) -> None:
    """Blossoming trees along a path; petals on the grass."""
    park = Park("apple" if canvas.plan.has("apple") else "cherry", fallen=("f6cfdc", "e9a9c0"))
    field = park_ground(canvas, park)
    plant(canvas, park, field)
    park_front(canvas, park, field)


def paint_orchard(canvas: Canvas) -> None:
    """Fruit trees in rows, white with blossom in spring."""
    blooming = canvas.plan.season == "spring" or canvas.plan.has("apple")
    park = Park(
        "apple" if blooming else "leafy", "double rows", fallen=("fffaf2", "efe6d8") if blooming else ()
    )
    field = park_ground(canvas, park)
    plant(canvas, park, field)
    park_front(canvas, park, field)


def paint_park_avenue(canvas: Canvas) -> None:
    """An avenue of old trees, in autumn the ground covered with leaves."""
    leaves = ("e08a2a", "c8601c", "eab040", "a8481a") if canvas.plan.season == "autumn" else ()
    kind = SEASON_TREES[canvas.plan.season]
    park = Park(kind, "rows", (7.5, 9.8), 6.2, 2.6, leaves, 0.85, 2600)
    field = park_ground(canvas, park)
    plant(canvas, park, field)
    park_lamps(canvas, park)
    park_front(canvas, park, field)


def paint_park(canvas: Canvas) -> None:
    """A city park: lawns, trees and a path, a fountain, towers behind the trees."""
    far_towers(canvas, 260.0, 40)
    park = Park("cherry" if canvas.plan.has("cherry") else SEASON_TREES[canvas.plan.season], path=2.6)
    field = park_ground(canvas, park)
    side = float(canvas.rng.choice((-1.0, 1.0)))
    paint_fountain(canvas, (side * 5.6, 0.0, 17.0), 2.9)
    plant(canvas, park, field, keep_free=lambda x, z: z < 21 and x * side > 0)
    park_lamps(canvas, park)
    park_front(canvas, park, field)


def park_ground(canvas: Canvas, park: Park) -> HeightField:
    """Lawns and a gravel path, with what has fallen from the trees."""
    noise, plan = canvas.noise, canvas.plan
    bend = 1.6 if park.layout == "scattered" else 0.0
    stones = colour("8d8070" if plan.has("wet") else "cbb692")
    turf = grass_cover(canvas, *GRASS[plan.season], 0.0)

    def field(x: Array, z: Array) -> Array:
        humps = 0.25 * noise.fbm(x / 9, z / 9, 3, exact=2) * np.clip(np.abs(x) / 5, 0, 1)
        return floats(humps + smoothstep(60, 200, z) * 5)

    def cover(ground: Ground) -> Array:
        edge = np.abs(ground.x - bend * np.sin(ground.z / 13))
        edge = edge + 0.16 * noise.fbm(ground.x * 1.2, ground.z * 1.2, 3)
        way = smoothstep(park.path + 0.08, park.path - 0.12, edge)
        gravel = stones * (1 + 0.13 * noise.fbm(ground.x * 4, ground.z * 4, 3)[..., None])
        albedo = mix(turf(ground), gravel, way)
        if not park.fallen:
            return floats(albedo)
        fine = noise.fbm(ground.x * 3.2, ground.z * 3.2, 4, gain=0.7)
        speckle = smoothstep(0.0, 0.35, fine + 0.25 * noise.fbm(ground.x / 5, ground.z / 5, 3))
        thick = park.density * speckle * np.clip(0.25 + np.abs(ground.x) / 6, 0, 1)
        return floats(mix(albedo, colour(park.fallen[0]), thick))

    paint_land(canvas, field, cover, ground_start(canvas), 260)
    return field


def stands(canvas: Canvas, park: Park) -> list[tuple[float, float]]:
    """Places (x, z) of the trees, from far to near."""
    rng, view = canvas.rng, canvas.view
    if park.layout == "scattered":
        depths = np.geomspace(120, 13, 34).tolist()
        sides = rng.choice((-1.0, 1.0), len(depths)) * rng.uniform(0.30, 1.05, len(depths))
        places = [(float(share) * view.half_width(z), z) for share, z in zip(sides, depths, strict=True)]
        return [(float(np.sign(x)) * max(abs(x), 4.4), z) for x, z in places]
    rows = (1.0, 2.5) if park.layout == "double rows" else (1.0,)
    return [
        (side * row * (park.inner + rng.uniform(-0.3, 0.3)), z)
        for z in np.geomspace(150, 15, 14).tolist()
        for side in (-1.0, 1.0)
        for row in rows
    ]


def plant(
    canvas: Canvas,
    park: Park,
    field: HeightField,
    keep_free: Callable[[float, float], bool] = lambda x, z: False,
) -> None:
    """Stand the park's trees, except where `keep_free(x, z)`."""
    rng = canvas.rng
    sprites = [tree(canvas, park.kind, rng, 1.05) for _ in range(3)]
    for x, z in stands(canvas, park):
        if not keep_free(x, z):
            y = height_of(field, x, z)
            place(canvas, sprites[rng.integers(3)], (x, y - 0.05, z), rng.uniform(*park.size), 0.75)


def park_lamps(canvas: Canvas, park: Park) -> None:
    """Lamp posts along the path."""
    for z in (32.0, 20.0, 12.0):
        for side in (-1.0, 1.0):
            at = (side * (park.path + 0.5), 0.05, z)
            street_lamp(canvas, at, 3.3, True, canvas.plan.time in ("dusk", "night"))


def park_front(canvas: Canvas, park: Park, field: HeightField) -> None:
    """What is near: grass, fallen leaves or petals, boughs in the corners, beams when the sun is low."""
    dark, bright = GRASS[canvas.plan.season]

    def grown(x: Array, z: Array) -> Array:
        return floats(np.where(np.abs(x) < park.path + 0.15, -90, field(x, z)))

    paint_blades(canvas, Blades(dark, bright, 0.16, 5200, 1.3, 16), grown)
    if park.fallen:
        litter(canvas, park.fallen, field, park.litter)
    if park.kind != "dry":
        frame_with_boughs(canvas, park.kind, 2, 0.5)
    if canvas.plan.has("beams") or canvas.plan.time == "golden":
        beams(canvas, 0.8)


def paint_garden(canvas: Canvas) -> None:
    """A path between flower beds, hedges and trees; puddles after rain."""
    rng, view, noise, plan = canvas.rng, canvas.view, canvas.noise, canvas.plan
    dark, bright = GRASS[plan.season]

    def way(x: Array, z: Array) -> Array:
        return np.abs(x - 0.9 * np.sin(z / 6.5)) - 1.15

    def field(x: Array, z: Array) -> Array:
        bed = smoothstep(0.0, 0.5, way(x, z)) * 0.14
        return (
            bed
            + 0.06 * noise.fbm(x / 2, z / 2, 3, exact=2) * smoothstep(0, 1, way(x, z))
            + smoothstep(30, 80, z) * 2
        )

    turf = grass_cover(canvas, dark, bright, 0.0)
    slabs = brick("a79a86", "5f5a48", 0.75, 0.5, 0.3)

    def cover(ground: Ground) -> Array:
        on = smoothstep(0.10, -0.06, way(ground.x, ground.z))[..., None]

        n = ground.x.size
        up = np.tile(floats([0, 1, 0]), (n, 1))
        position = np.stack([ground.x.ravel(), np.zeros(n, np.float32), ground.z.ravel()], axis=1)
        stone = slabs(Hits(position, up, ground.z.ravel(), ground.footprint.ravel())).albedo.reshape(
            *ground.x.shape, 3
        )
        return turf(ground) * (1 - on) + stone * on * (0.62 if plan.has("wet") else 1.0)

    paint_land(canvas, field, cover, ground_start(canvas), 120)
    kinds = [
        tree(canvas, "young" if plan.season == "spring" else "leafy", rng),
        tree(canvas, "cherry" if plan.season == "spring" else "olive", rng),
    ]
    for z in np.sort(rng.uniform(20, 70, 30))[::-1]:
        kind, side = kinds[int(rng.uniform() < 0.35)], rng.choice((-1, 1))
        x = side * rng.uniform(0.14, 1.05) * view.half_width(z)
        place(canvas, kind, (x, 0.1, float(z)), rng.uniform(4.5, 8), 0.7)
    shrubs = [tree(canvas, "shrub", rng, 1.5), tree(canvas, "young", rng, 1.5)]
    for z in np.geomspace(26, 6.5, 12):
        for side in (-1.0, 1.0):
            x = 0.9 * np.sin(z / 6.5) + side * rng.uniform(3.4, 4.6)
            place(canvas, shrubs[rng.integers(2)], (float(x), 0.05, float(z)), rng.uniform(1.3, 2.1), 0.6)
    if plan.has("wet"):
        puddles(canvas, way)

    def beds(x: Array, z: Array) -> Array:
        inside = (way(x, z) > 0.15) & (way(x, z) < 1.7)
        return np.where(inside, field(x, z), -90)

    tones = ("e8557f", "f6c445", "c23a55", "8f5cc9", "ffffff", "f08a3c")
    paint_blades(canvas, Blades(dark, bright, 0.42, 5200, 1.7, 22, 0.15, 0.014, "flower", tones, 0.33), beds)
    frame_with_boughs(canvas, "young" if plan.season == "spring" else "leafy", 2, 0.45)


def puddles(canvas: Canvas, way: HeightField) -> None:
    """Shallow mirrors lying on a path where `way(x, z)` is negative."""
    view, noise = canvas.view, canvas.noise
    columns, rows = view.grid()
    z = view.focal * view.eye / np.maximum(rows - view.horizon, 0.3) + 0 * columns
    x = (columns - view.centre) / view.focal * z
    pool = smoothstep(0.10, 0.22, noise.fbm(x / 1.1 + 3, z / 1.6, 3)) * smoothstep(0.0, -0.25, way(x, z))
    pool = pool * (np.abs(canvas.depth / z - 1) < 0.08) * (rows > view.horizon)
    source = np.clip(2 * view.horizon - rows, 0, view.height - 1) + 0 * columns
    mirrored = cv2.remap(canvas.rgb, (columns + 0 * rows), source, cv2.INTER_LINEAR)
    canvas.blend(mirrored * 0.82, pool * 0.85)
    canvas.kinds[pool > 0.5] = Kind.WATER


def paint_jungle(canvas: Canvas) -> None:
    """A waterfall between mossy cliffs, broad leaves in front, a pool below."""
    paint_falls(canvas)
