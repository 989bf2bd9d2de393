"""Smooth random fields: value noise and its sums (fBm, ridges), anywhere in an endless plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]  # float32; NumPy's stubs lose the width in mixed arithmetic

LATTICE = 128
OVERSAMPLING = 8
REMAP_WIDTH = 256
# Octaves are turned against each other so that the lattice never shows as rows and columns.
TURN = np.array([[0.80, 0.60], [-0.60, 0.80]], dtype=np.float32)


def floats(values: ArrayLike | Sequence[object]) -> Array:
    """Make a float32 array."""
    return np.asarray(values, dtype=np.float32)


class Noise:
    """A seeded field over (u, v); its features are about one unit wide. Values lie in [-1, 1], mean near 0."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._lattice = rng.uniform(-1, 1, (LATTICE, LATTICE)).astype(np.float32)
        padded = np.pad(self._lattice, 2, mode="wrap")
        size = padded.shape[0] * OVERSAMPLING
        smooth = cv2.resize(padded, (size, size), interpolation=cv2.INTER_CUBIC)
        self._tile = smooth[OVERSAMPLING:-OVERSAMPLING, OVERSAMPLING:-OVERSAMPLING]

    def value(self, u: Array, v: Array) -> Array:
        """Sample smoothly at any magnification; for heights, whose slopes are seen."""
        u, v = np.asarray(u, dtype=np.float32), np.asarray(v, dtype=np.float32)
        iu, iv = np.floor(u), np.floor(v)
        fu, fv = (u - iu).astype(np.float32), (v - iv).astype(np.float32)
        fu = fu * fu * fu * (fu * (fu * 6 - 15) + 10)
        fv = fv * fv * fv * (fv * (fv * 6 - 15) + 10)
        mask = LATTICE - 1
        column, row = iu.astype(np.int32) & mask, (iv.astype(np.int32) & mask) * LATTICE
        right, below = (column + 1) & mask, (row + LATTICE) & (LATTICE * LATTICE - 1)
        flat = self._lattice.ravel()
        top = flat[row + column] * (1 - fu) + flat[row + right] * fu
        bottom = flat[below + column] * (1 - fu) + flat[below + right] * fu
        return np.asarray(top * (1 - fv) + bottom * fv, dtype=np.float32)

    def quick(self, u: Array, v: Array) -> Array:
        """Sample several times faster than `value`; for colours and densities."""
        column, row = np.broadcast_arrays(_tile_coordinate(u), _tile_coordinate(v))
        shape = column.shape
        if column.size == 0:
            return np.zeros(shape, dtype=np.float32)
        if column.ndim == 1:  # remap takes pictures, of less than 32768 rows
            column, row = _in_rows(column), _in_rows(row)
        sampled = cv2.remap(self._tile, column, row, cv2.INTER_LINEAR)
        return np.asarray(sampled, dtype=np.float32).ravel()[: int(np.prod(shape))].reshape(shape)

    def fbm(self, u: Array, v: Array, octaves: int = 5, gain: float = 0.5, exact: int = 0) -> Array:
        """Sum octaves of rising frequency and falling weight; the first `exact` ones through `value`."""
        u, v = np.broadcast_arrays(np.asarray(u, dtype=np.float32), np.asarray(v, dtype=np.float32))
        total = np.zeros(u.shape, dtype=np.float32)
        weight, weights = 1.0, 0.0
        for octave in range(octaves):
            sample = self.value if octave < exact else self.quick
            total += weight * sample(u, v)
            weights += weight
            weight *= gain
            u, v = _next_octave(u, v)
        return np.asarray(total * (1.6 / weights), dtype=np.float32)

    def ridged(
        self, u: Array, v: Array, octaves: int = 6, gain: float = 0.5, sharpness: float = 2.0
    ) -> Array:
        """Sum crests, rougher where they are high, as in mountains; values in [0, 1]."""
        u, v = np.broadcast_arrays(np.asarray(u, dtype=np.float32), np.asarray(v, dtype=np.float32))
        total = np.zeros(u.shape, dtype=np.float32)
        weight, weights, carry = 1.0, 0.0, floats(1.0)
        for octave in range(octaves):
            sample = self.value if octave < 4 else self.quick
            crest = (1 - np.abs(sample(u, v)) * 1.6).clip(0, 1) ** sharpness
            total += weight * crest * carry
            carry = np.clip(crest * 1.8, 0.15, 1)
            weights += weight
            weight *= gain
            u, v = _next_octave(u, v)
        return np.asarray(total / weights, dtype=np.float32)


def _tile_coordinate(u: Array) -> Array:
    turns = np.multiply(u, np.float32(1 / LATTICE), dtype=np.float32)
    turns -= np.floor(turns)
    turns *= LATTICE * OVERSAMPLING
    turns += 1.5 * OVERSAMPLING - 0.5
    return turns


def _in_rows(line: Array) -> Array:
    """A line (N,) as a picture of REMAP_WIDTH columns, zeros behind its end; np.pad took longer than the sampling."""
    rows = np.zeros((-(-line.size // REMAP_WIDTH), REMAP_WIDTH), dtype=np.float32)
    rows.ravel()[: line.size] = line
    return rows


def _next_octave(u: Array, v: Array) -> tuple[Array, Array]:
    turned_u = (u * TURN[0, 0] + v * TURN[0, 1]) * np.float32(2.03) + np.float32(17.3)
    turned_v = (u * TURN[1, 0] + v * TURN[1, 1]) * np.float32(2.03) + np.float32(5.9)
    return turned_u, turned_v


def smoothstep(low: float | Array, high: float, value: Array) -> Array:
    """Rise from 0 at `low` to 1 at `high` without a kink; `low` may be above `high`."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)
