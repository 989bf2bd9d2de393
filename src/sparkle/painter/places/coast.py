"""Sea and sand: beaches, rocky shores, lagoons, coastal dunes, lighthouses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.grass import Blades, paint_blades
from sparkle.painter.engine.ground import Cover, Ground, HeightField, ground_start, height_of, paint_land
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.plants import palm, tree
from sparkle.painter.engine.sprites import place
from sparkle.painter.engine.water import Water, paint_foam, paint_water
from sparkle.painter.things.dry_land import rock_cover, rocks
from sparkle.painter.things.landmarks import lighthouse, sailboat

TROPICAL = Water(deep="0a6c93", shallow="3fd0c4", ripple=0.5, wave=1.5)
OCEAN = Water(deep="14506e", shallow="4fa9a5", ripple=0.6, wave=1.9)
GREY_SEA = Water(deep="2c4450", shallow="5f7f80", ripple=0.8, wave=2.4)


def water_for(canvas: Canvas) -> Water:
    """The sea of the plan's weather and place."""
    plan = canvas.plan
    if plan.weather in ("overcast", "rain", "storm", "fog", "snow"):
        return GREY_SEA
    return TROPICAL if plan.has("palms") else OCEAN


def shore(
    canvas: Canvas, side: float, start: float, slant: float = 0.55, bay: float = 0.0
) -> Callable[[Array, Array], Array]:
    """Signed distance from the waterline in metres, positive on land; land lies before it and toward `side`.

    `bay` above 0 lets the land come round on both sides.
    """
    noise, seed = canvas.noise, float(canvas.rng.uniform(0, 60))

    def distance(x: Array, z: Array) -> Array:
        bend = 9 * noise.fbm(z / 60 + seed, x / 60, 2, exact=2) * np.clip(z / 60, 0.05, 1)
        return side * x * slant + (start - z) * 0.8 + bay * x * x / (1 + z / 40) + bend

    return distance


def beach_height(canvas: Canvas, distance: Callable[[Array, Array], Array], dune: float = 0.5) -> HeightField:
    """Sand that rises gently from the water into low dunes."""
    noise = canvas.noise

    def at(x: Array, z: Array) -> Array:
        d = distance(x, z)
        slope = np.where(d > 0, 0.030 * np.minimum(d, 40), np.maximum(0.055 * d, -9))
        humps = noise.fbm(x / 11 + 3, z / 11, 4, exact=2)
        return slope + dune * smoothstep(3, 26, d) * (humps + 0.35) + 0.012 * humps

    return at


def sand_cover(
    canvas: Canvas, distance: Callable[[Array, Array], Array], dry: str = "e9d3a6", wet: str = "a98c66"
) -> Cover:
    """Dry sand with wind ripples and footprints' dimples; wet and dark along the water."""
    noise, pale, dark = canvas.noise, colour(dry), colour(wet)

    def cover(ground: Ground) -> Array:
        d = distance(ground.x, ground.z)
        ragged = 1.1 * noise.fbm(ground.x / 5, ground.z / 5, 4)
        moist = smoothstep(3.4, 0.6, d + ragged)[..., None]
        near = np.clip(0.03 / ground.footprint, 0, 1)
        dimples = noise.fbm(ground.x / 0.55, ground.z / 0.55, 7, gain=0.62) * near
        ripples = np.sin(ground.z * 9 + 5 * noise.quick(ground.x * 0.7, ground.z * 0.7)) * near * 0.4
        tone = (
            1
            + 0.07 * noise.fbm(ground.x / 6, ground.z / 6, 4)
            + (1 - moist[..., 0]) * (0.24 * dimples + 0.05 * ripples)
        )
        return (pale * (1 - moist) + dark * moist) * tone[..., None]

    return cover


