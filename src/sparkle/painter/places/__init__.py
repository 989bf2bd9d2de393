"""What the painter can paint: one file a family of places, one record a place."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from sparkle.painter.place import Place

FAMILIES = (
    *(
        "castles",
        "caves",
        "city",
        "clouds",
        "coast",
        "countryside",
        "crops",
        "deserts",
        "fields",
        "forests",
        "halls",
    ),
    *(
        "harbours",
        "homesteads",
        "interior",
        "laboratories",
        "nightlife",
        "parks",
        "ruins",
        "space",
        "synthwave",
    ),
    *("town", "volcanoes", "wasteland", "waters", "wetlands", "wilds", "workplaces"),
)


def _by_name() -> Mapping[str, Place]:
    places: dict[str, Place] = {}
    for family in FAMILIES:
        for place in import_module(f"{__name__}.{family}").PLACES:
            if place.name in places:
                raise ValueError(f"two places are called {place.name}; rename one")
            places[place.name] = place
    return MappingProxyType(places)


PLACES = _by_name()
