"""Among trees: pine, leafy, birch, maple and enchanted forests, jungle, blossom parks, orchards, avenues, gardens."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sparkle.painter.engine.boughs import frame_with_boughs, litter, trunk_sprite
from sparkle.painter.engine.canvas import Array, Canvas, blur
from sparkle.painter.engine.grass import Blades, paint_blades
from sparkle.painter.engine.ground import Cover, Ground, HeightField, ground_start, height_of, paint_land
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.light import beams, fog_bank, shafts
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.plants import FOLIAGE, bare_tree, pine, tree
from sparkle.painter.engine.sprites import Sprite, paste, place
from sparkle.painter.things.fires import campfire, glowing_mushrooms
from sparkle.painter.things.land import snow_cover
from sparkle.painter.things.landmarks import lit


@dataclass(frozen=True, slots=True)
class Woods:
    """A forest: bark, foliage kind, floor tones, how thick the trunks stand, how far one sees (metres)."""

    bark: str
    foliage: str
    floor: tuple[str, str]
    litter: tuple[str, ...] = ()
    sight: float = 55.0
    trunk: float = 0.42
    air: str = ""


WOODS = {
    "pine": Woods("5a4534", "pine", ("3c3a22", "6f6a3c"), ("7a5a36", "5d4a2c"), 60, 0.40),
    "leafy": Woods("54443a", "leafy", ("3f4f22", "7d8a3e"), ("6e6a35", "8a7a45"), 50, 0.36),
    "birch": Woods("dcd8cc", "birch", ("6f6a30", "a9973f"), ("e2b53c", "c98f2c", "f0d05c"), 60, 0.24),
    "maple": Woods(
        "4d3b33", "maple", ("6b3f22", "a4602c"), ("c8401c", "e0702a", "a02c16", "ecac3c"), 50, 0.36
    ),
    "enchanted": Woods("2c3140", "enchanted", ("12302f", "2a5a50"), (), 40, 0.5, "3fa9a0"),
    "winter": Woods("4a4038", "bare", ("dfe8f5", "f2f6ff"), (), 60, 0.34),
}


def woods_for(canvas: Canvas) -> Woods:
    """The woods of the plan's words and season."""
    plan = canvas.plan
    if plan.has("mushrooms"):
        return WOODS["enchanted"]
    for name in ("pine", "birch", "maple"):
        if plan.has(name):
            return WOODS[name]
    if plan.season == "winter":
        return WOODS["winter"]
    return WOODS["maple" if plan.season == "autumn" else ("pine" if plan.has("campfire") else "leafy")]


def paint_forest(canvas: Canvas) -> None:
    """Trunks in depth, glowing air between them, foliage above, litter on the ground; beams, fire or mushrooms."""
    plan, woods = canvas.plan, woods_for(canvas)
    _light_from_above(canvas)
    _forest_air(canvas, woods)
    floor = _forest_floor(canvas, woods)
    _far_trees(canvas, woods, floor)
    if plan.has("beams") or woods.air or plan.weather == "fog":
        fog_bank(canvas, 0.4, canvas.view.horizon / canvas.view.height - 0.05, 0.22)
    _near_trunks(canvas, woods, floor)
    if plan.has("campfire"):
        campfire(canvas, (float(canvas.rng.choice((-1.0, 1.0))) * 2.3, 0.0, 7.0))
    if woods.litter and plan.season != "winter":
        litter(canvas, woods.litter, floor, 2200)
    _undergrowth(canvas, woods, floor)
    _canopy(canvas, woods)
    if plan.has("mushrooms"):
        glowing_mushrooms(canvas, floor)
    if plan.has("beams") and plan.time != "night":
        beams(canvas, 1.0, (canvas.view.width * canvas.rng.uniform(0.3, 0.7), -0.25 * canvas.view.height))
        shafts(canvas, 0.22)


def _light_from_above(canvas: Canvas) -> None:
    """Under trees the light comes from above, whatever the hour, and much of it is scattered."""
    light = canvas.light
    direction = light.direction * floats([1, 0, 1]) + floats([0, 0.9, 0])
    direction = direction / np.linalg.norm(direction)
    canvas.light = replace(light, direction=direction, ambient=light.ambient * 1.1 + light.sun * 0.10)


def _forest_air(canvas: Canvas, woods: Woods) -> None:
    """Behind the trees: bright, blurred leaves toward the light instead of open sky."""
    view, noise, light = canvas.view, canvas.noise, canvas.light
    columns, rows = view.grid()
    u, v = columns / view.height, rows / view.height
    leaf = {"pine": "6f8a5a", "bare": "c3cdd8"}.get(woods.foliage) or FOLIAGE[woods.foliage].bright
    tone = lit(canvas, colour(leaf), 0.55, 0.7)
    deep = lit(canvas, colour(leaf), 0.10, 0.35)
    blobs = noise.fbm(u * 9, v * 9, 5, gain=0.6)
    glow_share = np.exp(-(((u * view.height / view.width - 0.5) / 0.42) ** 2) - ((v - 0.42) / 0.34) ** 2)
    share = np.clip(0.30 + 0.5 * blobs + 0.55 * glow_share, 0, 1)
    leaves = mix(deep, tone, share)
    gaps = smoothstep(0.05, 0.5, blobs + glow_share - 0.45) * 0.8
    sky = canvas.rgb * 0.9 + light.sun * 0.12
    air = mix(leaves, sky, gaps)
    if woods.air:
        air = air * 0.35 + colour(woods.air) * (0.05 + 0.42 * glow_share[..., None])
    canvas.blend(blur(air, 3 * view.unit), np.full(canvas.depth.shape, 0.92, np.float32))
    canvas.kinds[:] = Kind.OTHER
    centre = blur(canvas.rgb, 30 * view.unit)[int(view.horizon * 0.8)]
    canvas.horizon_glow = centre * 0.85


