"""Trees as sprites: branching wood and clusters of leaves, lit from the sun's side."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas, Light
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.palette import Colour, colour, mix
from sparkle.painter.engine.sprites import Sheet, Sprite

SIZE = 460


@dataclass(frozen=True, slots=True)
class Foliage:
    """Leaf albedo in the shade and in full light, bark, share of leafed twigs, leaf size in parts of the sprite."""

    dark: str
    bright: str
    bark: str = "4a3a2c"
    fullness: float = 1.0
    leaf: float = 0.0105
    trunk: float = 0.042


FOLIAGE = {
    "leafy": Foliage("1f3d16", "86a83c"),
    "young": Foliage("3f6a1f", "b5d05c"),
    "maple": Foliage("7a1c10", "f0702a", leaf=0.012),
    "orange": Foliage("8a3f10", "f7a836", leaf=0.012),
    "birch": Foliage("96700f", "fbd84e", bark="d8d4c8", fullness=0.9, leaf=0.009, trunk=0.024),
    "cherry": Foliage("c4688c", "ffdfe8", bark="3f2d2a", fullness=1.25, leaf=0.009),
    "apple": Foliage("a9b38f", "fffdf4", bark="4a3d33", fullness=1.0, leaf=0.008),
    "olive": Foliage("4a5638", "a9b184", bark="5d5346", fullness=0.85, leaf=0.008),
    "shrub": Foliage("2c4420", "87a04c"),
    "dry": Foliage("5d5130", "a8955c", bark="5a4835", fullness=0.55, leaf=0.007),
    "enchanted": Foliage("0f3d40", "4fa59a", bark="2a2c3a"),
}


def light_tones(light: Light, albedo: Colour, facing: Array) -> Array:
    """Colours (N, 3) of leaves whose share of direct light is `facing` (N,), some of it shining through."""
    backlit = 0.34 if light.behind else 1.0
    direct = facing[:, None] * light.sun * floats(0.95 * backlit)
    return albedo * (direct + light.ambient * (0.45 + 0.5 * facing[:, None]))


def leaf_shapes(centres: Array, sizes: Array, angles: Array, slim: float = 0.55) -> Array:
    """Pointed leaves (N, 6, 2) around centres (N, 2)."""
    outline = floats([[-1, 0], [-0.35, 0.9], [0.4, 0.8], [1, 0], [0.4, -0.8], [-0.35, -0.9]])
    outline = outline * floats([1, slim])
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    x = outline[None, :, 0] * cos - outline[None, :, 1] * sin
    y = outline[None, :, 0] * sin + outline[None, :, 1] * cos
    return centres[:, None] + np.stack([x, y], axis=2) * sizes[:, None, None]


def tree(canvas: Canvas, kind: str, rng: np.random.Generator, spread: float = 1.0) -> Sprite:
    """A broad-leaved tree of a kind of FOLIAGE, as high as the sprite."""
    foliage = FOLIAGE[kind]
    sheet = Sheet(int(SIZE * 1.4), SIZE)
    tips = _grow(sheet, canvas.light, colour(foliage.bark), rng, spread, trunk=foliage.trunk)
    _leaves(sheet, canvas.light, foliage, floats(tips), rng, min(1.3 * canvas.view.unit, 1))
    names = () if kind in ("shrub", "dry") else ("trees", kind)
    return unless_unwanted(canvas, _toward_light(sheet.sprite(), canvas), *names)


def bare_tree(
    canvas: Canvas, rng: np.random.Generator, twisted: float = 0.25, bark: str = "3d322a"
) -> Sprite:
    """A tree without leaves; `twisted` bends its limbs."""
    sheet = Sheet(int(SIZE * 1.4), SIZE)
    _grow(sheet, canvas.light, colour(bark), rng, 1.0, depth=7, crooked=twisted)
    return unless_unwanted(canvas, _toward_light(sheet.sprite(), canvas), "trees", "bare trees")


def unless_unwanted(canvas: Canvas, sprite: Sprite, *names: str) -> Sprite:
    """Return the sprite, or nothing of its size where the plan does not want it: all else is painted as ever."""
    if canvas.plan.leaves_out(*names):
        return replace(sprite, rgba=np.zeros_like(sprite.rgba))
    return sprite


def _toward_light(sprite: Sprite, canvas: Canvas) -> Sprite:
    """Sprites are drawn with light from the left."""
    return sprite.mirrored() if canvas.light.direction[0] > 0 else sprite


def bark_tone(light: Light, bark: Colour) -> Colour:
    """Bark under half of the direct light and the sky's."""
    return bark * (light.sun * 0.38 + light.ambient * 0.75)


