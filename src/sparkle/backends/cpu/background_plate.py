"""The background plate of a fixed camera: what each pixel looks like when nobody stands in front of it.

All colours are 8-bit Lab. Axes: H rows, W columns, K moments sampled from the clip, N places.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.measure.colour import PerBin, colour_bins
from sparkle.roles import Frames, Mask, Masks

Field = NDArray[np.float32]

MOST_SAMPLES = 32
FEWEST_SIGHTINGS = 3
SMALLEST_NOISE = 1.0
STILL_TRUST = 0.7

MOST_RINGS = 150
COMPANY = 0.8
SUBJECT_LIKE = 1.0
SAME_COLOUR = 5.0
FEWEST_RETURNS = 0.12
LONGEST_STEP = 9.0
NEARLY_BLACK = 14.0
BESIDE = np.array([(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx])


@dataclass(frozen=True, slots=True)
class BackgroundPlate:
    """Per pixel: `colour` (H, W, 3) float32, `noise` (H, W, 3) float32, standard deviation in levels, and `known`
    (H, W) float32 in [0, 1], how far the place was really seen. Unseen places carry a smooth continuation."""

    colour: Field
    noise: Field
    known: Field


def build_plate(lab: Frames, background: Masks) -> BackgroundPlate:
    """Take the temporal median (and median deviation) of each pixel over the times when it showed the background.

    lab: (T, H, W, 3) uint8, colour aligned; background: bool (T, H, W).
    """
    chosen = sampled_moments(len(lab))
    shown = np.ascontiguousarray(background[chosen].transpose(1, 2, 0))
    count = shown.sum(axis=-1)
    middle = np.maximum(count - 1, 0) // 2
    pixels = lab[chosen].transpose(1, 2, 3, 0)
    colour = _masked_rank(pixels, shown, middle)
    deviation = np.abs(pixels.astype(np.int16) - colour[..., None]).astype(np.uint8)
    noise = 1.4826 * _masked_rank(deviation, shown, middle).astype(np.float32)
    known = np.clip((count - FEWEST_SIGHTINGS + 1) / 3.0, 0.0, 1.0).astype(np.float32)
    seen = known > 0
    return BackgroundPlate(
        colour=continue_smoothly(colour.astype(np.float32), seen),
        noise=np.maximum(continue_smoothly(cv2.blur(noise, (3, 3)).astype(np.float32), seen), SMALLEST_NOISE),
        known=known,
    )


def sampled_moments(count: int) -> NDArray[np.int64]:
    """Return at most MOST_SAMPLES frame numbers, evenly spread over `count` frames."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_SAMPLES)).astype(np.int64))


def extended(plate: BackgroundPlate, still: Mask, colour: Field) -> BackgroundPlate:
    """Return the plate with the `still` places (H, W) added at their `colour` (H, W, 3), trusted less."""
    added = still & (plate.known <= 0)
    known = np.where(added, STILL_TRUST, plate.known).astype(np.float32)
    seen = known > 0
    return BackgroundPlate(
        colour=continue_smoothly(np.where(added[..., None], colour, plate.colour), seen),
        noise=np.maximum(continue_smoothly(plate.noise, seen & ~added), SMALLEST_NOISE),
        known=known,
    )


