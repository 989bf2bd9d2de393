"""Which camera motion explains the still part of the picture, between two frames.

Two explanations compete. One starts from a camera at rest and follows the evidence from there; the other is the motion
that most points share, wherever it lies. Points that do not move between frames far apart are strong evidence: they
hardly occur by chance, while a subject that fills the picture, or clouds, can move many points alike. So the
first explanation wins unless the second explains several times as much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparkle.camera.models import LEAST_POINTS, design, refined_similarity, sampled_similarity
from sparkle.camera.points import Matches
from sparkle.camera.settings import CameraSettings

Array = NDArray[np.float64]

BORDER = 0.6  # in half widths from the centre
BORDER_WEIGHT = 2.0
RIDGE = 0.003
LEAST_FREE_SUPPORT = 0.06  # some motion or other is shared by this many points even across a cut


@dataclass(frozen=True, slots=True)
class PairMotion:
    """The camera's motion between two frames.

    `similarity` (4,), see models. `information` (4, 4): how well each of its numbers is known, from the weights of the
    points that agree. `support`: share of the textured points, by weight, that agree. `textured`: share of the
    cells that hold a textured point; `found`: share of those that were found again.
    """

    similarity: Array
    information: Array
    support: float
    textured: float
    found: float


def explain_pair(matches: Matches, settings: CameraSettings) -> PairMotion:
    """Find the camera motion between two frames whose points moved like `matches`."""
    textured = float(matches.textured.mean())
    found = float(matches.found.sum() / max(matches.textured.sum(), 1))
    if matches.found.sum() < LEAST_POINTS:
        return PairMotion(np.zeros(4), np.zeros((4, 4)), 0.0, textured, found)
    place = _place_weights(matches.position)
    weight = place[matches.found] / place[matches.textured].sum()
    position, displacement = matches.position[matches.found], matches.displacement[matches.found]
    sampled = sampled_similarity(position, displacement, weight, settings.tolerance)
    near, free = (
        refined_similarity(start, position, displacement, weight, settings.tolerance, RIDGE)
        for start in (np.zeros(4), sampled)
    )
    least = max(near[1].sum() * settings.still_prior, LEAST_FREE_SUPPORT)
    similarity, kept = free if free[1].sum() > least else near
    rows = design(position).reshape(-1, 4)
    information = (rows.T * np.repeat(kept, 2)) @ rows
    return PairMotion(similarity, information, float(kept.sum()), textured, found)


def _place_weights(position: Array) -> Array:
    """Points near the left, right and upper border count twice: subjects stand in the middle and below."""
    top = position[:, 1].min() * BORDER
    border = (np.abs(position[:, 0]) > BORDER) | (position[:, 1] < top)
    return np.where(border, BORDER_WEIGHT, 1.0)
