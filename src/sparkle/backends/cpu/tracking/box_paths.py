"""Where each object's box is on every frame: what the anchors say, smoothed and filled in between.

Beyond its first and last box, and in long gaps, nothing is said here: there the object itself is followed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sparkle.core.box_tracks import AGREEING, BoxTrack, Corners, box_iou

LONGEST_GAP = 3
FEWEST_FOR_MEDIAN = 3
DOUBTED = 0.4


@dataclass(frozen=True, slots=True)
class BoxPath:
    """`corners` float64 (T, 4), x1, y1, x2, y2 in pixels, NaN where nothing is known; `slack` (T,): by how many pixels
    the object may be elsewhere; `anchors`: the frames on which a box was given and believed; `given`: those boxes."""

    label: str
    corners: NDArray[np.float64]
    slack: NDArray[np.float64]
    anchors: tuple[int, ...]
    given: Mapping[int, Corners]

    def known(self) -> NDArray[np.bool_]:
        """Return bool (T,): the frames on which the box is known."""
        return ~np.isnan(self.corners[:, 0])


def box_path(track: BoxTrack, times: Sequence[int], frame_count: int) -> BoxPath:
    """Return the path of a track whose anchors lie on the frames `times`.

    Corners are the median over an anchor and its neighbours where three agree, else their mean: one box that is a
    bit too large or too small is corrected by the others. Between anchors that are near they are interpolated.
    """
    order = _believed(track)
    smooth = {k: _smoothed(track, order, k) for k in order}
    corners = np.full((frame_count, 4), np.nan)
    slack = np.zeros(frame_count)
    for k in order:
        corners[times[k]] = smooth[k]
    for k, following in pairwise(order):
        if following - k > LONGEST_GAP:
            continue
        start, end = times[k], times[following]
        move = float(np.abs(smooth[following] - smooth[k]).max())
        for frame in range(start + 1, end):
            share = (frame - start) / (end - start)
            corners[frame] = (1 - share) * smooth[k] + share * smooth[following]
            slack[frame] = move * min(share, 1 - share)
    given = {times[k]: track.boxes[k] for k in order}
    return BoxPath(track.label, corners, slack, tuple(given), given)


def _believed(track: BoxTrack) -> list[int]:
    """Leave out boxes that contradict both neighbours, which agree with each other; never all."""
    order = sorted(track.boxes)
    kept = [k for k in order if len(order) < FEWEST_FOR_MEDIAN or track.trust[k] >= DOUBTED]
    return kept or order


def _smoothed(track: BoxTrack, order: Sequence[int], k: int) -> NDArray[np.float64]:
    near = [
        track.boxes[other]
        for other in order
        if abs(other - k) <= 1 and box_iou(track.boxes[other], track.boxes[k]) > AGREEING
    ]
    average = np.median if len(near) >= FEWEST_FOR_MEDIAN else np.mean
    smooth: NDArray[np.float64] = average(np.array(near or [track.boxes[k]], np.float64), axis=0)
    return smooth
