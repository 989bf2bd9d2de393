"""Perceptual quality by what can be measured without knowing things: sharpness, noise, clipping, the contour."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.scorer.finding import Finding, rate
from sparkle.measure.agreement import Map, shrink, shrink_mask, steepness
from sparkle.measure.contour import contour_hardness, old_background_rim
from sparkle.measure.noise import picture_noise
from sparkle.roles import Image, Mask

CONTOUR_WIDTH = 416


def picture_findings(edited: Image, source: Image) -> list[Finding]:
    """Return findings on contrast, clipping and noise beyond the source's of an edited (H, W, 3) picture."""
    grey = _grey(edited)
    spread = float(grey.std())
    noise = picture_noise(grey), picture_noise(_grey(source))
    dark, white = float(np.mean(grey <= 2)), float(np.mean(grey >= 253))
    return [
        rate(spread, 2, 6, 30, f"contrast {spread:.0f} levels"),
        *_noise_findings(*noise),
        rate(dark, 0.9, 0.5, 0.05, f"{dark:.0%} of it black"),
        rate(white, 0.6, 0.25, 0.02, f"{white:.0%} of it white"),
    ]


def _noise_findings(edited: float | None, source: float | None) -> list[Finding]:
    """Return the finding on noise beyond the source's; none where either picture is too dark or white to tell."""
    if edited is None or source is None:
        return []
    excess = max(edited - source, 0.0)
    return [rate(excess, 10, 2.5, 0, f"noise {excess:.1f} levels above the source's")]


def sharpness_finding(edited: Image, source: Image) -> Finding:
    """Return a finding on the sharpness of the strongest edges; an edit need not be sharper than a soft source."""
    sharpness = edge_sharpness(_grey(edited))
    good = min(1.9, max(1.0, edge_sharpness(_grey(source))))
    return rate(sharpness, 0.65 * good, good, good + 0.6, f"edge sharpness {sharpness:.2f}")


def contour_findings(source: Image, edited: Image, mask: Mask) -> list[Finding]:
    """Return findings on the subject's contour: a rim of the old background, and edges as hard as cut paper."""
    small = shrink(source, CONTOUR_WIDTH), shrink(edited, CONTOUR_WIDTH), shrink_mask(mask, CONTOUR_WIDTH)
    findings = []
    rim = old_background_rim(*small)
    if rim is not None:
        findings.append(rate(rim, 0.7, 0.2, 0, f"{rim:.0%} of the rim shows the old background"))
    hardness = contour_hardness(_grey(edited), mask)
    if hardness is not None:
        findings.append(rate(hardness, 5.5, 3.9, 2.5, f"contour hardness {hardness:.1f}"))
    return findings


def edge_sharpness(grey: Map) -> float:
    """Return how much steeper the sharper of the strongest edges are than after a blur: 1.3 blurred, 2 sharp."""
    fine, coarse = steepness(grey), steepness(_blur(grey, 2.5))
    strong = coarse >= max(float(np.quantile(coarse[::4, ::4], 0.97)), 1.0)
    return float(np.quantile(fine[strong] / coarse[strong], 0.75)) if strong.sum() > 50 else 1.0


def _grey(picture: Image) -> Map:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)


def _blur(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)
