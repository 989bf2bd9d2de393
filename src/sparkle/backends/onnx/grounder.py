"""The cpu grounder with networks: where nothing moves or shows a face, what stands out; objects by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from sparkle.backends.cpu.grounder import EvidenceGrounder
from sparkle.backends.onnx.dfine import DFineNano, coco_labels
from sparkle.backends.onnx.tracker import NetworkTrackerSettings
from sparkle.backends.onnx.u2netp import U2Netp
from sparkle.backends.weights import joined_card
from sparkle.config import Settings, parse_settings
from sparkle.core.box_tracks import box_iou
from sparkle.core.boxes import LabelledBox
from sparkle.measure.finder import Candidate, find_candidates, numbered
from sparkle.measure.salient_things import find_salient
from sparkle.roles import Anchor, Frames, ModelCard

SAME_THING_IOU = 0.5
ARTICLE = re.compile(r"^(the|a|an)\s+")


class NetworkGrounderSettings(NetworkTrackerSettings):
    """`detector`: D-FINE's model, or null for none; see NetworkTrackerSettings."""

    detector: str | None = None


class NetworkGrounder(EvidenceGrounder):
    """Role Grounder: the cpu grounder; where that finds no subject, U2-Netp's salient objects.

    With a `detector` things that it knows get their names ("dog" for "moving object").
    """

    Options: ClassVar[type[Settings]] = NetworkGrounderSettings

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of NetworkGrounderSettings."""
        settings = parse_settings(NetworkGrounderSettings, options, type(self).__name__)
        threads, detector = settings.threads, settings.detector
        self._salient = U2Netp(model=settings.salient, threads=threads)
        self._detector = None if detector is None else DFineNano(model=detector, threads=threads)
        self.weights = (*self._salient.weights, *(() if self._detector is None else self._detector.weights))
        networks = joined_card(self.weights)
        own = EvidenceGrounder.card
        self.card = ModelCard(
            f"{own.name} + {networks.name}", f"{own.revision} + {networks.revision}", networks.licence
        )

    def candidates(self, frames: Frames, wanted: Sequence[int]) -> list[Candidate]:
        """See EvidenceGrounder."""
        found = find_candidates(frames, wanted)
        if not any(each.is_subject for each in found):
            found = [*find_salient(frames, wanted, self._salient), *found]
        return found if self._detector is None else self._named(self._detector, frames, found)

    def find_named(self, frames: Frames, anchor_frames: Sequence[int], words: str) -> list[Anchor]:
        """Find what words name: with a detector, every object of a name that it knows ("the dog"); else as the cpu
        grounder does. Raises BackendError for words that neither knows."""
        name = ARTICLE.sub("", words.strip().lower())
        if self._detector is None or name not in coco_labels():
            return super().find_named(frames, anchor_frames, words)
        anchors = []
        for frame in anchor_frames:
            boxes = [each.box.xyxy for each in self._detector(frames[frame]) if each.box.label == name]
            labels = numbered([name] * len(boxes))
            anchors.append(Anchor(frame, tuple(map(LabelledBox, labels, boxes))))
        return anchors

    def release(self) -> None:
        """Give the networks' memory back."""
        self._salient.release()
        if self._detector is not None:
            self._detector.release()

    def _named(self, detector: DFineNano, frames: Frames, found: Sequence[Candidate]) -> list[Candidate]:
        """Give every candidate the name of the detection that fits its first box best, if one fits."""
        firsts = sorted({min(each.boxes) for each in found})
        seen = {frame: detector(frames[frame]) for frame in firsts}
        names = []
        for each in found:
            frame = min(each.boxes)
            fits = [(box_iou(one.box.xyxy, each.boxes[frame]), one.box.label) for one in seen[frame]]
            overlap, name = max(fits, default=(0.0, ""))
            names.append(name if overlap >= SAME_THING_IOU else each.label.rstrip(" 0123456789"))
        return [replace(each, label=label) for each, label in zip(found, numbered(names), strict=True)]
