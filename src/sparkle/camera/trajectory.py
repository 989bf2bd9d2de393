"""The camera's path through the sampled frames, from all pairwise motions together.

Each pair of frames says how far the camera moved between them, with an information matrix that knows what the pair
leaves open. The poses that agree best with all pairs are the solution of one small linear system; pairs that
contradict the rest (a subject that a pair mistook for the background) lose their weight.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sparkle.camera.consensus import PairMotion
from sparkle.camera.models import design

Array = NDArray[np.float64]

ROUNDS = 8
DISAGREEMENT = 0.15  # percent of the width: a pair that misses the path by more loses weight
DISAGREEMENT_SHARE = 0.1  # more is allowed for large motions, of which poses are only nearly sums
PRIOR = 0.00003


def solve_path(motions: Mapping[tuple[int, int], PairMotion], frames: int, corner_positions: Array) -> Array:
    """Return the poses (frames, 4) of the frames as similarities relative to a common, arbitrary rest."""
    pairs = list(motions)
    information = np.stack([motions[pair].information * motions[pair].support for pair in pairs])
    measured = np.stack([motions[pair].similarity for pair in pairs])
    first, second = np.array(pairs).T
    trust = np.ones(len(pairs))
    poses = np.zeros((frames, 4))
    matrices = design(corner_positions)
    allowed = DISAGREEMENT + DISAGREEMENT_SHARE * _largest_travel(measured, matrices)
    for _ in range(ROUNDS):
        poses = _solve(first, second, information * trust[:, None, None], measured, frames)
        worst = _largest_travel(measured - (poses[second] - poses[first]), matrices)
        trust = 1 / np.maximum(1, (worst / allowed) ** 2)
    return poses


def _largest_travel(similarities: Array, matrices: Array) -> Array:
    """Return the largest displacement of a corner under each of (P, 4) similarities."""
    return np.asarray(np.linalg.norm(np.einsum("cij,pj->pci", matrices, similarities), axis=2).max(axis=1))


def _solve(
    first: NDArray[np.intp], second: NDArray[np.intp], weight: Array, measured: Array, frames: int
) -> Array:
    normal = np.zeros((frames, frames, 4, 4))
    right = np.zeros((frames, 4))
    pull = np.einsum("pij,pj->pi", weight, measured)
    prior = weight + PRIOR * np.eye(4)
    np.add.at(normal, (first, first), prior)
    np.add.at(normal, (second, second), prior)
    np.add.at(normal, (first, second), -prior)
    np.add.at(normal, (second, first), -prior)
    np.add.at(right, second, pull)
    np.add.at(right, first, -pull)
    matrix = normal.transpose(0, 2, 1, 3).reshape(frames * 4, frames * 4)
    matrix += 1e-6 * np.eye(frames * 4)
    return np.asarray(np.linalg.solve(matrix, right.ravel())).reshape(frames, 4)


def path_distances(poses: Array, corner_positions: Array) -> Array:
    """Return (frames, frames): root mean square way of the corners between two poses, in percent of the width."""
    places = np.einsum("cij,fj->fci", design(corner_positions), poses)
    return np.asarray(np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=3).mean(axis=2)))


def confirmed_maximum(distances: Array) -> tuple[float, tuple[int, int]]:
    """Return the largest distance that is left whichever one frame is left out, and the frames it lies between."""
    count = len(distances)
    kept = [np.delete(np.arange(count), frame) for frame in range(count)] if count > 3 else [np.arange(count)]
    found = []
    for frames in kept:
        part = distances[np.ix_(frames, frames)]
        first, second = np.unravel_index(int(part.argmax()), part.shape)
        found.append((float(part.max()), (int(frames[min(first, second)]), int(frames[max(first, second)]))))
    return min(found)
