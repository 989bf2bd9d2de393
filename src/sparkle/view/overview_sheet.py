"""A whole run on one sheet: for each sample a source frame and edited frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import PIL.Image

from sparkle.roles import Image
from sparkle.view.drawing import (
    ACCENT,
    FAINT,
    INK,
    PAPER,
    font,
    line_height,
    place_panel,
    wrapped,
    write_lines,
)

MARGIN, GAP, ROW_GAP, COLUMN_GAP = 48, 14, 22, 36
TEXT, PANEL_WIDTH = 500, 460
TITLE_SIZE, SUBTITLE_SIZE, HEADER_SIZE, NAME_SIZE, TEXT_SIZE = 40, 24, 23, 25, 22


@dataclass(frozen=True, slots=True)
class OverviewRow:
    """What the sheet shows of a sample: a source frame and edited frames, each uint8 (H, W, 3)."""

    name: str
    instruction: str
    source: Image
    edited: tuple[Image, ...]


def overview_sheet(
    rows: Sequence[OverviewRow], title: str, subtitle: str = "", shown: str = "edited"
) -> Image:
    """Return a sheet, uint8 (H, W, 3), with one row per sample; `shown` says what stands beside the source.

    Raises ValueError without rows.
    """
    if not rows:
        raise ValueError("an overview needs at least one sample")
    height, across = rows[0].source.shape[:2]
    panel = (PANEL_WIDTH, round(PANEL_WIDTH * height / across))
    first_column = MARGIN + TEXT + COLUMN_GAP
    second_column = first_column + panel[0] + COLUMN_GAP
    width = second_column + max(len(row.edited) for row in rows) * (panel[0] + GAP) - GAP + MARGIN
    text = wrapped(subtitle, font(SUBTITLE_SIZE), width - 2 * MARGIN, 2)
    headings = line_height(TITLE_SIZE) + len(text) * line_height(SUBTITLE_SIZE)
    first_row = MARGIN + headings + 2 * GAP + line_height(HEADER_SIZE)
    sheet = PIL.Image.new(
        "RGB", (width, first_row + len(rows) * (panel[1] + ROW_GAP) - ROW_GAP + MARGIN), PAPER
    )
    y = write_lines(
        sheet, (MARGIN, MARGIN), wrapped(title, font(TITLE_SIZE), width - 2 * MARGIN, 1), TITLE_SIZE, INK
    )
    write_lines(sheet, (MARGIN, y), text, SUBTITLE_SIZE, FAINT)
    for x, header in ((first_column, "source"), (second_column, shown)):
        write_lines(sheet, (x + 2, first_row - line_height(HEADER_SIZE) - 4), [header], HEADER_SIZE, ACCENT)
    for index, row in enumerate(rows):
        y = first_row + index * (panel[1] + ROW_GAP)
        _write_words(sheet, row, y, panel[1])
        place_panel(sheet, row.source, (first_column, y), panel)
        for place, frame in enumerate(row.edited):
            place_panel(sheet, frame, (second_column + place * (panel[0] + GAP), y), panel)
    return np.asarray(sheet)


def _write_words(sheet: PIL.Image.Image, row: OverviewRow, y: int, height: int) -> None:
    name = wrapped(row.name, font(NAME_SIZE), TEXT, 1)
    y = write_lines(sheet, (MARGIN, y + 2), name, NAME_SIZE, INK)
    lines = max((height - line_height(NAME_SIZE)) // line_height(TEXT_SIZE), 1)
    write_lines(
        sheet, (MARGIN, y + 4), wrapped(row.instruction, font(TEXT_SIZE), TEXT, lines), TEXT_SIZE, FAINT
    )
