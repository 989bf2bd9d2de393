"""Stage 3, the background alone (paper, section 3.3): name the kept foreground, remove it, caption what is left.

Reads the source video and the edited first frame; writes the clean background image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field

from sparkle.core.boxes import LabelledBox, box_from_pixels
from sparkle.core.layout import artifact_path
from sparkle.core.sample import Check, Sample
from sparkle.core.settings import Backend, Settings, VideoSettings
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
from sparkle.stages.artifacts import read_frame, read_user_anchors, read_user_background, read_whole_video
from sparkle.stages.checks import score_check, score_record
from sparkle.video import write_image

NAMED_STEP = 8  # frames: half a second of the published clips


class IsolateSettings(Settings):
    """Stage 3. A removal needs an EditScore of 8.5 (paper). `subject` are words that choose whom or what every clip
    keeps, as far as the grounder understands them; without them it decides itself, and a clip's own boxes go first."""

    grounder: Backend
    remover: Backend
    captioner: Backend
    scorer: Backend
    subject: str | None = Field(default=None, min_length=1)
    score_minimum: float = 8.5


@dataclass(frozen=True, slots=True)
class IsolateStage:
    """Round-1 grounding, removal, score, background caption."""

    name: ClassVar[str] = "isolate"
    reads: ClassVar[tuple[str, ...]] = ("source_video", "edited_frame0")
    writes: ClassVar[tuple[str, ...]] = ("edited_frame0_foreground_removed",)

    settings: IsolateSettings
    video: VideoSettings
    grounder: Grounder
    remover: ForegroundRemover
    captioner: BackgroundCaptioner
    scorer: Scorer

    def __call__(self, sample: Sample, root: Path) -> Sample:
        """Write the clean background. A clip without foreground fails `isolate.objects`."""
        frames = read_whole_video(root, sample, "source_video", self.video)
        edited = read_frame(root, sample, "edited_frame0")
        objects = self._ground(sample, frames, edited)
        sample = sample.with_records(**_round1_records(objects, frames)).with_check(_objects_check(objects))
        if self.settings.subject is not None:
            sample = sample.with_records(subject=self.settings.subject)
        if not objects:
            return sample
        instruction = removal_instruction([box.label for box in objects])
        clean = self.remover(
            RemovalRequest(
                edited_frame=edited,
                source_frame=frames[0],
                objects=tuple(objects),
                removal_instruction=instruction,
                instruction=sample.instruction or "",
                scene=sample.scene,
                seed=sample.seed,
                background=read_user_background(sample, (frames.shape[2], frames.shape[1]), self.video),
                source=frames,
            )
        )
        write_image(root / artifact_path("edited_frame0_foreground_removed", sample.theme, sample.id), clean)
        score = self.scorer(
            ScoreRequest("removal", edited, clean, instruction, _inside(objects, edited), sample.scene)
        )
        sample = sample.with_records(
            removal_instruction=instruction,
            edited_frame0_foreground_removed_score=score_record(score),
            background_caption=self.captioner(sample.instruction or "", sample.scene),
        )
        return sample.with_check(score_check("isolate.editscore", score, self.settings.score_minimum))

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


def box_records(boxes: list[LabelledBox], width: int, height: int) -> list[dict[str, object]]:
    """Return boxes as the published grounding files have them."""
    return [{"bbox_2d": box_from_pixels(box.xyxy, width, height), "label": box.label} for box in boxes]


def _inside(objects: list[LabelledBox], image: Image) -> Mask:
    """Return the mask of the boxes: where something was to be removed."""
    mask = np.zeros(image.shape[:2], np.bool_)
    for box in objects:
        x1, y1, x2, y2 = box.xyxy
        mask[int(y1) : math.ceil(y2) + 1, int(x1) : math.ceil(x2) + 1] = True
    return mask


def _round1_records(objects: list[LabelledBox], frames: Frames) -> dict[str, object]:
    labels = list(dict.fromkeys(box.label for box in objects))
    return {
        "round1_labels": labels,
        "round1_objects": box_records(objects, frames.shape[2], frames.shape[1]),
    }


def _objects_check(objects: list[LabelledBox]) -> Check:
    names = ", ".join(box.label for box in objects) or "none; give boxes with --boxes if there is a subject"
    return Check(
        "isolate.objects", float(len(objects)), 1.0, "minimum", f"foreground found: {names}", "count"
    )
