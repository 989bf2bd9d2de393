"""Subjects that move: their silhouettes on each anchor frame, told apart, with what they hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sparkle.measure.activity import Activity
from sparkle.measure.link import MINOR_SHARE, Track, joined, link_parts, weight
from sparkle.measure.shapes import closed, components, grown
from sparkle.measure.sighting import Sighting
from sparkle.measure.silhouettes import cut_silhouettes, possible_on, without_crumbs
from sparkle.measure.subject_regions import SubjectRegion, has_left
from sparkle.roles import Mask, Masks

PRESENT_SHARE = 0.15
GAP = 3
SMALLEST_PART = 0.0015
LASTING_SHARE = 0.2
LARGE = 0.01
PERSON_SCORE, OBJECT_SCORE, MINOR_SCORE = 0.9, 0.7, 0.3


def find_moving(
    activity: Activity, regions: Sequence[SubjectRegion], anchor_frames: Sequence[int]
) -> list[Sighting]:
    """Return the people and the moving things, each with its masks on the anchor frames where it is seen."""
    if not regions:
        return []
    silhouettes = cut_silhouettes(activity, regions, anchor_frames)
    people = [region for region in regions if region.head is not None]
    bodies = [_body_masks(activity, person, silhouettes, anchor_frames) for person in people]
    free = silhouettes.copy()
    for person, masks in zip(people, bodies, strict=True):
        for index in range(len(anchor_frames)):
            # Where a person is gone, its place holds nothing but doubts.
            free[index] &= ~(grown(masks[index], 1) if index in masks else person.possible)
    things = joined(_things(free))
    _hand_over(bodies, things)
    found = [
        Sighting("person", _by_frame(masks, anchor_frames), PERSON_SCORE, person.reason)
        for person, masks in zip(people, bodies, strict=True)
        if masks
    ]
    return found + _moving_objects(things, bodies, anchor_frames)


def _body_masks(
    activity: Activity, person: SubjectRegion, silhouettes: Masks, anchor_frames: Sequence[int]
) -> Track:
    own = silhouettes & np.stack([possible_on(activity, person, frame) for frame in anchor_frames])
    typical = float(np.median(own.sum((1, 2))))
    return {
        index: without_crumbs(mask)
        for index, (frame, mask) in enumerate(zip(anchor_frames, own, strict=True))
        if mask.sum() > max(PRESENT_SHARE * typical, 1) and not has_left(activity, person, frame)
    }


def _things(silhouettes: Masks) -> list[Track]:
    """Return what is left as linked parts; parts that nearly touch are one."""
    smallest = max(int(SMALLEST_PART * silhouettes[0].size), 4)
    parts: list[list[Mask]] = []
    for mask in silhouettes:
        large = [part for part in components(mask, 2) if part.sum() >= smallest // 2]
        together = np.logical_or.reduce(large) if large else np.zeros_like(mask)
        groups = components(closed(together, GAP), smallest) if large else []
        parts.append([group & together for group in groups if (group & together).sum() >= smallest])
    return link_parts(parts)


def _hand_over(bodies: Sequence[Track], things: list[Track]) -> None:
    """What touches a person on most pictures where both are seen is held or worn: it becomes a part of the person."""
    for thing in list(things):
        for body in bodies:
            both = [index for index in thing if index in body]
            touching = [index for index in both if (grown(thing[index], GAP) & body[index]).any()]
            if both and 2 * len(touching) >= len(thing):
                for index in both:
                    body[index] = body[index] | thing[index]
                things[:] = [each for each in things if each is not thing]  # arrays have no equality
                break


def _moving_objects(
    things: Sequence[Track], bodies: Sequence[Track], anchor_frames: Sequence[int]
) -> list[Sighting]:
    if not things:
        return []
    heaviest = max(weight(track) for track in (*things, *bodies))
    lasting = max(2, LASTING_SHARE * len(anchor_frames)) if len(anchor_frames) > 2 else 1
    found = []
    for thing in things:
        large = weight(thing) >= LARGE * len(thing) * next(iter(thing.values())).size
        counts = weight(thing) >= MINOR_SHARE * heaviest and (len(thing) >= lasting or large)
        reason = f"moves; seen on {len(thing)} of {len(anchor_frames)} frames"
        score = OBJECT_SCORE if counts else MINOR_SCORE
        found.append(Sighting("moving object", _by_frame(thing, anchor_frames), score, reason))
    return found


def _by_frame(masks: Track, anchor_frames: Sequence[int]) -> Track:
    return {anchor_frames[index]: mask for index, mask in sorted(masks.items())}