def grown(plate: BackgroundPlate, lab: Frames, subject_odds: PerBin) -> BackgroundPlate:
    """Return the plate grown into places that were uncovered at times, ring by ring.

    A place next to the plate joins when one of its colours over time came back often enough, continues the plate
    there, is not rather one of the subject's (`subject_odds`, log-odds per colour bin), and shows only while the
    plate beside it shows too: a subject's colour would outlast its surroundings.
    """
    samples = np.ascontiguousarray(lab[sampled_moments(len(lab))].transpose(1, 2, 0, 3)).astype(np.int16)
    colour, known = plate.colour.copy(), plate.known.copy()
    tolerance = SAME_COLOUR + 2.0 * plate.noise.max(axis=-1, keepdims=True)
    shows = np.abs(samples - colour[:, :, None]).max(axis=-1) < tolerance
    fresh = known > 0
    for _ in range(MOST_RINGS):
        ring = (cv2.dilate(fresh.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & (known <= 0)
        rows, columns = np.nonzero(ring)
        joins, mean, returns = _continuing(rows, columns, samples, colour, known, shows)
        joins &= subject_odds[colour_bins(np.clip(mean, 0, 255).astype(np.uint8))] < SUBJECT_LIKE
        rows, columns = rows[joins], columns[joins]
        if not len(rows):
            break
        colour[rows, columns], known[rows, columns], shows[rows, columns] = (
            mean[joins],
            STILL_TRUST,
            returns[joins],
        )
        fresh = np.zeros(known.shape, bool)
        fresh[rows, columns] = True
    return BackgroundPlate(continue_smoothly(colour, known > 0), plate.noise, known)


def _continuing(
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    samples: NDArray[np.int16],
    colour: Field,
    known: Field,
    shows: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], Field, NDArray[np.bool_]]:
    """Return for N places whether they continue the plate, with which colour (N, 3), and when it shows (N, K)."""
    y = np.clip(rows[:, None] + BESIDE[:, 0], 0, known.shape[0] - 1)
    x = np.clip(columns[:, None] + BESIDE[:, 1], 0, known.shape[1] - 1)
    weight = (known[y, x] > 0).astype(np.float32)
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1.0)
    continued = (weight[..., None] * colour[y, x]).sum(axis=1)
    company = (weight[..., None] * shows[y, x]).sum(axis=1)
    values = samples[rows, columns].astype(np.float32)
    distance = np.abs(values - continued[:, None]).max(axis=-1)
    nearest = np.take_along_axis(values, distance.argmin(axis=1)[:, None, None], axis=1)
    same = np.abs(values - nearest).max(axis=-1) < SAME_COLOUR
    count = same.sum(axis=1)
    joins = distance.min(axis=1) < _step_limit(continued)
    joins &= (count >= FEWEST_RETURNS * same.shape[1]) & ((same * company).sum(axis=1) > COMPANY * count)
    mean = (values * same[..., None]).sum(axis=1) / count[:, None]
    return joins, mean.astype(np.float32), same


def _step_limit(colour: Field) -> Field:
    # Dark things differ by little where they meet, and almost black ones not at all: there the plate must not creep
    # from a dark wall into dark hair.
    limit = np.clip(3.0 + 0.15 * colour[:, 0], 4.0, LONGEST_STEP)
    return np.where(colour[:, 0] < NEARLY_BLACK, 0.0, limit).astype(np.float32)


def continue_smoothly(values: Field, known: Mask) -> Field:
    """Fill unknown places of (H, W, C) with ever wider averages of the known ones; zeros if nothing is known."""
    weight = known.astype(np.float32)
    levels = [(values * weight[..., None], weight)]
    while min(levels[-1][1].shape) > 2:
        height, width = levels[-1][1].shape
        size = ((width + 1) // 2, (height + 1) // 2)
        total = cv2.resize(levels[-1][0], size, interpolation=cv2.INTER_AREA).astype(np.float32)
        weight = cv2.resize(levels[-1][1], size, interpolation=cv2.INTER_AREA).astype(np.float32)
        levels.append((total, weight))
    total, weight = levels[-1]
    mean = total.sum(axis=(0, 1)) / max(float(weight.sum()), 1e-6)
    filled = np.broadcast_to(mean, total.shape).astype(np.float32)
    for total, weight in reversed(levels):
        wider = cv2.resize(filled, weight.shape[::-1], interpolation=cv2.INTER_LINEAR)
        share = np.minimum(weight, 1.0)[..., None]
        filled = (share * total / np.maximum(weight, 1e-6)[..., None] + (1.0 - share) * wider).astype(
            np.float32
        )
    return filled


def _masked_rank(
    pixels: NDArray[np.uint8], shown: NDArray[np.bool_], rank: NDArray[np.int64]
) -> NDArray[np.uint8]:
    # Hidden samples become 255 and sort to the end, where the rank never reaches.
    ordered = np.sort(np.where(shown[:, :, None, :], pixels, 255).astype(np.uint8), axis=-1)
    return np.take_along_axis(ordered, rank[:, :, None, None], axis=-1)[..., 0]
