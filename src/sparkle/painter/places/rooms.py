"""Rooms: all of them stand in things/rooms.yaml; the club has spotlights besides, and the spaceship stars."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.noise import floats
from sparkle.painter.things.furniture import light_pool
from sparkle.painter.things.rooms import furnish
from sparkle.painter.things.stars import paint_space

paint_room = furnish
SPOTLIGHTS = ((-2.6, (4.5, 1.6, 2.2)), (0.0, (5.5, 4.2, 2.6)), (2.6, (1.6, 2.0, 5.0)))


def paint_spaceship(canvas: Canvas) -> None:
    """A bridge: consoles and seats before a wide window of stars and a planet."""
    paint_space(canvas, planet=True)
    furnish(canvas)


def paint_club(canvas: Canvas) -> None:
    """A small stage before red curtains, spotlights with smoke in their cones, round tables with lamps."""
    furnish(canvas)
    view = canvas.view
    columns, rows = view.grid()
    smoke = 0.55 + 0.6 * canvas.noise.fbm(columns / view.height * 3.5, rows / view.height * 3.5, 5)
    for x, tone in SPOTLIGHTS:
        head = [(x - 0.10, 4.3, 6.2), (x + 0.10, 4.3, 6.2), (x + 0.10, 4.2, 6.3), (x - 0.10, 4.2, 6.3)]
        for aim in (-0.9, 0.5):
            light_pool(canvas, head, (aim * 1.3 - x * 0.35, -3.6, 1.9), floats(tone) / 5, 0.9)
        c, r = view.project(x, 4.6, 7.4)
        down = np.maximum(rows - r, 0) / view.height
        for lean in (-0.28, 0.22):
            across = (columns - c - lean * down * view.height) / (view.height * (0.012 + 0.19 * down))
            cone = np.exp(-(across**2) * 1.6 - down * 1.7) * (rows > r)
            canvas.add(np.clip(cone * smoke, 0, 2)[..., None] * floats(tone) * 0.055)
