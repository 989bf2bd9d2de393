"""One model of a whole clip from all anchors together: tracks of boxes, their paths, odds, beliefs, objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.tracking.background import continuation, motion_odds, plate_odds
from sparkle.backends.cpu.tracking.box_paths import BoxPath, box_path
from sparkle.backends.cpu.tracking.evidence import ClipEvidence, Field
from sparkle.backends.cpu.tracking.following import followed
from sparkle.backends.cpu.tracking.holes import unfounded_holes
from sparkle.backends.cpu.tracking.labelling import Boxed, boxed_frame
from sparkle.backends.cpu.tracking.models import (
    BIASES,
    Models,
    choose,
    colour_faith,
    colour_odds,
    learn,
    outside_colours,
)
from sparkle.core.box_tracks import BoxTrack, link_boxes
from sparkle.core.threads import in_order
from sparkle.measure.graph_cut import cut
from sparkle.measure.saliency_carry import Seeing, clip_odds
from sparkle.roles import Anchor, Masks, Matte

FEWEST_LEARNING_FRAMES = 9
GEODESIC_WEIGHT = 2.0
FAR_STEP = 4
CUT_ODDS = 2.0
FILLED = 0.9
HINT_WEIGHT = 1.0
FILTER_RADIUS, FILTER_EPSILON = 2, 1e-4


@dataclass(frozen=True, slots=True)
class ClipModel:
    """`tracks` and their `paths` have one order, which numbers the objects; `boxed` what the boxes say of each frame,
    `place` all log-odds but those of colour; `models` are the chosen ones of `runs`, one for each bias."""

    evidence: ClipEvidence
    tracks: Sequence[BoxTrack]
    paths: Sequence[BoxPath]
    boxed: Sequence[Boxed]
    place: Sequence[Field]
    models: Models
    runs: Sequence[Models]

    def belief(self, frame: int) -> Field:
        """Return the belief (h, w) in [0, 1] that a pixel shows any object: odds and graph cut, drawn along edges."""
        colour = colour_odds(self.evidence, frame, self.models)
        odds = (self.place[frame] + self.models.bias * self.boxed[frame].inside + colour).astype(np.float32)
        lab = self.evidence.lab[frame]
        odds += CUT_ODDS * (2 * cut(odds, lab).astype(np.float32) - 1)
        guide = lab.astype(np.float32) * (np.array([1, 2, 2], np.float32) / 255)
        belief = (1 / (1 + np.exp(-odds))).astype(np.float32)
        drawn = cv2.ximgproc.guidedFilter(guide, belief, FILTER_RADIUS, FILTER_EPSILON)
        told = colour * colour_faith(self.evidence, frame)
        drawn[unfounded_holes(drawn > 0.5, self.place[frame], told)] = FILLED
        return np.clip(drawn, 0, 1).astype(np.float32)

    def owner(self, frame: int) -> NDArray[np.int8]:
        """Return which object a pixel would belong to, int8 (h, w), -1 outside all boxes: the one whose box holds it,
        where several do the one that it is deepest in."""
        height, width = self.evidence.shape
        x = np.arange(width, dtype=np.float32) + np.float32(0.5)
        y = np.arange(height, dtype=np.float32)[:, None] + np.float32(0.5)
        owner = np.full((height, width), -1, np.int8)
        nearest = np.full((height, width), np.inf, np.float32)
        for number, mask in self.boxed[frame].masks.items():
            box = self.boxed[frame].corners[number]
            across = np.abs(2 * x - box[0] - box[2]) / max(box[2] - box[0], 1.0)
            along = np.abs(2 * y - box[1] - box[3]) / max(box[3] - box[1], 1.0)
            distance = np.where(mask, np.maximum(across, along), np.inf)
            owner[distance < nearest] = number
            nearest = np.minimum(nearest, distance)
        return owner


def model_clip(evidence: ClipEvidence, anchors: Sequence[Anchor], see: Seeing | None = None) -> ClipModel:
    """Return the model of a clip from all its anchors; at least one of them has a box.

    `see` answers with log-odds (h, w) for a frame and a box in it: what another eye, a network, makes of the box.
    """
    ordered = sorted(anchors, key=lambda anchor: anchor.frame)
    times = [anchor.frame for anchor in ordered]
    tracks = link_boxes([anchor.boxes for anchor in ordered])
    paths = [_whole_path(evidence, track, times) for track in tracks]
    boxed = [boxed_frame(paths, frame, evidence) for frame in range(evidence.count)]
    insides = [one.inside for one in boxed]
    plates, shadows = plate_odds(evidence, insides)
    place = [
        # What moves in a shadow is the shadow.
        np.where(one.inside, one.place + moved * (1 - shadow) + seen, one.place).astype(np.float32)
        for one, moved, seen, shadow in zip(
            boxed, motion_odds(evidence, insides), plates, shadows, strict=True
        )
    ]
    looked = _learning_frames(paths, evidence.count)
    if see is not None:
        corners = [one.boxes() for one in boxed]
        hints = clip_odds(corners, looked, see, evidence.shape)
        place = [odds + HINT_WEIGHT * hint for odds, hint in zip(place, hints, strict=True)]
    far = {frame: insides[frame] for frame in range(0, evidence.count, FAR_STEP)}
    runs = _runs(evidence, boxed, place, looked, far)
    return ClipModel(evidence, tracks, paths, boxed, place, choose(runs), runs)


def _runs(
    evidence: ClipEvidence,
    boxed: Sequence[Boxed],
    place: Sequence[Field],
    frames: Sequence[int],
    far: Mapping[int, NDArray[np.bool_]],
) -> list[Models]:
    smooth = continuation(evidence, frames, [one.inside for one in boxed])
    chosen = {frame: (place[frame] - GEODESIC_WEIGHT * smooth[frame]).astype(np.float32) for frame in frames}
    outside = outside_colours(evidence, far)
    # The cuts, which take most of the time, run without Python's lock.
    return list(in_order(lambda bias: learn(evidence, boxed, chosen, smooth, outside, bias), BIASES))


def _learning_frames(paths: Sequence[BoxPath], count: int) -> list[int]:
    """The frames with boxes; where they are few, more of those on which an object was followed."""
    given = {frame for path in paths for frame in path.anchors}
    known = np.flatnonzero(np.any([path.known() for path in paths], axis=0))
    if len(given) < FEWEST_LEARNING_FRAMES:
        spread = np.linspace(0, len(known) - 1, FEWEST_LEARNING_FRAMES - len(given)).round().astype(int)
        given |= set(known[spread].tolist())
    return sorted(given)


def _whole_path(evidence: ClipEvidence, track: BoxTrack, times: Sequence[int]) -> BoxPath:
    """Return the path of a track; where it has no boxes the object is followed, by colours that its own boxes teach."""
    path = box_path(track, times, evidence.count)
    if path.known().all():
        return path
    missed = np.zeros(evidence.count, np.int64)
    for k, time in enumerate(times):
        if k not in track.boxes:
            missed[time:] += 1
    boxed = [boxed_frame([path], frame, evidence) for frame in range(evidence.count)]
    far = {frame: boxed[frame].inside for frame in path.anchors}
    models = choose(_runs(evidence, boxed, [one.place for one in boxed], path.anchors, far))
    return followed(path, evidence, models, missed)


def object_masks(model: ClipModel, matte: Matte, frame: int) -> Masks:
    """Return one mask for each object, bool (objects, H, W), of a frame's matte (H, W)."""
    owner = cv2.resize(model.owner(frame), matte.shape[::-1], interpolation=cv2.INTER_NEAREST)
    foreground = matte > 0.5
    return np.stack([foreground & (owner == number) for number in range(len(model.tracks))])
