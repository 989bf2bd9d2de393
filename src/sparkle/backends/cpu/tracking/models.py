"""Colour models of subject and background, learned by rounds of graph cut over all frames that have boxes.

The subject's first colours are those that the boxes hold beyond the background's share; then cut and learn by turns,
as GrabCut (Rother et al. 2004), but with one pair of models for the whole clip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.tracking.evidence import ClipEvidence, Field
from sparkle.backends.cpu.tracking.labelling import Boxed, box_fit, small_cut
from sparkle.measure.colour import BINS, LEVELS, PerBin, count_colours, density, shaded_bins
from sparkle.roles import Mask

COLOUR_LIMIT = 4.0
FIRST_COLOUR_WEIGHT = 0.5
ROUNDS = 5
# The masks of these are compared, and one is chosen. It hardly matters where colours are told apart (balloon of
# `choose`: IoU 0.93 for all from -2 to 0); choosing by the truth would gain 0.02 in the mean of `choose`.
BIASES = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5)
STABLE_STEP = 0.02
FIT_SLACK = 0.15  # of one object; of several that share a bias each has its part of it
# Where no bias that fills the boxes so well is steadier than this, they are filled with what lies behind the subject.
UNSTEADY_STEP = 0.05
# A subject may cast shadows on what lies outside the boxes in full light.
SHADED_SHARE = 0.3
SHADES = (0.85, 0.7, 0.55)
# What is nearly black looks like anything else that is: how far colours tell, by bins of lightness from black on.
# For one real clip, a black waistcoat before a dark wall. Inside gaps alone: everywhere, it left `choose` as it was and
# lost a bottle's cap on another clip.
DARK_LEVELS, DARK_FAITH = (0, 3), (0.3, 1.0)
FAITH = np.interp(np.arange(BINS) // (BINS // LEVELS), DARK_LEVELS, DARK_FAITH).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Models:
    """Colour densities of subject and background, the bias that goes with them, and how they did on the learning
    frames: `fit` of each object's boxes, `area` in share of the picture, `labels` bool (h, w) by frame."""

    subject: PerBin
    background: PerBin
    bias: float
    fit: tuple[float, ...]
    area: float
    labels: Mapping[int, Mask]

    @property
    def likeness(self) -> float:
        """How far the two have the same colours, in [0, 1] (Bhattacharyya coefficient)."""
        return float(np.sqrt(self.subject * self.background).sum())


def outside_colours(evidence: ClipEvidence, insides: Mapping[int, Mask]) -> PerBin:
    """Return the colour counts of what lies outside all boxes, by frame, in light and in shadow."""
    counts = np.zeros(BINS, np.float32)
    for frame, inside in insides.items():
        counts += count_colours(evidence.bins[frame], (~inside).astype(np.float32))
    shaded = [np.bincount(shaded_bins(shade), weights=counts, minlength=BINS) for shade in SHADES]
    both: PerBin = ((1 - SHADED_SHARE) * counts + SHADED_SHARE * np.mean(shaded, axis=0)).astype(np.float32)
    return both


def colour_odds(evidence: ClipEvidence, frame: int, models: Models) -> Field:
    """Return the log-odds of a frame's colours, (h, w), limited to +-4."""
    return _odds(evidence, frame, models.subject, models.background)


def colour_faith(evidence: ClipEvidence, frame: int) -> Field:
    """Return how far a frame's colours tell anything, (h, w) in [0, 1]: in the dark all look alike."""
    found: Field = FAITH[evidence.bins[frame]]
    return found


def learn(
    evidence: ClipEvidence,
    boxed: Sequence[Boxed],
    place: Mapping[int, Field],
    smooth: Mapping[int, Field],
    far: PerBin,
    bias: float,
) -> Models:
    """Return the models that the frames of `place` lead to, with one bias towards the subject.

    place: log-odds (h, w) without colour, by frame; smooth: how far a place continues what lies outside, in [0, 1];
    far: colour counts of the outside.
    """
    biased = {frame: odds + bias * boxed[frame].inside for frame, odds in place.items()}
    subject, background = _excess(evidence, boxed, biased, smooth, far)
    labels: dict[int, Field] = {}
    for number in range(ROUNDS):
        weight = FIRST_COLOUR_WEIGHT if number == 0 else 1.0
        for frame, odds in biased.items():
            labels[frame] = small_cut(
                evidence, frame, odds + weight * _odds(evidence, frame, subject, background)
            )
        subject, background = _relearned(evidence, boxed, labels, far)
    masks = {frame: label > 0.5 for frame, label in labels.items()}
    area = float(np.mean([mask.mean() for mask in masks.values()]))
    return Models(subject, background, bias, _fits(boxed, masks), area, masks)


