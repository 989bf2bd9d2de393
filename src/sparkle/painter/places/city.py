"""Cities: glass towers, streets in one-point perspective, skylines from a roof, alleys, neon nights."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.light import fog_bank, glow, glow_at
from sparkle.painter.engine.lighting import Lamp, show
from sparkle.painter.engine.materials import brick, faces, mottled, plain, windows
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.plants import tree
from sparkle.painter.engine.sky import paint_sky
from sparkle.painter.engine.solids import Material, Model, Solid, box, cast, column
from sparkle.painter.engine.sprites import place
from sparkle.painter.places.place import Place
from sparkle.painter.things.facades import WALLS, asphalt, shop_front
from sparkle.painter.things.landmarks import street_lamp


def dark_hour(canvas: Canvas) -> bool:
    """Whether lamps are lit."""
    return canvas.plan.time in ("dusk", "night") or canvas.plan.has("lit windows")


def lit_share(canvas: Canvas) -> float:
    """Share of windows that are lit at this hour."""
    return {"night": 0.34, "dusk": 0.30, "sunset": 0.16, "dawn": 0.16}.get(canvas.plan.time, 0.0)


def tower(
    canvas: Canvas, at: tuple[float, float, float], wide: float, tall: float, lit: float, turn: float = 0.0
) -> list[Solid]:
    """A high building of glass or stone, with a setback and a roof structure."""
    rng = canvas.rng
    tones = (
        ("b9b2a6", "cfc8bb"),
        ("8d97a1", "a9b4be"),
        ("9c7f6c", "b5957f"),
        ("6f7a85", "8a96a2"),
        ("c7bda8", "ddd3bf"),
    )
    stone = mottled(*tones[rng.integers(5)], 8)
    salt = float(rng.uniform(0, 9))
    sky = "bcd3e6" if canvas.plan.time in ("day",) else "8f8aa6"
    if lit > 0:
        skin = windows(
            stone,
            "1d2833",
            (1.2, 1.5),
            (2.3, 3.1),
            lit,
            1.0,
            sky,
            "55575a",
            ("ffcf8a", "ffe0b0", "ffd9a8")[rng.integers(3)],
            salt,
        )
    elif rng.uniform() < 0.5:
        skin = windows(stone, "263c50", (2.75, 3.0), (2.9, 3.4), lit, 1.5, sky, "7d8890", salt=salt)
    else:
        skin = windows(stone, "2b3844", (1.5, 1.9), (2.8, 3.5), lit, 1.5, sky, "a9a49a", salt=salt)
    skin = faces(skin, skin, mottled("6a6a6a", "7d7d7c", 4))
    deep = wide * rng.uniform(0.75, 1.15)
    parts = [box(skin, at, (wide, tall, deep), turn)]
    if tall > 45 and rng.uniform() < 0.6:
        parts.append(
            box(
                skin,
                (at[0], at[1] + tall, at[2]),
                (wide * 0.66, tall * rng.uniform(0.1, 0.3), deep * 0.66),
                turn,
            )
        )
    else:
        parts.append(
            box(
                mottled("77777a", "8c8c8c", 2),
                (at[0] + wide * 0.1, at[1] + tall, at[2]),
                (wide * 0.3, 3.2, deep * 0.3),
                turn,
            )
        )
    return parts


def far_towers(canvas: Canvas, z: float, count: int) -> None:
    """A hazy row of towers at a distance."""
    rng, view = canvas.rng, canvas.view
    parts: list[Solid] = []
    for _ in range(count):
        depth = z * rng.uniform(0.9, 1.6)
        x = rng.uniform(-1.1, 1.1) * view.half_width(depth)
        parts += tower(
            canvas,
            (x, 0.0, depth),
            rng.uniform(12, 26),
            rng.gamma(4, 0.036) * depth + 8,
            lit_share(canvas),
            rng.uniform(-0.2, 0.2),
        )
    show(canvas, cast(canvas, parts))


def wet_floor(canvas: Canvas, model: Model, share: Array, smear: float = 1.0) -> None:
    """Mirror the picture in a wet floor: stretched downward, broken by ripples; `share` (H, W) says where."""
    view, noise = canvas.view, canvas.noise
    columns, rows = view.grid()
    z = np.where(np.isfinite(model.depth), model.depth, 1e5)
    x = (columns - view.centre) / view.focal * z
    rough = noise.fbm(x / 0.35, z / 0.35, 3)
    pools = 0.35 + 0.65 * smoothstep(-0.25, 0.30, noise.fbm(x / 2.4 + 7, z / 3.4, 4))
    shake = rough * 4.5 * view.unit * smear
    source = np.clip(2 * view.horizon - rows + shake * 2.2, 0, view.height - 1)
    mirrored = cv2.remap(
        canvas.rgb, (columns + shake * 0.6), source, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    mirrored = cv2.GaussianBlur(mirrored, (0, 0), sigmaX=0.8 * view.unit, sigmaY=5 * view.unit * smear)
    steep = np.clip(0.35 + 0.65 * np.exp(-(rows - view.horizon) / (0.30 * view.height)), 0, 1)
    canvas.rgb *= (1 - 0.45 * share * pools)[..., None]
    canvas.add(mirrored * (share * pools * steep * 0.85)[..., None])


def ground_plane(material: Material, depth: float = 600.0) -> Solid:
    """Level ground at height 0."""
    return box(material, (0.0, -0.2, depth / 2 - 20), (depth, 0.2, depth))


def car(
    canvas: Canvas, at: tuple[float, float, float], away: bool, lights: bool
) -> tuple[list[Solid], list[tuple[float, float, float]]]:
    """A car on the road; returns its solids and the places of its visible lamps."""
    x, y, z = at
    paint = plain(("8a1f22", "1f3a5c", "d8d8d6", "2a2c30", "b8b8b4", "c79a2c")[canvas.rng.integers(6)])
    glass, dark = plain("25303a"), plain("1a1a1c")
    parts = [
        box(paint, (x, y + 0.32, z), (1.8, 0.52, 4.3)),
        box(glass, (x, y + 0.82, z + 0.2), (1.55, 0.5, 2.2)),
        box(paint, (x, y + 1.30, z + 0.2), (1.45, 0.06, 1.9)),
        box(dark, (x, y, z - 1.35), (1.82, 0.5, 0.62)),
        box(dark, (x, y, z + 1.35), (1.82, 0.5, 0.62)),
    ]
    lamp = plain("ff3020" if away else "fff4d8", (2.4 if lights else 0.5))
    spots = []
    for side in (-0.66, 0.66):
        parts.append(box(lamp, (x + side, y + 0.55, z - 2.16), (0.34, 0.16, 0.04)))
        spots.append((x + side, y + 0.63, z - 2.2))
    return parts, spots


def paint_street(canvas: Canvas) -> None:
    """A downtown street between towers; traffic, trees and lamps; wet when it rains."""
    paint_sky(canvas)
    rng, plan = canvas.rng, canvas.plan
    dark = dark_hour(canvas)
    far_towers(canvas, 420, 26)
    blocks: list[Solid] = []
    for side in (-1.0, 1.0):
        z = 3.0
        while z < 330:
            wide, tall = rng.uniform(15, 27), rng.uniform(22, 85) if z > 16 else rng.uniform(26, 60)
            if rng.uniform() < 0.45:
                blocks += tower(
                    canvas, (side * (9.2 + wide / 2), 0.0, z + wide / 2), wide, tall, lit_share(canvas)
                )
            else:
                wall = WALLS[("stone", "brick", "plaster", "concrete", "pale")[rng.integers(5)]]()
                blocks.append(
                    box(
                        shop_front(canvas, wall, dark, float(rng.uniform(0, 9))),
                        (side * (9.2 + wide / 2), 0.0, z + wide / 2),
                        (wide, tall * 0.55, wide),
                    )
                )
            z += wide * 1.02 + (7 if rng.uniform() < 0.2 else 0)
    road = box(asphalt(), (0.0, -0.2, 180.0), (9.4, 0.2, 400.0))
    walk = brick("a8a49c", "7d7a74", 0.9, 0.9, 0.15)
    floor = [road, *(box(walk, (side * 7.0, -0.2, 180.0), (4.7, 0.34, 400.0)) for side in (-1.0, 1.0))]
    cars: list[Solid] = []
    lamps: list[tuple[float, float, float, bool]] = []
    for lane, away in ((-2.1, False), (2.1, True)):
        z = rng.uniform(13, 22)
        while z < 140:
            made, spots = car(canvas, (lane + rng.uniform(-0.2, 0.2), 0.0, z), away, dark)
            cars += made
            lamps += [(*spot, away) for spot in spots]
            z += rng.uniform(9, 30)
    model = cast(canvas, [*blocks, *floor, *cars])
    show(canvas, model, sky=1.35, shadows=blocks if plan.time in ("day", "golden") else ())
    street_trees(canvas, 7.6)
    if plan.weather in ("rain", "storm") or plan.has("wet"):
        wet_floor(canvas, model, on_floor(model))
    posts = [(side * 5.2, z) for z in (62.0, 40.0, 25.0, 15.0) for side in (-1.0, 1.0)]
    for x, z in posts:
        street_lamp(canvas, (x, 0.14, z), 4.6, False, dark)
    if dark:
        for x, y, z, away in lamps:
            glow_at(canvas, (x, y, z), 0.30, (1.6, 0.15, 0.08) if away else (1.5, 1.3, 0.95), 0.55)


def on_floor(model: Model) -> Array:
    """1 where the model shows a level surface."""
    return np.isfinite(model.depth) & (model.normal[..., 1] > 0.9)


def street_trees(canvas: Canvas, x: float) -> None:
    """A row of trees along both pavements."""
    if canvas.plan.has("neon"):
        return
    kind = {"spring": "young", "summer": "leafy", "autumn": "orange", "winter": "dry"}[canvas.plan.season]
    sprites = [tree(canvas, kind, canvas.rng, 0.8) for _ in range(2)]
    for z in (90.0, 74.0, 60.0, 48.0, 38.0, 30.0, 23.0, 17.5):
        for side in (-1.0, 1.0):
            if canvas.rng.uniform() < 0.75:
                place(
                    canvas,
                    sprites[canvas.rng.integers(2)],
                    (side * x, 0.1, z),
                    canvas.rng.uniform(5, 6.5),
                    0.4,
                )


def paint_skyline(canvas: Canvas) -> None:
    """A city seen from a roof: a parapet in front, blocks and towers to the horizon."""
    paint_sky(canvas)
    rng, view, plan = canvas.rng, canvas.view, canvas.plan
    share = lit_share(canvas)
    parts: list[Solid] = []
    for z in np.geomspace(1500, 120, 120):
        for _ in range(3 if z > 500 else 2):
            x = rng.uniform(-1.15, 1.15) * view.half_width(z)
            centre = np.exp(
                -((((x / view.half_width(z)) - 0.25 * np.sign(canvas.light.direction[0])) / 0.55) ** 2)
            )
            tall = rng.gamma(3.0, 9) + centre * rng.gamma(2.0, 26) * np.clip(z / 500, 0.5, 1.3)
            if z < 220:
                tall = min(tall, 44)
            parts += tower(
                canvas, (float(x), 0.0, float(z)), rng.uniform(16, 30), float(tall) + 6, share, 0.12
            )
    parts.append(ground_plane(mottled("55575a", "6e7074", 30), 5000))
    show(canvas, cast(canvas, parts), shadows=())
    if dark_hour(canvas):
        _streets_of_light(canvas)
    if plan.time in ("dawn", "dusk", "sunset") or plan.weather == "fog":
        fog_bank(canvas, 0.45, view.horizon / view.height + 0.05, 0.07)
    _roof(canvas)


def _streets_of_light(canvas: Canvas) -> None:
    """Warm dots between the buildings."""
    rng, view = canvas.rng, canvas.view
    for _ in range(240):
        z = rng.uniform(150, 900)
        c, r = view.project(rng.uniform(-1, 1) * view.half_width(z), rng.uniform(3, 9), z)
        row, col = int(np.clip(r, 0, view.height - 1)), int(np.clip(c, 0, view.width - 1))
        if canvas.depth[row, col] > z * 0.9:
            glow(canvas, c, r, 1.3 * view.unit, floats([1.9, 1.1, 0.45]), float(rng.uniform(0.4, 1.2)))


def _roof(canvas: Canvas) -> None:
    eye = canvas.view.eye
    deck, wall = brick("9a948a", "77726a", 1.2, 1.2, 0.12), mottled("a49c90", "b9b1a4", 1.0)
    parts = [
        box(deck, (0, eye - 1.9, 3.4), (40, 0.2, 7.0)),
        box(wall, (0, eye - 1.75, 6.6), (40, 0.42, 0.4)),
        box(plain("bdb6aa"), (0, eye - 1.34, 6.6), (40, 0.09, 0.55)),
        box(wall, (-5.6, eye - 1.7, 5.6), (1.9, 1.5, 1.5)),
        box(plain("6d7276"), (5.5, eye - 1.7, 5.7), (1.6, 0.9, 1.2)),
        column(plain("6d7276"), (6.9, eye - 1.7, 5.9), 0.16, 2.1),
    ]
    lamps = (
        [Lamp((-2.5, eye + 0.4, 5.0), (1.2, 0.75, 0.4)), Lamp((3.0, eye + 0.4, 5.0), (1.2, 0.75, 0.4))]
        if dark_hour(canvas)
        else []
    )
    show(canvas, cast(canvas, parts), lamps=lamps, shadows=parts[3:])


PLACES = (
    Place(
        "street",
        paint_street,
        r"downtown|city|urban|street|avenue|boulevard|skyscrapers?|metropolis|glass towers?|crosswalk|"
        r"traffic|sidewalk|manhattan|new york|tokyo|london|shanghai|chicago|hong kong",
        3,
        horizon=0.58,
    ),
    Place(
        "skyline",
        paint_skyline,
        r"skyline|rooftop|roof terrace|high[- ]?rise|penthouse|balcony over(looking)? (the|a) city",
        4.5,
        horizon=0.55,
        eye=60,
        fog=0.05,
    ),
)