def flood(
    canvas: Canvas, water: Water, distance: Callable[[Array, Array], Array], surf: float, level: float = 0.0
) -> None:
    """Pour the sea in: shallow colours by depth, breakers along the waterline, a thin wash of foam on the sand."""
    view = canvas.view
    columns, rows = view.grid()
    z = view.focal * (view.eye - level) / np.maximum(rows - view.horizon, 0.25) + 0 * columns
    x = (columns - view.centre) / view.focal * z
    d = distance(x, z)
    flooded = paint_water(canvas, water, level, np.maximum(-d * 0.05, 0))
    if surf > 0:
        level_ground = (np.abs(canvas.depth / z - 1) < 0.03) & (d < 0.6)
        paint_foam(canvas, _breakers(canvas, x, z, d, surf), np.maximum(flooded, level_ground))


def _breakers(canvas: Canvas, x: Array, z: Array, d: Array, surf: float) -> Array:
    noise = canvas.noise
    ragged = noise.fbm(x / 7, z / 7, 4)
    lace = noise.fbm(x * 1.1, z * 1.1, 4, gain=0.6)
    foam = np.zeros_like(d)
    for number, (at, wide) in enumerate(((-0.4, 0.9), (-4.5, 1.5), (-10.5, 2.2), (-19.0, 2.8))):
        line = d - at + ragged * (0.8 + 0.5 * number)
        front = smoothstep(0.25, 0.0, line) * np.exp(np.minimum(line, 0) / wide)
        gaps = smoothstep(
            -0.7 + 0.22 * number,
            0.35 + 0.22 * number,
            noise.fbm(x / 16 + 9 * number, z / 30, 3) + 0.30 * surf,
        )
        foam += front * gaps * np.clip(1.0 + 1.1 * lace, 0.1, 1.5)
    wash = (
        smoothstep(0.25, 0.75, lace + 0.15 * surf) * smoothstep(-16, -0.5, d) * smoothstep(0.3, -0.6, d) * 0.6
    )
    return np.clip(foam * min(0.6 + 0.5 * surf, 1.5) + wash, 0, 1)


# How a coast may lie: it sweeps from the front to one side, bends round a bay, or lies across; ranges of the distance
# of the water ahead in metres and of the slant, and the bay.
COASTS = (((9.0, 12.5), (0.8, 1.4), 0.0), ((11.0, 15.0), (0.0, 0.25), 0.09), ((6.5, 8.5), (0.08, 0.3), 0.0))
SANDS = ("e9d3a6", "f0e2c2", "dcc294", "e6c9a0")


def paint_beach(canvas: Canvas) -> None:
    """A beach, another with every seed: coast, capes, rocks and sand; palms, boats or bare as the words say."""
    plan, rng = canvas.plan, canvas.rng
    side = float(rng.choice((-1.0, 1.0)))
    if 0 < canvas.light.column < canvas.view.width:  # a low sun stands over the sea
        side = -1.0 if canvas.light.column > canvas.view.centre else 1.0
    start, slant, bay = COASTS[rng.integers(2 if plan.has("palms") else 3)]
    distance = shore(canvas, side, rng.uniform(*start), rng.uniform(*slant), bay)
    height = beach_height(canvas, distance, rng.uniform(0.3, 1.1))
    green = "4c6b45" if plan.season != "winter" else "7f8782"
    for cape in ((side,), (-side,), (side, -side))[rng.integers(3)]:
        headland(canvas, cape, green, rng.uniform(35, 120))
    if rng.uniform() < 0.5:
        _boulders(canvas, -side * rng.uniform(0.15, 0.8), rng.uniform(16, 34))
    sand = sand_cover(canvas, distance, SANDS[rng.integers(len(SANDS))])
    paint_land(canvas, height, sand, ground_start(canvas), 400)
    flood(canvas, water_for(canvas), distance, 2.2 if plan.has("surf") else 1.3)
    if plan.has("boats"):
        sailboat(canvas, -side * rng.uniform(25, 45), rng.uniform(90, 140), 9.0)
    if plan.has("palms"):
        palm_grove(canvas, side, height)
    if plan.has("tall grass", "reeds", "surf"):
        tufts = Blades("6d7040", "c9bd80", 0.6, 2200, 3.0, 26, 0.5)
        paint_blades(canvas, tufts, _tufts(canvas, distance, height))


