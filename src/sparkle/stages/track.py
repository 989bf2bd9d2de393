"""Stage 4, the foreground through time (paper, section 3.4): BAIT, Bbox-Anchor-In-Temporal tracking.

Reads the source video; writes its mask, and the votes behind it as the mask's confidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import Field

from sparkle.bait import FULL, BaitResult, VoteName, anchor_frames, given_matte, track_bait
from sparkle.config.settings import BackendChoice, Settings, VideoSettings
from sparkle.core.boxes import LabelledBox, box_to_pixels
from sparkle.core.outcome import Outcome
from sparkle.core.records import IsolateRecord, PublishedBox, TrackRecord
from sparkle.core.sample import Check, Sample
from sparkle.core.stage import Reads, Resources
from sparkle.roles import Anchor, Frames, Grounder, Tracker
from sparkle.stages.artifacts import read_user_anchors, read_user_matte, read_whole_video, writing, written
from sparkle.stages.corrected import read_correction
from sparkle.stages.isolate import published_boxes
from sparkle.store import Folder
from sparkle.video import write_confidence, write_masks


class TrackSettings(Settings):
    """Stage 4. Anchors lie on frames sampled at 2 fps, and a pass goes through the whole clip (paper); `reach_s` ends
    it so many seconds from its anchor, for long clips. `vote: plain` is the paper's: with `objects`, passes vote
    about each object apart and abstain about those they do not know. The paper checks nothing here; the votes give a
    consensus for free, a tracker may know how far to trust itself (`min_confidence`, against the IoU that it expects),
    and a mask that covers nothing or everything is no mask."""

    grounder: BackendChoice
    tracker: BackendChoice
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
    reads: ClassVar[Reads] = Reads(("source_video",), files=("boxes", "matte"), records=(IsolateRecord,))
    writes: ClassVar[tuple[str, ...]] = ("source_video_mask", "source_video_mask_confidence")
    clips_held: ClassVar[int] = 5

    settings: TrackSettings
    video: VideoSettings
    resources: Resources
    grounder: Grounder
    tracker: Tracker

    def __call__(self, sample: Sample, folder: Folder) -> Outcome:
        """Write the mask, with a consensus score that says how far the passes agree; a matte that was given is one,
        and so is a mask that a person corrected."""
        frames = read_whole_video(folder, sample, "source_video", self.video)
        count, height, width = frames.shape[:3]
        schedule = anchor_frames(count, self.video.fps, self.settings.anchor_rate_fps)
        known = sample.record(IsolateRecord)
        anchors = self._anchors(sample, frames, schedule, known)
        matte = read_user_matte(sample, (count, height, width), self.video.fps)
        corrected = read_correction(folder, sample, (count, height, width))
        if corrected is not None:
            found = given_matte(corrected.share)
        elif matte is not None:
            found = given_matte(matte)
        else:
            session = self.tracker.open(frames, anchors)
            reach = reach_frames(self.settings, self.video.fps)
            found = track_bait(session, anchors, count, height, width, reach=reach, vote=self.settings.vote)
        with writing(folder, sample, "source_video_mask") as path:
            write_masks(path, found.mask)
        with writing(folder, sample, "source_video_mask_confidence") as path:
            write_confidence(path, found.share, FULL)
        return Outcome(
            checks=mask_checks(found, self.settings),
            record=TrackRecord(
                anchor_frames=tuple(anchor.frame for anchor in anchors),
                frame_objects=_frame_objects(anchors, schedule, known.labels, width, height),
                consensus=found.consensus,
                passes=found.passes,
                corrected=None if corrected is None else corrected.sha256,
            ),
            artifacts=written(folder, sample, *self.writes),
        )

    def _anchors(
        self, sample: Sample, frames: Frames, schedule: Sequence[int], known: IsolateRecord
    ) -> list[Anchor]:
        """Return the user's anchors, if given, those of the words that choose, or those of round 2."""
        given = read_user_anchors(sample, frames, self.video.fps)
        if given:
            return list(given)
        if known.subject is not None:
            return self.grounder.find_named(frames, schedule, known.subject)
        height, width = frames.shape[1:3]
        objects = [
            LabelledBox(box.label, xyxy)
            for box in known.objects
            if (xyxy := box_to_pixels(box.bbox_2d, width, height)) is not None
        ]
        return self.grounder.second_round(frames, schedule, objects)


def reach_frames(settings: TrackSettings, fps: float) -> int | None:
    """Return how many frames from its anchor a pass goes at `fps`; None is to the clip's ends."""
    return None if settings.reach_s is None else round(settings.reach_s * fps)


def mask_checks(found: BaitResult, settings: TrackSettings) -> tuple[Check, ...]:
    """Return what the votes, the tracker itself and the covered area say of a mask."""
    area = float(np.mean(found.mask))
    agreement = f"{found.passes} passes agree to {found.consensus:.3f}"
    covered = f"the mask covers {100 * area:.1f} % of the clip"
    votes = Check(
        "track.consensus", found.consensus, settings.consensus_minimum, "minimum", agreement, "votes"
    )
    checks = (
        *((votes,) if found.passes else ()),
        Check("track.area_minimum", area, settings.area_minimum, "minimum", covered, "measured"),
        Check("track.area_maximum", area, settings.area_maximum, "maximum", covered, "measured"),
    )
    if found.expected_iou is None:
        return checks
    reason = f"masks with signs like these had an IoU of {found.expected_iou:.2f} with the truth"
    least = settings.min_confidence
    return (
        *checks,
        Check("track.confidence", found.expected_iou, least, "minimum", reason, "calibrated"),
    )


def _frame_objects(
    anchors: Sequence[Anchor], schedule: Sequence[int], labels: Sequence[str], width: int, height: int
) -> tuple[tuple[PublishedBox, ...], ...]:
    """Return round 2 as published: for each 2-fps frame one item per label, an empty box where it was not found.

    A user's own anchors on other frames guide the tracker and have no place in that list.
    """
    boxes = {anchor.frame: anchor.boxes for anchor in anchors}
    listed = []
    for frame in schedule:
        found = boxes.get(frame, ())
        known = {box.label for box in found}
        missing = (PublishedBox((), name) for name in labels if name not in known)
        listed.append((*published_boxes(found, width, height), *missing))
    return tuple(listed)
