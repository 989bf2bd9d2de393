"""Cars, people, birds and sails that the painter knows: taken out of the still picture, drawn where they are by now."""

from __future__ import annotations

import numpy as np

from sparkle.backends.cpu.animator.layers import Layer, Moment
from sparkle.backends.cpu.animator.noise import Field
from sparkle.painter import Movers, Painted
from sparkle.roles import Image


def without_movers(image: Image, painted: Painted) -> Image:
    """Return the painting `image` with what stands still where something that moves was, in the painting's pixels."""
    taken = (painted.picture != painted.plate).any(axis=2, keepdims=True)
    return np.where(taken, painted.plate, image)


def pass_by(movers: Movers, seconds: float) -> Layer:
    """Draw what moves over the canvas, behind what the painter knows to stand nearer."""

    def layer(canvas: Field, moment: Moment) -> None:
        movers.draw(canvas, moment.phase, seconds)

    return layer
