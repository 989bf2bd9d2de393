"""`losses.jsonl`, one line an update, and the picture that is drawn of it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sparkle.core.errors import SetupError
from sparkle.core.parsing import parse_object
from sparkle.store import AppendLog, read_lines, write_text
from sparkle.view.svg import drawing, shape, text

WIDTH, HEIGHT, MARGIN = 720.0, 300.0, 48.0


@dataclass(frozen=True, slots=True)
class Update:
    """What came of one update, the `step`-th.

    loss: weighted, as optimised; error: the mean squared error without weights.
    skipped: why the weights were left as they were, or None. labels: of all samples of all processes.
    """

    step: int
    loss: float
    error: float
    gradient_norm: float
    rate: float
    seconds: float
    labels: tuple[str, ...]
    skipped: str | None = None


class LossLog:
    """Appends updates to a file; a continued run first drops those behind its checkpoint."""

    def __init__(self, path: Path, last_step: int) -> None:
        kept = [json.dumps(row) for row in read_rows(path) if row["step"] <= last_step]
        write_text(path, "".join(f"{line}\n" for line in kept))
        self._path = path

    def append(self, update: Update) -> None:
        """Write one line."""
        with AppendLog(self._path) as log:
            log.append(json.dumps(_plain(asdict(update))))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with null for numbers that are not finite, which JSON does not know."""
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in row.items()
    }


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the updates of a log; a last line that a killed process left unfinished is passed over.

    Raises SetupError for any other line that is no update.
    """
    for number, (_, line) in enumerate(read_lines(path), 1):
        try:
            yield parse_object(line)
        except ValueError as error:
            raise SetupError(
                f"{path}, line {number}: no update ({error}); restore or delete the file"
            ) from error


def draw_losses(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw the loss over the updates as an SVG: single updates pale, their moving mean on top; logarithmic."""
    points: list[tuple[float, float]] = [
        (row["step"], row["loss"]) for row in rows if row["loss"] is not None and row["loss"] > 0
    ]
    if len(points) < 2:
        return
    window = max(1, len(points) // 50)
    means = [
        (points[end - 1][0], sum(loss for _, loss in points[end - window : end]) / window)
        for end in range(window, len(points) + 1)
    ]
    first, last = points[0][0], points[-1][0]
    low, high = (math.log10(limit(loss for _, loss in points)) for limit in (min, max))
    low, high = low - 0.02, high + 0.02

    def line(series: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{across(step):.1f},{up(loss):.1f}" for step, loss in series)

    def across(step: float) -> float:
        return MARGIN + (WIDTH - 2 * MARGIN) * (step - first) / (last - first)

    def up(loss: float) -> float:
        return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (math.log10(loss) - low) / (high - low)

    shapes: list[Markup] = []
    for loss in (10.0**high, 10.0 ** ((low + high) / 2), 10.0**low):
        shapes.append(shape("line", x1=MARGIN, x2=WIDTH - MARGIN, y1=up(loss), y2=up(loss), stroke="#dddddd"))
        shapes.append(text(MARGIN - 6, up(loss) + 4, f"{loss:.3g}", text_anchor="end", font_size="12"))
    shapes.append(shape("polyline", points=line(points), fill="none", stroke="#b9cde0"))
    shapes.append(shape("polyline", points=line(means), fill="none", stroke="#2f5f8f", stroke_width="2"))
    for step in (first, last):
        shapes.append(
            text(across(step), HEIGHT - MARGIN + 18, f"{step:g}", text_anchor="middle", font_size="12")
        )
    shapes.append(text(WIDTH / 2, HEIGHT - 8, "updates", text_anchor="middle", font_size="12"))
    shapes.append(text(MARGIN, MARGIN - 16, "training loss", font_size="14"))
    figure = drawing(WIDTH, HEIGHT, "training loss over updates", shapes)
    write_text(path, str(figure).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n")
