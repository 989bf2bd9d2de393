"""Tracker without a network (role Tracker; stands in for the paper's SAM3): one model of the clip from all its boxes.

Boxes may be wrong: they are linked into objects, held against each other and smoothed. Then every pixel of every
frame gets log-odds of place, change, continuation and colour, learned from the whole clip at once. A pass of BAIT is
therefore what the whole clip says about the objects of one anchor; about a box that the others contradict it abstains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.tracking.certainty import expected_iou
from sparkle.backends.cpu.tracking.clip_model import ClipModel, model_clip, object_masks
from sparkle.backends.cpu.tracking.evidence import ClipEvidence
from sparkle.core.threads import in_order
from sparkle.measure.edge_matte import edge_matte
from sparkle.measure.islands import without_specks
from sparkle.measure.saliency_carry import seeing
from sparkle.measure.silhouette_odds import silhouette_seeing
from sparkle.measure.wholeness import measure_wholeness
from sparkle.roles import Anchor, Frames, Masks, Matte, ModelCard, SalientObject


class JointTracker:
    """Follows boxed objects; needs no weights. The camera may be assumed fixed, but nothing breaks if it is not."""

    card = ModelCard(name="sparkle-joint-tracker", revision="2", licence="Apache-2.0")

    def open(self, frames: Frames, anchors: Sequence[Anchor]) -> JointSession:
        """See the clip once."""
        return JointSession(frames, anchors)


class JointSession:
    """One clip, see roles.TrackingSession. The model is made when first needed and shared by all passes.

    `salient` is a network that may help: it looks at the boxes of the frames that the model learns from. Without one
    the finder's silhouettes of people do.
    """

    def __init__(
        self, frames: Frames, anchors: Sequence[Anchor], salient: SalientObject | None = None
    ) -> None:
        self._size: tuple[int, int] = (frames.shape[1], frames.shape[2])
        self._frames = frames
        self._salient = salient
        self._anchors = tuple(sorted(anchors, key=lambda anchor: anchor.frame))
        self._models: dict[tuple[Anchor, ...], ClipModel] = {}
        self._mattes: dict[tuple[tuple[Anchor, ...], int], NDArray[np.uint8]] = {}
        self._masks: dict[tuple[tuple[Anchor, ...], int], NDArray[np.uint8]] = {}
        self._evidence: ClipEvidence | None = None

    def propagate(
        self, anchor: Anchor, direction: Literal["forward", "backward"]
    ) -> Iterator[tuple[int, Masks]]:
        """See roles.TrackingSession. A box that the other anchors contradict is seen nowhere."""
        count = len(self._frames)
        order = range(anchor.frame, count) if direction == "forward" else range(anchor.frame, -1, -1)
        if not anchor.boxes:
            for frame in order:
                yield frame, np.zeros((0, *self._size), bool)
            return
        anchors = self._known_anchors(anchor)
        objects = _objects_of(self._model(anchors), anchors, anchor)
        found = in_order(lambda frame: self._object_masks(anchors, frame), order)
        for frame, masks in zip(order, found, strict=True):
            chosen = [
                masks[number] if number is not None else np.zeros(self._size, bool) for number in objects
            ]
            yield frame, np.stack(chosen)

    def belief(self, frame: int) -> NDArray[np.float32]:
        """See roles.SoftTrackingSession: of the objects of all anchors that the session knows."""
        return self._matte(self._anchors, frame)

    def expected_iou(self) -> float:
        """See roles.SoftTrackingSession."""
        model = self._model(self._anchors)
        height, width = model.evidence.shape
        size = (width, height)
        frames = np.stack([cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in self._frames])
        mattes = (self._matte(self._anchors, frame) for frame in range(len(frames)))
        mask = np.stack([cv2.resize(each, size, interpolation=cv2.INTER_AREA) > 0.5 for each in mattes])
        return expected_iou(model.models.likeness, measure_wholeness(frames, mask).overall)

    def _known_anchors(self, anchor: Anchor) -> tuple[Anchor, ...]:
        if anchor not in self._anchors:
            self._anchors = tuple(sorted((*self._anchors, anchor), key=lambda one: one.frame))
        return self._anchors

    def _matte(self, anchors: tuple[Anchor, ...], frame: int) -> Matte:
        key = (anchors, frame)
        if key not in self._mattes:
            matte = edge_matte(self._frames[frame], self._model(anchors).belief(frame))
            self._mattes[key] = np.rint(255 * matte).astype(np.uint8)
        return self._mattes[key].astype(np.float32) / np.float32(255)

    def _model(self, anchors: tuple[Anchor, ...]) -> ClipModel:
        if anchors not in self._models:
            if self._evidence is None:
                self._evidence = ClipEvidence(self._frames, anchors)
            look, shape = self._salient, self._evidence.shape
            see = (
                silhouette_seeing(self._frames, [anchor.frame for anchor in anchors], shape)
                if look is None
                else seeing(self._frames, look, shape)
            )
            self._models[anchors] = model_clip(self._evidence, anchors, see)
        return self._models[anchors]

    def _object_masks(self, anchors: tuple[Anchor, ...], frame: int) -> Masks:
        model = self._model(anchors)
        shape = (len(model.tracks), *self._size)
        key = (anchors, frame)
        if key not in self._masks:
            masks = object_masks(model, self._matte(anchors, frame), frame)
            self._masks[key] = np.packbits(np.stack([without_specks(mask) for mask in masks]))
        return np.unpackbits(self._masks[key], count=int(np.prod(shape))).reshape(shape).astype(bool)


def _objects_of(model: ClipModel, anchors: Sequence[Anchor], anchor: Anchor) -> list[int | None]:
    """Return the number of the object that each box of an anchor shows; None where the others contradict the box."""
    place = anchors.index(anchor)
    objects: list[int | None] = [None] * len(anchor.boxes)
    for number, (track, path) in enumerate(zip(model.tracks, model.paths, strict=True)):
        if place in track.members and anchor.frame in path.anchors:
            objects[track.members[place]] = number
    return objects
