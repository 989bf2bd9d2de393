"""Things that stand in scenes: birds, boats, lighthouse, lamps, flags, fences."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas, blur, to_srgb
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.light import glow, glow_at
from sparkle.painter.engine.lighting import show
from sparkle.painter.engine.materials import brick, plain, stripes
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.palette import Colour, colour
from sparkle.painter.engine.plants import SIZE, light_tones
from sparkle.painter.engine.solids import Solid, ball, box, cast, column
from sparkle.painter.engine.sprites import Sheet, Sprite, place

SHIFT = 4


def lit(canvas: Canvas, albedo: Colour, sun: float = 0.6, sky: float = 0.75) -> Colour:
    """A colour under shares of the direct light and of the sky's."""
    return albedo * (canvas.light.sun * sun + canvas.light.ambient * sky)


def boat_sprite(canvas: Canvas, hull: str = "f2f0ea", sail: str = "fbf7ee", furled: bool = False) -> Sprite:
    """A sailing boat, sails set or furled."""
    sheet, light = Sheet(SIZE * 2 // 3, SIZE), canvas.light
    w, h = SIZE * 2 // 3, SIZE
    size = floats([w, h])
    hull_lit = light_tones(light, colour(hull), floats([0.7]))[0]
    hull_dark = light_tones(light, colour("3d5a73"), floats([0.4]))[0]
    deck = h * 0.90
    keel = [(0.82, 0.998), (0.20, 0.998)]
    sheet.polygon(size * floats([(0.08, 0.9), (0.95, 0.885), *keel]), hull_lit)
    sheet.polygon(size * floats([(0.17, 0.965), (0.86, 0.965), *keel]), hull_dark)
    sheet.polygon(size * floats([(0.38, 0.9), (0.68, 0.9), (0.64, 0.865), (0.42, 0.865)]), hull_lit * 0.85)
    mast = light_tones(light, colour("c9c3b4"), floats([0.5]))[0]
    sheet.limb((w * 0.5, deck), (w * 0.5, h * 0.02), (h * 0.011, h * 0.007), mast)
    cloth = light_tones(light, colour(sail), floats([0.85]))[0]
    shade = light_tones(light, colour(sail), floats([0.35]))[0]
    if furled:
        sheet.limb((w * 0.5, deck - h * 0.10), (w * 0.88, deck - h * 0.085), (h * 0.022, h * 0.016), shade)
        sheet.limb((w * 0.5, h * 0.03), (w * 0.94, deck - h * 0.01), (2, 2), mast * 0.7)
        sheet.limb((w * 0.5, h * 0.03), (w * 0.08, deck), (2, 2), mast * 0.7)
        return sheet.sprite(kind=Kind.SOLID)
    sheet.polygon(size * floats([(0.515, 0.04), (0.515, 0.83), (0.93, 0.84), (0.80, 0.55)]), cloth)
    sheet.polygon(size * floats([(0.485, 0.08), (0.485, 0.85), (0.12, 0.87)]), shade)
    return sheet.sprite(kind=Kind.SOLID)


def sailboat(canvas: Canvas, x: float, z: float, height: float, furled: bool = False) -> None:
    """A boat on water at level 0, with its mirror image."""
    sprite = boat_sprite(canvas, furled=furled)
    mirror(canvas, sprite, (x, 0.0, z), height)
    place(canvas, sprite, (x, -0.1, z), height)


def mirror(
    canvas: Canvas, sprite: Sprite, at: tuple[float, float, float], height: float, strength: float = 0.45
) -> None:
    """The broken image of a sprite in the water in front of it."""
    view = canvas.view
    column, row = view.project(*at)
    tall = int(height * view.focal / at[2] * 0.9)
    wide = int(tall * sprite.rgba.shape[1] / sprite.rgba.shape[0])
    if tall < 4:
        return
    image = cv2.resize(sprite.rgba, (wide, tall), interpolation=cv2.INTER_AREA)[::-1]
    rows = np.arange(tall, dtype=np.float32)[:, None]
    shake = canvas.noise.quick(np.full((tall, 1), 3.0, np.float32), rows / (2.6 * view.unit)) * (
        1 + rows * 0.06
    )
    columns = np.arange(wide, dtype=np.float32)[None] + shake * 2.0
    image = cv2.remap(
        np.ascontiguousarray(image), columns, np.broadcast_to(rows, (tall, wide)), cv2.INTER_LINEAR
    )
    image = floats(image * (strength * np.clip(1.1 - rows / tall, 0, 1))[..., None])
    left, top = int(column - wide * sprite.foot), int(row)
    a, b, c, d = max(left, 0), min(left + wide, view.width), max(top, 0), min(top + tall, view.height)
    if a < b and c < d:
        part = image[c - top : d - top, a - left : b - left]
        target = canvas.rgb[c:d, a:b]
        target *= 1 - part[..., 3:]
        target += part[..., :3]


def lighthouse(canvas: Canvas, foot: tuple[float, float, float], height: float) -> None:
    """A white tower with a red band, gallery, lantern and cap; it shines when it is dark."""
    x, y, z = foot
    radius = height * 0.115
    white, red, dark = plain("f4f1ea"), plain("b3372c"), plain("3a3c40")
    body = height * 0.78
    parts: list[Solid] = [
        column(stripes("f4f1ea", "b8382d", body / 5 * 2, 0.5), (x, y, z), radius, body, radius * 0.68),
        column(dark, (x, y + body, z), radius * 0.98, height * 0.02),
        column(white, (x, y + body + height * 0.02, z), radius * 0.55, height * 0.10),
        column(red, (x, y + body + height * 0.12, z), radius * 0.66, height * 0.10, 0.05),
        box(
            brick("efe9dd", "d8d0c0"),
            (x + radius * 3.0, y, z + 1),
            (radius * 3.4, height * 0.16, radius * 2.4),
        ),
    ]
    show(canvas, cast(canvas, parts))
    if canvas.plan.time in ("dusk", "night", "sunset", "dawn"):
        glow_at(canvas, (x, y + body + height * 0.07, z), height * 0.12, (2.2, 1.7, 0.9), 0.8)


def street_lamp(
    canvas: Canvas, at: tuple[float, float, float], height: float, old: bool, shining: bool
) -> tuple[float, float, float]:
    """A lamp post; returns the place of its light."""
    x, y, z = at
    iron = plain("23262b")
    parts: list[Solid] = [
        column(iron, (x, y, z), 0.11, height * 0.10, 0.08),
        column(iron, (x, y, z), 0.05, height),
    ]
    head = (x, y + height + 0.16, z)
    if old:
        parts += [
            box(plain("ffdf9a", 2.6 if shining else 0.0), (x, y + height, z), (0.30, 0.42, 0.30)),
            column(iron, (x, y + height + 0.42, z), 0.24, 0.18, 0.02),
        ]
    else:
        parts += [ball(plain("fff0cf", 2.6 if shining else 0.0), head, (0.42, 0.42, 0.42))]
    show(canvas, cast(canvas, parts))
    if shining:
        column_, row = canvas.view.project(*head)
        size = 0.55 * canvas.view.focal / z
        if (
            canvas.depth[
                int(np.clip(row, 0, canvas.view.height - 1)), int(np.clip(column_, 0, canvas.view.width - 1))
            ]
            > z - 0.5
        ):
            glow(canvas, column_, row, size, floats([1.5, 0.95, 0.42]), 0.9)
    return head


def flag(canvas: Canvas, at: tuple[float, float, float], pole: float, tone: str, torn: bool = False) -> None:
    """A long banner on a pole, waving to one side; `torn` frays its end."""
    rng = canvas.rng
    sheet, light = Sheet(SIZE // 2, SIZE), canvas.light
    w, h = SIZE // 2, SIZE
    wood = light_tones(light, colour("4c3b2c"), floats([0.4]))[0]
    sheet.limb((w * 0.12, h - 1), (w * 0.12, 2), (h * 0.012, h * 0.009), wood)
    t = np.linspace(0, 1, 40)
    phase = rng.uniform(0, 6)
    wave = np.sin(t * 7 + phase)
    top = h * 0.03 + h * 0.035 * wave * t + h * 0.05 * t
    drop = h * (0.30 - 0.06 * t)
    facing = np.clip(0.5 + 0.45 * np.cos(t * 7 + phase), 0, 1)
    tones = light_tones(light, colour(tone), facing)
    for i in range(39):
        x0, x1 = w * (0.13 + 0.83 * t[i]), w * (0.13 + 0.83 * t[i + 1]) + 1
        cut = rng.uniform(0.55, 1.0) if torn and i > 12 else 1.0
        if torn and rng.uniform() < 0.12 * t[i]:
            continue
        foot0, foot1 = top[i] + drop[i] * cut, top[i + 1] + drop[i + 1] * cut
        sheet.polygon(floats([(x0, top[i]), (x1, top[i + 1]), (x1, foot1), (x0, foot0)]), tones[i])
    place(canvas, Sprite(sheet.rgba, 0.12, Kind.CLOTH), at, pole, 0.5)


def pixel_tone(canvas: Canvas, albedo: str, z: float, sun: float = 0.6) -> tuple[float, float, float]:
    """sRGB of a colour at a distance, for OpenCV's drawing functions."""
    shade: Array = canvas.hazed(
        lit(canvas, colour(albedo), sun)[None],
        floats([z]),
        slice(canvas.view.width // 2, canvas.view.width // 2 + 1),
    )[0]
    return to_srgb(shade)


def paint_fountain(canvas: Canvas, at: tuple[float, float, float], size: float) -> None:
    """A round two-tier stone fountain with falling water."""
    x, y, z = at
    pale = brick("cfc7b8", "9a9284", 0.6, 0.3, 0.2)
    rim = plain("ddd6c8")
    parts: list[Solid] = [
        column(pale, (x, y, z), size, 0.55),
        column(plain("5f9fb5"), (x, y + 0.55, z), size * 0.90, 0.02),
        column(rim, (x, y + 0.5, z), 0.30, 1.3, 0.22),
        column(rim, (x, y + 1.7, z), 0.35, 0.28, size * 0.46),
        column(rim, (x, y + 1.95, z), 0.16, 0.8, 0.12),
        column(rim, (x, y + 2.7, z), 0.15, 0.18, size * 0.2),
    ]
    show(canvas, cast(canvas, parts), shadows=parts[2:])
    view, rng = canvas.view, canvas.rng
    metre = view.focal / z
    white = lit(canvas, colour("f2f8fb"), 0.6, 0.9)
    layer = np.zeros_like(canvas.depth)
    for _ in range(520):
        inner = rng.uniform() < 0.45
        start, reach, top = (0.1, size * 0.33, y + 3.7) if inner else (size * 0.4, size * 0.30, y + 1.95)
        angle, speed = rng.uniform(0, 6.28), rng.uniform(0.6, 1.1)
        t = np.linspace(0, 1, 8)
        radius = start + reach * t * speed
        height = top - (top - y - 0.6) * t**2 if not inner else y + 2.8 + 1.3 * t - 3.2 * t**2
        px = view.centre + view.focal * (x + radius * np.cos(angle)) / (z + radius * np.sin(angle))
        py = view.horizon - view.focal * (height - view.eye) / (z + radius * np.sin(angle))
        points = (np.stack([px, py], axis=1) * 16).astype(np.int32)
        cv2.polylines(layer, [points], False, float(rng.uniform(0.15, 0.6)), 1, cv2.LINE_8, 4)
    canvas.blend(white, np.clip(blur(layer, 0.035 * metre + 0.4) * 1.3, 0, 0.9))