def _grow(
    sheet: Sheet,
    light: Light,
    bark: Colour,
    rng: np.random.Generator,
    spread: float,
    depth: int = 5,
    crooked: float = 0.14,
    trunk: float = 0.042,
) -> list[tuple[float, float, float]]:
    """Draw trunk and branches; return the tips (x, y, thickness) where leaves grow."""
    height, width = sheet.rgba.shape[:2]
    tips: list[tuple[float, float, float]] = []
    tone = bark_tone(light, bark)
    stack = [(width / 2, height - 1.0, -np.pi / 2, height * 0.25, height * trunk, depth)]
    while stack:
        x, y, angle, length, thick, level = stack.pop()
        for _ in range(3):
            turned = angle + rng.normal(0, crooked)
            end = (x + np.cos(turned) * length / 3, y + np.sin(turned) * length / 3)
            sheet.limb((x, y), end, (thick, thick * 0.88), tone)
            (x, y), angle, thick = end, turned * 0.8 + angle * 0.2, thick * 0.88
        if level <= 3:
            tips.append((x, y, thick))
        if level == 0 or not (0 < x < width and 0 < y < height):
            continue
        forks = 3 if level >= depth - 1 else 2
        for fork in range(forks):
            side = (fork - (forks - 1) / 2) * (0.95 if forks == 3 else 1.05) * spread
            aim = angle + side + rng.normal(0, 0.2)
            aim += (-np.pi / 2 - aim) * 0.10
            stack.append((x, y, aim, length * rng.uniform(0.66, 0.86), thick * 0.70, level - 1))
    return tips


def _leaves(
    sheet: Sheet, light: Light, foliage: Foliage, tips: Array, rng: np.random.Generator, share: float
) -> None:
    """Cover the tips with leaves: dark ones behind and below, bright ones toward the light (upper left)."""
    height = sheet.rgba.shape[0]
    per_tip = max(int(5200 * foliage.fullness * max(share, 0.4) / len(tips)), 4)
    owner = np.repeat(np.arange(len(tips)), per_tip)
    offset = floats(rng.normal(0, 1, (len(owner), 2)))
    offset /= np.maximum(np.hypot(*offset.T), 1.35)[:, None] / 1.35
    centres = tips[owner, :2] + offset * height * 0.047 * floats([1.15, 0.85])
    middle, size = tips[:, :2].mean(axis=0), tips[:, :2].std(axis=0).mean() * 2.2
    globe = (centres - middle) / size
    local = -(offset[:, 0] * 0.45 + offset[:, 1] * 0.75) * 0.50
    whole = -(globe[:, 0] * 0.45 + globe[:, 1] * 0.65) * 0.62
    facing = floats(np.clip(0.42 + local + whole + rng.normal(0, 0.16, len(owner)), 0, 1))
    order = np.argsort(facing * 0.7 + rng.uniform(0, 0.6, len(owner)))
    ramp = facing[:, None] ** 1.2
    jitter = floats(rng.uniform(0.8, 1.2, (len(owner), 1)))
    albedo = (colour(foliage.dark) * (1 - ramp) + colour(foliage.bright) * ramp) * jitter
    tones = light_tones(light, albedo, facing)
    sizes = height * foliage.leaf / max(share, 0.4) ** 0.5 * floats(rng.uniform(0.7, 1.35, len(owner)))
    shapes = leaf_shapes(centres, sizes, floats(rng.uniform(0, np.pi, len(owner))))
    sheet.polygons(shapes[order], tones[order])


def pine(canvas: Canvas, rng: np.random.Generator, snow: float = 0.0) -> Sprite:
    """A conifer of drooping boughs; `snow` is the share of the boughs that it covers."""
    height, width = SIZE, int(SIZE * 0.56)
    sheet, light = Sheet(width, height), canvas.light
    trunk = bark_tone(light, colour("4b392b"))
    sheet.limb((width / 2, height - 1), (width / 2, height * 0.05), (height * 0.032, 2), trunk)
    dark, bright, white = colour("12281c"), colour("4e7446"), colour("f4f7ff")
    level = 0.93
    while level > 0.02:
        reach = width * 0.48 * level**0.85 * rng.uniform(0.85, 1.05)
        _bough_ring(sheet, light, (width / 2, height * level), reach, (dark, bright, white, snow), rng)
        level -= 0.028 + 0.018 * level
    return unless_unwanted(canvas, _toward_light(sheet.sprite(), canvas), "trees", "pine")


