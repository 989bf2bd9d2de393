"""Which parts of the picture belong to a subject: regions that a subject ever covers, over the whole clip.

A person is a head that moves, the body below it, and all activity within reach. Other subjects are what moves as one
strong region: not light that falls on a surface, not a surface that lights up, not what stirs everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from sparkle.measure.activity import Activity, colour_distance
from sparkle.measure.cast_light import is_cast_light
from sparkle.measure.faces import Head
from sparkle.measure.shapes import (
    Plane,
    bounds,
    closed,
    components,
    coordinates,
    depth,
    filled,
    grown,
)
from sparkle.roles import Mask

STRONG = 1.6
SURROUNDINGS, STIRRED, WHOLE = 3.0, 0.4, 1.5
STIRRING_AIR, SPARKLING = 0.25, 1.5
SMALLEST_SHARE = 0.002
MOVING_HEAD_SHARE, STIRRING = 0.05, 1.6
REACH = 4.6
ARMS_REACH = 2.6
TRUNK = 1.7
# By benchmarks/finder.py on `living`, ten edits before backgrounds that live, which chose them: 9 are found, 8 without
# these rules; mean IoU 0.81 and 0.70 (the rule of `stirring.py` was measured with them).
BODY_REACH, LIVING_REACH, LIVING_SHARE = 1.8, 3.0, 0.2  # face widths, the last a share of the picture
GONE_FACTOR, GONE_SHARE = 2.0, 0.75
NEARLY_STILL, STILL_REACH = 0.15, 1.8
BESIDE, BODY_STEP = 2.0, 15.0  # face widths; units of Lab
OBJECT_SMALLEST, OBJECT_STRENGTH, REST_QUANTILE = 0.004, 1.6, 0.35
BESIDE_PEOPLE_SHARE, BESIDE_OBJECTS_SHARE = 0.25, 0.08

Face = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class SubjectRegion:
    """`region` bool (h, w): all that the subject covers at some time, `core`: what it surely covers all the time;
    `possible`: the region and what lives beside it, where the background lives too; `reason`: why it is a subject."""

    label: str
    region: Mask
    core: Mask
    possible: Mask
    head: Head | None
    reason: str


def find_regions(activity: Activity, heads: Sequence[Head]) -> list[SubjectRegion]:
    """Return the people and the things that move, or nothing."""
    whole = _moved_as_a_whole(activity)
    alive = [head for head in heads if _moves(activity, head)]
    bodies = alive or [head for head in heads if _has_body(activity, head)]
    away = _away_from_bodies(activity, bodies)
    lives = bool(bodies) and _share(activity.ever > 1, away.min(0) > BODY_REACH) > LIVING_SHARE
    # Where the background lives, only what moves as a whole speaks for a subject.
    people = _people(
        activity, np.minimum(activity.ever, whole) if lives else activity.ever, bodies, away, lives
    )
    if lives:
        return people  # what else moves out there is sooner a wave or a curtain than somebody
    taken = np.zeros(activity.shape, bool)
    for person in people:
        taken |= person.possible | grown(person.region, 3)
    return [
        *people,
        *_objects(activity, whole, taken, largest_person=max((p.region.sum() for p in people), default=0)),
    ]


def working_faces(activity: Activity, head: Head) -> list[Face]:
    """Every place of the face, in working pixels: centre x and y, width and height."""
    scale_x, scale_y = activity.scale
    return [
        ((x + width / 2) * scale_x, (y + height / 2) * scale_y, width * scale_x, height * scale_y)
        for x, y, width, height in head.boxes.values()
    ]


def _moves(activity: Activity, head: Head) -> bool:
    """Tell a living head from a portrait on the wall."""
    shares, stirs = [], []
    for x, y, width, height in working_faces(activity, head):
        rows = slice(max(int(y - height * 0.6), 0), int(y + height * 0.6) + 1)
        columns = slice(max(int(x - width * 0.6), 0), int(x + width * 0.6) + 1)
        shares.append(float((activity.ever[rows, columns] > 1).mean()))
        stirs.append(float(np.mean(activity.ever[rows, columns])))
    usual = float(np.median(activity.ever))
    return float(np.median(shares)) > MOVING_HEAD_SHARE or float(np.median(stirs)) > STIRRING * usual


def _has_body(activity: Activity, head: Head) -> bool:
    """Tell one who sits quite still from a portrait: below the face is something else than beside it."""
    x, y = coordinates(activity.shape)
    centre_x, centre_y, width, height = np.median(working_faces(activity, head), axis=0).tolist()
    calm = np.median(activity.lab, axis=0)
    below = (y > centre_y + height) & (y < centre_y + 2.2 * height)
    torso = below & (np.abs(x - centre_x) < 0.5 * width)
    beside = [
        below & (side * (x - centre_x) > BESIDE * width) & (side * (x - centre_x) < (BESIDE + 1) * width)
        for side in (-1, 1)
    ]
    if centre_y + 2.2 * height > activity.shape[0] or not all(place.any() for place in (torso, *beside)):
        return False
    colour = np.median(calm[torso], axis=0)
    steps = [float(np.linalg.norm(np.median(calm[place], axis=0) - colour)) for place in beside]
    return min(steps) > BODY_STEP


def has_left(activity: Activity, subject: SubjectRegion, frame: int) -> bool:
    """Whether a person whose head is not seen on a frame is gone: the body's place shows something else."""
    if subject.head is None or frame in subject.head.boxes:
        return False
    seen = min(subject.head.boxes, key=lambda index: abs(index - frame))
    place = working_faces(activity, subject.head)[list(subject.head.boxes).index(seen)]
    body = _body(*coordinates(activity.shape), place)
    then, now = (activity.indices.index(index) for index in (seen, frame))
    change = (
        np.linalg.norm(activity.lab[then] - activity.lab[now], axis=-1) > GONE_FACTOR * activity.threshold
    )
    return bool(change[body].mean() > GONE_SHARE)


