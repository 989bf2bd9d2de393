"""Which parts of the picture belong to a subject: regions that a subject ever covers, over the whole clip.

A person is a head that moves, the body below it, and all activity within reach; an object is one compact
region that moves more than anything else does. What lives elsewhere (screens, leaves) belongs to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sparkle.backends.cpu.grounding.evidence import Evidence
from sparkle.backends.cpu.grounding.heads import Head
from sparkle.backends.cpu.grounding.shapes import (
    Plane,
    bounds,
    closed,
    components,
    coordinates,
    depth,
    filled,
)
from sparkle.roles import Mask

STRONG = 1.6
SMALLEST_SHARE = 0.002
MOVING_HEAD_SHARE = 0.05
REACH = 4.6
ARMS_REACH = 2.6
TRUNK = 1.7
GONE_FACTOR, GONE_SHARE = 2.0, 0.75
OBJECT_SMALLEST, OBJECT_LARGEST, OBJECT_FILLING, OBJECT_DOMINANCE = 0.004, 0.6, 0.25, 0.5
OBJECT_STRENGTH = 2.0


Face = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Subject:
    """`region` bool (h, w): all that the subject covers at some time, `core`: what it surely covers all the time;
    `possible`: the region and what lives beside it, where the background lives too."""

    label: str
    region: Mask
    core: Mask
    possible: Mask
    head: Head | None


def find_subjects(evidence: Evidence, heads: Sequence[Head]) -> list[Subject]:
    """Return the people if there are any, else the objects that move, else nothing."""
    moving = [head for head in heads if _moves(evidence, head)]
    return _people(evidence, moving) if moving else _objects(evidence)


def numbered(label: str, count: int) -> list[str]:
    """Return "person", "person 2", "person 3", ..."""
    return [label if number == 1 else f"{label} {number}" for number in range(1, count + 1)]


def working_faces(evidence: Evidence, head: Head) -> list[Face]:
    """Every place of the face, in working pixels: centre x and y, width and height."""
    scale_x, scale_y = evidence.scale
    return [
        ((x + width / 2) * scale_x, (y + height / 2) * scale_y, width * scale_x, height * scale_y)
        for x, y, width, height in head.boxes.values()
    ]


def _moves(evidence: Evidence, head: Head) -> bool:
    """Tell a living head from a portrait on the wall."""
    shares = []
    for x, y, width, height in working_faces(evidence, head):
        rows = slice(max(int(y - height * 0.6), 0), int(y + height * 0.6) + 1)
        columns = slice(max(int(x - width * 0.6), 0), int(x + width * 0.6) + 1)
        shares.append(float((evidence.activity[rows, columns] > 1).mean()))
    return float(np.median(shares)) > MOVING_HEAD_SHARE


def has_left(evidence: Evidence, subject: Subject, frame: int) -> bool:
    """Whether a person whose head is not seen on a frame is gone: the body's place shows something else."""
    if subject.head is None or frame in subject.head.boxes:
        return False
    seen = min(subject.head.boxes, key=lambda index: abs(index - frame))
    place = working_faces(evidence, subject.head)[list(subject.head.boxes).index(seen)]
    body = _body(*coordinates(evidence.activity.shape), place)
    then, now = (evidence.indices.index(index) for index in (seen, frame))
    change = (
        np.linalg.norm(evidence.lab[then] - evidence.lab[now], axis=-1) > GONE_FACTOR * evidence.threshold
    )
    return bool(change[body].mean() > GONE_SHARE)


def _people(evidence: Evidence, heads: Sequence[Head]) -> list[Subject]:
    faces = [working_faces(evidence, head) for head in heads]
    x, y = coordinates(evidence.activity.shape)
    # How far from each body's axis, in face widths: the axis runs from the head down.
    away = np.stack([np.min([away_from_axis(x, y, face) for face in places], axis=0) for places in faces])
    mine, nearest = away.argmin(0), away.min(0)
    # A living background raises the bar: what everything does out there tells nothing about the subject.
    elsewhere = evidence.activity[nearest >= min(REACH, float(np.quantile(nearest, 0.8)))]
    bar = max(1.0, float(np.quantile(elsewhere, 0.9)))
    active = _lasting_regions(evidence.activity / bar) & (nearest <= REACH)
    subjects = []
    for index, (head, places, label) in enumerate(
        zip(heads, faces, numbered("person", len(heads)), strict=True)
    ):
        body = np.logical_or.reduce([_body(x, y, face) for face in places])
        whole = filled(closed((active | body) & (mine == index), 5))
        # A hand may come in from below, apart from the rest of the body.
        own = [part for part in components(whole, 4) if (part & body).any() or part[-1].any()]
        region = _down_to_border(np.logical_or.reduce(own), places)
        beside = (evidence.activity > 1) & (away[index] < ARMS_REACH) & (mine == index)
        subjects.append(Subject(label, region, _core(evidence, region, places), region | beside, head))
    return subjects


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


def _core(evidence: Evidence, region: Mask, places: Sequence[Face]) -> Mask:
    """What lies deeper in the region than the head sways is never uncovered: the body, and what is still beside it."""
    x, y = coordinates(region.shape)
    face = np.median(places, axis=0).tolist()
    trunk = (np.abs(x - face[0]) < TRUNK * face[2]) & (y > face[1]) & (evidence.activity < 1)
    sway = float(np.ptp([place[0] for place in places]))
    core: Mask = (_body(x, y, face) | trunk) & (depth(region) > max(2.0, sway))
    return core


def _objects(evidence: Evidence) -> list[Subject]:
    active = _lasting_regions(evidence.activity)
    strength = evidence.activity * active
    parts = [filled(part) for part in components(closed(active, 4), int(OBJECT_SMALLEST * active.size))]
    found = [
        part for part in parts if _compact(part) and np.median(strength[part & active]) > OBJECT_STRENGTH
    ]
    if not found or sum(strength[part].sum() for part in found) < OBJECT_DOMINANCE * strength.sum():
        return []
    nothing = np.zeros(active.shape, bool)
    labels = numbered("object", len(found))
    return [Subject(label, part, nothing, part, None) for label, part in zip(labels, found, strict=True)]


def _compact(part: Mask) -> bool:
    x1, y1, x2, y2 = bounds(part)
    filling = part.sum() / ((x2 - x1) * (y2 - y1))
    return bool(filling > OBJECT_FILLING and part.mean() < OBJECT_LARGEST)
