"""Models of camera motion between two frames, fitted to points that moved.

A similarity is four numbers (a, b, x, y): a point at position p (see Matches) moves by
(a px - b py + x, b px + a py + y) percent of the width. a is zoom, b is rotation, x and y are travel.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.camera.points import Matches

Array = NDArray[np.float64]

LEAST_POINTS = 8
SAMPLES = 60
LEAST_BASE = 0.4  # of half the width: two nearer points say too little about zoom and rotation
REFINEMENTS = 20
CONVERGED = 1e-3  # percent of the width
HOMOGRAPHY_SAMPLES = 100


def design(position: Array) -> Array:
    """Return (N, 2, 4): the matrices that turn a similarity into the displacements at positions (N, 2)."""
    x, y = position.T
    one, zero = np.ones_like(x), np.zeros_like(x)
    return np.stack([np.stack([x, -y, one, zero], axis=1), np.stack([y, x, zero, one], axis=1)], axis=1)


def corners(height: int, width: int) -> Array:
    """Return the positions (4, 2) of the picture's corners."""
    y = height / width
    return np.array([[-1.0, -y], [1.0, -y], [-1.0, y], [1.0, y]])


def travel(similarity: Array, position: Array) -> float:
    """Return the root mean square displacement at positions (N, 2), in percent of the width."""
    return float(np.sqrt(((design(position) @ similarity) ** 2).sum(axis=1).mean()))


def sampled_similarity(position: Array, displacement: Array, weight: Array, tolerance: float) -> Array:
    """Return the similarity of two points that most weight agrees with (RANSAC with a truncated quadratic loss)."""
    random = np.random.default_rng(len(position))
    first, second = random.integers(0, len(position), (2, SAMPLES))
    base = position[second] - position[first]
    wide = np.linalg.norm(base, axis=1) > LEAST_BASE
    if not wide.any():
        return np.zeros(4)
    first, second, base = first[wide], second[wide], base[wide]
    turn = (base[:, 0] - 1j * base[:, 1]) / (base**2).sum(axis=1)
    change = displacement[second] - displacement[first]
    linear = (change[:, 0] + 1j * change[:, 1]) * turn
    place, shift = as_complex(position), as_complex(displacement)
    offset = shift[first] - linear * place[first]
    misses = np.abs(shift[None] - linear[:, None] * place[None] - offset[:, None])
    best = int(np.argmax(np.clip(1 - (misses / tolerance) ** 2, 0, None) @ weight))
    return np.array([linear[best].real, linear[best].imag, offset[best].real, offset[best].imag])


def refined_similarity(
    start: Array, position: Array, displacement: Array, weight: Array, tolerance: float, ridge: float
) -> tuple[Array, Array]:
    """Refine a similarity on the points near it (Tukey's weights); return it with the points' final weights.

    `ridge` keeps what the points leave open near `start`; it is in units of `weight`, so that little evidence moves
    less than much. As complex numbers a similarity is a line, shift = linear * place + offset, so that its normal
    equations are two by two.
    """
    place, shift = as_complex(position), as_complex(displacement)
    squares = _squared(place)
    first = complex(start[0], start[1]), complex(start[2], start[3])
    linear, offset = first
    kept = weight
    for _ in range(REFINEMENTS):
        missed = _squared(shift - linear * place - offset)
        kept = weight * np.square(np.clip(1 - missed / tolerance**2, 0, None))
        moment, target = complex(kept @ place), complex(kept @ shift)
        spread = float(kept @ squares) + ridge
        mass = float(kept.sum()) + ridge
        turned = complex(np.vdot(place, kept * shift)) + ridge * first[0]
        target += ridge * first[1]
        determinant = spread * mass - abs(moment) ** 2
        change = linear, offset
        linear = (turned * mass - target * moment.conjugate()) / determinant
        offset = (target * spread - turned * moment) / determinant
        if max(map(_largest_part, (linear - change[0], offset - change[1]))) < CONVERGED:
            break
    return np.array([linear.real, linear.imag, offset.real, offset.imag]), kept


def as_complex(vectors: Array) -> NDArray[np.complex128]:
    """Return (N, 2) vectors as (N,) complex numbers."""
    return np.ascontiguousarray(vectors, np.float64).view(np.complex128)[:, 0]


def _squared(values: NDArray[np.complex128]) -> Array:
    return np.square(values.real) + np.square(values.imag)


def _largest_part(value: complex) -> float:
    return max(abs(value.real), abs(value.imag))


def homography_travel(matches: Matches, corner_positions: Array, tolerance: float) -> float | None:
    """Fit the paper's model, a RANSAC homography, to all points found; return the corners' largest displacement.

    In percent of the width; None when there is no homography. It is recorded for comparison with the paper: with a
    large subject it often follows the subject. OpenCV's later RANSAC (USAC) refines each best sample on the way: the
    corners of still clips move less by it, at a quarter of the time.
    """
    if matches.found.sum() < LEAST_POINTS:
        return None
    source = matches.position[matches.found]
    target = source + matches.displacement[matches.found] / 50
    found = cv2.findHomography(source, target, cv2.USAC_FAST, tolerance / 50, maxIters=HOMOGRAPHY_SAMPLES)
    matrix = cast("Array | None", found[0])
    if matrix is None:
        return None
    moved = cv2.perspectiveTransform(corner_positions[None], matrix)[0]
    return float(np.linalg.norm(moved - corner_positions, axis=1).max() * 50)