def _boulders(canvas: Canvas, share: float, z0: float) -> None:
    """A group of rocks in the shallow water, at a share of the view's half width."""
    x0, wide = share * canvas.view.half_width(z0), 0.16 * z0
    bed = rocks(
        canvas,
        lambda x, z: np.zeros_like(x) - 0.8,
        lambda x, z: np.exp(-(((x - x0) / wide) ** 2) - ((z - z0) / (0.7 * wide)) ** 2),
        2.6,
        2.4,
    )
    paint_land(canvas, bed, rock_cover(canvas, "8a8077", "3f3935"), z0 * 0.5, z0 * 1.6, Kind.SOLID)


def _tufts(canvas: Canvas, distance: Callable[[Array, Array], Array], height: HeightField) -> HeightField:
    """Land for dune grass: clumps well above the water, and at the sides of the picture."""

    def at(x: Array, z: Array) -> Array:
        clumps = canvas.noise.fbm(x / 2.2, z / 2.2, 3) > 0.05
        aside = np.abs(x) > 0.5 * canvas.view.half_width(1.0) * z
        return floats(np.where(clumps & aside & (distance(x, z) > 6), height(x, z), -90))

    return at


def palm_grove(canvas: Canvas, side: float, height: HeightField) -> None:
    """Palms along the sand, with undergrowth behind them, the largest at the edge of the picture."""
    rng, view = canvas.rng, canvas.view
    palms = [palm(canvas, rng) for _ in range(3)]
    bush = [tree(canvas, "shrub", rng, 1.35)]
    for z in (150, 120, 98, 80, 66, 54, 45, 38, 31, 25):
        x = side * (view.half_width(z) * rng.uniform(0.5, 0.98) - 1)
        while height_of(height, x, z) < 0.12:
            x += side * 1.5
        y = height_of(height, x, z)
        for _ in range(2):
            place(canvas, bush[0], (x + side * rng.uniform(1, 7), y - 0.4, z + 2), rng.uniform(2, 3.6), 0.3)
        place(canvas, palms[rng.integers(3)], (x, y - 0.1, z), rng.uniform(7.5, 11), 0.8)
    for depth, share in ((17.0, 0.74), (11.5, 0.90)):
        x = side * view.half_width(depth) * share
        y = height_of(height, x, depth)
        place(canvas, palms[rng.integers(3)], (x, y - 0.1, depth), rng.uniform(8.5, 9.5), 0.8)


def headland(canvas: Canvas, side: float, green: str, tall: float = 60.0) -> None:
    """A wooded cape far away on the land's side."""
    noise, leaf = canvas.noise, colour(green)
    seed = float(canvas.rng.uniform(0, 70))

    def at(x: Array, z: Array) -> Array:
        share = smoothstep(
            0.05,
            0.75,
            side * x / z * canvas.view.focal / (canvas.view.width / 2)
            + 0.15 * noise.value(z / 700, z * 0 + seed),
        )
        ridge = 0.55 + 0.6 * noise.fbm(x / 260 + seed, z / 260, 5, exact=3)
        return share * ridge * tall * np.clip((z - 900) / 500, 0, 1) - 0.5

    def cover(ground: Ground) -> Array:
        tone = 0.75 + 0.5 * noise.fbm(ground.x / 30, ground.z / 60, 4)
        return leaf * tone[..., None]

    paint_land(canvas, at, cover, 880, 2600, Kind.SOLID)


