"""Buildings of the country: windmill and barn."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.lighting import show
from sparkle.painter.engine.materials import mottled, plain, planks
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.solids import Solid, box, cast, column, gable
from sparkle.painter.engine.strokes import fill, stroke
from sparkle.painter.things.landmarks import pixel_tone


def windmill(canvas: Canvas, foot: tuple[float, float, float], height: float) -> None:
    """An old tower mill with lattice sails."""
    x, y, z = foot
    body = height * 0.62
    parts: list[Solid] = [
        column(mottled("b7a487", "d8c9ab", 1.5), (x, y, z), height * 0.17, body, height * 0.11),
        column(planks("5a4433", 0.3), (x, y + body, z), height * 0.125, height * 0.14, height * 0.03),
        box(planks("4a372a", 0.25), (x, y, z - height * 0.165), (1.5, 2.5, 0.5)),
        box(plain("39424a"), (x, y + body * 0.55, z - height * 0.135), (0.9, 1.2, 0.3)),
    ]
    show(canvas, cast(canvas, parts), shadows=parts[:2])
    hub = (x, y + body + height * 0.03, z - height * 0.17)
    _sails(canvas, hub, height * 0.42)


def _sails(canvas: Canvas, hub: tuple[float, float, float], length: float) -> None:
    view = canvas.view
    c, r = view.project(*hub)
    reach = length * view.focal / hub[2]
    wood, cloth = pixel_tone(canvas, "4a3a2c", hub[2], 0.5), pixel_tone(canvas, "e6dcc6", hub[2], 0.7)
    turn = float(canvas.rng.uniform(0.2, 0.7))
    thick = max(round(reach * 0.022), 1)
    fine = max(thick // 2, 1)
    with canvas.drawing(Kind.SOLID) as drawing:
        for a in turn + np.arange(4) * np.pi / 2:
            d, n = reach * floats([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
            base = floats([c, r])
            corners = [d * 0.22 + n * 0.03, d + n * 0.03, d + n * 0.20, d * 0.22 + n * 0.20]
            fill(drawing, base + corners, cloth)
            for s in np.linspace(0.22, 1.0, 9):
                stroke(drawing, [base + d * s, base + d * s + n * 0.20], wood, fine)
            for off in (0.03, 0.115, 0.20):
                stroke(drawing, [base + d * 0.22 + n * off, base + d + n * off], wood, fine)
            stroke(drawing, [base, base + d], wood, thick)


def barn(canvas: Canvas, foot: tuple[float, float, float]) -> None:
    """A red barn with white trim and a grey roof."""
    x, y, z = foot
    red, roof, white = planks("a5352a", 0.3), planks("6a6460", 0.4, False), plain("efe9df")
    turn = 0.45 if x < 0 else -0.45
    parts: list[Solid] = [
        box(red, (x, y, z), (11, 6, 16), turn),
        gable(roof, (x, y + 6, z), (12.2, 4.4, 17), turn),
        gable(red, (x, y + 5.7, z), (10.9, 4.0, 16.1), turn),
    ]
    cos, sin = np.cos(turn), np.sin(turn)
    front = (x + 8.06 * sin, z - 8.06 * cos)
    for dx, w, h, material in ((0.0, 4.4, 4.2, white), (0.0, 3.9, 3.9, planks("7f2820", 0.3))):
        parts.append(
            box(
                material,
                (front[0] + dx * cos, y, front[1] + dx * sin),
                (w, h, 0.12 if material is white else 0.2),
                turn,
            )
        )
    parts.append(box(white, (front[0], y + 6.3, front[1]), (1.7, 1.7, 0.15), turn))
    parts.append(box(planks("7f2820", 0.3), (front[0], y + 6.5, front[1]), (1.3, 1.3, 0.22), turn))
    show(canvas, cast(canvas, parts), shadows=parts[:2])
