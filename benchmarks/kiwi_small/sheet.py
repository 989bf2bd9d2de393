"""What the judged clips look like: a contact sheet, and a video of a few side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from benchmarks.kiwi_small.judge import JudgedClip
from benchmarks.kiwi_small.sources import FPS
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sparkle.video import write_image, write_video

ROWS, FILM_ROWS = 8, 3
SCALE = 1.25
FILM_SCALE, FILM_LOOPS = 2, 4
GAP, MARGIN, HEADING, CAPTION = 8, 24, 34, 40
LETTERS = 15
PAPER, INK, GREY = (255, 255, 255), (25, 25, 28), (110, 110, 118)


def draw_sheet(judged: Sequence[JudgedClip], path: Path) -> None:
    """Draw one row a clip: its versions in the middle of the clip, the instruction below."""
    shown = _of_all_scenes(judged, ROWS)
    names = list(shown[0].versions)
    height, width = (round(SCALE * side) for side in shown[0].versions["source"].shape[1:3])
    size = (
        2 * MARGIN + len(names) * (width + GAP) - GAP,
        2 * MARGIN + HEADING + len(shown) * (height + CAPTION) - GAP,
    )
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    heading, caption = ImageFont.load_default(LETTERS + 2), ImageFont.load_default(LETTERS)
    for column, name in enumerate(names):
        draw.text((MARGIN + column * (width + GAP), MARGIN), name, INK, heading)
    for row, clip in enumerate(shown):
        top = MARGIN + HEADING + row * (height + CAPTION)
        for column, name in enumerate(names):
            frame = clip.versions[name][len(clip.versions[name]) // 2]
            picture = Image.fromarray(frame).resize((width, height), Image.Resampling.LANCZOS)
            sheet.paste(picture, (MARGIN + column * (width + GAP), top))
        letters = int((size[0] - 2 * MARGIN) / (0.5 * LETTERS))
        text = textwrap.shorten(clip.instruction, letters, placeholder=" ...")
        draw.text((MARGIN, top + height + 5), text, GREY, caption)
    write_image(path, np.asarray(sheet))


def write_film(judged: Sequence[JudgedClip], path: Path) -> None:
    """Write source, recipe and last model of a few clips side by side, several times over."""
    rows = []
    for clip in _of_all_scenes(judged, FILM_ROWS):
        names = list(clip.versions)
        chosen = [clip.versions[name] for name in (*names[:2], names[-1])]
        rows.append(np.concatenate(chosen, axis=2))
    frames = np.concatenate(rows, axis=1)
    large = frames.repeat(FILM_SCALE, axis=1).repeat(FILM_SCALE, axis=2)
    write_video(path, _there_and_back(large), FPS / 2, crf=20)


def _there_and_back(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.concatenate([np.concatenate([frames, frames[-2:0:-1]])] * FILM_LOOPS)


def _of_all_scenes(judged: Sequence[JudgedClip], count: int) -> list[JudgedClip]:
    """Return `count` clips, in order, with as many scenes as possible; never chosen by their scores."""
    chosen: list[JudgedClip] = []
    waiting = list(judged)
    while waiting and len(chosen) < count:
        seen = [clip.keyword for clip in chosen]
        best = min(waiting, key=lambda clip: seen.count(clip.keyword))
        waiting.remove(best)
        chosen.append(best)
    return chosen
