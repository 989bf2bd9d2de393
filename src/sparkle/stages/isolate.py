"""Stage 3, the background alone (paper, section 3.3): name the kept foreground, remove it, caption what is left.

Reads the source video and the edited first frame; writes the clean background image.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from pydantic import Field

from sparkle.config.settings import BackendChoice, Settings, VideoSettings
from sparkle.core.boxes import LabelledBox, box_from_pixels
from sparkle.core.outcome import Outcome
from sparkle.core.records import FirstFrameRecord, IsolateRecord, PublishedBox, Removal
from sparkle.core.sample import Check, Sample
from sparkle.core.stage import Reads, Resources
from sparkle.roles import (
    BackgroundCaptioner,
    ForegroundRemover,
    Frames,
    Grounder,
    Image,
    Mask,
    RemovalRequest,
    Scorer,
    ScoreRequest,
)
from sparkle.stages.artifacts import (
    read_frame,
    read_user_anchors,
    read_user_background,
    read_whole_video,
    writing,
    written,
)
from sparkle.stages.checks import score_check
from sparkle.store import Folder
from sparkle.video import write_image

NAMED_STEP = 8  # frames: half a second of the published clips


class IsolateSettings(Settings):
    """Stage 3. A removal needs an EditScore of 8.5 (paper). `subject` are words that choose whom or what every clip
    keeps, as far as the grounder understands them; without them it decides itself, and a clip's own boxes go first."""

    grounder: BackendChoice
    remover: BackendChoice
    captioner: BackendChoice
    scorer: BackendChoice
    subject: str | None = Field(default=None, min_length=1)
    score_minimum: float = 8.5


@dataclass(frozen=True, slots=True)
class IsolateStage:
    """Round-1 grounding, removal, score, background caption."""

    name: ClassVar[str] = "isolate"
    reads: ClassVar[Reads] = Reads(
        ("source_video", "edited_frame0"),
        files=("background", "boxes", "matte"),
        records=(FirstFrameRecord,),
    )
    writes: ClassVar[tuple[str, ...]] = ("edited_frame0_foreground_removed",)
    clips_held: ClassVar[int] = 2

    settings: IsolateSettings
    video: VideoSettings
    resources: Resources
    grounder: Grounder
    remover: ForegroundRemover
    captioner: BackgroundCaptioner
    scorer: Scorer

    def __call__(self, sample: Sample, folder: Folder) -> Outcome:
        """Write the clean background. A clip without foreground fails `isolate.objects`."""
        frames = read_whole_video(folder, sample, "source_video", self.video)
        edited = read_frame(folder, sample, "edited_frame0")
        objects = self._ground(sample, frames, edited)
        labels = tuple(dict.fromkeys(box.label for box in objects))
        boxes = published_boxes(objects, frames.shape[2], frames.shape[1])
        found = IsolateRecord(labels, boxes, subject=self.settings.subject)
        if not objects:
            return Outcome((_objects_check(objects),), found)
        instruction = removal_instruction([box.label for box in objects])
        clean = self.remover(
            RemovalRequest(
                edited_frame=edited,
                objects=tuple(objects),
                removal_instruction=instruction,
                instruction=sample.instruction or "",
                scene=sample.scene,
                seed=sample.seed,
                background=read_user_background(
                    *(sample, (frames.shape[2], frames.shape[1]), self.video),
                    sample.record(FirstFrameRecord).placing,
                ),
                source=frames,
            )
        )
        with writing(folder, sample, "edited_frame0_foreground_removed") as path:
            write_image(path, clean)
        score = self.scorer(
            ScoreRequest("removal", edited, clean, instruction, _inside(objects, edited), sample.scene)
        )
        caption = self.captioner(sample.instruction or "", sample.scene)
        return Outcome(
            checks=(
                _objects_check(objects),
                score_check("isolate.editscore", score, self.settings.score_minimum),
            ),
            record=replace(found, removal=Removal(instruction, score, caption)),
            artifacts=written(folder, sample, *self.writes),
        )

    def _ground(self, sample: Sample, frames: Frames, edited: Image) -> list[LabelledBox]:
        """Return the objects on frame 0, or where each is first seen: the user's, if given, else those of round 1."""
        anchors = read_user_anchors(sample, frames, self.video.fps)
        first = next((anchor for anchor in anchors if anchor.boxes), None)
        if first is not None:
            return list(first.boxes)
        if self.settings.subject is None:
            return self.grounder.first_round(frames, edited)
        named = self.grounder.find_named(frames, range(0, len(frames), NAMED_STEP), self.settings.subject)
        return list({box.label: box for anchor in reversed(named) for box in anchor.boxes}.values())


def removal_instruction(labels: list[str]) -> str:
    """Return the instruction that removes the labels, one sentence each (paper: "Remove the bald man")."""
    return " ".join(f"Remove the {label}." for label in labels)


def published_boxes(boxes: Sequence[LabelledBox], width: int, height: int) -> tuple[PublishedBox, ...]:
    """Return boxes as the published grounding files have them."""
    return tuple(PublishedBox(tuple(box_from_pixels(box.xyxy, width, height)), box.label) for box in boxes)


def _inside(objects: list[LabelledBox], image: Image) -> Mask:
    """Return the mask of the boxes: where something was to be removed."""
    mask = np.zeros(image.shape[:2], np.bool_)
    for box in objects:
        x1, y1, x2, y2 = box.xyxy
        mask[int(y1) : math.ceil(y2) + 1, int(x1) : math.ceil(x2) + 1] = True
    return mask


def _objects_check(objects: list[LabelledBox]) -> Check:
    names = ", ".join(box.label for box in objects) or "none; give boxes with --boxes if there is a subject"
    return Check(
        "isolate.objects", float(len(objects)), 1.0, "minimum", f"foreground found: {names}", "count"
    )
