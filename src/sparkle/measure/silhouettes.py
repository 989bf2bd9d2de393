"""Where the subjects are on each anchor frame: one labelling of all of them, with one pair of colour models.

What a picture shows at a place is compared with what is seen there when the subjects are elsewhere; where they never
are, colours decide, and how deep in the subject's region the place lies.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from sparkle.measure.activity import Activity, colour_distance
from sparkle.measure.cast_light import is_shadow
from sparkle.measure.colour import BinIndex, PerBin, colour_bins, count_colours, density
from sparkle.measure.contrast import border, contrast_to_border
from sparkle.measure.graph_cut import cut
from sparkle.measure.shapes import Plane, closed, components, coordinates, filled, grown
from sparkle.measure.subject_regions import SubjectRegion, away_from_axis, working_faces
from sparkle.measure.two_looks import calm_is_background
from sparkle.roles import Mask, Masks

ROUNDS = 5
CRUMB, HAND, NEAR = 0.02, 0.008, 6
WALK, WALKER_WIDTH, WALKER_REACH = 1.5, 1.8, 2.4
LARGEST_COLOUR_ODDS = 3.0
LARGEST_PLATE_ODDS = 3.0
SHADOW_ODDS = -1.0
AGAINST_REST, AGAINST_ITSELF = 0.5, 0.8
HUMBLE, LEAST_SEEN = 5.0, 0.7
RIVALS, ANOTHER = 0.6, 1.5
TWO_LOOKS = 2.5  # chosen on `choose` (benchmarks/finder): mean IoU 0.667 with it, 0.636 without
MOST_UNREST = 3.0
# A box that misses a leg costs more than one that is loose.
GENEROUS = 0.5
NEVER, SURE, BESIDE = -9.0, 6.0, -1.5
FILLING = (-2.0, 0.5)


def cut_silhouettes(
    activity: Activity, subjects: Sequence[SubjectRegion], anchor_frames: Sequence[int]
) -> Masks:
    """Return where the subjects are, together, bool (len(anchor_frames), h, w)."""
    chosen = [activity.indices.index(frame) for frame in anchor_frames]
    lab8 = [cv2.cvtColor(activity.pictures[index], cv2.COLOR_RGB2Lab) for index in chosen]
    bins = np.stack([colour_bins(picture) for picture in lab8])
    belief = np.stack([_first_guess(activity, subjects, frame) for frame in anchor_frames])
    filling = [_log_odds(float(belief[:, subject.region].mean())) for subject in subjects]
    prior = np.stack([_prior(activity, subjects, filling, frame) for frame in anchor_frames])
    lab = activity.lab[chosen]
    stands_out, usual = _contrast(activity, lab, subjects)
    contrast = _contrast_odds(activity, stands_out, usual)
    # Of two things seen at one place, the background is the one that stands out less.
    humble = np.exp((stands_out.min(0) - stands_out) / HUMBLE)
    others = _other_things(lab, activity.threshold)
    unrest = _unrest(activity, prior)
    changed = (activity.deviation[chosen] - 1).clip(-1, 1)
    looks = (TWO_LOOKS * calm_is_background(activity) * changed).astype(np.float32)
    odds = np.zeros_like(prior)
    for turn in range(ROUNDS):
        subject, background = _colour_densities(bins, belief, prior)
        colour = np.log(subject / background).clip(-LARGEST_COLOUR_ODDS, LARGEST_COLOUR_ODDS)[bins]
        odds = prior + looks + colour
        # What stands out more is asked only after the colours, and the plate after both: each can mislead the next.
        if turn > 0:
            odds += contrast + _against_rivals(colour, others)
        if turn > 1:
            odds += _plate_odds(unrest * activity.threshold, lab, belief, humble)
        smooth = np.stack([cv2.GaussianBlur(plane, (0, 0), 1.0) for plane in odds])
        belief = 1 / (1 + np.exp(-np.clip(smooth, -20, 20)))
    return np.stack([cut(plane + GENEROUS, picture) for plane, picture in zip(odds, lab8, strict=True)])


def without_crumbs(mask: Mask) -> Mask:
    """Drop the small components, but keep a hand that is near the rest or comes in from below."""
    parts = components(mask, 1)
    if not parts:
        return mask
    near, largest = grown(parts[0], NEAR), parts[0].sum()
    kept = [p for p in parts if p.sum() > (HAND if (p & near).any() or p[-1].any() else CRUMB) * largest]
    whole: Mask = np.logical_or.reduce(kept)
    return whole


def possible_on(activity: Activity, subject: SubjectRegion, frame: int, reach: float = WALKER_REACH) -> Mask:
    """Return where the subject may be on a frame: anywhere it ever is, but one who walks only around the head."""
    if subject.head is None:
        return subject.possible
    places = working_faces(activity, subject.head)
    if np.ptp([place[0] for place in places]) < WALK * np.median([place[2] for place in places]):
        return subject.possible
    if frame not in subject.head.boxes:
        return np.zeros_like(subject.possible)
    x, y = coordinates(subject.possible.shape)
    place = places[list(subject.head.boxes).index(frame)]
    return subject.possible & (away_from_axis(x, y, place) < reach)


def _prior(
    activity: Activity, subjects: Sequence[SubjectRegion], filling: Sequence[float], frame: int
) -> Plane:
    """Log-odds from the place alone, float32 (h, w); `filling`: those of each subject within its region."""
    prior = np.full(activity.shape, NEVER, np.float32)
    for subject in subjects:
        prior[subject.possible | grown(subject.region, 2)] = BESIDE
    for subject, inside in zip(subjects, filling, strict=True):
        prior[subject.region & possible_on(activity, subject, frame, WALKER_WIDTH)] = inside
    for subject in subjects:
        prior[subject.core | _face(activity, subject, frame)] = SURE
    return prior


def _log_odds(share: float) -> float:
    return float(np.clip(np.log(share / (1 - share)), *FILLING)) if 0 < share < 1 else FILLING[share >= 1]


def _first_guess(activity: Activity, subjects: Sequence[SubjectRegion], frame: int) -> Plane:
    guess = np.zeros(activity.shape, np.float32)
    deviation = activity.deviation > 1
    for subject in subjects:
        region = subject.region & possible_on(activity, subject, frame, WALKER_WIDTH)
        if subject.head is not None:
            guess[region] = 0.9
            continue
        # One that stays at its place deviates here and there all the time; one that crosses covers little at a time.
        covered = float(np.median([filled(closed(d & region, 3)).sum() for d in deviation[::3]]))
        share = covered / max(float(region.sum()), 1.0)
        now = filled(closed(deviation[activity.indices.index(frame)] & region, 2))
        guess[region] = np.clip(share, 0.05, 0.8)
        guess[now & region] = 0.9
    return guess


def _face(activity: Activity, subject: SubjectRegion, frame: int) -> Mask:
    inside = np.zeros(activity.shape, np.uint8)
    if subject.head is not None and frame in subject.head.boxes:
        x, y, width, height = working_faces(activity, subject.head)[list(subject.head.boxes).index(frame)]
        axes = (max(int(0.33 * width), 1), max(int(0.42 * height), 1))
        cv2.ellipse(inside, (int(x), int(y)), axes, 0, 0, 360, 1, -1)
    return inside > 0


def _colour_densities(bins: BinIndex, belief: Plane, prior: Plane) -> tuple[PerBin, PerBin]:
    """Return the densities of the subjects' colours and of the rest's."""
    near = prior > NEVER
    free = (1 - belief).astype(np.float32)
    subject = density(count_colours(bins, belief.astype(np.float32)))
    # In a region that a subject passes, most is background, and what lies there has to be known as that.
    share = float(free[near].mean())
    background = share * density(count_colours(bins, free * near))
    background += (1 - share) * density(count_colours(bins, free * ~near))
    return subject, background.astype(np.float32)


def _unrest(activity: Activity, prior: Plane) -> float:
    """How far the rest of the picture deviates by itself, at least 1: leaves and waves are no subject."""
    rest = activity.ever[(prior == NEVER).all(0)]
    return float(np.clip(np.quantile(rest, 0.9), 1, MOST_UNREST)) if rest.size else 1.0


def _other_things(lab: Plane, threshold: Plane) -> Plane:
    """Return which pictures show something else at a place, float32 0 or 1 (N, N, h, w)."""
    return np.stack([colour_distance(lab, picture) > ANOTHER * threshold for picture in lab]).astype(
        np.float32
    )


def _against_rivals(colour: Plane, others: Plane) -> Plane:
    """Of two things seen at one place, one is the background: log-odds from the colours of what else is seen there."""
    count = others.sum(1)
    rival = np.einsum("tshw,shw->thw", others, colour) / np.maximum(count, 1)
    odds: Plane = np.where(count > 0, RIVALS * (colour - rival), 0).astype(np.float32)
    return odds


def _plate_odds(threshold: Plane, lab: Plane, belief: Plane, humble: Plane) -> Plane:
    """Log-odds from what is seen at the same place when no subject is there; 0 where it is never seen."""
    free = (belief < 0.5) * humble
    seen = free.sum(0)
    plate = (lab * free[..., None]).sum(0) / np.maximum(seen, 1e-6)[..., None]
    differs = colour_distance(lab, plate) / threshold
    odds = (2.0 * (differs - 1.0)).clip(-LARGEST_PLATE_ODDS, LARGEST_PLATE_ODDS)
    odds = np.where((differs > 1) & is_shadow(lab, plate), SHADOW_ODDS, odds)
    known: Plane = np.where(seen >= LEAST_SEEN, odds, 0).astype(np.float32)
    return known


def _contrast(activity: Activity, lab: Plane, subjects: Sequence[SubjectRegion]) -> tuple[Plane, float]:
    """Return how each picture stands out, and what is usual for that around the regions."""
    regions = np.logical_or.reduce([grown(subject.possible | subject.region, 2) for subject in subjects])
    stands_out = contrast_to_border(lab, border(regions.shape) & ~regions)
    around = stands_out[:, ~regions]
    return stands_out, float(np.quantile(around, 0.8)) + 5.0 if around.size else np.inf


def _contrast_odds(activity: Activity, stands_out: Plane, usual: float) -> Plane:
    """Log-odds from how a place stands out: against what lies around the regions, and against its other moments."""
    against_rest = (stands_out / usual - 1).clip(-1, 1)
    against_itself = ((stands_out - stands_out.mean(0)) / activity.threshold).clip(-2, 2)
    odds: Plane = (AGAINST_REST * against_rest + AGAINST_ITSELF * against_itself).astype(np.float32)
    return odds
