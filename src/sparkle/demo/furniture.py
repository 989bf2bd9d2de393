"""Furniture of the demo's room: sideboard, plant, table lamp, and a bookshelf full of books."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.demo.brush import Colour, Layer, Texture, cloud_noise, ellipse, rectangle, smooth

WALNUT = (0.45, 0.29, 0.18)
BOOK_COLOURS: tuple[Colour, ...] = (
    (0.66, 0.24, 0.19),
    (0.20, 0.33, 0.45),
    (0.86, 0.73, 0.46),
    (0.25, 0.40, 0.32),
    (0.83, 0.80, 0.72),
    (0.46, 0.25, 0.33),
    (0.75, 0.46, 0.22),
    (0.31, 0.29, 0.35),
    (0.49, 0.58, 0.60),
)


def wood(random: np.random.Generator, width: int, height: int, colour: Colour = WALNUT) -> Texture:
    """Return wood whose grain runs along the width, in reference pixels; place it by `moved_to`."""
    stretched = cloud_noise(random, max(width // 8, 8), height * 2, 9, 3)
    grain = np.repeat(stretched, 16, axis=1)[: height * 2, : width * 2]
    grain = cv2.blur(grain, (9, 1)).astype(np.float32)
    fibre = 0.5 * np.sin(grain * 5 + np.arange(grain.shape[0], dtype=np.float32)[:, None] * 0.35)
    planks = np.asarray(colour, np.float32) * (1 + 0.10 * grain + 0.07 * fibre)[..., None]
    return Texture(planks.astype(np.float32), np.array([[0.5, 0, 0], [0, 0.5, 0]]))


def moved_to(texture: Texture, x: float, y: float) -> Texture:
    """Return the texture with its corner at (x, y)."""
    placement = texture.placement.copy()
    placement[:, 2] = (x, y)
    return Texture(texture.image, placement)


def draw_sideboard(layer: Layer, random: np.random.Generator) -> None:
    """Draw the low sideboard behind the person."""
    board = wood(random, 360, 160)
    layer.paint(rectangle(236, 340, 606, 490), moved_to(board, 236, 340), relief=4, shadow=0.5)
    layer.paint(
        rectangle(228, 332, 612, 344),
        moved_to(wood(random, 392, 14, (0.52, 0.34, 0.21)), 228, 332),
        relief=4,
        shadow=0.5,
    )
    for x in (244, 364, 484):
        layer.paint(rectangle(x, 352, x + 114, 414), moved_to(board, x - 30, 352), relief=3, shadow=0.3)
        layer.paint(rectangle(x, 419, x + 114, 484), moved_to(board, x - 60, 330), relief=3, shadow=0.3)
        for y in (382, 448):
            layer.paint(ellipse((x + 57, y), 5, 5), (0.76, 0.62, 0.36), relief=4, shadow=0.5)
    for index, (width, colour) in enumerate(((74, 1), (66, 6), (58, 3))):
        y = 331 - 9 * (index + 1)
        layer.paint(
            rectangle(470 - width / 2, y, 470 + width / 2, y + 9),
            BOOK_COLOURS[colour],
            relief=2.5,
            shadow=0.3,
        )


def draw_plant(layer: Layer, foot: tuple[float, float], random: np.random.Generator) -> None:
    """Draw a potted plant with broad leaves, its pot standing at `foot`."""
    x, y = foot
    for index in range(17):
        angle = np.radians(-90 + (index - 8) * 13 + random.uniform(-6, 6))
        length = random.uniform(58, 96) * (1 - 0.25 * abs(index - 8) / 8)
        _draw_leaf(layer, (x + random.uniform(-8, 8), y - 34), angle, length, random)
    pot = [[x - 25, y - 40], [x + 25, y - 40], [x + 19, y + 12], [x - 19, y + 12]]
    layer.paint(pot, (0.36, 0.47, 0.60), relief=14, shadow=0.45)
    layer.paint(rectangle(x - 28, y - 46, x + 28, y - 34), (0.84, 0.55, 0.40), relief=6, shadow=0.4)


def _draw_leaf(
    layer: Layer, stem: tuple[float, float], angle: float, length: float, random: np.random.Generator
) -> None:
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    droop = np.array([0, 0.22 * length * abs(along[0])])
    root = np.asarray(stem) + along * length * 0.25
    tip = np.asarray(stem) + along * length + droop
    half = length * 0.15 * random.uniform(0.8, 1.2)
    middle = (root + tip) / 2 - droop * 0.15
    green = np.array([0.22, 0.42, 0.22]) * random.uniform(0.75, 1.3) + (0.04, 0.03, 0)
    layer.stroke([stem, root, middle], (0.26, 0.40, 0.22), 2.2)
    leaf = smooth([root, middle + across * half, tip, middle - across * half])
    layer.paint(leaf, (float(green[0]), float(green[1]), float(green[2])), relief=6, shadow=0.25)
    layer.stroke([root, middle, tip], (0.50, 0.62, 0.38), 1.1, opacity=0.7)


def draw_lamp(layer: Layer, foot: tuple[float, float]) -> None:
    """Draw a glowing table lamp that stands at `foot`."""
    x, y = foot
    base = smooth(
        [
            [x - 15, y - 2],
            [x - 17, y - 22],
            [x - 5, y - 42],
            [x + 5, y - 42],
            [x + 17, y - 22],
            [x + 15, y - 2],
        ]
    )
    layer.paint(base, (0.30, 0.45, 0.52), relief=14, shadow=0.5)
    layer.paint(rectangle(x - 2, y - 56, x + 2, y - 40), (0.70, 0.56, 0.32), relief=2)
    shade = [[x - 21, y - 104], [x + 21, y - 104], [x + 35, y - 52], [x - 35, y - 52]]
    layer.paint(shade, (0.95, 0.78, 0.50), relief=16, shadow=0.3)
    layer.paint(ellipse((x, y - 70), 24, 16), (1.0, 0.92, 0.70), opacity=0.75, soft=7, inside=True)


def draw_bookshelf(layer: Layer, random: np.random.Generator) -> None:
    """Draw the bookshelf at the right, with books, a globe, a vase and boxes."""
    left, right = 622, 838
    board = wood(random, 230, 480)
    layer.paint(
        rectangle(left - 10, 22, right + 10, 490), moved_to(board, left - 10, 22), relief=4, shadow=0.6
    )
    for shelf, (top, bottom) in enumerate(((34, 122), (134, 224), (236, 330), (342, 440))):
        layer.paint(rectangle(left, top, right, bottom), (0.21, 0.15, 0.12))
        layer.paint(
            rectangle(left, top, right, top + 26), (0.10, 0.07, 0.06), opacity=0.8, soft=8, inside=True
        )
        ornament = 3 if shelf == 3 else shelf
        _fill_shelf(layer, left + 4, right, top, bottom, random, ornament)
        layer.paint(
            rectangle(left - 4, bottom, right, bottom + 11),
            moved_to(board, left, bottom),
            relief=4,
            shadow=0.3,
        )


def _fill_shelf(
    layer: Layer,
    x: float,
    right: float,
    top: float,
    bottom: float,
    random: np.random.Generator,
    ornament: int,
) -> None:
    pause = x + random.uniform(60, 95)
    while x < right:
        if pause < x < pause + 40:
            _draw_ornament(layer, x + 27, bottom, ornament)
            x += 54
            continue
        width = random.uniform(9, 19)
        height = (bottom - top) * random.uniform(0.62, 0.90)
        lean = random.uniform(3, 8) if random.random() < 0.10 else 0.0
        _draw_book(layer, x, bottom, width, height, lean, random)
        x += width + 0.8 + lean


def _draw_book(
    layer: Layer,
    x: float,
    bottom: float,
    width: float,
    height: float,
    lean: float,
    random: np.random.Generator,
) -> None:
    colour = np.array(BOOK_COLOURS[random.integers(len(BOOK_COLOURS))]) * random.uniform(0.8, 1.12)
    cover: Colour = (float(colour[0]), float(colour[1]), float(colour[2]))

    def band(low: float, high: float) -> list[list[float]]:
        y1, y2 = bottom - height * high, bottom - height * low
        return [
            [x + lean * high, y1],
            [x + width + lean * high, y1],
            [x + width + lean * low, y2],
            [x + lean * low, y2],
        ]

    layer.paint(band(0, 1), cover, relief=5, shadow=0.35)
    gold = (0.88, 0.76, 0.48) if colour.mean() < 0.5 else (0.35, 0.22, 0.16)
    for low in random.choice([0.08, 0.14, 0.78, 0.86], size=2, replace=False):
        layer.paint(band(low, low + 0.03), gold, opacity=0.8)
    if random.random() < 0.6:
        layer.paint(
            band(0.42, 0.66), (0.92, 0.88, 0.78) if colour.mean() < 0.5 else (0.55, 0.2, 0.17), opacity=0.55
        )


def _draw_ornament(layer: Layer, x: float, bottom: float, kind: int) -> None:
    if kind == 0:
        layer.paint(ellipse((x, bottom - 4), 15, 4), WALNUT, relief=4)
        layer.paint(ellipse((x, bottom - 33), 23, 23), (0.42, 0.63, 0.70), relief=22, shadow=0.4)
        land = smooth(
            [[x - 14, bottom - 44], [x - 2, bottom - 48], [x + 4, bottom - 36], [x - 8, bottom - 28]]
        )
        layer.paint(land, (0.55, 0.62, 0.36), opacity=0.9)
        layer.paint(ellipse((x + 10, bottom - 22), 6, 8), (0.62, 0.64, 0.38), opacity=0.9)
    elif kind == 1:
        side = np.array([[9, 62], [5, 52], [8, 44], [21, 28], [18, 12], [10, 1]], np.float64)
        vase = np.concatenate([side * (-1, 1), side[::-1]]) * (1, -1) + (x, bottom)
        layer.paint(smooth(vase, per_span=6), (0.88, 0.86, 0.80), relief=18, shadow=0.4)
        for y in (34, 26):
            layer.paint(
                rectangle(x - 18, bottom - y, x + 18, bottom - y + 2), (0.25, 0.40, 0.52), opacity=0.8
            )
    elif kind == 2:
        layer.paint(rectangle(x - 23, bottom - 34, x + 23, bottom), (0.62, 0.44, 0.30), relief=4, shadow=0.4)
        layer.paint(
            rectangle(x - 25, bottom - 44, x + 25, bottom - 32), (0.70, 0.52, 0.36), relief=4, shadow=0.4
        )
        layer.paint(rectangle(x - 8, bottom - 24, x + 8, bottom - 14), (0.90, 0.86, 0.76))
    else:
        for index, colour in enumerate(
            ((0.25, 0.40, 0.32), (0.86, 0.73, 0.46), (0.66, 0.24, 0.19), (0.20, 0.33, 0.45))
        ):
            top = bottom - 12 * (index + 1)
            layer.paint(
                rectangle(x - 25 + 2 * index, top, x + 25 - index, top + 12), colour, relief=3, shadow=0.3
            )
