"""Subjects drawn for the half that is only reported: three koi, a lantern, a puppet on strings, a bear, a gripper."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from benchmarks.eyes import textures
from benchmarks.eyes.board import Board
from benchmarks.eyes.motion import Look, unchanging, warped
from benchmarks.eyes.scene import Sprite


def koi(rng: np.random.Generator, patches: Sequence[float], beats: float) -> Look:
    """A koi from above, white with patches of a colour; its body waves `beats` times during the clip."""
    width, height = 320, 150
    shape = (height, width)
    spots = np.clip((textures.fractal(shape, rng, 3, 4) - 0.48) * 14, 0, 1)
    scales = textures.streaks(shape, rng, 1.2, 1.2)
    skin = textures.tinted(spots, (232, 222, 208), patches) * (0.82 + 0.3 * scales)[..., None]
    fin = np.clip(skin * 0.55 + 90, 0, 255) * (0.75 + 0.4 * textures.streaks(shape, rng, 9, 0.8))[..., None]
    board = Board(width, height)
    board.curve([(84, 75), (40, 40), (6, 30), (22, 75), (6, 120), (40, 110)], fin, 4)
    for side in (-1, 1):
        board.curve(
            [(216, 75 + 30 * side), (190, 75 + 62 * side), (166, 75 + 66 * side), (186, 75 + 32 * side)],
            fin,
            4,
        )
    board.curve(
        [(60, 75), (120, 54), (200, 40), (270, 46), (308, 75), (270, 104), (200, 110), (120, 96)], skin, 16
    )
    board.curve([(110, 72), (190, 68), (204, 75), (190, 82), (110, 78)], fin, 3)
    for side in (-1, 1):
        board.ellipse((284, 75 + 17 * side), (4, 4), np.full((*shape, 3), 16, np.float32))
    still = board.sprite()
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    reach = 20 * np.clip(1 - x / (0.8 * width), 0, 1)

    def look(u: float) -> Sprite:
        return warped(still, x, (y + reach * np.sin(2 * np.pi * beats * u - x / 55)).astype(np.float32))

    return look


def lantern(rng: np.random.Generator) -> Look:
    """A paper lantern with ribs and a tassel, lit from inside and flickering."""
    width, height = 180, 380
    shape = (height, width)
    paper = textures.tinted(textures.fractal(shape, rng, 6, 6), (196, 62, 20), (255, 170, 70))
    y, x = np.mgrid[:height, :width].astype(np.float32)
    paper *= (0.6 + 0.75 * np.exp(-(((x - 90) / 60) ** 2) - ((y - 120) / 70) ** 2))[..., None]
    gold = textures.tinted(textures.streaks(shape, rng, 8, 1), (88, 60, 16), (214, 172, 84))
    thread = textures.tinted(textures.streaks(shape, rng, 1, 8), (110, 16, 20), (206, 52, 44))

    def look(u: float) -> Sprite:
        board = Board(width, height)
        board.stroke([(90, 2), (90, 44)], 2.5, gold)
        for strand in range(9):
            swing = (strand - 4) * 3.2 + 9 * np.sin(2 * np.pi * 3 * u)
            board.stroke([(90, 214), (90 + 0.4 * swing, 270), (90 + swing, 366)], 1.8, thread)
        board.curve(
            [(62, 48), (118, 48), (166, 92), (166, 150), (118, 198), (62, 198), (14, 150), (14, 92)],
            paper,
            10,
        )
        for rib in (-56, -30, 0, 30, 56):
            board.stroke(
                [(90 + 0.36 * rib, 48), (90 + rib, 92), (90 + rib, 150), (90 + 0.36 * rib, 198)], 1.6, gold
            )
        for top in (42, 196):
            board.polygon([(60, top), (120, top), (120, top + 12), (60, top + 12)], gold, 3)
        sprite = board.sprite()
        level = 0.9 + 0.1 * np.sin(31 * u) * np.sin(17 * u + 1)
        return Sprite(np.clip(sprite.colour * np.float32(level), 0, 255), sprite.alpha)

    return look


def puppet(rng: np.random.Generator) -> Look:
    """A wooden puppet on strings: thin threads, thin limbs, arms that swing."""
    width, height = 260, 460
    shape = (height, width)
    beech = textures.wood(shape, rng, (150, 98, 58), (226, 176, 126))
    coat = textures.cloth(shape, rng, (168, 42, 46))
    trousers = textures.cloth(shape, rng, (44, 52, 84))
    thread = np.full((*shape, 3), (214, 208, 190), np.float32)
    dark = np.full((*shape, 3), (30, 22, 18), np.float32)

    def look(u: float) -> Sprite:
        board = Board(width, height)
        wave = np.sin(2 * np.pi * 3 * u)
        other = np.sin(2 * np.pi * 3 * u + 2)
        hands = ((42.0, 250 - 40 * wave), (218.0, 250 - 40 * other))
        knees = ((104.0, 356 - 12 * other), (156.0, 356 - 12 * wave))
        board.polygon([(60, 4), (200, 4), (200, 16), (60, 16)], beech, 4)
        board.polygon([(124, 0), (136, 0), (136, 40), (124, 40)], beech, 4)
        for start, end in (
            ((66, 12), hands[0]),
            ((194, 12), hands[1]),
            ((112, 14), (112, 96)),
            ((148, 14), (148, 96)),
        ):
            board.stroke([start, end], 1.5, thread)
        for knee, foot in zip(knees, (96.0, 164.0), strict=True):
            board.stroke([(130 + (foot - 130) * 0.5, 290), knee, (foot, 430)], 17, trousers, 6)
            board.curve([(foot - 22, 424), (foot + 20, 424), (foot + 24, 442), (foot - 26, 442)], dark, 5)
        for hand, shoulder in zip(hands, (96.0, 164.0), strict=True):
            board.stroke([(shoulder, 186), ((shoulder + hand[0]) / 2, 226), hand], 16, coat, 6)
            board.ellipse(hand, (12, 13), beech, 5)
        board.curve([(94, 172), (166, 172), (176, 300), (84, 300)], coat, 18)
        for button in range(4):
            board.ellipse((130, 196 + 26 * button), (4, 4), beech)
        board.ellipse((130, 126), (37, 44), beech, 14)
        board.curve([(88, 110), (104, 76), (130, 66), (156, 76), (172, 110), (130, 96)], dark, 8)
        for side in (-1, 1):
            board.ellipse((130 + 15 * side, 122), (4, 5), dark)
        board.polygon([(128, 128), (132, 128), (144, 146), (124, 144)], beech, 2)
        board.stroke([(116, 152), (130, 157), (146, 151)], 3, coat)
        return board.sprite()

    return look


def bear(rng: np.random.Generator, light: Callable[[float], np.ndarray]) -> Look:
    """A plush bear in the light of a lamp whose colour is `light` (factors on red, green, blue at time u)."""
    width, height = 280, 340
    shape = (height, width)
    pile = 0.45 * textures.streaks(shape, rng, 1.6, 1.0) + 0.55 * textures.fractal(shape, rng, 7, 6)
    plush = textures.tinted(pile, (92, 62, 40), (190, 146, 104))
    pale = textures.tinted(pile, (168, 136, 104), (232, 206, 174))
    dark = np.full((*shape, 3), (24, 18, 16), np.float32)
    ribbon = textures.cloth(shape, rng, (60, 90, 170))
    board = Board(width, height)
    for side in (-1, 1):
        board.ellipse((140 + 62 * side, 42), (30, 30), plush, 10)
        board.ellipse((140 + 62 * side, 44), (17, 17), pale, 6)
        board.ellipse((140 + 66 * side, 296), (44, 40), plush, 14)
        board.ellipse((140 + 68 * side, 300), (24, 24), pale, 8)
        board.ellipse((140 + 96 * side, 208), (28, 50), plush, 12, 28 * side)
    board.ellipse((140, 232), (88, 90), plush, 26)
    board.ellipse((140, 240), (54, 62), pale, 20)
    board.ellipse((140, 92), (80, 74), plush, 24)
    board.ellipse((140, 116), (36, 28), pale, 12)
    board.ellipse((140, 104), (12, 9), dark, 3)
    for side in (-1, 1):
        board.ellipse((140 + 32 * side, 78), (8, 9), dark, 3)
        board.curve([(140, 168), (140 + 50 * side, 150), (140 + 52 * side, 190)], ribbon, 7)
    bare = board.sprite()
    return lambda u: Sprite(np.clip(bare.colour * light(u).astype(np.float32), 0, 255), bare.alpha)


def gripper(rng: np.random.Generator, part: str) -> Look:
    """A robot's gripper from above that holds a ball; `part` is "all", "gripper" or "ball"."""
    width, height = 240, 420
    shape = (height, width)
    steel = textures.tinted(textures.streaks(shape, rng, 2, 14), (66, 70, 76), (196, 200, 206))
    orange = textures.tinted(textures.fractal(shape, rng, 5, 6), (178, 84, 14), (240, 142, 44))
    rubber = textures.tinted(textures.fractal(shape, rng, 16, 4), (22, 22, 24), (58, 58, 62))
    ball = textures.tinted(textures.fractal(shape, rng, 22, 3), (128, 168, 34), (214, 236, 90))
    seam = np.full((*shape, 3), (238, 240, 226), np.float32)

    def arm(board: Board) -> None:
        board.polygon([(92, 0), (148, 0), (148, 176), (92, 176)], orange, 16)
        board.stroke([(150, 0), (166, 90), (150, 180)], 5, rubber, 2)
        board.curve([(66, 168), (174, 168), (180, 226), (60, 226)], steel, 12)
        for side in (-1, 1):
            board.stroke(
                [(120 + 44 * side, 214), (120 + 82 * side, 270), (120 + 68 * side, 350)], 19, steel, 6
            )

    def tips(board: Board) -> None:
        for side in (-1, 1):
            board.stroke([(120 + 68 * side, 330), (120 + 58 * side, 372)], 17, rubber, 5)

    def sphere(board: Board) -> None:
        board.ellipse((120, 348), (60, 60), ball, 26)
        turn = np.linspace(-1.1, 1.1, 20)
        board.stroke(np.column_stack([78 + 40 * np.cos(turn), 348 + 54 * np.sin(turn)]).tolist(), 4, seam)

    whole, front, held = Board(width, height), Board(width, height), Board(width, height)
    for draw in (arm, sphere, tips):
        draw(whole)
    tips(front)
    sphere(held)
    together = whole.sprite()
    ball_alpha = held.sprite().alpha * (1 - front.sprite().alpha)
    parts = {
        "all": together,
        "ball": Sprite(together.colour, ball_alpha),
        "gripper": Sprite(together.colour, np.clip(together.alpha - ball_alpha, 0, 1)),
    }
    return unchanging(parts[part])


def parasol(rng: np.random.Generator) -> Sprite:
    """A parasol with ribs on a thin stick; its foot is the end of the stick."""
    width, height = 400, 380
    shape = (height, width)
    silk = textures.cloth(shape, rng, (206, 190, 160))
    bamboo = textures.wood(shape, rng, (96, 66, 34), (176, 132, 80))
    board = Board(width, height)
    board.stroke([(200, 20), (200, 376)], 6, bamboo, 2)
    board.curve(
        [
            (8, 140),
            (60, 60),
            (200, 16),
            (340, 60),
            (392, 140),
            (330, 126),
            (264, 146),
            (200, 128),
            (136, 146),
            (70, 126),
        ],
        silk,
        18,
    )
    for rib in (-184, -64, 64, 184):
        board.stroke([(200, 18), (200 + 0.7 * rib, 60), (200 + rib, 138)], 2, bamboo)
    return board.sprite()
