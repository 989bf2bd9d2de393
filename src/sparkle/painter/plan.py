"""What to paint, in plain words: the result of reading an instruction."""

from __future__ import annotations

from dataclasses import dataclass

from sparkle.core.errors import SampleError

SEASONS = ("spring", "summer", "autumn", "winter")


class PlanError(SampleError):
    """A plan names a place, an hour, a season, a weather or a manner that the painter does not know."""


@dataclass(frozen=True, slots=True)
class ScenePlan:
    """A scene in words that the painter knows.

    `setting` is the place ("beach", "library"), `time` one of dawn, day, golden, sunset, dusk, night; `season` one of
    spring, summer, autumn, winter; `weather` one of clear, cloudy, overcast, rain, storm, snow, blizzard, fog;
    `style` the manner ("photo", "oil", "noir"). `elements` are things that the text names ("palms", "lanterns").
    `understood` are the words of the text that led to the plan, in the order of the text; empty when the painter
    knew none and chose a default.
    `without` are things that the text does not want, of which the painter leaves out trees, flowers and clouds that it
    would else draw.
    `names_place`: the text names the place, or things that stand in it, and not the light or the weather alone.
    """

    setting: str = "meadow"
    time: str = "day"
    season: str = "summer"
    weather: str = "clear"
    style: str = "photo"
    elements: frozenset[str] = frozenset()
    understood: tuple[str, ...] = ()
    names_place: bool = False
    without: frozenset[str] = frozenset()

    def has(self, *elements: str) -> bool:
        """Whether the text names any of these elements."""
        return not self.elements.isdisjoint(elements)

    def leaves_out(self, *elements: str) -> bool:
        """Whether the text does not want any of these elements."""
        return not self.without.isdisjoint(elements)
