"""Colours by time, weather and season. All colours leave this module as linear light, float32 (3,)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.weather import WEATHERS
from sparkle.painter.plan import ScenePlan

Array = NDArray[Any]  # float32
Colour = NDArray[Any]  # float32 (3,)


def colour(code: str) -> Colour:
    """Turn an sRGB "rrggbb" code into linear light."""
    srgb = np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], dtype=np.float32) / 255
    return floats(srgb**2.2)


def tones(**codes: str) -> dict[str, Any]:
    """Several colours by name, to replace some of a palette's."""
    return {name: colour(code) for name, code in codes.items()}


def mix(first: Array, second: Array, share: Array | float) -> Array:
    """Blend two colours (3,) or pictures (..., 3), float32; `share` of the second, one number or one a point (...)."""
    part = share[..., None] if isinstance(share, np.ndarray) and share.ndim else share
    return first + (second - first) * part


def luminance(linear: Colour) -> float:
    """Brightness of a linear colour."""
    return float(linear @ np.array([0.21, 0.72, 0.07], dtype=np.float32))


@dataclass(frozen=True, slots=True)
class Palette:
    """The light of a time of day: sky from zenith to horizon, cloud tones, sun, fill light, haze.

    `elevation` of the sun is in degrees;
    `brightness` is that of the hour under clouds, `glow` that of the sky around the sun.
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
    brightness: float = 1.0
    glow: float = 0.0


def _palette(
    tones: str, sun: tuple[float, float, float], elevation: float, brightness: float = 1.0, glow: float = 0.0
) -> Palette:
    zenith, middle, horizon, lit, shade, ambient, haze = (colour(code) for code in tones.split())
    light = floats(sun)
    return Palette(zenith, middle, horizon, lit, shade, light, ambient, haze, elevation, brightness, glow)


# zenith, middle, horizon, cloud lit, cloud shade, ambient, haze
TIMES: dict[str, Palette] = {
    "dawn": _palette("5f80b4 b9a9c4 ffc9a8 ffd3c0 8f8bab 8d95ba e6bdb0", (1.55, 0.95, 0.68), 5, 0.72, 0.2),
    "day": _palette("2a6bbd 6ba6de c4deef ffffff a9b9cc 94abc9 b9d2e6", (1.22, 1.14, 1.02), 46, 1, 0.1),
    "golden": _palette("5583ba b9b9ab ffd993 ffe3b0 a8918f 9395a8 f3c88a", (2.1, 1.32, 0.64), 11, 0.9, 0.2),
    "sunset": _palette(
        "35508f b8788c ffa550 ff9a62 6b5377 73698c e89a68", (1.75, 0.80, 0.30), 3.2, 0.62, 0.26
    ),
    "dusk": _palette("1d2b58 6a5488 ffa565 d97c78 37345c 464a78 9c7088", (0.72, 0.34, 0.16), 0.4, 0.27, 1.25),
    "night": _palette(
        "060d20 0f1d3e 243a62 3a4b70 10192f 2f4570 22355a", (0.17, 0.22, 0.33), 30, 0.075, 0.16
    ),
}
OVERCAST = _palette("8794a3 a5b0bb c6cdd2 d5d9dc 838b96 a9b1bb bcc5cc", (0.32, 0.32, 0.31), 50)
STORM = _palette("353d4b 525c69 98a097 8d949b 2e3540 7d8690 878f93", (0.30, 0.28, 0.25), 30)


def palette_for(plan: ScenePlan) -> Palette:
    """Return the palette of a plan's time, weather and season."""
    base = TIMES[plan.time]
    grey = WEATHERS[plan.weather].grey
    if plan.season == "winter" and plan.weather == "clear" and plan.time == "day":
        base = _with_tint(base, colour("dfe9f5"), 0.25)
    if grey == 0:
        return base
    cover = STORM if plan.weather == "storm" else OVERCAST
    return _blend(base, cover, grey)


def _with_tint(palette: Palette, tint: Colour, share: float) -> Palette:
    """Pull the open sky toward a colour; the sun of a winter noon stands low."""
    sky: dict[str, Any] = {
        name: mix(getattr(palette, name), tint, share) for name in ("zenith", "middle", "horizon", "haze")
    }
    return replace(palette, **sky, elevation=24.0)


def _blend(base: Palette, cover: Palette, share: float) -> Palette:
    """Mix in a cloud cover that keeps the hour's own hue and brightness."""
    hue = mix(base.middle / max(luminance(base.middle), 1e-4), np.ones(3, dtype=np.float32), 0.84)
    names = ("zenith", "middle", "horizon", "cloud_lit", "cloud_shade", "sun", "ambient", "haze")
    mixed: dict[str, Any] = {
        n: mix(getattr(base, n), getattr(cover, n) * hue * base.brightness, share) for n in names
    }
    return replace(base, **mixed)