def paint_rocky_shore(canvas: Canvas) -> None:
    """Dark rocks, heavy surf and spray."""
    rng = canvas.rng
    side = float(rng.choice((-1.0, 1.0)))
    distance = shore(canvas, side, 9.0, 0.45)

    def band(x: Array, z: Array) -> Array:
        aside = (
            np.sqrt((x / np.maximum(z, 4)) ** 2 + 0.04) - 0.2
        )  # round at x = 0: a kink would show as a line
        edge = np.clip(0.35 + aside * 1.3, 0, 1)
        return smoothstep(-22, -6, distance(x, z)) * edge * smoothstep(3.5, 14, z)

    def bed(x: Array, z: Array) -> Array:
        return np.maximum(0.05 * distance(x, z), -6) - 0.25

    headland(canvas, side, "59614f", 110)
    height = rocks(canvas, bed, band, 6.5, 3.2)
    cover = rock_cover(canvas, "7f766d", "3a3531")
    paint_land(canvas, height, cover, ground_start(canvas) * 0.8, 420, Kind.SOLID)
    flood(canvas, water_for(canvas), distance, 1.7)
    for _ in range(5):
        z = rng.uniform(12, 34)
        spray(canvas, rng.uniform(-0.9, 0.9) * canvas.view.half_width(z), z, rng.uniform(1.6, 3.6))


def spray(canvas: Canvas, x: float, z: float, size: float) -> None:
    """A burst of white water standing over the sea."""
    view, noise = canvas.view, canvas.noise
    column, row = view.project(x, 0.0, z)
    tall = size * view.focal / z
    columns, rows = view.grid()
    across, up = (columns - column) / (tall * 0.9), (row - rows) / tall
    ragged = noise.fbm(columns / (tall * 0.16), rows / (tall * 0.22), 5, gain=0.62)
    plume = np.exp(-(across**2) * 2.2) * np.exp(-np.abs(up - 0.28) * 2.6)
    alpha = (
        smoothstep(0.22, 0.62, plume + 0.34 * ragged)
        * smoothstep(0.02, 0.12, plume)
        * smoothstep(-0.12, 0.05, up)
        * (canvas.depth > z)
    )
    light = canvas.light
    white = floats([0.9, 0.94, 0.96]) * (light.sun * 0.4 + light.ambient * 0.8)
    canvas.blend(white, alpha * 0.85)


def paint_lagoon(canvas: Canvas) -> None:
    """Turquoise water below steep green cliffs."""
    noise, rng = canvas.noise, canvas.rng
    seed = float(rng.uniform(0, 90))
    side = float(rng.choice((-1.0, 1.0)))

    def cliffs(x: Array, z: Array) -> Array:
        edge = noise.fbm(x / 60 + seed, z / 60, 4, exact=3)
        open_sea = np.exp(-((x / z * 2.1 - side * 0.25) ** 2) / 0.10) * 1.1
        wall = smoothstep(0.05, 0.42, edge + (z - 110) / 130 + np.abs(x) / z * 0.9 - 0.55 - open_sea)
        crown = 0.75 + 0.5 * noise.fbm(x / 25 + seed, z / 25, 4, exact=2)
        return wall * crown * 46 - 0.8

    def cover(ground: Ground) -> Array:
        rough = noise.fbm(ground.x / 9, ground.height / 5 + ground.z / 14, 5, gain=0.6)
        stone = colour("a39a86") * (0.75 + 0.5 * noise.fbm(ground.x / 6, ground.height / 16, 4)[..., None])
        leaf = colour("3f6b2c") * (
            0.75 + 0.65 * noise.fbm(ground.x / 3.5, ground.z / 5 + ground.height / 3, 5)[..., None]
        )
        share = smoothstep(-0.35, 0.15, rough + ground.slope * 0.9 - 0.25)
        return mix(stone, leaf, share)

    paint_land(canvas, cliffs, cover, 60, 700, Kind.SOLID)
    distance = shore(canvas, side, 8.0, 0.42)
    height = beach_height(canvas, distance)
    ground_cover = sand_cover(canvas, distance, "f0e2c2")
    paint_land(canvas, height, ground_cover, ground_start(canvas), 58)
    flood(canvas, TROPICAL, distance, 0.35)
    palms = [palm(canvas, rng) for _ in range(2)]
    for z, share in ((26.0, 0.9), (15.0, 0.86), (10.5, 1.0)):
        x = side * canvas.view.half_width(z) * share
        place(canvas, palms[rng.integers(2)], (x, 0.2, z), rng.uniform(7, 9), 0.8)