def _forest_floor(canvas: Canvas, woods: Woods) -> HeightField:
    noise, seed = canvas.noise, float(canvas.rng.uniform(0, 90))

    def at(x: Array, z: Array) -> Array:
        banks = smoothstep(1.2, 9, np.abs(x - 0.6 * np.sin(z / 7))) * 0.55
        return banks + 0.35 * noise.fbm(x / 6 + seed, z / 6, 4, exact=2) * np.clip(z / 8, 0, 1)

    low, high = (colour(code) for code in woods.floor)
    path = colour("8f7a5a" if canvas.plan.season != "winter" else "e8edf5")

    def cover(ground: Ground) -> Array:
        share = np.clip(0.5 + 0.6 * noise.fbm(ground.x / 1.6, ground.z / 1.6, 6, gain=0.6), 0, 1)
        albedo = mix(low, high, share)
        way = smoothstep(
            1.5, 0.7, np.abs(ground.x - 0.6 * np.sin(ground.z / 7)) + 0.5 * noise.fbm(ground.x, ground.z, 3)
        )
        way = way[..., None] * (0.65 if canvas.plan.has("path") or canvas.plan.season != "winter" else 0.2)
        dapple = smoothstep(0.05, 0.45, noise.fbm(ground.x / 1.1 + 30, ground.z / 1.7, 3))[..., None]
        strength = 0.55 if canvas.plan.time in ("day", "golden") and canvas.plan.weather == "clear" else 0.0
        return (albedo * (1 - way) + path * way) * (1 - strength + strength * (0.45 + 1.0 * dapple))

    winter = canvas.plan.season == "winter"
    chosen: Cover = snow_cover(canvas) if winter else cover
    paint_land(canvas, at, chosen, ground_start(canvas), woods.sight * 2.2)
    return at


def _far_trees(canvas: Canvas, woods: Woods, floor: HeightField) -> None:
    rng, view = canvas.rng, canvas.view
    if woods.foliage == "pine" or (woods.foliage == "bare" and canvas.plan.has("pine")):
        kinds = [pine(canvas, rng, 0.65 if canvas.plan.season == "winter" else 0.0) for _ in range(3)]
    elif woods.foliage == "bare":
        kinds = [bare_tree(canvas, rng) for _ in range(3)]
    else:
        kinds = [tree(canvas, woods.foliage, rng, 0.8) for _ in range(3)]
    haze = float(np.exp(-1.0))
    for z in np.sort(1 / rng.uniform(1 / (woods.sight * 1.8), 1 / 14, 80))[::-1]:
        side = rng.choice((-1.0, 1.0))
        x = side * max(rng.uniform(0.03, 1.05) * view.half_width(z), 2.2)
        y = height_of(floor, x, z)
        sprite = _faded(canvas, kinds[rng.integers(3)], z / woods.sight * haze)
        place(canvas, sprite, (x, y - 0.1, float(z)), rng.uniform(9, 15), 0.5)


def _faded(canvas: Canvas, sprite: Sprite, amount: float) -> Sprite:
    """Woods swallow light faster than open air does."""
    share = floats(1 - np.exp(-amount * 1.9))
    air = canvas.horizon_glow.mean(axis=0) * 0.75
    rgba = sprite.rgba.copy()
    rgba[..., :3] = rgba[..., :3] * (1 - share) + air * share * rgba[..., 3:]
    return Sprite(rgba, sprite.foot, sprite.kind)


def _near_trunks(canvas: Canvas, woods: Woods, floor: HeightField) -> None:
    rng, view = canvas.rng, canvas.view
    trunks = [trunk_sprite(canvas, woods.bark, rng) for _ in range(3)]
    for z in np.sort(1 / rng.uniform(1 / 22, 1 / 5.0, 8 if woods.foliage in ("pine", "bare") else 12))[::-1]:
        x = rng.choice((-1.0, 1.0)) * rng.uniform(0.28, 1.1) * view.half_width(z)
        y = height_of(floor, x, z)
        wide = woods.trunk * rng.uniform(0.7, 1.3)
        sprite = _faded(canvas, trunks[rng.integers(3)], z / woods.sight * 0.6)
        c, r = view.project(x, y - 0.12, float(z))
        w = wide * 150 / 84 * view.focal / z
        tall = max(w * 6, r + 12 * view.unit)
        paste(canvas, sprite, (c - w / 2, r - tall, w, tall), float(z))


def _undergrowth(canvas: Canvas, woods: Woods, floor: HeightField) -> None:
    if canvas.plan.season == "winter":
        return

    def off_path(x: Array, z: Array) -> Array:
        clear = np.abs(x - 0.6 * np.sin(z / 7)) < 1.3 + 0.6 * canvas.noise.quick(z, x)
        return np.where(clear, -90, floor(x, z))

    dark, bright = {
        "enchanted": ("123c34", "3f8a70"),
        "maple": ("5a4a22", "a58a3c"),
        "birch": ("6a6428", "b8a648"),
    }.get(woods.foliage, ("2d4a1c", "7f9c44"))
    paint_blades(canvas, Blades(dark, bright, 0.34, 3000, 1.6, 18, 0.3, 0.014), off_path)


def _canopy(canvas: Canvas, woods: Woods) -> None:
    kind = woods.foliage if woods.foliage in FOLIAGE else None
    if kind is not None:
        frame_with_boughs(canvas, kind, 4, 0.55)
