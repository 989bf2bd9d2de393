"""From wide and bright pictures (BT.2020, PQ, HLG) to what BT.709 screens show: by the light that the codes stand for.

PQ is SMPTE ST 2084, HLG is BT.2100's with its system gamma; both are brought to a white of 203 nits (BT.2408) by the
curve of BT.2390 (EETF), applied to the largest of the three colours so that hues stay.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

# Code points of H.273.
_PQ, _HLG = 16, 18
_BT2020_PRIMARIES = 9

_WHITE_NITS = 203.0
_PEAK_NITS_WHERE_NONE_IS_TOLD = 1000.0
_HLG_PEAK_NITS = 1000.0
_HLG_SYSTEM_GAMMA = 1.2
_SCREEN_GAMMA = 2.4  # BT.1886, both ways, so that greys of SDR stay as they are

_M1, _M2 = 2610 / 16384, 2523 / 32
_C1, _C2, _C3 = 3424 / 4096, 2413 / 128, 2392 / 128

# Linear BT.2020 to linear BT.709 (BT.2087).
_TO_709 = np.array(
    [[1.660491, -0.587641, -0.072850], [-0.124550, 1.132900, -0.008349], [-0.018151, -0.100579, 1.118730]],
    np.float32,
)
_LUMINANCE_2020 = np.array([[0.2627, 0.6780, 0.0593]], np.float32)

Floats = NDArray[np.float32]


def is_bright(frame: VideoFrame) -> bool:
    """Tell whether a frame is HDR: PQ or HLG."""
    return frame.color_trc in (_PQ, _HLG)


def is_wide(frame: VideoFrame) -> bool:
    """Tell whether a frame's colours are those of BT.2020."""
    return bool(frame.color_primaries == _BT2020_PRIMARIES)


def to_bt709(rgb: NDArray[np.uint16], frame: VideoFrame) -> NDArray[np.uint8]:
    """Return uint8 RGB (H, W, 3) of BT.709 for the codes uint16 RGB (H, W, 3), 0..65535, of a frame's own space.

    Light brighter than a BT.709 screen is brought down by BT.2390's curve from the frame's peak: that of its mastering
    display or its brightest pixel where it tells them, else 1000 nits. Colours outside BT.709 are cut off.
    """
    transfer = frame.color_trc
    light: Floats
    if transfer == _PQ:
        light = _pq_light()[rgb]
        light *= _brought_down(light.max(-1), _peak_nits(frame))[..., None]
    elif transfer == _HLG:
        scene: Floats = _hlg_scene_light()[rgb]
        luminance = np.maximum(cv2.transform(scene, _LUMINANCE_2020), 1e-6).astype(np.float32)
        light = scene * luminance[..., None] ** np.float32(_HLG_SYSTEM_GAMMA - 1) * np.float32(_HLG_PEAK_NITS)
        light *= _brought_down(light.max(-1), _HLG_PEAK_NITS)[..., None]
    else:
        light = _screen_light()[rgb]
    if is_wide(frame):
        light = cv2.transform(light, _TO_709).astype(np.float32)
    return _on_screen(light)


def linear_to_bt709(light: Floats) -> NDArray[np.uint8]:
    """Return uint8 RGB (H, W, 3) for linear light of BT.709's primaries, float32 (H, W, 3), in which 1 is white.

    What is brighter comes down by BT.2390's curve from the peak, which all but a thousandth of the pixels keep below.
    """
    nits = np.clip(np.nan_to_num(light, nan=0.0), 0, 10_000.0 / _WHITE_NITS) * np.float32(_WHITE_NITS)
    brightest = nits.max(-1)
    peak = max(float(np.quantile(brightest, 0.999)), _WHITE_NITS)
    nits *= _brought_down(brightest, peak)[..., None]
    return _on_screen(nits)


def _on_screen(nits: Floats) -> NDArray[np.uint8]:
    levels = np.clip(nits / np.float32(_WHITE_NITS), 0, 1) * _LEVELS
    shown: NDArray[np.uint8] = _screen_codes()[(levels + 0.5).astype(np.uint16)]
    return shown


def _peak_nits(frame: VideoFrame) -> float:
    side_data: Mapping[str, Any] = frame.side_data
    told = []
    if (mastering := side_data.get("MASTERING_DISPLAY_METADATA")) is not None:
        numerator, denominator, _, has_luminance = struct.unpack_from("<iiii", bytes(mastering), 72)
        if has_luminance and denominator > 0 and numerator > 0:
            told.append(numerator / denominator)
    if (content := side_data.get("CONTENT_LIGHT_LEVEL")) is not None:
        (brightest,) = struct.unpack_from("<I", bytes(content))
        if brightest > 0:
            told.append(float(brightest))
    return min(max(min(told, default=_PEAK_NITS_WHERE_NONE_IS_TOLD), _WHITE_NITS), 10_000.0)


def _brought_down(brightest: Floats, peak_nits: float) -> Floats:
    """Return the factor (H, W) that brings the brightest colour of each pixel, in nits, below the screen's white."""
    nits = np.linspace(0.0, 1.0, _STEPS, dtype=np.float64) ** 2 * 10_000.0
    place = np.sqrt(np.clip(brightest / np.float32(10_000.0), 0, 1)) * np.float32(_STEPS - 1)
    factor: Floats = np.interp(place, np.arange(_STEPS), _factor(nits, peak_nits)).astype(np.float32)
    return factor


def _factor(nits: NDArray[np.float64], peak_nits: float) -> NDArray[np.float64]:
    source, screen = _pq_code(np.array(peak_nits)), _pq_code(np.array(_WHITE_NITS))
    codes = np.minimum(_pq_code(nits) / source, 1.0)
    top = float(screen / source)
    knee = max(1.5 * top - 0.5, 0.0)
    t = np.clip((codes - knee) / max(1 - knee, 1e-9), 0, 1)
    bent = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * top
    shown = _pq_nits(np.where(codes < knee, codes, bent) * source)
    return np.where(nits > 0, shown / np.maximum(nits, 1e-9), 1.0)


def _pq_nits(codes: NDArray[np.float64]) -> NDArray[np.float64]:
    root = np.maximum(codes, 0.0) ** (1 / _M2)
    nits: NDArray[np.float64] = 10_000.0 * (np.maximum(root - _C1, 0.0) / (_C2 - _C3 * root)) ** (1 / _M1)
    return nits


def _pq_code(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    power = (nits / 10_000.0) ** _M1
    code: NDArray[np.float64] = ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2
    return code


_STEPS = 4096
_LEVELS = 65535


def _every_code() -> NDArray[np.float64]:
    return np.arange(_LEVELS + 1) / _LEVELS


@lru_cache(maxsize=1)
def _pq_light() -> Floats:
    return _pq_nits(_every_code()).astype(np.float32)


@lru_cache(maxsize=1)
def _hlg_scene_light() -> Floats:
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    codes = _every_code()
    return np.where(codes <= 0.5, codes**2 / 3, (np.exp((codes - c) / a) + b) / 12).astype(np.float32)


@lru_cache(maxsize=1)
def _screen_light() -> Floats:
    return (_every_code() ** _SCREEN_GAMMA * _WHITE_NITS).astype(np.float32)


@lru_cache(maxsize=1)
def _screen_codes() -> NDArray[np.uint8]:
    return np.round(_every_code() ** (1 / _SCREEN_GAMMA) * 255).astype(np.uint8)
