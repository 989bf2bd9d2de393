"""The demo's room: papered wall, window with curtains, pictures, and light that falls in from the left."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.core.seeds import generator
from sparkle.demo.brush import Layer, Pixels, Texture, blurred, cloud_noise, ellipse, rectangle, smooth
from sparkle.demo.furniture import draw_bookshelf, draw_lamp, draw_plant, draw_sideboard

OUT_OF_FOCUS = 0.75
CREAM = (0.93, 0.90, 0.83)
BRASS = (0.72, 0.56, 0.30)


def render_room(seed: int, width: int, height: int) -> Pixels:
    """Return the empty room, float32 (height, width, 3) in [0, 1]; slightly out of focus, as behind a portrait."""
    random = generator(seed, "room")
    layer = Layer.clear(width * 2, height * 2)
    _draw_wall(layer, random)
    _draw_wainscot(layer)
    _draw_window(layer, random)
    _draw_picture(layer, (292, 66, 356, 148), random, warm=True)
    _draw_picture(layer, (506, 52, 584, 108), random, warm=False)
    _draw_picture(layer, (520, 126, 572, 182), random, warm=True)
    draw_sideboard(layer, random)
    draw_plant(layer, (246, 322), random)
    draw_lamp(layer, (556, 336))
    draw_bookshelf(layer, random)
    _light(layer)
    picture = cv2.resize(layer.rgb, (width, height), interpolation=cv2.INTER_AREA)
    return np.clip(blurred(picture.astype(np.float32), OUT_OF_FOCUS * height / 480), 0, 1)


def _draw_wall(layer: Layer, random: np.random.Generator) -> None:
    width, height = 832, 480
    paper = np.empty((height * 2, width * 2, 3), np.float32)
    paper[:] = (0.56, 0.65, 0.62)
    motif = np.zeros(paper.shape[:2], np.float32)
    for row, y in enumerate(range(-20, height * 2 + 40, 46)):
        for x in range(-40 + 28 * (row % 2), width * 2 + 40, 56):
            _draw_motif(motif, x, y)
    paper += (motif * 0.055)[..., None] * np.array([1.0, 1.0, 0.85], np.float32)
    paper += (cloud_noise(random, width * 2, height * 2, 5, 2) * 0.009)[..., None]
    paper += (cloud_noise(random, width * 2, height * 2, 190, 3) * 0.012)[..., None]
    layer.paint(rectangle(-4, -4, 836, 484), Texture(paper, np.array([[0.5, 0, 0], [0, 0.5, 0]])))


def _draw_motif(canvas: Pixels, x: int, y: int) -> None:
    for angle in (-90, -35, -145, 90):
        direction = np.radians(angle)
        leaf = (int(x + 10 * np.cos(direction)), int(y + 10 * np.sin(direction)))
        cv2.ellipse(canvas, leaf, (9, 4), angle, 0, 360, 1.0, -1, cv2.LINE_AA)
    cv2.circle(canvas, (x + 28, y + 4), 2, 0.8, -1, cv2.LINE_AA)


def _draw_wainscot(layer: Layer) -> None:
    layer.paint(rectangle(-4, 356, 836, 484), (0.86, 0.84, 0.78))
    layer.paint(rectangle(-4, 350, 836, 359), CREAM, relief=3, shadow=0.35)
    for x in range(-30, 832, 108):
        layer.paint(rectangle(x, 376, x + 88, 458), (0.76, 0.74, 0.69))
        layer.paint(rectangle(x + 3, 379, x + 88, 458), (0.93, 0.91, 0.86))
        layer.paint(rectangle(x + 3, 379, x + 85, 455), (0.84, 0.82, 0.76))


def _draw_window(layer: Layer, random: np.random.Generator) -> None:
    layer.paint(rectangle(38, 24, 236, 318), CREAM, relief=5, shadow=0.35)
    view = _garden_view(random, 372, 560)
    layer.paint(rectangle(48, 34, 226, 306), Texture(view, np.array([[0.5, 0, 44], [0, 0.5, 30]])))
    for x in (105, 165):
        layer.paint(rectangle(x, 34, x + 5, 306), CREAM, relief=2)
    for y in (120, 214):
        layer.paint(rectangle(48, y, 226, y + 5), CREAM, relief=2)
    layer.paint(rectangle(28, 306, 246, 320), CREAM, relief=4, shadow=0.4)
    _draw_curtain(layer, 14, 74, random)
    _draw_curtain(layer, 204, 258, random)
    layer.paint(rectangle(4, 13, 270, 18), BRASS, relief=2.5, shadow=0.3)
    for x in (4, 270):
        layer.paint(ellipse((x, 15.5), 6, 6), BRASS, relief=5)


def _garden_view(random: np.random.Generator, width: int, height: int) -> Pixels:
    view = np.empty((height, width, 3), np.float32)
    fade = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    view[:] = np.array([0.60, 0.79, 0.95]) * (1 - fade) + np.array([0.98, 0.96, 0.86]) * fade
    clouds = np.clip(cloud_noise(random, width, height, 90) - 0.2, 0, 1)[..., None]
    view += (1 - view) * clouds * 0.8
    for level, colour in ((0.58, (0.62, 0.72, 0.60)), (0.72, (0.42, 0.59, 0.36)), (0.84, (0.33, 0.52, 0.27))):
        for _ in range(26):
            centre = (int(random.uniform(0, width)), int(height * (level + random.uniform(0, 0.16))))
            shade = np.array(colour) * random.uniform(0.85, 1.2)
            cv2.circle(view, centre, int(random.uniform(18, 44)), shade.tolist(), -1, cv2.LINE_AA)
    cv2.rectangle(view, (0, int(height * 0.93)), (width, height), (0.47, 0.63, 0.33), -1)
    view = blurred(view, 5)
    for _ in range(40):
        centre = (int(random.uniform(0, width)), int(height * random.uniform(0.5, 1.0)))
        spot = np.zeros((height, width), np.float32)
        cv2.circle(spot, centre, int(random.uniform(5, 12)), 1.0, -1, cv2.LINE_AA)
        view += spot[..., None] * np.array([0.10, 0.11, 0.05], np.float32)
    garden: Pixels = np.clip(view * 1.04, 0, 1).astype(np.float32)
    return garden


def _draw_curtain(layer: Layer, left: float, right: float, random: np.random.Generator) -> None:
    columns, rows = 160, 330
    across = np.linspace(0, 1, columns, dtype=np.float32)
    folds = np.sin(across * 2 * np.pi * 4.2 + 0.7 * np.sin(across * 9) + random.uniform(0, 6))
    cloth = np.empty((rows, columns, 3), np.float32)
    cloth[:] = np.array([0.87, 0.74, 0.55]) + 0.11 * folds[None, :, None]
    cloth[:, ::9] *= 0.97
    cloth *= np.linspace(1.05, 0.88, rows, dtype=np.float32)[:, None, None]
    width = right - left
    wave = 2.2 * np.sin(np.linspace(0, 2 * np.pi * 4, 33))
    hem = np.stack([np.linspace(right + 3, left - 3, 33), 338 + wave], 1)
    outline = np.concatenate(
        [[[left, 18], [right, 18], [right - width * 0.06, 180]], hem, [[left + width * 0.04, 180]]]
    )
    placement = np.array([[width / columns, 0, left], [0, 1, 14.0]])
    layer.paint(outline, Texture(np.clip(cloth, 0, 1), placement), shadow=0.45)


def _draw_picture(
    layer: Layer, box: tuple[int, int, int, int], random: np.random.Generator, warm: bool
) -> None:
    x1, y1, x2, y2 = box
    layer.paint(
        rectangle(x1, y1, x2, y2), (0.40, 0.26, 0.16) if warm else (0.24, 0.25, 0.27), relief=3, shadow=0.5
    )
    layer.paint(rectangle(x1 + 4, y1 + 4, x2 - 4, y2 - 4), (0.94, 0.92, 0.87))
    inner = (x1 + 11, y1 + 11, x2 - 11, y2 - 11)
    layer.paint(rectangle(*inner), (0.95, 0.80, 0.58) if warm else (0.70, 0.82, 0.88))
    w, h = inner[2] - inner[0], inner[3] - inner[1]
    layer.paint(
        ellipse((inner[0] + w * 0.66, inner[1] + h * 0.32), h * 0.13, h * 0.13),
        (0.98, 0.93, 0.78),
        inside=True,
    )
    hills = ((0.55, (0.52, 0.62, 0.60)), (0.70, (0.34, 0.47, 0.46)), (0.84, (0.20, 0.31, 0.33)))
    for level, colour in hills:
        steps = np.linspace(0, 1, 9)
        crest = inner[1] + h * np.clip(
            level + 0.10 * random.standard_normal(9).cumsum() * 0.5, level - 0.2, 0.95
        )
        ridge = smooth(np.stack([inner[0] + w * steps, crest], 1), closed=False)
        ridge[:, 1] = np.clip(ridge[:, 1], inner[1], inner[3])
        layer.paint(np.concatenate([ridge, [[inner[2], inner[3]], [inner[0], inner[3]]]]), colour)
    glare = np.array([[x1 + 4, y1 + 4], [x1 + 4 + w * 0.5, y1 + 4], [x1 + 4, y1 + 4 + h * 0.9]])
    layer.paint(glare, (1.0, 1.0, 1.0), opacity=0.10)


def _light(layer: Layer) -> None:
    height, width = layer.alpha.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x * (832 / width), y * (480 / height)
    day = np.exp(-(((x - 200) / 330) ** 2 + ((y - 190) / 330) ** 2))
    lamp = np.exp(-(((x - 556) / 110) ** 2 + ((y - 268) / 95) ** 2))
    falloff = 0.70 + 0.36 * day
    layer.rgb *= falloff[..., None] * np.array([0.98, 1.0, 1.02], np.float32)
    layer.rgb += lamp[..., None] * np.array([0.26, 0.17, 0.06], np.float32) * (0.35 + layer.rgb)
    beam = np.clip(1 - np.abs((x - 300) + (y - 150) * 0.55) / 46, 0, 1) * np.clip(
        1 - np.abs(y - 200) / 170, 0, 1
    )
    layer.rgb += (0.05 * beam)[..., None] * np.array([1.0, 0.94, 0.78], np.float32) * (x > 262)[..., None]
