"""What stands out of a clip to a network for salient objects: regions of its maps, linked through time.

For clips whose subject neither moves nor shows a face. A map says what draws the eye, not what is meant: a poster can.
So this is for where other evidence finds nothing. Heuristics.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from sparkle.measure.finder import Candidate, numbered
from sparkle.measure.link import Track, joined, link_parts, weight
from sparkle.measure.shapes import bounds, components
from sparkle.roles import Frames, Image, Matte

WORK_SIDE = 208
SMALLEST_SHARE = 0.004  # of the picture
MINOR_SHARE = 0.1  # of the largest thing: less is part of its surroundings
SEEN_SHARE = 1 / 3  # of the pictures: less is a flash
LABEL = "object"


def find_salient(
    frames: Frames, anchor_frames: Sequence[int], look: Callable[[Image], Matte]
) -> list[Candidate]:
    """Return what stands out of frames (T, H, W, 3), the largest first, with boxes on those of `anchor_frames` where it
    is seen. The score is the share of them, times how sure the maps are. `look` is a SalientObject."""
    wanted = sorted(set(anchor_frames))
    height, width = frames.shape[1:3]
    scale = min(1.0, WORK_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    maps = [
        cv2.resize(look(frames[frame]), size, interpolation=cv2.INTER_AREA).astype(np.float32)
        for frame in wanted
    ]
    smallest = max(1, round(SMALLEST_SHARE * size[0] * size[1]))
    tracks = joined(link_parts([components(salient > 0.5, smallest) for salient in maps]))
    tracks = sorted(
        (track for track in tracks if len(track) >= SEEN_SHARE * len(wanted)), key=weight, reverse=True
    )
    large = [track for track in tracks if weight(track) >= MINOR_SHARE * weight(tracks[0])]
    labels = numbered([LABEL] * len(large))
    grid = (width / size[0], height / size[1])
    return [_candidate(label, track, wanted, maps, grid) for label, track in zip(labels, large, strict=True)]


def _candidate(
    label: str, track: Track, frames: Sequence[int], maps: Sequence[Matte], grid: tuple[float, float]
) -> Candidate:
    boxes = {}
    for index, mask in track.items():
        x1, y1, x2, y2 = bounds(mask)
        boxes[frames[index]] = (x1 * grid[0], y1 * grid[1], x2 * grid[0], y2 * grid[1])
    sure = float(np.mean([maps[index][mask].mean() for index, mask in track.items()]))
    seen = len(track) / len(frames)
    reason = f"stands out on {len(track)} of {len(frames)} pictures (salient object, {sure:.2f} sure)"
    return Candidate(label, boxes, round(seen * sure, 3), reason)
