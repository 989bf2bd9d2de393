"""Things of which a part is no solid: boats, a mill's sails, lamps, flags, a fountain."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas, blur, to_srgb
from sparkle.painter.engine.casting import cast
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.light import glow, glow_at
from sparkle.painter.engine.lighting import show
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.palette import Colour, colour
from sparkle.painter.engine.plants import SIZE, light_tones
from sparkle.painter.engine.sprites import Sheet, Sprite, place
from sparkle.painter.moving import craft
from sparkle.painter.things.pieces import Spot, piece


def lit(canvas: Canvas, albedo: Colour, sun: float = 0.6, sky: float = 0.75) -> Colour:
    """A colour under shares of the direct light and of the sky's."""
    return albedo * (canvas.light.sun * sun + canvas.light.ambient * sky)


def sailboat(canvas: Canvas, x: float, z: float, height: float, furled: bool = False) -> None:
    """A boat that rocks on water at level 0, with its mirror image."""
    shapes = craft.boat(canvas, furled)
    sheet = Sheet(SIZE * 2 // 3, SIZE)
    for points, tone in shapes:
        sheet.polygon((floats(points) * floats([1, -1]) + floats([1 / 3, 1])) * SIZE, tone)
    mirror(canvas, sheet.sprite(kind=Kind.SOLID), (x, 0.0, z), height)
    craft.rock(canvas, shapes, (x, -0.1, z), height)


def mirror(canvas: Canvas, sprite: Sprite, at: Spot, height: float, strength: float = 0.45) -> None:
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


def windmill(canvas: Canvas, foot: Spot, height: float) -> None:
    """An old tower mill with lattice sails."""
    _stand(canvas, f"windmill - {height} {height} {height}", foot)
    x, y, z = foot
    craft.sails(canvas, (x, y + height * 0.65, z - height * 0.17), height * 0.42)


def lighthouse(canvas: Canvas, foot: Spot, height: float) -> None:
    """A white tower with red bands, gallery, lantern and cap; it shines when it is dark."""
    _stand(canvas, f"lighthouse - {height} {height} {height}", foot)
    if canvas.plan.time in ("dusk", "night", "sunset", "dawn"):
        lantern = (foot[0], foot[1] + height * 0.85, foot[2])
        glow_at(canvas, lantern, height * 0.12, (2.2, 1.7, 0.9), 0.8)


def street_lamp(canvas: Canvas, at: Spot, height: float, old: bool, shining: bool) -> Spot:
    """A lamp post, an old one or a modern; returns the place of its light."""
    _stand(
        canvas, f"{'old lamp' if old else 'lamp'} {2.6 if shining else 0.0} {height} {height} {height}", at
    )
    head = (at[0], at[1] + height * 1.05, at[2])
    column, row = canvas.view.project(*head)
    line, across = (int(np.clip(v, 0, n - 1)) for v, n in zip((row, column), canvas.depth.shape, strict=True))
    if shining and canvas.depth[line, across] > at[2] - 0.5:
        glow_at(canvas, head, 0.55, (1.5, 0.95, 0.42), 0.9)
    return head


def lamps_in_water(canvas: Canvas, heads: list[Spot]) -> None:
    """The broken columns of light that lamps throw on water at level 0."""
    view = canvas.view
    for head in heads:
        column, row = view.project(*head)
        for step in range(12):
            under, sway = 2 * view.horizon - row + step * 9 * view.unit, canvas.rng.normal(0, 2) * view.unit
            glow(canvas, column + sway, under, 4.5 * view.unit, floats([0.55, 0.32, 0.12]), 0.5 * 0.88**step)


def _stand(canvas: Canvas, head: str, foot: Spot) -> None:
    solids = piece(canvas, head, {}, foot)
    show(canvas, cast(canvas, solids), shadows=solids)


def flag(canvas: Canvas, at: Spot, pole: float, tone: str, torn: bool = False) -> None:
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
    middle = slice(canvas.view.width // 2, canvas.view.width // 2 + 1)
    shade: Array = canvas.hazed(lit(canvas, colour(albedo), sun)[None], floats([z]), middle)[0]
    return to_srgb(shade)


def paint_fountain(canvas: Canvas, at: Spot, size: float) -> None:
    """A round two-tier stone fountain with falling water."""
    x, y, z = at
    _stand(canvas, f"fountain - {size} 1 {size}", at)
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
    veil = np.clip(blur(layer, 0.035 * metre + 0.4) * 1.3, 0, 0.9)
    canvas.blend(white, veil)
    canvas.depth[veil > 0.4] = np.minimum(canvas.depth[veil > 0.4], z)  # who walks behind it is not seen
    craft.splash(canvas, at, size, white)
