"""One record a place: the words that call it, how it is when nobody says otherwise, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sparkle.painter.engine.canvas import Canvas


@dataclass(frozen=True, slots=True)
class Place:
    """A place that the painter can paint.

    `words` is a regular expression, matched at word boundaries, plural "s" or "es" allowed at the end; the match of the
    greatest `weight` of all places decides, among equals the place that stands earlier. `faint` are words of a weight
    of their own, for a place that is meant when nothing better is named. `time` is the hour at which the place is
    mostly shown, `season` likewise; those named in `fixed` no word changes. `horizon` is its height from the top as a
    share of the picture, `eye` the camera's height in metres. `indoors`: no haze of the weather comes in. `sky`: the
    sky is painted first, except indoors. `fog` is the share of the fog that lies in it: of land that is seen over
    kilometres nothing would be left. `weathers` exchanges weathers in which the place could not be seen. `lives` are
    the elements that are there though no word names them.
    """

    name: str
    draw: Callable[[Canvas], None]
    words: str
    weight: float
    faint: tuple[str, float] | None = None
    time: str = "day"
    season: str = "summer"
    fixed: tuple[str, ...] = ()
    horizon: float = 0.52
    eye: float = 1.7
    indoors: bool = False
    sky: bool = True
    fog: float = 1.0
    weathers: Mapping[str, str] = field(default_factory=dict)
    lives: frozenset[str] = frozenset()
