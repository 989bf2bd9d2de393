"""Subjects drawn for the half to choose on: horse, bicycle, hand with a mug, balloon, duck, boat, robot."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from benchmarks.eyes import textures
from benchmarks.eyes.board import Board
from benchmarks.eyes.cutouts import trimmed
from benchmarks.eyes.motion import Look, unchanging, warped
from benchmarks.eyes.photographs import photograph
from benchmarks.eyes.scene import Sprite

SKIN_DARK, SKIN_BRIGHT = (150, 96, 74), (226, 172, 142)


def horse(rng: np.random.Generator) -> Look:
    """A bay horse that trots on the spot: a silhouette with fur, its legs bent to and fro."""
    silhouette = 1 - photograph("horse")[..., 0] / 255
    silhouette = cv2.copyMakeBorder(silhouette, 4, 2, 30, 30, cv2.BORDER_CONSTANT)
    alpha = cv2.GaussianBlur(silhouette, (0, 0), 0.7)
    rows, columns = alpha.shape
    fur = 0.5 * textures.streaks(alpha.shape, rng, 5, 0.7) + 0.5 * textures.fractal(alpha.shape, rng, 4, 6)
    colour = textures.lit(textures.tinted(fur, (62, 34, 18), (158, 98, 58)), alpha, 22)
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    dark = np.clip((y / rows - 0.72) * 5, 0, 1) + np.clip((95 - x) / 30, 0, 1) * (y < 0.8 * rows)
    colour *= (1 - 0.6 * np.clip(dark, 0, 1))[..., None]
    below = np.clip((y / rows - 0.55) / 0.45, 0, 1) ** 1.5
    horse_sprite = Sprite(colour.astype(np.float32), alpha)

    def look(u: float) -> Sprite:
        front = np.sin(2 * np.pi * 7 * u)
        source = x + below * np.where(x > columns / 2, 16 * front, -16 * np.sin(2 * np.pi * 7 * u + 0.8))
        nod = 4 * np.sin(2 * np.pi * 7 * u) * np.clip((x / columns - 0.6) * 3, 0, 1) * (1 - below)
        return warped(horse_sprite, source.astype(np.float32), (y + nod).astype(np.float32))

    return look


def bicycle(rng: np.random.Generator, turns: float) -> Look:
    """A bicycle whose spokes turn; `turns` of its wheels during the clip."""
    width, height = 460, 300
    shape = (height, width)
    rubber = textures.tinted(textures.streaks(shape, rng, 3, 1), (20, 20, 22), (62, 60, 60))
    steel = textures.tinted(textures.streaks(shape, rng, 12, 1), (120, 124, 130), (236, 238, 240))
    paint = textures.tinted(textures.fractal(shape, rng, 5, 5), (16, 96, 128), (60, 190, 214))
    leather = textures.tinted(textures.fractal(shape, rng, 9, 5), (70, 40, 22), (150, 94, 58))

    def look(u: float) -> Sprite:
        board = Board(width, height)
        hubs = ((100.0, 200.0), (350.0, 200.0))
        for hub in hubs:
            for spoke in range(16):
                way = 2 * np.pi * (spoke / 16 + turns * u)
                far = (hub[0] + 84 * np.cos(way), hub[1] + 84 * np.sin(way))
                board.stroke([hub, far], 1.3, steel)
            board.ring(hub, 88, 9, rubber, 3)
            board.ring(hub, 81, 3, steel)
            board.ellipse(hub, (7, 7), steel, 3)
        seat, crank, head = (168.0, 92.0), (205.0, 205.0), (318.0, 88.0)
        for tube in ([hubs[0], seat], [hubs[0], crank], [seat, crank], [(176, 108), head], [crank, head]):
            board.stroke(tube, 8, paint, 3)
        board.stroke([head, (324, 110), hubs[1]], 7, paint, 3)
        board.stroke([head, (306, 56)], 6, steel, 2)
        board.stroke([(300, 56), (330, 50), (346, 62), (340, 76)], 6, rubber, 2)
        board.stroke([seat, (160, 68)], 6, steel, 2)
        board.curve([(128, 62), (150, 56), (192, 62), (194, 68), (150, 74), (130, 74)], leather, 5)
        board.ring(crank, 22, 4, steel)
        for side in (0, np.pi):
            way = 2 * np.pi * turns * 0.6 * u + side
            pedal = (crank[0] + 36 * np.cos(way), crank[1] + 36 * np.sin(way))
            board.stroke([crank, pedal], 5, steel, 2)
            board.stroke([(pedal[0] - 11, pedal[1]), (pedal[0] + 11, pedal[1])], 6, rubber)
        return board.sprite()

    return look


def hand(rng: np.random.Generator, part: str) -> Look:
    """A forearm that reaches in from below and holds a mug; `part` is "all", "hand" or "mug".

    The fingers lie over the mug: the hand alone is drawn with them, the mug alone without what they cover.
    """
    width, height = 320, 380
    shape = (height, width)
    pores = 0.5 * textures.fractal(shape, rng, 14, 5) + 0.5 * textures.fractal(shape, rng, 4, 4)
    skin = textures.tinted(pores, SKIN_DARK, SKIN_BRIGHT)
    nail = textures.tinted(pores, (214, 160, 148), (246, 206, 196))
    sleeve = textures.cloth(shape, rng, (64, 82, 70))
    glaze = textures.tinted(textures.fractal(shape, rng, 6, 6), (30, 62, 112), (86, 142, 196))

    def mug(board: Board) -> None:
        board.ring((222, 112), 42, 15, glaze, 5)
        board.curve([(98, 40), (210, 40), (214, 190), (196, 206), (112, 206), (94, 190)], glaze, 24)
        board.ellipse((154, 42), (57, 13), np.full((*shape, 3), 228, np.float32), 4)
        board.ellipse((154, 44), (50, 9), np.full((*shape, 3), (58, 34, 22), np.float32))

    def palm(board: Board) -> None:
        board.curve([(104, 260), (208, 250), (230, 400), (90, 400)], skin, 26)
        board.polygon([(78, 330), (244, 322), (262, 400), (60, 400)], sleeve, 22)

    def fingers(board: Board) -> None:
        board.curve(
            [(72, 120), (104, 92), (150, 180), (206, 206), (216, 270), (120, 286), (84, 220)], skin, 14
        )
        for index, (y, reach) in enumerate(((92, 196), (119, 204), (146, 200), (172, 186))):
            knuckle = (84.0 + 2 * index, y + 14.0)
            tip = (float(reach), float(y + 4))
            middle = ((knuckle[0] + tip[0]) / 2, y + 2.0)
            board.stroke([knuckle, middle, tip], 28 - index, skin, 5)
            board.ellipse((tip[0] + 3, tip[1] - 1), (7, 6), nail, 2)
        board.stroke([(100, 236), (150, 228), (204, 204)], 32, skin, 6)

    whole, only_hand = Board(width, height), Board(width, height)
    for board in (whole, only_hand):
        palm(board)
    mug(whole)
    for board in (whole, only_hand):
        fingers(board)
    covering = Board(width, height)
    fingers(covering)
    behind = Board(width, height)
    mug(behind)
    all_of_it, over = whole.sprite(), covering.sprite().alpha
    mug_alpha = behind.sprite().alpha * (1 - over)
    parts = {
        "all": all_of_it,
        "mug": Sprite(all_of_it.colour, mug_alpha),
        "hand": Sprite(all_of_it.colour, np.clip(all_of_it.alpha - mug_alpha, 0, 1)),
    }
    return unchanging(parts[part])


def balloon(rng: np.random.Generator) -> Look:
    """A balloon on a long string that swings."""
    width, height = 160, 420
    shape = (height, width)
    rubber = textures.tinted(textures.fractal(shape, rng, 3, 5), (150, 20, 60), (236, 74, 112))
    string = np.full((*shape, 3), (88, 70, 76), np.float32)
    shine = np.full((*shape, 3), (255, 214, 222), np.float32)

    def look(u: float) -> Sprite:
        board = Board(width, height)
        y = np.linspace(158, 416, 30)
        x = 80 + 16 * np.sin(0.022 * (y - 158) + 2 * np.pi * 2.5 * u) * (y - 158) / 258
        board.stroke(np.column_stack([x, y]).tolist(), 2.2, string)
        board.curve([(80, 12), (132, 50), (126, 110), (84, 156), (76, 156), (34, 110), (28, 50)], rubber, 26)
        board.polygon([(72, 166), (88, 166), (80, 152)], rubber)
        board.ellipse((58, 52), (9, 17), shine, 0, 24)
        return board.sprite()

    return look


def duck(rng: np.random.Generator) -> Look:
    """A rubber duck."""
    shape = (240, 280)
    yellow = textures.tinted(textures.fractal(shape, rng, 4, 6), (214, 158, 10), (255, 220, 60))
    beak = textures.tinted(textures.fractal(shape, rng, 4, 5), (216, 84, 20), (246, 128, 50))
    board = Board(280, 240)
    board.curve(
        [(20, 96), (64, 128), (130, 112), (240, 118), (262, 170), (214, 232), (90, 236), (34, 188)],
        yellow,
        28,
    )
    board.curve([(90, 140), (150, 132), (176, 164), (140, 196), (96, 184)], yellow, 14)
    board.ellipse((206, 74), (58, 56), yellow, 24)
    board.curve([(250, 66), (278, 78), (276, 90), (250, 98)], beak, 6)
    board.ellipse((224, 60), (8, 10), np.full((*shape, 3), 18, np.float32))
    board.ellipse((227, 56), (3, 3), np.full((*shape, 3), 240, np.float32))
    return unchanging(board.sprite())


def boat(rng: np.random.Generator) -> Look:
    """A toy sailing boat with rigging."""
    shape = (320, 280)
    planks = textures.wood(shape, rng, (92, 46, 24), (176, 108, 62))
    sail = textures.cloth(shape, rng, (232, 226, 206))
    rope = np.full((*shape, 3), (70, 56, 44), np.float32)
    board = Board(280, 320)
    board.stroke([(140, 20), (140, 250)], 6, planks, 2)
    board.curve([(134, 30), (126, 130), (132, 218), (30, 214), (84, 130)], sail, 14)
    board.polygon([(148, 40), (148, 216), (232, 216)], sail, 10)
    for rope_end in ((22, 250), (262, 250)):
        board.stroke([(140, 22), rope_end], 1.4, rope)
    board.curve([(12, 246), (140, 254), (272, 240), (240, 306), (60, 310)], planks, 20)
    board.stroke([(40, 268), (244, 264)], 4, np.full((*shape, 3), (200, 40, 34), np.float32))
    return unchanging(board.sprite())


def robot(rng: np.random.Generator, changes: Callable[[float], float]) -> Look:
    """A tin robot that turns round; its paint goes from green to violet as `changes` goes from 0 to 1."""
    width, height = 260, 380
    shape = (height, width)
    scratches = 0.6 * textures.fractal(shape, rng, 5, 7) + 0.4 * textures.streaks(shape, rng, 14, 0.7)
    green = textures.tinted(scratches, (34, 92, 58), (112, 190, 132))
    violet = textures.tinted(scratches, (70, 36, 118), (168, 112, 214))
    steel = textures.tinted(textures.streaks(shape, rng, 10, 1), (90, 94, 100), (214, 216, 220))
    red = np.full((*shape, 3), (226, 60, 44), np.float32)
    dark = np.full((*shape, 3), (24, 26, 30), np.float32)

    def look(u: float) -> Sprite:
        share = changes(u)
        paint = green * (1 - share) + violet * share
        board = Board(width, height)
        facing = np.cos(2 * np.pi * u)
        board.stroke([(130, 60), (130 + 8 * facing, 14)], 3, steel)
        board.ellipse((130 + 8 * facing, 12), (7, 7), red, 3)
        for side in (-1, 1):
            swing = 18 * np.sin(2 * np.pi * 4 * u + side)
            board.stroke([(130 + 34 * side, 260), (130 + 36 * side, 350)], 34, steel, 10)
            board.curve(
                [
                    (106 + 40 * side, 346),
                    (154 + 40 * side, 346),
                    (160 + 40 * side, 378),
                    (100 + 40 * side, 378),
                ],
                paint,
                8,
            )
            board.stroke([(130 + 84 * side, 158), (130 + 104 * side, 220 + swing)], 22, steel, 7)
            board.ellipse((130 + 105 * side, 234 + swing), (15, 15), paint, 6)
        board.curve([(46, 146), (214, 146), (220, 268), (40, 268)], paint, 26)
        board.curve([(76, 52), (184, 52), (192, 138), (68, 138)], paint, 20)
        shift = 46 * np.sin(2 * np.pi * u)
        if facing > 0:
            for side in (-1, 1):
                board.ellipse((130 + shift + 26 * side * facing, 92), (3 + 10 * facing, 13), dark)
                board.ellipse((130 + shift + 26 * side * facing, 90), (1 + 4 * facing, 5), red)
            board.polygon([(130 + shift - 40 * facing, 176), (130 + shift + 40 * facing, 176),
                           (130 + shift + 40 * facing, 220), (130 + shift - 40 * facing, 220)], steel, 4)  # fmt: skip
        else:
            for row in range(4):
                board.stroke(
                    [
                        (130 - shift + 44 * facing, 180 + 20 * row),
                        (130 - shift - 44 * facing, 180 + 20 * row),
                    ],
                    5,
                    dark,
                )
        return board.sprite()

    return look


def stemmed(blossom: Sprite, rng: np.random.Generator) -> Look:
    """A blossom on a thin drawn stem with two leaves."""
    head = cv2.resize(blossom.colour, (150, 150), interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(blossom.alpha, (150, 150), interpolation=cv2.INTER_AREA)
    width, height = 260, 420
    green = textures.tinted(textures.fractal((height, width), rng, 6, 6), (34, 72, 30), (104, 150, 66))
    board = Board(width, height)
    board.stroke([(130, 90), (138, 220), (126, 330), (132, 418)], 6, green, 2)
    board.curve([(132, 300), (190, 250), (250, 246), (204, 300)], green, 8)
    board.curve([(130, 360), (80, 310), (16, 312), (70, 364)], green, 8)
    plant = board.sprite()
    colour, cover = plant.colour.copy(), plant.alpha.copy()
    place = np.s_[6:156, 55:205]
    colour[place] = colour[place] * (1 - alpha[..., None]) + head * alpha[..., None]
    cover[place] = cover[place] * (1 - alpha) + alpha
    return unchanging(trimmed(Sprite(colour, cover)))
