"""Exposure, temperature, contrast and saturation of the subject, moved towards the light of the new place.

One correction for the whole clip, computed once from averages: it cannot flicker. Illuminants are estimated by
shades of grey (Finlayson and Trezzi, 2004); the subject's exposure aims at the ratio that people show to their
surroundings in photographs, and goes only part of the way. All gains are bounded, so that skin stays skin; and where
old and new place have the same light, nothing is corrected.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.compositor.light import LINEAR_OF_CODE, LUMINANCE, Float, to_encoded

SUBJECT_TO_SCENE = 0.74  # a subject's bright parts, as a share of its surroundings' key
_EXPOSURE_STRENGTH = 0.5
_EXPOSURE_RANGE = (0.34, 1.15)
_TINT_STRENGTH = 0.65
_SOURCE_TINT_SHARE = 0.5  # a coloured old background says only half of the light that fell on the subject
_GREEN_SHARE = 0.25  # lamps, sky and sun differ along warm and cool; green is mostly the colour of leaves
_COOLEST, _WARMEST = -0.24, 0.28  # natural logarithm
_WARM = np.array([0.6, 0.0, -1.4], np.float32)  # towards lamps and low sun, blue falls more than red rises
_SUN_SHARE, _DAYLIGHT_KEY = 0.7, 0.3
_COOL = np.array([1.0, 0.0, -1.0], np.float32)
_LARGEST_LIFT = 0.006  # linear light
_PALEST = 0.75  # what is left of the subject's saturation in a scene without colour
_KNEE = 0.7
# Natural logarithms: a quarter of a stop in brightness, or this much in the illuminant's colour, is the same light;
# three times as much is another.
_SAME_KEY, _SAME_TINT = 0.173, 0.06
_OTHER = 3.0


@dataclass(frozen=True, slots=True)
class Look:
    """How a set of pixels is lit. Linear light: `key` is the geometric mean of typical and bright luminance,
    `bright` and `dark` its 90th and 2nd percentiles, `tint` (3,) the illuminant with luminance 1,
    `saturation` the mean of (max - min) / max."""

    key: float
    bright: float
    dark: float
    tint: Float
    saturation: float


@dataclass(frozen=True, slots=True)
class Correction:
    """Per channel linear `gain` (3,), `black` subtracted after it (negative lifts), and a factor on saturation."""

    gain: Float
    black: float
    saturation: float


IDENTITY = Correction(np.ones(3, np.float32), 0.0, 1.0)


def measure_look(linear: Float) -> Look:
    """Measure (N, 3) pixels in linear light, N > 0."""
    luminance = linear @ LUMINANCE
    bright, dark = np.percentile(luminance, (90, 2))
    typical = np.exp(np.log(luminance + 0.003).mean())
    illuminant = np.sqrt(np.mean(linear**2, axis=0)) + 1e-4
    strongest = linear.max(axis=1)
    return Look(
        key=float(np.sqrt(typical * max(bright, 0.003))),
        bright=float(max(bright, 0.003)),
        dark=float(dark),
        tint=(illuminant / (illuminant @ LUMINANCE)).astype(np.float32),
        saturation=float(np.mean((strongest - linear.min(axis=1)) / (strongest + 1e-3))),
    )


def match_light(subject: Look, old_scene: Look, new_scene: Look, strength: float) -> Correction:
    """Return the correction that takes a subject filmed in `old_scene` to `new_scene`; `strength` 0 changes nothing.

    Nor does any strength where the two have the same light.
    """
    strength *= disagreement(old_scene, new_scene)
    exposure = (SUBJECT_TO_SCENE * new_scene.key / subject.bright) ** _EXPOSURE_STRENGTH
    exposure = float(np.clip(exposure, *_EXPOSURE_RANGE)) ** strength
    gain = np.exp(strength * _tint_change(old_scene, new_scene))
    gain *= exposure / float(gain @ LUMINANCE)
    black = np.clip(
        0.5 * (subject.dark * exposure - new_scene.dark), -_LARGEST_LIFT, 0.8 * subject.dark * exposure
    )
    saturation = float(np.clip(_PALEST + 1.25 * new_scene.saturation, _PALEST, 1.0)) ** strength
    return Correction(gain.astype(np.float32), float(strength * black), saturation)


def disagreement(old_scene: Look, new_scene: Look) -> float:
    """Return how far the light of two scenes differs, in [0, 1]: 0 for the same light, 1 for another."""
    key = abs(float(np.log(new_scene.key / old_scene.key))) / _SAME_KEY
    tint = float(np.abs(np.log(new_scene.tint / old_scene.tint)).max()) / _SAME_TINT
    return float(np.clip((max(key, tint) - 1) / (_OTHER - 1), 0, 1))


def _tint_change(old_scene: Look, new_scene: Look) -> Float:
    """Logarithm of the gains (3,) that move the old illuminant's colour towards the new one's."""
    old = _SOURCE_TINT_SHARE * np.clip(np.log(old_scene.tint), -0.3, 0.3)
    red, green, blue = _TINT_STRENGTH * (np.log(new_scene.tint) - old)
    warmth = float(np.clip((red - blue) / 2, _COOLEST, _WARMEST))
    if warmth < 0:
        # A blue sky over a bright day is seen, but the sun is what lights people.
        warmth *= 1 - _SUN_SHARE * min(new_scene.key / _DAYLIGHT_KEY, 1.0)
    leaves = float(np.clip(_GREEN_SHARE * (green - (red + blue) / 2), -0.08, 0.08))
    direction = _WARM if warmth > 0 else _COOL
    return warmth * direction + np.array([0.0, leaves, 0.0], np.float32)


def code_table(correction: Correction) -> Float:
    """Return (256, 3) encoded values for 8-bit codes; monotone in every channel."""
    lit = LINEAR_OF_CODE[:, None] * correction.gain
    toe = lit / (lit + 0.02 + abs(correction.black))
    lit = lit - correction.black * (toe if correction.black > 0 else 1.0)
    return to_encoded(_roll_off(lit, np.maximum(correction.gain, 1.0)))


def mix_saturation(encoded: Float, factor: float) -> NDArray[np.float32]:
    """Return the (3, 3) ready image with its distance from grey multiplied by `factor`."""
    grey = np.tile(np.array([0.299, 0.587, 0.114], np.float32), (3, 1))
    mixed = factor * np.eye(3, dtype=np.float32) + (1 - factor) * grey
    return np.asarray(cv2.transform(encoded, mixed), np.float32)


def _roll_off(linear: NDArray[np.floating], brightest: Float) -> NDArray[np.floating]:
    """Bend light above the knee so that `brightest` becomes 1 (Reinhard's curve); nothing changes when it is 1."""
    over = np.maximum(linear - _KNEE, 0.0) / (1 - _KNEE)
    top = (brightest - _KNEE) / (1 - _KNEE)
    bent = _KNEE + (1 - _KNEE) * over * (1 + over / top**2) / (1 + over)
    return np.where(linear > _KNEE, bent, linear)
