"""Subjects that never move: what stands out from its surroundings and does not run out of the picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from sparkle.measure.activity import Activity
from sparkle.measure.contrast import border
from sparkle.measure.shapes import Plane, bounds, components, coordinates, depth, filled, grown
from sparkle.measure.sighting import Sighting
from sparkle.measure.silhouettes import cut_silhouettes
from sparkle.measure.subject_regions import SubjectRegion
from sparkle.roles import Mask

SMALLEST, LARGEST = 0.006, 0.7
LEAST_CONTRAST = 12.0
MOST = 6
DOMINANCE = 0.6
ALIKE, SMALLEST_PATCH, LARGEST_PATCH = 0.75, 8, 0.1


def find_still(
    activity: Activity, stands_out: Plane, moving: Sequence[Sighting], anchor_frames: Sequence[int]
) -> list[Sighting]:
    """Return what stands out and is not among the moving, the best first.

    It is taken for a subject where nothing moves, or where it looks like something that does.
    """
    taken = _taken(activity, moving)
    places = [place for place in find_places(stands_out) if (place & taken).sum() < 0.3 * place.sum()]
    alone = not any(sighting.score >= 0.5 for sighting in moving)
    scored = sorted(
        ((place_score(stands_out, place), index) for index, place in enumerate(places)), reverse=True
    )[:MOST]
    # In a furnished room much stands out, and nothing says what of it is meant.
    several = len(scored) > 1 and scored[1][0] > DOMINANCE * scored[0][0]
    found = [
        Sighting("object", dict.fromkeys(anchor_frames, box), 0.6, "never moves, and looks like what moves")
        for box in _looks_like_moving(activity, moving)
    ]
    for score, index in scored:
        place = places[index]
        label, reason = "object", f"never moves, and stands out by {stands_out[place].mean():.0f} Lab"
        if not alone or several:
            score = min(score, 0.4)
        mask = _refined(activity, place, stands_out, anchor_frames) if score >= 0.5 else place
        found.append(Sighting(label, dict.fromkeys(anchor_frames, mask), score, reason))
    return found


def _taken(activity: Activity, moving: Sequence[Sighting]) -> Mask:
    taken = np.zeros(activity.shape, bool)
    for sighting in moving:
        for mask in sighting.masks.values():
            taken |= mask
    return taken


def find_places(stands_out: Plane) -> list[Mask]:
    """Cut the map at several heights; keep the places that are compact at one of them, larger ones first."""
    highest = float(np.quantile(stands_out, 0.995))
    found: list[Mask] = []
    for share in (0.35, 0.5, 0.65):
        level = max(share * highest, LEAST_CONTRAST)
        for part in components(stands_out > level, int(SMALLEST * stands_out.size)):
            part = filled(part)
            if part.mean() > LARGEST or _touches_sides(part):
                continue
            if not any((part & other).sum() > 0.5 * min(part.sum(), other.sum()) for other in found):
                found.append(part)
    return found


def _touches_sides(part: Mask) -> bool:
    return bool((part & border(part.shape)).sum() > 0.05 * np.sqrt(part.sum()) * 4)


def place_score(stands_out: Plane, place: Mask) -> float:
    """Contrast against what lies around, how near the middle, and how large; each in [0, 1]."""
    ring = grown(place, 6) & ~grown(place, 1)
    step = float(stands_out[place].mean() - stands_out[ring].mean()) if ring.any() else 0.0
    x, y = coordinates(place.shape)
    height, width = place.shape
    off = np.hypot(x[place].mean() / width - 0.5, 0.6 * (y[place].mean() / height - 0.5))
    central = float(np.clip(1.3 - 2.0 * off, 0, 1))
    size = float(np.clip(np.sqrt(place.mean() / 0.04), 0.3, 1))
    contrast = float(np.clip(step / 25.0, 0, 1))
    return min(0.75, contrast * central * size)


def _looks_like_moving(activity: Activity, moving: Sequence[Sighting]) -> list[Mask]:
    """Return still places, as boxes, that look like a moving subject on one of its frames: a second bottle."""
    calm = np.median(activity.lab, axis=0).astype(np.float32)
    free = ~grown(_taken(activity, moving), 2)
    found: list[Mask] = []
    for sighting in moving:
        if sighting.score < 0.5 or sighting.label == "person":
            continue
        frame = min(sighting.masks, key=lambda index: int(sighting.masks[index].sum()))
        x1, y1, x2, y2 = bounds(sighting.masks[frame])
        height, width = y2 - y1, x2 - x1
        if min(height, width) < SMALLEST_PATCH or height * width > LARGEST_PATCH * free.size:
            continue
        patch = np.ascontiguousarray(activity.lab[activity.indices.index(frame), y1:y2, x1:x2])
        alike = cv2.matchTemplate(calm, patch, cv2.TM_CCOEFF_NORMED)
        for _ in range(MOST):
            _, best, _, (x, y) = cv2.minMaxLoc(alike)
            if best < ALIKE:
                break
            alike[
                max(y - height // 2, 0) : y + height // 2 + 1, max(x - width // 2, 0) : x + width // 2 + 1
            ] = -1
            box = np.zeros(activity.shape, bool)
            box[y : y + height, x : x + width] = True
            if (box & free).sum() > 0.9 * box.sum():
                found.append(box)
    return found


def _refined(activity: Activity, place: Mask, stands_out: Plane, anchor_frames: Sequence[int]) -> Mask:
    core = place & (depth(place) > 1.5)
    region = SubjectRegion("object", grown(place, 2), core, grown(place, 4), None, "")
    mask = cut_silhouettes(activity, [region], anchor_frames[:1])[0]
    return mask if mask.any() else place
