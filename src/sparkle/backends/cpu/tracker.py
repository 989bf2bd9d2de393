"""Tracker by classical vision for a fixed camera (role Tracker; stands in for the paper's SAM3).

Every pass learns the subject's colours inside its own anchor's boxes, by a graph cut, and carries the subject from
frame to frame along the flow, against a background plate that all passes share. An anchor on a wrong place learns
wrong colours and its pass fails alone; the vote of BAIT is there to outvote it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.clip_evidence import ClipEvidence
from sparkle.backends.cpu.placement import box_prior, rasterise
from sparkle.measure.colour import ColourModels
from sparkle.measure.graph_cut import cut
from sparkle.measure.islands import without_specks
from sparkle.roles import Anchor, Frames, Mask, ModelCard

Field = NDArray[np.float32]
Odds = NDArray[np.floating[Any]]

BOX_SLACK = 0.02
OUTSIDE_ODDS = -8.0
CUT_ROUNDS = 6
CUT_ODDS = 2.0
FIRST_COLOUR_WEIGHT = 0.5
COLOUR_LIMIT = 5.0
MOTION_WEIGHT = 0.7
PRIOR_LIMIT = 3.0
FILTER_RADIUS = 2
FILTER_EPSILON = 1e-4
SMOOTHNESS = 4.0
SMOOTHING_ROUNDS = 1


class PlateTracker:
    """Follows boxed subjects in front of a fixed camera; needs no weights."""

    card = ModelCard(name="sparkle-plate-tracker", revision="1", licence="Apache-2.0")

    def open(self, frames: Frames, anchors: Sequence[Anchor]) -> PlateSession:
        """See the clip once: align its colours, build the background plate."""
        return PlateSession(frames, anchors)


class PlateSession:
    """One clip, see roles.TrackingSession. Evidence is computed when first needed and shared by all passes."""

    def __init__(self, frames: Frames, anchors: Sequence[Anchor]) -> None:
        self.full_shape: tuple[int, int] = (frames.shape[1], frames.shape[2])
        self.evidence = ClipEvidence(frames, anchors)

    def propagate(
        self, anchor: Anchor, direction: Literal["forward", "backward"]
    ) -> Iterator[tuple[int, Mask]]:
        """Yield (frame, mask) from the anchor's frame to the clip's end or start; empty masks without boxes."""
        step, end = (1, self.evidence.count) if direction == "forward" else (-1, -1)
        if not anchor.boxes:
            for frame in range(anchor.frame, end, step):
                yield frame, np.zeros(self.full_shape, bool)
            return
        subject, models = self._meet(anchor)
        yield anchor.frame, self._full_size(subject)
        for frame in range(anchor.frame + step, end, step):
            subject = self._follow(subject, models, frame - step, frame)
            yield frame, self._full_size(subject)

    def _meet(self, anchor: Anchor) -> tuple[Field, ColourModels]:
        """Find the subject inside the anchor's boxes and learn its colours: cut, learn, cut again."""
        evidence, frame = self.evidence, anchor.frame
        bins = evidence.bins[frame]
        near = rasterise(anchor.boxes, evidence.scale, evidence.shape, BOX_SLACK)
        motion = evidence.motion_odds(frame)
        place = np.where(near, box_prior(anchor.boxes, evidence.scale, evidence.shape) + motion, OUTSIDE_ODDS)
        guess = (near * _sigmoid(place)).astype(np.float32)
        models = ColourModels.guessed(bins, guess, evidence.background_counts)
        # At first the colours of the box stand for the subject's, so they must not yet overrule place and motion.
        odds = place + FIRST_COLOUR_WEIGHT * np.maximum(self._colour_odds(frame, models), -CUT_ODDS)
        for _ in range(CUT_ROUNDS):
            subject = self._cut(odds, frame)
            # What stands still is a weak example of the subject: it may be background seen through it.
            example = subject * _sigmoid(2.0 * motion + 1.0)
            rest = (1.0 - subject) * near
            models = ColourModels.learned(bins, example, rest, evidence.background_counts)
            odds = place + self._colour_odds(frame, models)
        return self._smooth(odds + CUT_ODDS * (2.0 * subject - 1.0), frame), models

    def _follow(self, subject: Field, models: ColourModels, before: int, frame: int) -> Field:
        prior = _logit(self.evidence.warp(subject, before, frame))
        motion = MOTION_WEIGHT * self.evidence.motion_odds(frame)
        return self._smooth(self._colour_odds(frame, models) + prior + motion, frame)

    def _colour_odds(self, frame: int, models: ColourModels) -> Field:
        bins = self.evidence.bins[frame]
        other = self.evidence.other_background_share * models.background[bins]
        odds = np.log(models.subject[bins] / (self.evidence.plate_density(frame) + other))
        return np.clip(odds, -COLOUR_LIMIT, COLOUR_LIMIT)

    def _cut(self, odds: Odds, frame: int) -> Field:
        # Half size: the cut only has to say which regions belong together; the contour is drawn by `_smooth`.
        height, width = self.evidence.shape
        half = (max(1, width // 2), max(1, height // 2))
        picture = cv2.resize(self.evidence.lab[frame], half, interpolation=cv2.INTER_AREA)
        coarse_odds = cv2.resize(odds.astype(np.float32), half, interpolation=cv2.INTER_AREA).astype(
            np.float32
        )
        labels = cut(coarse_odds, picture.astype(np.uint8)).astype(np.float32)
        return cv2.resize(labels, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)

    def _smooth(self, odds: Odds, frame: int) -> Field:
        """Return the belief in [0, 1]: mean field, where neighbours across a colour edge have no say."""
        average = self.evidence.edge_filter(frame, FILTER_RADIUS, FILTER_EPSILON)
        belief = average.filter(_sigmoid(odds))
        for _ in range(SMOOTHING_ROUNDS):
            belief = average.filter(_sigmoid(odds + SMOOTHNESS * (2.0 * belief - 1.0)))
        return np.clip(belief, 0.0, 1.0)

    def _full_size(self, subject: Field) -> Mask:
        certain = subject > 0.5
        tidy = without_specks(certain)
        belief = np.where(tidy == certain, subject, tidy.astype(np.float32))
        return cv2.resize(belief, self.full_shape[::-1], interpolation=cv2.INTER_LINEAR) > 0.5


def _sigmoid(odds: Odds) -> Field:
    return (1.0 / (1.0 + np.exp(-odds))).astype(np.float32)


def _logit(belief: Field) -> Field:
    bounded = np.clip(belief, 1e-3, 1.0 - 1e-3)
    return np.clip(np.log(bounded / (1.0 - bounded)), -PRIOR_LIMIT, PRIOR_LIMIT).astype(np.float32)
