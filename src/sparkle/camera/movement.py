"""The coarse camera check of stage 1 (paper, section 3.1): does the camera of a clip move?

Optical flow between sampled frames, well-spread points followed by it, one camera path through all frames. The paper
reads the movement off a RANSAC homography; that number is recorded too, but a similarity with a bias towards rest is
steadier when the subject is large or the background lives (docs/benchmarks.md compares them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.camera.consensus import PairMotion, explain_pair
from sparkle.camera.kinds import Kind, jolt_between, name_kind, scene_change
from sparkle.camera.models import corners, homography_travel, travel
from sparkle.camera.points import FlowFunction, Matches, Points, follow_points, spread_points
from sparkle.camera.sampling import comparison_pairs
from sparkle.camera.settings import CameraSettings
from sparkle.camera.trajectory import confirmed_maximum, path_distances, solve_path
from sparkle.core.errors import SampleError

Array = NDArray[np.float64]
Frames = NDArray[np.uint8]
Pair = tuple[int, int]

CUT_MOVEMENT = 100.0


@dataclass(frozen=True, slots=True)
class PairMovement:
    """Two compared frames (indices into the given frames) and how far the corners moved, in percent of the width.

    `movement` by the consensus, `homography` by the paper's model (None where none could be fitted); `support`: share
    of the textured points that agree with the consensus; `found`: share of them that were found again.
    """

    first: int
    second: int
    movement: float
    homography: float | None
    support: float
    found: float


@dataclass(frozen=True, slots=True)
class CameraMovement:
    """What the coarse check found.

    `movement`: the largest distance in percent of the width (root mean square over the four corners) that the
    picture travels between any two frames on the camera's path; one frame alone is not believed. A change of scene
    counts as 100.
    `moving`: it is above the threshold, and the picture allows a verdict.
    `kind`: "still" unless moving; "unknown" when the picture is too dark, smooth or noisy to tell (`decidable` false).
    `frames`: the two frame indices between which `movement` was found.
    `homography_movement`: the same read off the paper's model, the largest over the compared pairs.
    `support`: median share of the textured points that agree. `evidence`: share of the picture's cells with texture.
    """

    movement: float
    moving: bool
    kind: Kind
    frames: Pair
    homography_movement: float | None
    support: float
    evidence: float
    decidable: bool
    reason: str
    pairs: tuple[PairMovement, ...]


def check_camera(
    frames: Frames, times: Sequence[float], flow: FlowFunction, settings: CameraSettings | None = None
) -> CameraMovement:
    """Measure how far the camera moves in a clip.

    `frames`: uint8 RGB (T, H, W, 3), T >= 2, `FRAME_WIDTH` wide, those nearest to the clip's `sampling_times`.
    `times`: their T times in seconds, ascending. `flow(first, second)` returns float32 (H, W, 2) in pixels.
    Raises SampleError when there are fewer than two frames, or not as many times.
    """
    settings = settings or CameraSettings()
    if len(frames) < 2 or len(times) != len(frames):
        raise SampleError(
            f"the camera check needs at least two frames and their times, got {len(frames)} and {len(times)}; "
            "is the clip longer than one frame?"
        )
    corner_positions = corners(*frames.shape[1:3])
    matches = match_pairs(frames, comparison_pairs(times), flow, settings)
    motions = {pair: explain_pair(found, settings) for pair, found in matches.items()}
    homographies = [
        homography_travel(found, corner_positions, settings.tolerance) for found in matches.values()
    ]
    pairs = tuple(
        PairMovement(
            *pair, travel(motion.similarity, corner_positions), homography, motion.support, motion.found
        )
        for (pair, motion), homography in zip(motions.items(), homographies, strict=True)
    )
    return _conclude(pairs, motions, frames, times, settings)


def match_pairs(
    frames: Frames, pairs: Sequence[Pair], flow: FlowFunction, settings: CameraSettings
) -> dict[Pair, Matches]:
    """Follow the well-spread points of each pair's first frame into its second."""
    greys = [_grey(frame) for frame in frames]
    points: dict[int, Points] = {}
    matches = {}
    for first, second in pairs:
        if first not in points:
            points[first] = spread_points(greys[first], settings.cells)
        field = flow(frames[first], frames[second])
        matches[first, second] = follow_points(
            points[first], greys[second], field, settings.texture, settings.correlation
        )
    return matches


def _conclude(
    pairs: tuple[PairMovement, ...],
    motions: Mapping[Pair, PairMotion],
    frames: Frames,
    times: Sequence[float],
    settings: CameraSettings,
) -> CameraMovement:
    corner_positions = corners(*frames.shape[1:3])
    evidence = float(np.median([motion.textured for motion in motions.values()]))
    best_support = float(np.quantile([pair.support for pair in pairs], 0.9))
    decidable = evidence >= settings.minimum_evidence and best_support >= settings.minimum_evidence
    poses = solve_path(motions, len(times), corner_positions)
    movement, ends = confirmed_maximum(path_distances(poses, corner_positions))
    kind = name_kind(poses, ends, corner_positions, times)
    cut = scene_change(
        ((pair.first, pair.second, pair.support) for pair in pairs), times, settings.minimum_support
    )
    if cut is not None:
        jolt = jolt_between(*(_grey(frames[index]) for index in cut))
        movement, ends, kind = (CUT_MOVEMENT, cut, "cut") if jolt is None else (jolt, cut, "jolt")
    moving = decidable and movement > settings.threshold
    kind = "unknown" if not decidable else kind if moving else "still"
    return CameraMovement(
        movement=movement,
        moving=moving,
        kind=kind,
        frames=ends,
        homography_movement=max(
            (pair.homography for pair in pairs if pair.homography is not None), default=None
        ),
        support=float(np.median([pair.support for pair in pairs])),
        evidence=evidence,
        decidable=decidable,
        reason=_reason(kind, movement, times[ends[0]], times[ends[1]], evidence, settings.threshold),
        pairs=pairs,
    )


def _grey(frame: Frames) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)


def _reason(kind: Kind, movement: float, start: float, end: float, evidence: float, threshold: float) -> str:
    if kind == "unknown":
        return f"too little to see for a verdict: {evidence:.0%} of the picture's cells have texture, few found again"
    if kind == "cut" and movement >= CUT_MOVEMENT:
        return f"the scene changes between {start:.2f} s and {end:.2f} s"
    if kind == "still":
        return f"the picture's corners stay within {movement:.2f} % of the width (limit {threshold:g} %)"
    return (
        f"{kind}: the picture's corners move {movement:.2f} % of the width between {start:.2f} s and {end:.2f} s "
        f"(limit {threshold:g} %)"
    )
