"""Light and its 8-bit code: sRGB values to linear light and back.

Mattes and cut edges live in the encoded values, where cameras, codecs and renderers blended them; light itself
(exposure, illuminants, light wrap) adds and multiplies in linear light.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


def to_linear(encoded: NDArray[Any]) -> Float:
    """Return linear light in [0, 1] of sRGB values in [0, 255], any shape."""
    value = np.asarray(encoded, np.float32) / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


def to_encoded(linear: NDArray[Any]) -> Float:
    """Return sRGB values in [0, 255], unrounded, of linear light; light outside [0, 1] is clipped."""
    value = np.clip(np.asarray(linear, np.float32), 0.0, 1.0)
    encoded = np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1.0 / 2.4) - 0.055)
    return (encoded * 255.0).astype(np.float32)


LINEAR_OF_CODE: Float = to_linear(np.arange(256))
