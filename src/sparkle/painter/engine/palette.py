"""Colours by time, weather and season. All colours leave this module as linear light, float32 (3,)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparkle.painter.plan import ScenePlan

Array = NDArray[Any]  # float32
Colour = NDArray[Any]  # float32 (3,)


def colour(code: str) -> Colour:
    """Turn an sRGB "rrggbb" code into linear light."""
    srgb = np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], dtype=np.float32) / 255
    return np.asarray(srgb**2.2, dtype=np.float32)


def tones(**codes: str) -> dict[str, Any]:
    """Several colours by name, to replace some of a palette's."""
    return {name: colour(code) for name, code in codes.items()}


def mix(first: Array, second: Array, share: Array | float) -> Array:
    """Blend two colours (3,) or pictures (..., 3), float32; `share` of the second, one number or one a point (...)."""
    part = share[..., None] if isinstance(share, np.ndarray) and share.ndim else share
    return np.asarray(first + (second - first) * part, dtype=np.float32)


def luminance(linear: Colour) -> float:
    """Brightness of a linear colour."""
    return float(linear @ np.array([0.21, 0.72, 0.07], dtype=np.float32))


@dataclass(frozen=True, slots=True)
class Palette:
    """The light of a time of day: sky from zenith to horizon, cloud tones, sun, fill light, haze.

    `elevation` of the sun is in degrees.
    """

    zenith: Colour
    middle: Colour
    horizon: Colour
    cloud_lit: Colour
    cloud_shade: Colour
    sun: Colour
    ambient: Colour
    haze: Colour
    elevation: float


def _palette(tones: str, sun: tuple[float, float, float], elevation: float) -> Palette:
    zenith, middle, horizon, lit, shade, ambient, haze = (colour(code) for code in tones.split())
    return Palette(
        zenith, middle, horizon, lit, shade, np.asarray(sun, dtype=np.float32), ambient, haze, elevation
    )


# zenith, middle, horizon, cloud lit, cloud shade, ambient, haze
TIMES: dict[str, Palette] = {
    "dawn": _palette("5f80b4 b9a9c4 ffc9a8 ffd3c0 8f8bab 8d95ba e6bdb0", (1.55, 0.95, 0.68), 5),
    "day": _palette("2a6bbd 6ba6de c4deef ffffff a9b9cc 94abc9 b9d2e6", (1.22, 1.14, 1.02), 46),
    "golden": _palette("5583ba b9b9ab ffd993 ffe3b0 a8918f 9395a8 f3c88a", (2.1, 1.32, 0.64), 11),
    "sunset": _palette("35508f b8788c ffa550 ff9a62 6b5377 73698c e89a68", (1.75, 0.80, 0.30), 3.2),
    "dusk": _palette("1d2b58 6a5488 ffa565 d97c78 37345c 464a78 9c7088", (0.72, 0.34, 0.16), 0.4),
    "night": _palette("060d20 0f1d3e 243a62 3a4b70 10192f 2f4570 22355a", (0.17, 0.22, 0.33), 30),
}
OVERCAST = _palette("8794a3 a5b0bb c6cdd2 d5d9dc 838b96 a9b1bb bcc5cc", (0.32, 0.32, 0.31), 50)
STORM = _palette("353d4b 525c69 98a097 8d949b 2e3540 7d8690 878f93", (0.30, 0.28, 0.25), 30)

# Share of the weather's own grey sky in the palette.
GREYNESS = {
    "clear": 0.0,
    "cloudy": 0.12,
    "overcast": 0.92,
    "rain": 0.85,
    "storm": 0.95,
    "snow": 0.85,
    "blizzard": 0.95,
    "fog": 0.85,
}
BRIGHTNESS = {"dawn": 0.72, "day": 1.0, "golden": 0.9, "sunset": 0.62, "dusk": 0.27, "night": 0.075}


def palette_for(plan: ScenePlan) -> Palette:
    """Return the palette of a plan's time, weather and season."""
    base = TIMES[plan.time]
    grey = GREYNESS[plan.weather]
    if plan.season == "winter" and plan.weather == "clear" and plan.time == "day":
        base = _with_tint(base, colour("dfe9f5"), 0.25)
    if grey == 0:
        return base
    cover = STORM if plan.weather == "storm" else OVERCAST
    return _blend(base, cover, grey, BRIGHTNESS[plan.time])


def _with_tint(palette: Palette, tint: Colour, share: float) -> Palette:
    """Pull the open sky toward a colour; the sun of a winter noon stands low."""
    sky: dict[str, Any] = {
        name: mix(getattr(palette, name), tint, share) for name in ("zenith", "middle", "horizon", "haze")
    }
    return replace(palette, **sky, elevation=24.0)


def _blend(base: Palette, cover: Palette, share: float, brightness: float) -> Palette:
    """Mix in a cloud cover that keeps the hour's own hue and brightness."""
    hue = mix(base.middle / max(luminance(base.middle), 1e-4), np.ones(3, dtype=np.float32), 0.84)
    names = ("zenith", "middle", "horizon", "cloud_lit", "cloud_shade", "sun", "ambient", "haze")
    mixed: dict[str, Any] = {
        n: mix(getattr(base, n), getattr(cover, n) * hue * brightness, share) for n in names
    }
    return replace(base, **mixed)
