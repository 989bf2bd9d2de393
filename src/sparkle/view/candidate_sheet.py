"""What a finder took into account: a few frames with numbered boxes, and a line of reasons for each number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import PIL.Image
import PIL.ImageDraw

from sparkle.roles import Frames, Image
from sparkle.view.drawing import FAINT, INK, PAPER, font, line_height, wrapped, write_lines

PANEL_WIDTH, MARGIN, GAP, TEXT_SIZE, NUMBER_SIZE = 560, 24, 12, 20, 26
MOST_FRAMES = 4
COLOURS = (
    (255, 196, 92),
    (111, 207, 255),
    (151, 232, 138),
    (255, 138, 160),
    (201, 163, 255),
    (255, 240, 130),
)

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """A candidate's boxes in pixels by frame, and the line that says what it is."""

    boxes: Mapping[int, Box]
    text: str


def candidate_sheet(
    frames: Frames, candidates: Sequence[CandidateRow], looked_at: Sequence[int], title: str
) -> Image:
    """Return a sheet, uint8 (H, W, 3), of at most four of the frames looked at, with the candidates numbered from 1."""
    chosen = [
        looked_at[i] for i in np.unique(np.linspace(0, len(looked_at) - 1, MOST_FRAMES).round().astype(int))
    ]
    height = round(PANEL_WIDTH * frames.shape[1] / frames.shape[2])
    columns = min(len(chosen), 2)
    rows = -(-len(chosen) // columns)
    width = 2 * MARGIN + columns * PANEL_WIDTH + (columns - 1) * GAP
    lines = [f"{number}  {each.text}" for number, each in enumerate(candidates, 1)] or ["no candidate at all"]
    heading = wrapped(title, font(TEXT_SIZE), width - 2 * MARGIN, 3)
    top = MARGIN + len(heading) * line_height(TEXT_SIZE) + GAP
    below = top + rows * (height + GAP)
    sheet = PIL.Image.new("RGB", (width, below + len(lines) * line_height(TEXT_SIZE) + MARGIN), PAPER)
    write_lines(sheet, (MARGIN, MARGIN), heading, TEXT_SIZE, INK)
    for place, frame in enumerate(chosen):
        row, column = divmod(place, columns)
        panel = _panel(frames[frame], frame, candidates, (PANEL_WIDTH, height))
        sheet.paste(panel, (MARGIN + column * (PANEL_WIDTH + GAP), top + row * (height + GAP)))
    for number, line in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)] if candidates else FAINT
        shown = wrapped(line, font(TEXT_SIZE), width - 2 * MARGIN, 1)
        write_lines(sheet, (MARGIN, below + number * line_height(TEXT_SIZE)), shown, TEXT_SIZE, colour)
    return np.asarray(sheet, np.uint8)


def _panel(
    picture: Image, frame: int, candidates: Sequence[CandidateRow], size: tuple[int, int]
) -> PIL.Image.Image:
    scale_x, scale_y = size[0] / picture.shape[1], size[1] / picture.shape[0]
    panel = PIL.Image.fromarray(np.ascontiguousarray(picture)).resize(size, PIL.Image.Resampling.LANCZOS)
    draw = PIL.ImageDraw.Draw(panel)
    for number, each in reversed(list(enumerate(candidates, 1))):
        if frame in each.boxes:
            x1, y1, x2, y2 = each.boxes[frame]
            corners = (x1 * scale_x, y1 * scale_y, x2 * scale_x - 1, y2 * scale_y - 1)
            colour = COLOURS[(number - 1) % len(COLOURS)]
            draw.rectangle(corners, outline=colour, width=3)
            place = (corners[0] + 6, corners[1] + 2)
            draw.text(
                place, str(number), font=font(NUMBER_SIZE), fill=colour, stroke_width=2, stroke_fill=PAPER
            )
    draw.text((8, size[1] - 26), f"frame {frame}", font=font(16), fill=INK, stroke_width=2, stroke_fill=PAPER)
    return panel
