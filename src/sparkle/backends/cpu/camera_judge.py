"""Role CameraJudge: a second look at the whole clip, by another method than the coarse check (paper, section 3.1).

No flow and no model of camera motion: overlapping windows of every frame are compared, by phase correlation, with the
same windows of two reference frames, early and late in the clip. A fixed camera leaves many windows where they were,
a moving one hardly any. Cuts are found in the structure of thumbnails. The confidence is a measured share passed
through a fixed curve, calibrated on real clips (benchmarks/camera.py): a heuristic.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import BackendError
from sparkle.roles import CameraVerdict, Frames, ModelCard

Array = NDArray[np.floating]
Spectra = NDArray[np.complex64]

WIDTH = 256
WINDOW = 32
STEP = 16
CONTRAST = 2.0  # grey levels: windows with less show nothing but noise
STILL = 0.25  # percent of the width
STILL_TIME = 0.9
# Share of windows at rest at which the judge is undecided: the best on the 288 clips of benchmarks/camera.py
# (F1 0.974, and the same where it is chosen without the scene that it is tried on).
EVEN_ODDS = 0.09
REFERENCES = (1 / 16, 15 / 16)  # not the very ends: generated clips often jump in their first frames
THUMBNAIL = (32, 18)
CUT_LIKENESS = 0.45
BORDER = 0.2
BORDER_WEIGHT = 4.0
WHITENING = 200.0
PASS_BAND = 0.18  # cycles per pixel


class StillWindowJudge:
    """Judges by the share of windows that stay where they are. Reads every frame, at 256 pixels across."""

    card = ModelCard(name="phase-correlation-judge", revision="1", licence="Apache-2.0")

    def __call__(self, frames: Frames, fps: float) -> CameraVerdict:
        """Judge a clip of (T, H, W, 3) frames; raise BackendError when there are fewer than three."""
        if len(frames) < 3:
            raise BackendError(f"the camera judge needs at least three frames, got {len(frames)}")
        cut = find_cut(frames)
        if cut is not None:
            return _verdict(0.0, f"The scene changes at {cut / fps:.2f} s.")
        greys = np.stack([_small(frame, WIDTH) for frame in frames])
        share, windows = still_share(greys)
        if windows == 0:
            return _verdict(0.0, "The picture is too dark or too smooth to show whether the camera is fixed.")
        verdict = "is fixed" if share >= EVEN_ODDS else "moves"
        return _verdict(
            share / (share + EVEN_ODDS),
            f"{share:.0%} of {windows} windows with texture (those at the border count {BORDER_WEIGHT:g} times) stay "
            f"within {STILL:g} % of the width during {STILL_TIME:.0%} of {len(frames) / fps:.1f} s, and there is "
            f"no cut. The camera {verdict}.",
        )


def find_cut(frames: Frames) -> int | None:
    """Return the first frame whose thumbnail has nothing of the structure of the one before, or None.

    Thumbnails are compared by normalised correlation: flicker and exposure do not matter.
    """
    thumbnails = np.stack(
        [cv2.resize(_grey(frame), THUMBNAIL, interpolation=cv2.INTER_AREA) for frame in frames]
    )
    structure = thumbnails.reshape(len(frames), -1).astype(np.float32)
    structure -= structure.mean(axis=1, keepdims=True)
    length = np.linalg.norm(structure, axis=1)
    seen = (length[1:] > len(structure[0]) ** 0.5) & (length[:-1] > len(structure[0]) ** 0.5)
    likeness = (structure[1:] * structure[:-1]).sum(axis=1) / np.maximum(length[1:] * length[:-1], 1e-3)
    cuts = np.flatnonzero(seen & (likeness < CUT_LIKENESS))
    return int(cuts[0]) + 1 if len(cuts) else None


def still_share(greys: NDArray[np.uint8]) -> tuple[float, int]:
    """Return the weighted share of textured windows at rest for most of the clip, and how many have texture.

    `greys`: uint8 (T, H, W). The lower of the shares against the early and the late reference counts.
    """
    corners = _window_corners(*greys.shape[1:])
    spectra, contrast = zip(*(_spectra(grey, corners) for grey in greys), strict=True)
    textured = np.median(np.stack(contrast), axis=0) > CONTRAST
    weight = _border_weight(corners, *greys.shape[1:]) * textured
    if not textured.any():
        return 0.0, 0
    shares = []
    for place in REFERENCES:
        reference = spectra[round(place * (len(greys) - 1))]
        moved = np.stack([_displacements(reference, other) for other in spectra]) / greys.shape[2] * 100
        still = np.quantile(moved, STILL_TIME, axis=0) < STILL
        shares.append(float((weight * still).sum() / weight.sum()))
    return min(shares), int(textured.sum())


def _verdict(confidence: float, reason: str) -> CameraVerdict:
    return CameraVerdict(reason=reason, confidence=confidence, scorer="heuristic")


def _grey(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)


def _small(frame: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    height = max(round(frame.shape[0] * width / frame.shape[1]), WINDOW + 4)
    return np.asarray(cv2.resize(_grey(frame), (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _window_corners(height: int, width: int) -> NDArray[np.intp]:
    rows, columns = (
        np.linspace(2, size - WINDOW - 2, max(2, round((size - WINDOW) / STEP) + 1)).round().astype(np.intp)
        for size in (height, width)
    )
    return np.stack([np.repeat(rows, len(columns)), np.tile(columns, len(rows))], axis=1)


def _border_weight(corners: NDArray[np.intp], height: int, width: int) -> Array:
    """Windows at the left, right and upper border count more: subjects stand in the middle and below."""
    y, x = (corners[:, 0] + WINDOW / 2) / height, (corners[:, 1] + WINDOW / 2) / width
    border = (x < BORDER) | (x > 1 - BORDER) | (y < BORDER)
    return np.where(border, BORDER_WEIGHT, 1.0).astype(np.float32)


def _spectra(grey: NDArray[np.uint8], corners: NDArray[np.intp]) -> tuple[Spectra, Array]:
    every = np.lib.stride_tricks.sliding_window_view(grey, (WINDOW, WINDOW))
    windows = every[corners[:, 0], corners[:, 1]].astype(np.float32)
    windows -= windows.mean(axis=(1, 2), keepdims=True)
    taper = np.hanning(WINDOW).astype(np.float32)
    spectra = np.fft.rfft2(windows * taper[:, None] * taper)
    return spectra.astype(np.complex64), windows.std(axis=(1, 2))


def _displacements(reference: Spectra, other: Spectra) -> Array:
    """Return how far each window moved, in pixels: the phase correlation's peak, refined by parabolas."""
    cross = other * np.conj(reference)
    cross *= _low_pass() / (np.abs(cross) + WHITENING)
    surface = np.fft.fftshift(np.fft.irfft2(cross, s=(WINDOW, WINDOW)), axes=(1, 2))
    window = np.arange(len(surface))
    row, column = np.unravel_index(surface.reshape(len(surface), -1).argmax(axis=1), (WINDOW, WINDOW))
    row, column = np.clip(row, 1, WINDOW - 2), np.clip(column, 1, WINDOW - 2)
    peak = surface[window, row, column]
    y = row + _vertex(surface[window, row - 1, column], peak, surface[window, row + 1, column])
    x = column + _vertex(surface[window, row, column - 1], peak, surface[window, row, column + 1])
    return np.asarray(np.hypot(x - WINDOW // 2, y - WINDOW // 2), np.float32)


def _vertex(before: Array, peak: Array, after: Array) -> Array:
    """Return where a parabola through three neighbouring values has its top, relative to the middle one."""
    return np.asarray((before - after) / (2 * np.minimum(before + after - 2 * peak, -1e-6)))


def _low_pass() -> Array:
    rows, columns = np.fft.fftfreq(WINDOW)[:, None], np.fft.rfftfreq(WINDOW)[None]
    return np.asarray(np.exp(-(rows**2 + columns**2) / (2 * PASS_BAND**2)), np.float32)
