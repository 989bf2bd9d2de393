"""Does the subject move as in the source: the same way, as fast, at the same time?"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.bench.metrics.inputs import Pair
from sparkle.measure.dense_flow import DenseFlow
from sparkle.roles import Flow, Frames, Mask
from sparkle.video import resize_frames

WIDTH = 320
SMOOTHING = 2.0
# Flow is found for patches of eight pixels, so near the contour it is half the background's.
TRUSTED_DEPTH = 5.0
AT_REST = 0.001  # of the width: motion below this is as good as rest


def measure_motion(pair: Pair) -> dict[str, float]:
    """Compare the optical flow from each key frame to the next inside the subject; return quantities by name."""
    size = WIDTH, max(16, round(pair.source.shape[1] * WIDTH / pair.source.shape[2]))
    frames = [resize_frames(clip[pair.keys], size) for clip in (pair.source, pair.edited)]
    product, energy, total = 0.0, np.zeros(2), 1e-6
    for index, mask in enumerate(pair.masks[:-1]):
        inside = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_AREA)
        depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
        weight = np.clip(depth / TRUSTED_DEPTH, 0, 1)[..., None] ** 2
        source, edited = (_flow_inside(clip[index : index + 2], inside > 0) for clip in frames)
        product += float((weight * source * edited).sum())
        energy += [float((weight * flow**2).sum()) for flow in (source, edited)]
        total += float(weight.sum())
    rest = (AT_REST * WIDTH) ** 2 * total
    seconds = float(pair.keys[1] - pair.keys[0]) / pair.fps
    speeds = np.sqrt(energy / total) / WIDTH * 100 * 0.125 / seconds
    return {
        "subject_motion_agreement": float((product + rest) / (0.5 * energy.sum() + rest)),
        "subject_motion_source": float(speeds[0]),
        "subject_motion_edited": float(speeds[1]),
    }


def _flow_inside(frames: Frames, inside: Mask) -> Flow:
    """Return the flow (H, W, 2) from the first to the second frame, smoothed without what lies outside."""
    known = inside.astype(np.float32)
    flow = DenseFlow(patch_stride=5)(frames[0], frames[1]) * known[..., None]
    share = np.maximum(cv2.GaussianBlur(known, (0, 0), SMOOTHING), 1e-3)
    smooth: NDArray[np.floating] = cv2.GaussianBlur(flow, (0, 0), SMOOTHING) / share[..., None]
    return np.asarray(smooth, np.float32)
