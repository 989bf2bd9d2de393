"""A soft matte from a hard mask: in a band along the contour, colours decide how much of a pixel is subject.

On both sides of the band the colours are known: the subject's F extended outwards, the old background's B from
the camera's plate and extended inwards. A pixel I in the band is taken as a mixture alpha F + (1 - alpha) B
(Porter and Duff, 1984). Where F and B look alike, or the mixture does not explain the pixel, the mask smoothed
along the image's own edges answers instead (guided filter, He et al., 2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.compositor.extend import extend_smoothly
from sparkle.backends.cpu.compositor.light import Float
from sparkle.roles import Image, Mask

_CONTRAST = 26.0  # distance of F and B, in RGB levels, at which colour and mask count the same
_MISFIT = 16.0  # distance of a pixel from the line F-B, in RGB levels, at which colour loses most of its say
_STEEPNESS = 2.0
_SURE_SLACK = 1.25  # the mask may be wrong by this many pixels without any say of its own


@dataclass(frozen=True, slots=True)
class Matte:
    """One frame's matte: `alpha` float32 (H, W) in [0, 1]; `foreground` and `background` float16 (H, W, 3), the
    smooth colours on the two sides of the contour, extended across it. Several mattes are held at once."""

    alpha: Float
    foreground: NDArray[np.float16]
    background: NDArray[np.float16]


def estimate_matte(frame: Image, mask: Mask, doubt: Float, plate: Float, radius: float) -> Matte:
    """Return the matte of one frame.

    `doubt` (H, W) in [0, 1] is how far the tracking passes disagree at a pixel: there the colours may overrule
    the mask at twice the distance. `plate` is the old background, float32 (H, W, 3). `radius` is half the
    band's width in pixels. Alpha is exactly 1 deep inside the mask and exactly 0 far outside.
    """
    signed: Float = signed_distance(mask) / (1.0 + doubt)
    foreground = extend_smoothly(frame, np.clip(signed / radius, 0.0, 1.0) ** 2)
    background = _background_here(frame, plate, np.clip(-signed / radius, 0.0, 1.0) ** 2)
    band = np.abs(signed) < radius
    by_colour, trust = _mixture(frame[band], foreground[band], background[band])
    alpha = _follow_edges(frame, mask, radius)
    alpha[band] += trust * (by_colour - alpha[band])
    colours = foreground.astype(np.float16), background.astype(np.float16)
    return Matte(_within_band(alpha, signed, radius), *colours)


def signed_distance(mask: Mask) -> Float:
    """Return the distance to the contour in pixels, positive inside the mask; frame borders are no contour."""
    inside = mask.astype(np.uint8)
    if not mask.any():
        return np.full(mask.shape, -1e4, np.float32)
    if mask.all():
        return np.full(mask.shape, 1e4, np.float32)
    towards_outside = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_5)
    towards_inside = cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_5)
    distance: Float = towards_outside - towards_inside
    return distance


def _background_here(frame: Image, plate: Float, weight: NDArray[np.floating]) -> Float:
    """The plate, moved by what the visible background beside the contour differs from it in this frame."""
    return plate + extend_smoothly(cv2.subtract(frame, plate, dtype=cv2.CV_32F), weight)


def _mixture(pixels: NDArray[np.uint8], foreground: Float, background: Float) -> tuple[Float, Float]:
    """Alpha from the colours (N, 3), and the trust in it; both (N,) in [0, 1]."""
    across = foreground - background
    offset = pixels - background
    contrast = np.einsum("nc,nc->n", across, across)
    alpha = np.clip(np.einsum("nc,nc->n", offset, across) / (contrast + 1.0), 0.0, 1.0)
    residual = offset - alpha[:, None] * across
    misfit = np.einsum("nc,nc->n", residual, residual)
    trust = contrast / (contrast + _CONTRAST**2) * np.exp(-misfit / (2 * _MISFIT**2))
    return alpha.astype(np.float32), trust.astype(np.float32)


def _follow_edges(frame: Image, mask: Mask, radius: float) -> Float:
    """The mask softened by a pixel, drawn towards the frame's own edges, and steepened: where the frame has no
    edge to follow, the filter would only blur."""
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.0)
    guided = cv2.ximgproc.guidedFilter(frame, soft, round(1.5 * radius), 6.0**2, scale=0.5)
    steep: Float = np.clip(_STEEPNESS * (0.5 * (soft + guided) - 0.5) + 0.5, 0.0, 1.0).astype(np.float32)
    return steep


def _within_band(alpha: Float, signed: Float, radius: float) -> Float:
    """Limit how far from the contour alpha may contradict the mask, and clear the last traces on both sides."""
    span = radius - _SURE_SLACK
    most = np.clip((radius + signed) / span, 0.0, 1.0)
    least = np.clip((signed - _SURE_SLACK) / span, 0.0, 1.0)
    clean = np.clip((alpha - 0.05) / 0.9, 0.0, 1.0)
    bounded: Float = np.clip(clean, least, most).astype(np.float32)
    return bounded
