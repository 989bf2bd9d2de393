"""What each weather does to a scene: its grey, its haze, its clouds, and how much of the sun it lets through."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weather:
    """One weather.

    `grey` is the share of its own sky in the palette, `haze` per kilometre; `coverage` shifts the noise of its clouds
    (0 is half the sky), `thickness` and `size` are theirs; `sun` is the share of the sun's glow that is seen.
    """

    grey: float
    haze: float
    coverage: float
    thickness: float
    size: float
    sun: float = 0.06

    @property
    def open(self) -> bool:
        """Whether sun, moon and stars are seen."""
        return self.sun > 0.5


WEATHERS = {
    "clear": Weather(0.0, 0.07, -0.20, 1.0, 1.0, 1.0),
    "cloudy": Weather(0.12, 0.09, 0.10, 1.2, 1.0, 0.8),
    "overcast": Weather(0.92, 0.22, 0.75, 0.8, 1.5),
    "rain": Weather(0.85, 0.9, 0.65, 0.9, 1.3),
    "storm": Weather(0.95, 0.35, 0.55, 1.7, 1.6),
    "snow": Weather(0.85, 2.5, 0.75, 0.5, 1.5),
    "blizzard": Weather(0.95, 16.0, 0.95, 0.3, 1.5),
    "fog": Weather(0.85, 5.0, 0.9, 0.35, 1.5, 0.35),
}
