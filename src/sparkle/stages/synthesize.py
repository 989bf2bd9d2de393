"""Stage 5, the edited video from decoupled guidance (paper, section 3.5), and its final check.

Reads source video, background video, mask, edited first frame and clean background; writes the control video
and the edited video. Edges of the source guide inside the foreground mask, those of the background video outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from sparkle.config.settings import BackendChoice, Settings, VideoSettings
from sparkle.core.edit_score import EditScore
from sparkle.core.outcome import Outcome
from sparkle.core.records import IsolateRecord, SourceRecord, SynthesizeRecord, TrackRecord
from sparkle.core.sample import Check, Sample
from sparkle.core.stage import Reads, Resources
from sparkle.guidance import fuse_edges
from sparkle.roles import (
    ClipScore,
    ClipScorer,
    EdgeDetector,
    EdgeMaps,
    Frames,
    GenerationRequest,
    Image,
    Masks,
    Scorer,
    ScoreRequest,
    VideoGenerator,
)
from sparkle.stages.artifacts import read_frame, read_whole_video, reading, writing, written
from sparkle.stages.final_check import background_motion_checks, boxes_found, whole_subject_checks
from sparkle.store import Folder
from sparkle.video import read_confidence, read_masks, write_video


class SynthesizeSettings(Settings):
    """Stage 5. Four frames, evenly spaced and without frame 0, need a mean EditScore of 8 (paper).

    guidance: "decoupled" is the paper's method; "foreground" is its ablation, edges of the foreground alone and
    no knowledge of the background video, as pipelines before it did. Edge detectors draw the subject's outline on
    either side of the mask's; `mask_dilation` widens the foreground by so many pixels to keep it. Beside the paper's
    score, the mask must hold the whole subject, all in all (`wholeness_minimum`) and at its worst moment, and the
    edited video must move where the background video does; 0 takes all, as the paper does.

    A `clip_scorer` watches both clips as a whole; the worst of its axes must reach `clip_score_minimum`, in the
    scorer's own range. Neither is the paper's.
    """

    edges: BackendChoice
    generator: BackendChoice
    scorer: BackendChoice
    guidance: Literal["decoupled", "foreground"] = "decoupled"
    mask_dilation: int = Field(default=2, ge=0, le=64)
    scored_frames: int = 4
    score_minimum: float = 8.0
    wholeness_minimum: float = Field(default=0.2, ge=0, le=1)
    worst_wholeness_minimum: float = Field(default=0.1, ge=0, le=1)
    background_motion_minimum: float = Field(default=0.3, ge=0, le=1)
    clip_scorer: BackendChoice | None = None
    clip_score_minimum: float | None = None

    @model_validator(mode="after")
    def _a_clip_scorer_has_its_minimum(self) -> Self:
        if (self.clip_scorer is None) != (self.clip_score_minimum is None):
            raise ValueError(
                "clip_scorer and clip_score_minimum go together: no threshold of it is published"
            )
        return self


@dataclass(frozen=True, slots=True)
class SynthesizeStage:
    """Edges, fusion, generation, audio, score."""

    name: ClassVar[str] = "synthesize"
    reads: ClassVar[Reads] = Reads(
        (
            "source_video",
            "edited_frame0",
            "edited_frame0_foreground_removed",
            "source_video_mask",
            "source_video_mask_confidence",
            "edited_background_video",
        ),
        files=("video",),  # its sound
        records=(SourceRecord, IsolateRecord, TrackRecord),
    )
    writes: ClassVar[tuple[str, ...]] = ("edited_video_canny", "edited_video")
    clips_held: ClassVar[int] = 6

    settings: SynthesizeSettings
    video: VideoSettings
    resources: Resources
    edges: EdgeDetector
    generator: VideoGenerator
    scorer: Scorer
    clip_scorer: ClipScorer | None = None

    def __call__(self, sample: Sample, folder: Folder) -> Outcome:
        """Write the control video and the edited video, and score the edited video."""
        source = read_whole_video(folder, sample, "source_video", self.video)
        with reading(folder, sample, "source_video_mask") as path:
            mask = read_masks(path)
        background = read_whole_video(folder, sample, "edited_background_video", self.video)
        guiding = background if self.settings.guidance == "decoupled" else None
        control = fuse_edges(
            self.edges(source),
            None if guiding is None else self.edges(guiding),
            mask,
            dilation=self.settings.mask_dilation,
        )
        fps = sample.record(SourceRecord).needed_clip.fps
        with writing(folder, sample, "edited_video_canny") as path:
            write_video(path, grey_frames(control), fps, crf=self.video.crf)
        edited = self._generate(sample, folder, source, mask, control, guiding)
        with writing(folder, sample, "edited_video") as path:
            audio = write_video(path, edited, fps, crf=self.video.crf, audio_from=sample.inputs.video)
        indices = scored_frame_indices(len(edited), self.settings.scored_frames)
        scores = self._score(sample, source, edited, mask, indices)
        minima = self.settings.wholeness_minimum, self.settings.worst_wholeness_minimum
        boxes = boxes_found(sample.record(TrackRecord), mask.shape[2], mask.shape[1])
        checks = [
            video_check(indices, scores, self.settings.score_minimum),
            *whole_subject_checks(source, mask, boxes, *minima),
        ]
        if guiding is not None:
            checks += background_motion_checks(edited, guiding, mask, self.settings.background_motion_minimum)
        if self.clip_scorer is not None and self.settings.clip_score_minimum is not None:
            watched = self.clip_scorer(source, edited, fps, sample.instruction or "")
            checks.append(clip_check(watched, self.settings.clip_score_minimum))
        return Outcome(
            checks=tuple(checks),
            record=SynthesizeRecord(audio.value, tuple(indices), tuple(scores)),
            artifacts=written(folder, sample, *self.writes),
        )

    def _generate(
        self,
        sample: Sample,
        folder: Folder,
        source: Frames,
        mask: Masks,
        control: EdgeMaps,
        guiding: Frames | None,
    ) -> Frames:
        with reading(folder, sample, "source_video_mask_confidence") as path:
            confidence = read_confidence(path)
        return self.generator(
            GenerationRequest(
                first_frame=read_frame(folder, sample, "edited_frame0"),
                control=control,
                instruction=sample.instruction or "",
                source=source,
                clean_background=read_frame(folder, sample, "edited_frame0_foreground_removed"),
                background=guiding,
                mask=mask,
                confidence=confidence,
                fps=sample.record(SourceRecord).needed_clip.fps,
                seed=sample.seed,
                scene=sample.scene,
                labels=sample.record(IsolateRecord).labels,
            )
        )

    def _score(
        self, sample: Sample, source: Frames, edited: Frames, mask: Masks, indices: list[int]
    ) -> list[EditScore]:
        instruction = sample.instruction or ""
        return [
            self.scorer(ScoreRequest("video_frame", source[i], edited[i], instruction, mask[i], sample.scene))
            for i in indices
        ]


def video_check(indices: list[int], scores: list[EditScore], minimum: float) -> Check:
    """Return the check of the mean score of the frames `indices` against the least that passes."""
    mean = float(np.mean([score.overall for score in scores]))
    listed = ", ".join(f"{score.overall:.2f}" for score in scores)
    reason = f"frames {', '.join(map(str, indices))} score {listed}"
    return Check("synthesize.editscore", mean, minimum, "minimum", reason, scores[0].scorer)


def clip_check(score: ClipScore, minimum: float) -> Check:
    """Return the check of the worst axis of a clip's score against the least that passes."""
    listed = ", ".join(f"{axis} {value:.2f}" for axis, value in score.axes.items())
    return Check("synthesize.clip_score", min(score.axes.values()), minimum, "minimum", listed, score.scorer)


def scored_frame_indices(frames: int, count: int = 4) -> list[int]:
    """Return `count` evenly spaced frames without frame 0; 1, 26, 51, 76 for 81 frames (published)."""
    last = max(1, frames - 5 if frames >= 4 * count else frames - 1)
    return [int(index) for index in np.unique(np.round(np.linspace(1, last, count)).astype(int))]


def grey_frames(edges: EdgeMaps) -> Iterator[Image]:
    """Yield edge maps (T, H, W) as grey RGB frames (H, W, 3)."""
    return (np.repeat(frame[..., None], 3, axis=-1) for frame in edges)