def paint_coastal_dunes(canvas: Canvas) -> None:
    """Pale dunes with tufts of sea grass, the sea behind them."""
    noise, rng = canvas.noise, canvas.rng
    seed = float(rng.uniform(0, 90))

    def at(x: Array, z: Array) -> Array:
        crests = noise.ridged(x / 26 + seed, z / 18 + 0.3 * noise.value(x / 9, z / 9), 3)
        rise = smoothstep(4, 22, z) * smoothstep(95, 48, z)
        valley = np.clip(0.10 + (x / z * 1.6) ** 2 * 1.7, 0, 1)
        return rise * (crests * 4.6 + 0.2) * valley - 3.5 * smoothstep(60, 110, z)

    def far(x: Array, z: Array) -> Array:
        return 60 - z

    cover = sand_cover(canvas, lambda x, z: np.full_like(x, 30), "d6c193")
    paint_land(canvas, at, cover, ground_start(canvas), 120)
    flood(canvas, water_for(canvas), far, 1.0, level=-2.0)
    tufts = Blades("6b7040", "cbbd7c", 0.85, 6500, 9, 70, 0.55, 0.011)

    def grown(x: Array, z: Array) -> Array:
        bare = noise.fbm(x / 5 + seed, z / 5, 3) < 0.12
        return np.where(bare, -50, at(x, z))

    paint_blades(canvas, tufts, grown)


def paint_lighthouse(canvas: Canvas) -> None:
    """A white lighthouse on a cliff over the sea."""
    noise, rng = canvas.noise, canvas.rng
    side = -1.0 if canvas.light.column > canvas.view.centre else 1.0
    seed = float(rng.uniform(0, 90))

    def at(x: Array, z: Array) -> Array:
        d = side * x - 2 + (z - 60) * 0.10 + 7 * noise.fbm(z / 16 + seed, x / 22, 4, exact=2)
        wall = smoothstep(-4, 5, d)
        top = 13 + 2.0 * noise.fbm(x / 30, z / 30, 3, exact=2) + 3 * smoothstep(20, 60, side * x)
        crag = 2.2 * noise.ridged(x / 7 + seed, z / 7, 4) * wall * (1 - smoothstep(3, 9, d))
        return wall * top * smoothstep(34, 52, z) * smoothstep(190, 130, z) + crag - 1.5

    stone = rock_cover(canvas, "9a8f7f", "4e4740", "668238", 1.0)

    def cover(ground: Ground) -> Array:
        grass = smoothstep(0.72, 0.9, ground.slope) * smoothstep(7, 10, ground.height)
        turf = colour("6f8a3c") * (0.85 + 0.4 * noise.fbm(ground.x / 3, ground.z / 5, 4)[..., None])
        return mix(stone(ground), turf, grass)

    paint_land(canvas, at, cover, 30, 220, Kind.SOLID)
    x = side * canvas.view.half_width(112) * 0.5
    lighthouse(canvas, (x, height_of(at, x, 112.0) - 0.6, 112.0), 21.0)

    def distance(x: Array, z: Array) -> Array:
        return side * x * 0.5 + (9 - z)

    bank = rocks(
        canvas,
        lambda x, z: np.maximum(0.06 * distance(x, z), -4) - 0.3,
        lambda x, z: smoothstep(-14, -3, distance(x, z)) * smoothstep(3, 10, z),
        4.5,
        1.7,
    )
    paint_land(canvas, bank, stone, ground_start(canvas), 30, Kind.SOLID)
    flood(canvas, OCEAN if canvas.plan.weather == "clear" else water_for(canvas), distance, 1.2)
    for z in (44, 50, 58):
        spray(canvas, side * rng.uniform(2, 24), z, rng.uniform(1.5, 3))
