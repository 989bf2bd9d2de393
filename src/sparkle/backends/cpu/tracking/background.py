"""What tells background from subject without their colours: rest and change, the empty place, smooth continuation.

Nothing is background because it stands still. But what comes back as it was outside the boxes comes back so inside
them; a place that was seen empty shows what it looks like empty; and what smoothly goes on from outside a box is
probably not the subject.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from sparkle.backends.cpu.tracking.evidence import ClipEvidence, Field
from sparkle.measure.geodesic import geodesic_distance
from sparkle.measure.plate import build_plate
from sparkle.measure.recurrence import recurrence
from sparkle.roles import Mask

# Rest is weak evidence of background, change is strong evidence of a subject.
LEAST_MOTION_ODDS, MOST_MOTION_ODDS = -0.7, 2.5
FEWEST_OUTSIDE = 500
MOST_HIDDEN = 0.2
RETURN_ODDS = 1.5
SHORTEST_FOR_MOTION = 12
PLATE_TOLERANCE = 2.0
# Log-odds by how many tolerances a place differs from the empty background.
PLATE_STEPS, PLATE_ODDS = (0.0, 0.7, 1.5, 3.0), (-2.5, -2.0, 0.5, 2.0)
SHADOW_LIKENESS = (1.0, 0.9, 0.2, 0.0)
DEEPEST_SHADOW = 0.4
SHADOW_ODDS = -1.5
GEODESIC_SCALE = 12.0


def motion_odds(evidence: ClipEvidence, insides: Sequence[Mask]) -> list[Field]:
    """Return what change and rest say, per frame: log-odds (h, w); nothing for a clip too short to tell.

    How often background looks the same again is measured outside the boxes; inside them a subject hides it for some
    share of the time. A subject is half of the time at rest, else anything is as likely. And what looks as a place
    mostly looks, at a place that something covers at times, is what it covers.
    """
    if evidence.count < SHORTEST_FOR_MOTION:
        return [np.zeros(evidence.shape, np.float32)] * evidence.count
    rests = [recurrence(evidence.half, frame) for frame in range(evidence.count)]
    half_insides = [evidence.to_half(inside) > 0 for inside in insides]
    outside = np.concatenate([rest[~inside][::2] for rest, inside in zip(rests, half_insides, strict=True)])
    edges = np.linspace(0, 1, 11)
    if len(outside) < FEWEST_OUTSIDE:
        odds = np.linspace(1.5, -0.3, 10)
    else:
        hidden = np.linspace(0, MOST_HIDDEN, 8)
        background = np.mean([np.histogram(outside * (1 - share), edges)[0] for share in hidden], axis=0)
        background += 0.002 * len(outside)
        subject = np.full(10, 0.05)
        subject[-3:] += 0.5 / 3
        odds = np.log(subject / subject.sum() / (background / background.sum()))
    odds = np.clip(odds, LEAST_MOTION_ODDS, MOST_MOTION_ODDS)
    centres = (edges[1:] + edges[:-1]) / 2
    # Where the background itself does not come back (water), coming back tells nothing.
    steady = float(np.clip((np.mean(outside) - 0.5) / 0.3, 0, 1)) if len(outside) else 0.0
    most, least = np.max(rests, axis=0), np.min(rests, axis=0)
    covered = np.clip((most - least) / np.maximum(most, 0.05) - 0.3, 0, 0.4) / 0.4
    found = []
    for rest, inside in zip(rests, half_insides, strict=True):
        usual = np.clip(rest / np.maximum(most, 0.05) - 0.6, 0, 0.3) / 0.3
        returns = _reached(covered * usual, ~inside)
        found.append(
            evidence.to_work(
                (np.interp(rest, centres, odds) - steady * RETURN_ODDS * returns).astype(np.float32)
            )
        )
    return found


def _reached(returns: Field, outside: Mask) -> Field:
    """Leave what returns only where it goes on to the outside: a chest behind moving hands returns, too."""
    _, labels = cv2.connectedComponents(((returns > 0.5) | outside).astype(np.uint8), connectivity=4)
    reached = np.isin(labels, np.unique(labels[outside]))
    return np.where(
        cv2.dilate((reached & ~outside).astype(np.uint8), np.ones((3, 3))) > 0, returns, 0
    ).astype(np.float32)


def plate_odds(evidence: ClipEvidence, insides: Sequence[Mask]) -> tuple[list[Field], list[Field]]:
    """Return two lists of (h, w) by frame: what the empty background says, where it was seen at some time, as log-odds;
    and how far a place looks like that background in a cast shadow, in [0, 1].

    A place outside all boxes shows the background. A cast shadow scales its lightness and chroma alike, and leaves
    the texture.
    """
    plate = build_plate(evidence.lab, ~np.stack(insides))
    tolerance = PLATE_TOLERANCE + 2 * plate.noise
    light = cv2.blur(plate.colour[..., 0], (5, 5)) + 4
    neutral = np.array([0, 128, 128], np.float32)
    odds, shadows = [], []
    for lab in evidence.lab:
        seen = lab.astype(np.float32)
        shade = np.clip((cv2.blur(seen[..., 0], (5, 5)) + 4) / light, DEEPEST_SHADOW, 1.0)[..., None]
        plain = _misfit(seen - plate.colour, tolerance)
        dark = _misfit(seen - (plate.colour * shade + neutral * (1 - shade)), tolerance)
        shadow = np.interp(dark, PLATE_STEPS, SHADOW_LIKENESS) * (shade[..., 0] > DEEPEST_SHADOW)
        bright = np.interp(plain, PLATE_STEPS, PLATE_ODDS)
        odds.append(
            (plate.known * np.minimum(bright, bright + shadow * (SHADOW_ODDS - bright))).astype(np.float32)
        )
        shadows.append((plate.known * shadow * (plain > 1)).astype(np.float32))
    return odds, shadows


def continuation(evidence: ClipEvidence, frames: Sequence[int], insides: Sequence[Mask]) -> dict[int, Field]:
    """Return, by frame, how smoothly a place continues what lies outside the boxes: (h, w) in (0, 1]."""
    size = evidence.half_shape[::-1]
    outside = np.stack(
        [
            cv2.resize((~insides[frame]).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
            for frame in frames
        ]
    )
    distances = geodesic_distance(evidence.half[list(frames)], outside)
    return {
        frame: evidence.to_work(np.exp(-distance / GEODESIC_SCALE))
        for frame, distance in zip(frames, distances, strict=True)
    }


def _misfit(difference: Field, tolerance: Field) -> Field:
    misfit: Field = cv2.blur((np.abs(difference) / tolerance).max(axis=-1), (3, 3)).astype(np.float32)
    return misfit
