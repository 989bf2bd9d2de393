"""Stage 4, the foreground through time (paper, section 3.4): BAIT, Bbox-Anchor-In-Temporal tracking.

Reads the source video; writes its mask, and the votes behind it as the mask's confidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field

from sparkle.bait import FULL, BaitResult, VoteName, anchor_frames, track_bait
from sparkle.core.boxes import LabelledBox, box_to_pixels
from sparkle.core.layout import artifact_path
from sparkle.core.sample import Check, Sample
from sparkle.core.settings import Backend, Settings, VideoSettings
from sparkle.roles import Anchor, Frames, Grounder, Tracker
from sparkle.stages.artifacts import read_user_anchors, read_whole_video
from sparkle.stages.isolate import box_records
from sparkle.video import write_confidence, write_masks


class TrackSettings(Settings):
    """Stage 4. Anchors lie on frames sampled at 2 fps, and a pass goes through the whole clip (paper); `reach_s` ends
    it so many seconds from its anchor, for long clips. `vote: plain` is the paper's: with `objects`, passes vote
    about each object apart and abstain about those they do not know. The paper checks nothing here; the votes give a
    consensus for free, a tracker may know how far to trust itself (`min_confidence`, against the IoU that it expects),
    and a mask that covers nothing or everything is no mask."""

    grounder: Backend
    tracker: Backend
    anchor_rate_fps: float = 2.0
    reach_s: float | None = Field(default=None, gt=0)
    vote: VoteName = "objects"
    consensus_minimum: float = 0.5
    min_confidence: float = Field(default=0.5, ge=0, le=1)
    area_minimum: float = 0.005
    area_maximum: float = 0.9


@dataclass(frozen=True, slots=True)
class TrackStage:
    """Round-2 grounding, one pass from every anchor in both directions, the vote."""

    name: ClassVar[str] = "track"
    reads: ClassVar[tuple[str, ...]] = ("source_video",)
    writes: ClassVar[tuple[str, ...]] = ("source_video_mask", "source_video_mask_confidence")

    settings: TrackSettings
    video: VideoSettings
    grounder: Grounder
    tracker: Tracker

    def __call__(self, sample: Sample, root: Path) -> Sample:
        """Write the mask, with a consensus score that says how far the passes agree."""
        frames = read_whole_video(root, sample, "source_video", self.video)
        count, height, width = frames.shape[:3]
        schedule = anchor_frames(count, self.video.fps, self.settings.anchor_rate_fps)
        anchors = self._anchors(sample, frames, schedule)
        labels = sample.records["round1_labels"]
        sample = sample.with_records(
            anchor_frames=[anchor.frame for anchor in anchors],
            frame_objects=_frame_objects(anchors, schedule, labels, width, height),
        )
        reach = None if self.settings.reach_s is None else round(self.settings.reach_s * self.video.fps)
        session = self.tracker.open(frames, anchors)
        found = track_bait(session, anchors, count, height, width, reach=reach, vote=self.settings.vote)
        write_masks(root / artifact_path("source_video_mask", sample.theme, sample.id), found.mask)
        write_confidence(
            root / artifact_path("source_video_mask_confidence", sample.theme, sample.id),
            found.share,
            FULL,
        )
        sample = sample.with_records(consensus=found.consensus, passes=found.passes)
        for check in mask_checks(found, self.settings):
            sample = sample.with_check(check)
        return sample

    def _anchors(self, sample: Sample, frames: Frames, schedule: Sequence[int]) -> list[Anchor]:
        """Return the user's anchors, if given, those of the words that choose, or those of round 2."""
        given = read_user_anchors(sample, frames, self.video.fps)
        if given:
            return list(given)
        if "subject" in sample.records:
            return self.grounder.find_named(frames, schedule, sample.records["subject"])
        height, width = frames.shape[1:3]
        objects = [
            LabelledBox(item["label"], xyxy)
            for item in sample.records["round1_objects"]
            if (xyxy := box_to_pixels(item["bbox_2d"], width, height)) is not None
        ]
        return self.grounder.second_round(frames, schedule, objects)


def mask_checks(found: BaitResult, settings: TrackSettings) -> list[Check]:
    """Return what the votes, the tracker itself and the covered area say of a mask."""
    area = float(np.mean(found.mask))
    agreement = f"{found.passes} passes agree to {found.consensus:.3f}"
    covered = f"the mask covers {100 * area:.1f} % of the clip"
    checks = [
        Check("track.consensus", found.consensus, settings.consensus_minimum, "minimum", agreement, "votes"),
        Check("track.area_minimum", area, settings.area_minimum, "minimum", covered, "measured"),
        Check("track.area_maximum", area, settings.area_maximum, "maximum", covered, "measured"),
    ]
    if found.expected_iou is not None:
        reason = f"masks with signs like these had an IoU of {found.expected_iou:.2f} with the truth"
        checks.append(
            Check(
                "track.confidence",
                found.expected_iou,
                settings.min_confidence,
                "minimum",
                reason,
                "calibrated",
            )
        )
    return checks


def _frame_objects(
    anchors: Sequence[Anchor], schedule: Sequence[int], labels: Sequence[str], width: int, height: int
) -> list[list[dict[str, object]]]:
    """Return round 2 as published: for each 2-fps frame one item per label, an empty box where it was not found.

    A user's own anchors on other frames guide the tracker and have no place in that list.
    """
    boxes = {anchor.frame: anchor.boxes for anchor in anchors}
    listed = []
    for frame in schedule:
        found = list(boxes.get(frame, ()))
        known = {box.label for box in found}
        missing: list[dict[str, object]] = [
            {"bbox_2d": [], "label": name} for name in labels if name not in known
        ]
        listed.append([*box_records(found, width, height), *missing])
    return listed