def choose(runs: Sequence[Models]) -> Models:
    """Return the largest stable subject: its area hardly depends on the bias, and it still fills every object's boxes.

    runs: the models of rising biases. Of several objects each has to fill its boxes better: the area of all together is
    stable, too, where one of them has lost a part. But an area that only grows with the bias fills them with anything.
    """
    areas = np.array([max(run.area, 1e-4) for run in runs])
    fits = np.array([run.fit for run in runs])
    steps = _allowed_steps(areas, fits, FIT_SLACK / max(fits.shape[1], 1))
    if steps.min() > UNSTEADY_STEP:
        steps = _allowed_steps(areas, fits, FIT_SLACK)
    stable = np.flatnonzero(steps < STABLE_STEP)
    return runs[int(stable[np.argmax(areas[stable])]) if len(stable) else int(np.argmin(steps))]


def _allowed_steps(
    areas: NDArray[np.float64], fits: NDArray[np.float64], slack: float
) -> NDArray[np.float64]:
    """Return how far the area changes from each bias to the next, as a logarithm; endless where they lose an object."""
    good = (fits >= fits.max(axis=0) - slack).all(axis=1)
    allowed = good[:-1] & good[1:]
    if not allowed.any():
        filled = fits.mean(axis=1)
        allowed = good[:-1] | good[1:] | (filled[:-1] >= filled.max() - slack)
    return np.where(allowed, np.abs(np.diff(np.log(areas))), np.inf)


def _odds(evidence: ClipEvidence, frame: int, subject: PerBin, background: PerBin) -> Field:
    per_bin = np.clip(np.log(subject / background), -COLOUR_LIMIT, COLOUR_LIMIT).astype(np.float32)
    found: Field = per_bin[evidence.bins[frame]]
    return found


def _excess(
    evidence: ClipEvidence,
    boxed: Sequence[Boxed],
    place: Mapping[int, Field],
    smooth: Mapping[int, Field],
    far: PerBin,
) -> tuple[PerBin, PerBin]:
    """The subject's first colours are what the boxes hold beyond their share of background colours.

    Background is what lies outside, and what smoothly continues it. Its share in the boxes is the weighted median
    of the two densities' ratio: half of the background's colours are no subject's at all.
    """
    inside = np.zeros(BINS, np.float32)
    outside = far * np.float32(len(place) / max(1, evidence.count / 4))
    for frame, odds in place.items():
        here = boxed[frame].inside
        inside += count_colours(evidence.bins[frame], (here / (1 + np.exp(-odds))).astype(np.float32))
        outside += count_colours(evidence.bins[frame], (here * smooth[frame]).astype(np.float32))
    foreground, background = density(inside), density(outside)
    ratio = foreground / background
    order = np.argsort(ratio)
    mass = np.cumsum(background[order])
    middle = min(int(np.searchsorted(mass, 0.5 * mass[-1])), BINS - 1)
    share = min(0.95, float(ratio[order][middle]))
    rest = np.maximum(foreground - share * background, 0.05 * foreground) / (1 - share)
    return rest.astype(np.float32), background


def _relearned(
    evidence: ClipEvidence, boxed: Sequence[Boxed], labels: Mapping[int, Field], far: PerBin
) -> tuple[PerBin, PerBin]:
    inside, rest = np.zeros(BINS, np.float32), np.zeros(BINS, np.float32)
    for frame, label in labels.items():
        inside += count_colours(evidence.bins[frame], label)
        rest += count_colours(evidence.bins[frame], (boxed[frame].inside * (1 - label)).astype(np.float32))
    if far.sum() > 0 and rest.sum() > 0:
        return density(inside), (0.5 * density(rest) + 0.5 * density(far)).astype(np.float32)
    return density(inside), density(rest + far)


def _fits(boxed: Sequence[Boxed], labels: Mapping[int, Mask]) -> tuple[float, ...]:
    """How well each object's boxes are filled, over the learning frames; objects on none of them are left out."""
    fits: dict[int, list[float]] = {}
    for frame, label in labels.items():
        for number, mask in boxed[frame].masks.items():
            fits.setdefault(number, []).append(box_fit(label & mask, boxed[frame].corners[number]))
    return tuple(float(np.mean(fits[number])) for number in sorted(fits))
