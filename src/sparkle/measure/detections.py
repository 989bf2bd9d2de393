"""What a detector adds to what was found: names for candidates, and things that neither moved nor stood out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from sparkle.measure.activity import Activity
from sparkle.measure.link import link_parts
from sparkle.measure.shapes import bounds
from sparkle.measure.sighting import Sighting
from sparkle.roles import Frames, Image, Mask

Box = tuple[float, float, float, float]
Detector = Callable[[Image], Sequence[tuple[str, float, Box]]]

SAME_IOU, LEAST_SEEN = 0.4, 2


def with_detections(
    activity: Activity,
    found: Sequence[Sighting],
    frames: Frames,
    anchor_frames: Sequence[int],
    detector: Detector,
) -> list[Sighting]:
    """Return the sightings with the detector's labels where its boxes fit, and its other things that last.

    detector: of an image, (label, score in [0, 1], box in pixels) each. Its score counts for things of its own.
    """
    seen = [
        [(label, score, _mask(activity, box)) for label, score, box in detector(frames[f])]
        for f in anchor_frames
    ]
    named = [_named(sighting, seen, anchor_frames) for sighting in found]
    free = [
        [(label, score, mask) for label, score, mask in here if not _taken(mask, found, frame)]
        for frame, here in zip(anchor_frames, seen, strict=True)
    ]
    for track in link_parts([[mask for _, _, mask in here] for here in free]):
        if len(track) < min(LEAST_SEEN, len(anchor_frames)):
            continue
        facts = [(label, score) for i, mask in track.items() for label, score, own in free[i] if own is mask]
        label = Counter(label for label, _ in facts).most_common(1)[0][0]
        score = float(np.mean([score for _, score in facts]))
        masks = {anchor_frames[index]: mask for index, mask in sorted(track.items())}
        named.append(
            Sighting(label, masks, score, f"detected on {len(track)} of {len(anchor_frames)} frames")
        )
    return named


def _mask(activity: Activity, box: Box) -> Mask:
    mask = np.zeros(activity.shape, bool)
    x1, y1, x2, y2 = np.multiply(box, (*activity.scale, *activity.scale))
    mask[int(y1) : max(int(np.ceil(y2)), int(y1) + 1), int(x1) : max(int(np.ceil(x2)), int(x1) + 1)] = True
    return mask


def _fits(mask: Mask, other: Mask) -> bool:
    a, b = bounds(mask), bounds(other)
    shared = max(min(a[2], b[2]) - max(a[0], b[0]), 0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    area = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return shared >= SAME_IOU * (area - shared)


def _named(
    sighting: Sighting, seen: Sequence[Sequence[tuple[str, float, Mask]]], anchor_frames: Sequence[int]
) -> Sighting:
    words = Counter(
        label
        for frame, here in zip(anchor_frames, seen, strict=True)
        for label, _, mask in here
        if frame in sighting.masks and _fits(mask, sighting.masks[frame])
    )
    label, count = words.most_common(1)[0] if words else ("", 0)
    if 2 * count < len(sighting.masks):
        return sighting
    return replace(sighting, label=label, reason=f"{sighting.reason}; detected as {label}")


def _taken(mask: Mask, found: Sequence[Sighting], frame: int) -> bool:
    return any(frame in each.masks and _fits(mask, each.masks[frame]) for each in found)
