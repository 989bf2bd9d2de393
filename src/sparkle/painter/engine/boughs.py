"""Trees seen near: trunks, boughs that frame a picture, fallen leaves."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Canvas, blur
from sparkle.painter.engine.ground import HeightField
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.plants import (
    FOLIAGE,
    SIZE,
    bark_tone,
    leaf_shapes,
    light_tones,
    unless_unwanted,
)
from sparkle.painter.engine.sprites import Sheet, Sprite, paste


def trunk_sprite(canvas: Canvas, bark: str, rng: np.random.Generator) -> Sprite:
    """A trunk that leaves the picture at the top: furrowed bark, or birch bark with black marks."""
    height, width = 900, 150
    noise, light = canvas.noise, canvas.light
    rows, columns = floats(np.mgrid[0:height, 0:width])
    bend = 10 * noise.quick(rows / 420 + float(rng.uniform(0, 50)), rows * 0)
    half = 42 - 0.012 * (height - rows) + 26 * np.exp(-(height - rows) / 38)
    across = (columns - width / 2 - bend) / half
    alpha = np.clip((1 - np.abs(across)) * half + 0.5, 0, 1)
    roundness = np.sqrt(np.clip(1 - across**2, 0, 1))
    facing = np.clip(0.18 - 0.62 * across + 0.45 * roundness - (0.25 if light.behind else 0), 0.0, 1)
    angle = np.arcsin(np.clip(across, -1, 1))
    if bark == "dcd8cc":
        marks = smoothstep(0.42, 0.60, noise.fbm(angle * 1.6 + 3, rows / 13, 3)) * smoothstep(
            -0.2, 0.3, noise.quick(rows / 60, angle)
        )
        texture = 1 - 0.85 * marks
    else:
        furrow = noise.ridged(angle * 5.0 + noise.quick(rows / 70, angle) * 0.8, rows / 120, 4)
        texture = 0.55 + 0.9 * furrow
    tones = light_tones(light, colour(bark), facing.ravel()).reshape(height, width, 3)
    rgb = tones * texture[..., None]
    made = Sprite(np.dstack([rgb * alpha[..., None], alpha]), kind=Kind.SOLID)
    sprite = unless_unwanted(canvas, made, "trees")
    return sprite.mirrored() if light.direction[0] > 0 else sprite


def litter(canvas: Canvas, tones: tuple[str, ...], floor: HeightField, count: int) -> None:
    """Fallen leaves lying on the ground."""
    rng, view = canvas.rng, canvas.view
    z = floats(np.sort(1 / rng.uniform(1 / 26, 1 / 1.4, count))[::-1])
    x = floats(rng.uniform(-1.05, 1.05, count) * view.half_width(1.0) * z)
    y = floats(floor(x[None], z[None])[0])
    scale = view.focal / z
    centres = np.stack([view.centre + x * scale, view.horizon - (y - view.eye) * scale], axis=1)
    shapes = leaf_shapes(
        np.zeros_like(centres, dtype=np.float32), 0.055 * scale, floats(rng.uniform(0, 6.3, count)), 0.7
    )
    shapes[..., 1] *= np.clip(0.35 + 0.3 * rng.uniform(size=(count, 1)), 0, 1)
    shapes += centres[:, None]
    palette = np.stack([colour(code) for code in tones])
    albedo = palette[rng.integers(0, len(tones), count)] * rng.uniform(0.6, 1.25, (count, 1))
    rgb = canvas.hazed(
        albedo * (canvas.light.sun * 0.5 + canvas.light.ambient * 0.8), z, np.full(count, view.width // 2)
    )
    srgb = (np.clip(rgb, 0, 1) ** (1 / 2.2) * 255).tolist()
    with canvas.drawing() as drawing:
        for shape, tone in zip((shapes * 16).astype(np.int32), srgb, strict=True):
            cv2.fillConvexPoly(drawing, shape, tone, cv2.LINE_AA, 4)


def bough(canvas: Canvas, kind: str, rng: np.random.Generator) -> Sprite:
    """A leafy bough seen near, for the upper corners of a picture; hangs from its left end."""
    sheet, light, foliage = Sheet(SIZE, SIZE), canvas.light, FOLIAGE[kind]
    bark = bark_tone(light, colour(foliage.bark))
    tips = []
    for _ in range(7):
        start = np.array([0.0, SIZE * rng.uniform(0.02, 0.25)])
        aim, x = rng.uniform(-0.1, 0.75), start
        for step in range(7):
            end = x + np.array([np.cos(aim), np.sin(aim)]) * SIZE * 0.115
            sheet.limb(x, end, (SIZE * 0.012 * (1 - step / 8), SIZE * 0.012 * (1 - (step + 1) / 8)), bark)
            x, aim = end, aim + rng.normal(0.03, 0.16)
            tips.append(end)
    anchors = np.repeat(floats(tips), 46, axis=0)
    centres = floats(anchors + rng.normal(0, SIZE * 0.036, anchors.shape))
    facing = floats(
        np.clip(0.45 - (centres - anchors)[:, 1] / SIZE * 5 + rng.normal(0, 0.2, len(centres)), 0, 1)
    )
    order = np.argsort(facing + rng.uniform(0, 0.6, len(facing)))
    ramp = facing
    albedo = (mix(colour(foliage.dark), colour(foliage.bright), ramp)) * rng.uniform(
        0.75, 1.2, (len(centres), 1)
    )
    sizes = SIZE * foliage.leaf * 1.5 * floats(rng.uniform(0.7, 1.3, len(centres)))
    shapes = leaf_shapes(centres, sizes, floats(rng.uniform(0, 3.2, len(centres))))
    order = order[
        shapes[order, :, 1].max(axis=1) < SIZE - 1
    ]  # the sheet's edge would cut the others off straight
    sheet.polygons(shapes[order], light_tones(light, albedo, facing)[order])
    return unless_unwanted(canvas, Sprite(sheet.rgba, 0.0), "trees", kind)


def frame_with_boughs(canvas: Canvas, kind: str, count: int = 3, size: float = 0.62) -> None:
    """Hang slightly blurred boughs into the upper corners."""
    rng, view = canvas.rng, canvas.view
    made = bough(canvas, kind, rng)
    made = Sprite(blur(made.rgba, SIZE / view.height * 0.9 * view.unit))
    for number in range(count):
        left = number % 2 == 0
        sprite = made if left else made.mirrored()
        tall = 4 / 3 * view.height * size * rng.uniform(0.75, 1.1)
        wide = tall * rng.uniform(0.9, 1.2)
        x = -wide * rng.uniform(0.05, 0.35) if left else view.width - wide * rng.uniform(0.65, 0.95)
        paste(canvas, sprite, (x, -tall * rng.uniform(0.09, 0.3), wide, tall), 2.5)
