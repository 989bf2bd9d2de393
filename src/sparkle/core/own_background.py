"""A background that somebody gave instead of a painted or generated one: where it comes from, how it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Fit = Literal["cover", "contain", "stretch"]


@dataclass(frozen=True, slots=True)
class Placing:
    """`cover` fills the picture and cuts what is too much, `contain` shows all of it with black beside it, `stretch`
    changes its shape. `position` (x, y), 0 to 1000: which part of it is shown, or where it stands. `blur` is the radius
    of a disc in thousandths of the width. `zoom`, at least 1: how much larger than it must be to cover."""

    fit: Fit = "cover"
    position: tuple[float, float] = (500.0, 500.0)
    blur: float = 0.0
    zoom: float = 1.0


@dataclass(frozen=True, slots=True)
class LibraryEntry:
    """A picture or video of a library of backgrounds: `file` within it, what it shows, its theme and licence ("" where
    not stated). `horizon` is the height of its horizon from its upper edge, as a share of its own, `eye_m` its camera's
    height over the ground, None where not known."""

    file: str
    caption: str
    theme: str = ""
    licence: str = ""
    horizon: float | None = None
    eye_m: float | None = None
