"""The look of all sheets: colours, type, and panels; Pillow only."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sparkle.roles import Image as Pixels

PAPER = (19, 21, 26)
PANEL = (33, 36, 43)
INK = (240, 240, 236)
FAINT = (146, 151, 162)
ACCENT = (255, 196, 92)
TINT = np.array((255, 152, 46), np.float32)
CORNER = 8
# Marks that Pillow's font lacks.
LACKING = str.maketrans(
    {"×": "x", "—": "-", "–": "-", "−": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "→": ">"}
)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def font(size: int) -> Font:
    """Return Pillow's own scalable font."""
    return ImageFont.load_default(size)


def wrapped(text: str, face: Font, width: int, lines: int) -> list[str]:
    """Break a text into at most `lines` lines of `width` pixels; what does not fit ends in an ellipsis."""
    text = text.translate(LACKING)
    rows: list[str] = []
    for word in text.split():
        longer = f"{rows[-1]} {word}" if rows else word
        if rows and face.getlength(longer) <= width:
            rows[-1] = longer
        else:
            rows.append(word)
    if len(rows) > lines:
        rows = [*rows[: lines - 1], f"{rows[lines - 1]} …"]
    return [_clipped(row, face, width) for row in rows]


def _clipped(row: str, face: Font, width: int) -> str:
    if face.getlength(row) <= width:
        return row
    row = row.removesuffix(" …")
    while row and face.getlength(f"{row}…") > width:
        row = row[:-1]
    return f"{row.rstrip()}…"


def write_lines(
    canvas: Image.Image, position: tuple[int, int], rows: list[str], size: int, colour: tuple[int, int, int]
) -> int:
    """Write lines of text from `position` down; return the y below them."""
    draw, face = ImageDraw.Draw(canvas), font(size)
    x, y = position
    for row in rows:
        draw.text((x, y), row, font=face, fill=colour)
        y += line_height(size)
    return y


def line_height(size: int) -> int:
    """Return the distance between two lines of text of a size."""
    return round(size * 1.42)


def place_panel(
    canvas: Image.Image, pixels: Pixels, position: tuple[int, int], size: tuple[int, int]
) -> None:
    """Put a picture, uint8 (h, w, 3), into a panel with round corners; its aspect is kept, the rest stays dark."""
    width, height = size
    share = min(width / pixels.shape[1], height / pixels.shape[0])
    fitted = (max(round(pixels.shape[1] * share), 1), max(round(pixels.shape[0] * share), 1))
    panel = Image.new("RGB", size, PANEL)
    picture = Image.fromarray(np.ascontiguousarray(pixels)).resize(fitted, Image.Resampling.LANCZOS)
    panel.paste(picture, ((width - fitted[0]) // 2, (height - fitted[1]) // 2))
    canvas.paste(panel, position, _rounded(size))


@cache
def _rounded(size: tuple[int, int]) -> Image.Image:
    large = Image.new("L", (size[0] * 3, size[1] * 3), 0)
    ImageDraw.Draw(large).rounded_rectangle((0, 0, size[0] * 3 - 1, size[1] * 3 - 1), CORNER * 3, fill=255)
    return large.resize(size, Image.Resampling.LANCZOS)


def tinted(frame: Pixels, mask: NDArray[np.bool_]) -> Pixels:
    """Show a mask on its frame: the rest goes dim and grey, the subject glows and has an outline."""
    colour = frame.astype(np.float32)
    grey = colour.mean(-1, keepdims=True)
    dim = 0.30 * grey + 0.06 * colour
    shown = np.where(mask[..., None], 0.74 * colour + 0.26 * TINT, dim)
    shown[_outline(mask, max(frame.shape[1] // 420, 1))] = TINT
    return np.clip(shown, 0, 255).astype(np.uint8)


def _outline(mask: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    thin = mask.copy()
    for _ in range(width):
        padded = np.pad(thin, 1, mode="edge")
        thin = thin & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    rim: NDArray[np.bool_] = mask & ~thin
    return rim