def _bough_ring(
    sheet: Sheet,
    light: Light,
    centre: tuple[float, float],
    reach: float,
    tones: tuple[Colour, Colour, Colour, float],
    rng: np.random.Generator,
) -> None:
    dark, bright, white, snow = tones
    count = int(34 + reach * 0.55)
    side = floats(np.sort(rng.uniform(-1, 1, count)))
    side = side[np.argsort(-np.abs(side))]
    root = np.stack([centre[0] + side * reach * 0.15, np.full(count, centre[1] - reach * 0.36)], axis=1)
    droop = reach * (0.22 + 0.25 * np.abs(side)) * rng.uniform(0.6, 1.2, count)
    tip = np.stack(
        [centre[0] + side * reach * rng.uniform(0.75, 1.05, count), centre[1] - reach * 0.18 + droop], axis=1
    )
    across = np.stack([-(tip - root)[:, 1], (tip - root)[:, 0]], axis=1)
    across /= np.maximum(np.hypot(*across.T), 1e-3)[:, None]
    wide = (reach * 0.050 + 1.2) * across * rng.uniform(0.6, 1.3, (count, 1))
    middle = root * 0.45 + tip * 0.55
    facing = floats(np.clip(0.42 - side * 0.42 + rng.normal(0, 0.18, count), 0, 1))
    albedo = mix(dark, bright, facing)
    shapes = floats(np.stack([root, middle + wide, tip, middle - wide], axis=1))
    sheet.polygons(shapes, light_tones(light, albedo, facing))
    if snow > 0:
        laden = rng.uniform(0, 1, count) < snow
        up = floats([0, -reach * 0.045])
        lid = np.stack(
            [root * 0.5 + tip * 0.5 + up, middle + wide * 1.1 + up, tip, middle - wide * 1.1 + up], axis=1
        )
        sheet.polygons(lid[laden], light_tones(light, white, np.clip(facing + 0.2, 0, 1))[laden])


def palm(canvas: Canvas, rng: np.random.Generator) -> Sprite:
    """A leaning palm with feathered fronds."""
    sheet, light = Sheet(SIZE, SIZE), canvas.light
    bark = bark_tone(light, colour("8a7258"))
    lean = rng.uniform(0.10, 0.24) * rng.choice((-1.0, 1.0))
    t = np.linspace(0, 1, 26)
    foot = 0.5 - lean * 0.7
    xs = SIZE * (foot + lean * t**1.6)
    ys = SIZE * (1 - 0.63 * t)
    for i in range(25):
        width = SIZE * (0.034 - 0.017 * t[i])
        ring = floats(1.1 if i % 2 else 0.88)
        sheet.limb((xs[i], ys[i]), (xs[i + 1], ys[i + 1] - 1), (width, width * 0.96), bark * ring)
    crown = floats([xs[-1], ys[-1]])
    for angle in rng.permutation(np.linspace(-np.pi * 1.13, np.pi * 0.13, 17)):
        _frond(sheet, light, crown, angle + rng.normal(0, 0.08), SIZE * rng.uniform(0.34, 0.43), rng)
    sprite = unless_unwanted(canvas, sheet.sprite(foot), "trees", "palms")
    return sprite if canvas.light.direction[0] <= 0 else sprite.mirrored()


def _frond(
    sheet: Sheet, light: Light, root: Array, angle: float, length: float, rng: np.random.Generator
) -> None:
    t = np.linspace(0.06, 1, 44, dtype=np.float32)
    fall = 0.42 + 0.30 * abs(np.cos(angle))
    spine = root + length * floats(np.stack([np.cos(angle) * t, np.sin(angle) * t + fall * t**2.1], axis=1))
    tangent = np.gradient(spine, axis=0)
    tangent /= np.hypot(*tangent.T)[:, None]
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    reach = length * 0.26 * np.sin(np.pi * np.clip(t * 0.86 + 0.12, 0, 1))[:, None]
    base = 0.62 - 0.30 * np.cos(angle) - 0.22 * (np.sin(angle) > 0)
    for side in (-1.0, 1.0):
        tips = spine + (normal * side * 0.62 + tangent * 0.62) * reach + floats([0, 0.16]) * reach
        wide = tangent * (length * 0.013)
        shapes = floats(np.stack([spine - wide, spine + wide, tips], axis=1))
        upper = 0.22 if side * np.cos(angle) < 0 else -0.18
        facing = floats(np.clip(base + upper + rng.normal(0, 0.12, len(t)), 0, 1))
        albedo = mix(colour("24431d"), colour("94b44e"), facing)
        sheet.polygons(shapes, light_tones(light, albedo, facing))
    for i in range(len(t) - 1):
        sheet.limb(spine[i], spine[i + 1], (2.6, 2.2), light_tones(light, colour("9aa05a"), floats([0.6]))[0])
