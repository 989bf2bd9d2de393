"""One sample on one sheet: a column for each artifact, a row for each of several moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import PIL.Image

from sparkle.roles import EdgeMaps, Frames, Image, Masks
from sparkle.view.drawing import (
    ACCENT,
    FAINT,
    INK,
    PAPER,
    font,
    line_height,
    place_panel,
    tinted,
    wrapped,
    write_lines,
)

WIDEST = 2400
MARGIN, GAP, STAMP = 48, 14, 74
PANEL_WIDTH = 372
TITLE_SIZE, SUBTITLE_SIZE, HEADER_SIZE, STAMP_SIZE = 40, 25, 23, 20
MASK_BASE = "source"

Column = Frames | EdgeMaps | Masks | Image


def contact_sheet(
    columns: Mapping[str, Column],
    moments: Sequence[int],
    title: str,
    subtitle: str = "",
    stamps: Sequence[str] | None = None,
) -> Image:
    """Return the sheet, uint8 (H, W, 3), at most 2400 pixels wide.

    `columns` maps headers to (T, H, W, 3) frames, (T, H, W) uint8 edge maps, (T, H, W) bool masks (shown on the
    column "source" if there is one), or one (H, W, 3) picture, shown in the first row. `moments` are frame indices;
    `stamps` say what stands beside their rows, the indices by default.
    Raises ValueError without columns or moments, and for a moment that a column does not have.
    """
    if not columns or not moments:
        raise ValueError("a contact sheet needs at least one column and one moment")
    panel = _panel_size(columns)
    left, top = MARGIN + STAMP, MARGIN
    width = left + len(columns) * (panel[0] + GAP) - GAP + MARGIN
    heading = wrapped(title, font(TITLE_SIZE), width - 2 * MARGIN, 1)
    text = wrapped(subtitle, font(SUBTITLE_SIZE), width - 2 * MARGIN, 3)
    first_row = (
        top + len(heading) * line_height(TITLE_SIZE) + len(text) * line_height(SUBTITLE_SIZE) + 2 * GAP
        + line_height(HEADER_SIZE)
    )  # fmt: skip
    sheet = PIL.Image.new("RGB", (width, first_row + len(moments) * (panel[1] + GAP) - GAP + MARGIN), PAPER)
    y = write_lines(sheet, (MARGIN, top), heading, TITLE_SIZE, INK)
    write_lines(sheet, (MARGIN, y), text, SUBTITLE_SIZE, FAINT)
    for index, (name, column) in enumerate(columns.items()):
        x = left + index * (panel[0] + GAP)
        header = wrapped(name, font(HEADER_SIZE), panel[0], 1)
        write_lines(sheet, (x + 2, first_row - line_height(HEADER_SIZE) - 4), header, HEADER_SIZE, ACCENT)
        for row, moment in enumerate(moments):
            if row and _is_still(column):
                continue
            picture = _picture(name, column, moment, columns.get(MASK_BASE))
            place_panel(sheet, picture, (x, first_row + row * (panel[1] + GAP)), panel)
    for row, stamp in enumerate(stamps or [f"#{moment}" for moment in moments]):
        y = first_row + row * (panel[1] + GAP) + (panel[1] - line_height(STAMP_SIZE)) // 2
        write_lines(sheet, (MARGIN, y), [stamp], STAMP_SIZE, FAINT)
    return np.asarray(sheet)


def evenly_spaced(frames: int, count: int = 4) -> list[int]:
    """Return `count` moments from the first to the last frame."""
    return [int(moment) for moment in np.linspace(0, frames - 1, min(count, frames)).round()]


def _panel_size(columns: Mapping[str, Column]) -> tuple[int, int]:
    column = next(iter(columns.values()))
    height, width = column.shape[:2] if _is_still(column) else column.shape[1:3]
    widest = (WIDEST - 2 * MARGIN - STAMP + GAP) // len(columns) - GAP
    panel_width = min(PANEL_WIDTH if width >= height else PANEL_WIDTH * 2 // 3, widest)
    return panel_width, max(round(panel_width * height / width), 1)


def _is_still(column: Column) -> bool:
    return column.ndim == 3 and column.shape[-1] == 3


def _picture(name: str, column: Column, moment: int, base: Column | None) -> Image:
    if _is_still(column):
        return column.astype(np.uint8, copy=False)
    if not 0 <= moment < len(column):
        raise ValueError(f"column '{name}' has {len(column)} frames: there is no frame {moment}")
    frame = column[moment]
    if frame.dtype != np.bool_:
        return np.repeat(frame[..., None], 3, axis=-1) if frame.ndim == 2 else frame
    if base is not None and base.ndim == 4 and base.shape[:3] == column.shape:
        return tinted(base[moment], frame)
    return np.repeat(np.where(frame, 255, 0).astype(np.uint8)[..., None], 3, axis=-1)
