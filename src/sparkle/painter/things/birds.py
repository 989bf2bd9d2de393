"""Pigeons on a square."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.strokes import disc, fill
from sparkle.painter.things.landmarks import pixel_tone


def pigeons(canvas: Canvas, count: int) -> None:
    """Pigeons on the ground and a few in the air."""
    rng, view = canvas.rng, canvas.view
    with canvas.drawing(Kind.SOLID) as drawing:
        for z in np.sort(1 / rng.uniform(1 / 24, 1 / 5.5, count))[::-1]:
            x = rng.choice((-1.0, 1.0)) * rng.uniform(0.25, 1.0) * view.half_width(z)
            up = 0.0 if rng.uniform() < 0.75 else rng.uniform(0.5, 2.4)
            c, r = view.project(x, up, float(z))
            s, face = 0.17 * view.focal / float(z), rng.choice((-1.0, 1.0))
            tone = pixel_tone(canvas, ("7d828c", "9a9ea6", "5f6670")[rng.integers(3)], float(z), 0.7)
            neck = pixel_tone(canvas, "44605a", float(z), 0.5)
            for wing in (-1.0, 1.0) if up > 0 else ():
                tip, elbow = (c + wing * s * 1.5, r - s * 1.9), (c + wing * s * 0.8, r - s * 0.6)
                fill(drawing, [(c, r - s * 0.8), tip, elbow], tone)
            disc(drawing, (c, r - s * 0.75), (s, s * 0.5), tone, -18 * face)
            disc(drawing, (c + face * s * 0.75, r - s * 1.25), (s * 0.30, s * 0.28), neck)
            disc(drawing, (c - face * s * 0.95, r - s * 0.55), (s * 0.5, s * 0.2), neck, -12 * face)