def _away_from_bodies(activity: Activity, heads: Sequence[Head]) -> Plane:
    """Return how far each place is from each body's axis, in face widths, float32 (len(heads), h, w)."""
    x, y = coordinates(activity.shape)
    away = [
        np.min([away_from_axis(x, y, face) for face in working_faces(activity, head)], axis=0)
        for head in heads
    ]
    return np.stack(away) if away else np.zeros((0, *activity.shape), np.float32)


def _people(
    activity: Activity, moved: Plane, heads: Sequence[Head], away: Plane, lives: bool
) -> list[SubjectRegion]:
    if not heads:
        return []
    faces = [working_faces(activity, head) for head in heads]
    x, y = coordinates(activity.shape)
    mine, nearest = away.argmin(0), away.min(0)
    # A living background raises the bar: what everything does out there tells nothing about the subject.
    elsewhere = moved[nearest >= min(REACH, float(np.quantile(nearest, 0.8)))]
    bar = max(1.0, float(np.quantile(elsewhere, 0.9)))
    active = _lasting_regions(moved / bar) & (nearest <= (LIVING_REACH if lives else REACH))
    subjects = []
    for index, (head, places) in enumerate(zip(heads, faces, strict=True)):
        body = np.logical_or.reduce([_body(x, y, face) for face in places])
        together = filled(closed((active | body) & (mine == index), 5))
        # A hand may come in from below, apart from the rest of the body.
        own = [p for p in components(together, 4) if (p & body).any() or (p[-1].any() and not lives)]
        region = _down_to_border(np.logical_or.reduce(own), places)
        if float((activity.ever[region] > 1).mean()) < NEARLY_STILL:
            # Little of one who hardly moves shows by moving: colours must find the shoulders and arms.
            reach = (away[index] < STILL_REACH) & (y > min(face[1] for face in places)) & (mine == index)
            region = region | reach
        beside = (activity.ever > 1) & (away[index] < ARMS_REACH) & (mine == index) & (not lives)
        seen = f"a face, seen on {len(head.boxes)} frames"
        subjects.append(
            SubjectRegion("person", region, _core(activity, region, places), region | beside, head, seen)
        )
    return subjects


def _share(mask: Mask, place: Mask) -> float:
    return float(mask[place].mean()) if place.any() else 0.0


def away_from_axis(x: Plane, y: Plane, face: Face) -> Plane:
    """Return each pixel's distance from the body's axis, which runs from the face down, in face widths."""
    centre_x, centre_y, width, height = face
    above = np.maximum(centre_y - y, 0) / height
    away: Plane = np.hypot((x - centre_x) / width, 1.6 * above)
    return away


def _body(x: Plane, y: Plane, face: Face) -> Mask:
    """The part of head and torso that every posture covers, from the proportions of a face box."""
    centre_x, centre_y, width, height = face
    head = np.hypot((x - centre_x) / (0.46 * width), (y - centre_y) / (0.56 * height)) < 1
    below = (y - centre_y) / height
    half_width = np.clip(0.30 + 0.75 * (below - 0.6), 0.30, 0.95) * width
    torso = (below > 0) & (below < 2.4) & (np.abs(x - centre_x) < half_width)
    body: Mask = head | torso
    return body


def _lasting_regions(activity: Plane) -> Mask:
    smallest = max(int(SMALLEST_SHARE * activity.size * 0.25), 4)
    parts = components(closed(activity > 1, 2), smallest)
    strong = [part for part in parts if (activity[part] > STRONG).sum() >= smallest]
    return np.logical_or.reduce(strong) if strong else np.zeros(activity.shape, bool)


def _down_to_border(region: Mask, places: Sequence[Face]) -> Mask:
    """A body that nearly reaches the lower border goes on to it."""
    bottom, height = bounds(region)[3], len(region)
    if bottom == height or height - bottom > 0.4 * places[0][3]:
        return region
    extended = region.copy()
    extended[bottom:] = region[max(bottom - 3, 0) : bottom].any(0)
    return filled(extended)


def _core(activity: Activity, region: Mask, places: Sequence[Face]) -> Mask:
    """What lies deeper in the region than the head sways is never uncovered: the body, and what is still beside it."""
    x, y = coordinates(region.shape)
    face = np.median(places, axis=0).tolist()
    trunk = (np.abs(x - face[0]) < TRUNK * face[2]) & (y > face[1]) & (activity.ever < 1)
    sway = float(np.ptp([place[0] for place in places]))
    core: Mask = (_body(x, y, face) | trunk) & (depth(region) > max(2.0, sway))
    return core


def _all_round(part: Mask) -> Mask:
    """Fill what a part encloses; one that hangs into the picture from above, as arms do, may be open there."""
    hangs = part[0].any() and not part[-1].any()
    return filled(part[::-1])[::-1] if hangs else filled(part)


def _without_light(activity: Activity) -> Plane:
    """Return the largest deviation of each place that light alone does not explain."""
    light = is_cast_light(activity.lab, np.median(activity.lab, axis=0))
    moved: Plane = np.where(light, 0, activity.deviation).max(0)
    return moved


def _moved_as_a_whole(activity: Activity) -> Plane:
    """Return the largest deviation of each place's surroundings: leaves and waves keep their mean colour."""
    coarse = np.stack([cv2.GaussianBlur(picture, (0, 0), SURROUNDINGS) for picture in activity.lab])
    change = colour_distance(coarse, np.median(coarse, axis=0).astype(np.float32)).max(0)
    moved: Plane = change / activity.threshold
    return moved


def _objects(activity: Activity, whole: Plane, taken: Mask, largest_person: int) -> list[SubjectRegion]:
    restless = float(np.median(activity.ever)) > 1
    moved = whole if restless else _without_light(activity) * (whole > STIRRED)
    if float(np.median(activity.ever)) > STIRRING_AIR:
        # Petals, sparks, leaves: each place of them changes much more than its surroundings do.
        moved = np.minimum(moved, SPARKLING * whole)
    # What stirs everywhere is the background; a subject moves more than that.
    bar = max(1.0, 1.5 * float(np.quantile(moved, REST_QUANTILE)))
    moving = moved * ~taken
    active = _lasting_regions(moving / bar)
    strength = moving / bar * active
    parts = [_all_round(part) for part in components(closed(active, 3), int(OBJECT_SMALLEST * active.size))]
    parts = [part for part in parts if np.quantile(strength[part & active], 0.75) > OBJECT_STRENGTH]
    # Beside what moves as a whole, what only stirs is no subject.
    wholeness = [float(np.quantile(whole[part & active], 0.75)) for part in parts]
    needed = min(WHOLE, 0.5 * max(wholeness, default=0))
    parts = [part for part, share in zip(parts, wholeness, strict=True) if share >= needed]
    largest = max(
        [largest_person * BESIDE_PEOPLE_SHARE / BESIDE_OBJECTS_SHARE, *(p.sum() for p in parts)], default=0
    )
    nothing = np.zeros(active.shape, bool)
    return [
        SubjectRegion(
            "moving object", part, nothing, part, None, f"moves over {part.mean():.0%} of the picture"
        )
        for part in parts
        if part.sum() >= BESIDE_OBJECTS_SHARE * largest
    ]
