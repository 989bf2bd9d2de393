"""Stage 5, the edited video from decoupled guidance (paper, section 3.5), and the final check (3.6).

Reads source video, background video, mask, edited first frame and clean background; writes the control video
and the edited video. Edges of the source guide inside the foreground mask, those of the background video outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from sparkle.config.settings import BackendChoice, Settings, VideoSettings
from sparkle.core.layout import artifact_path
from sparkle.core.sample import Check, Sample
from sparkle.guidance import fuse_edges
from sparkle.roles import (
    EdgeDetector,
    EdgeMaps,
    EditScore,
    Frames,
    GenerationRequest,
    Image,
    Masks,
    Scorer,
    ScoreRequest,
    VideoGenerator,
)
from sparkle.stages.artifacts import read_frame, read_whole_video
from sparkle.stages.final_check import background_motion_checks, whole_subject_checks
from sparkle.video import read_confidence, read_masks, write_video


class SynthesizeSettings(Settings):
    """Stage 5. Four frames, evenly spaced and without frame 0, need a mean EditScore of 8 (paper).

    guidance: "decoupled" is the paper's method; "foreground" is its ablation, edges of the foreground alone and
    no knowledge of the background video, as pipelines before it did. Edge detectors draw the subject's outline on
    either side of the mask's; `mask_dilation` widens the foreground by so many pixels to keep it. Beside the paper's
    score, the mask must hold the whole subject, in the mean (`wholeness_minimum`) and at its worst moment, and the
    edited video must move where the background video does; 0 takes all, as the paper does.
    """

    edges: BackendChoice
    generator: BackendChoice
    scorer: BackendChoice
    guidance: Literal["decoupled", "foreground"] = "decoupled"
    mask_dilation: int = Field(default=2, ge=0, le=64)
    scored_frames: int = 4
    score_minimum: float = 8.0
    wholeness_minimum: float = Field(default=0.3, ge=0, le=1)
    worst_wholeness_minimum: float = Field(default=0.1, ge=0, le=1)
    background_motion_minimum: float = Field(default=0.3, ge=0, le=1)


@dataclass(frozen=True, slots=True)
class SynthesizeStage:
    """Edges, fusion, generation, audio, score."""

    name: ClassVar[str] = "synthesize"
    reads: ClassVar[tuple[str, ...]] = (
        "source_video",
        "edited_frame0",
        "edited_frame0_foreground_removed",
        "source_video_mask",
        "source_video_mask_confidence",
        "edited_background_video",
    )
    writes: ClassVar[tuple[str, ...]] = ("edited_video_canny", "edited_video")

    settings: SynthesizeSettings
    video: VideoSettings
    edges: EdgeDetector
    generator: VideoGenerator
    scorer: Scorer

    def __call__(self, sample: Sample, root: Path) -> Sample:
        """Write the control video and the edited video, and score the edited video."""
        source = read_whole_video(root, sample, "source_video", self.video)
        mask = read_masks(root / artifact_path("source_video_mask", sample.theme, sample.id))
        background = read_whole_video(root, sample, "edited_background_video", self.video)
        guiding = background if self.settings.guidance == "decoupled" else None
        control = fuse_edges(
            self.edges(source),
            None if guiding is None else self.edges(guiding),
            mask,
            dilation=self.settings.mask_dilation,
        )
        fps = float(sample.records["fps"])
        path = root / artifact_path("edited_video_canny", sample.theme, sample.id)
        write_video(path, grey_frames(control), fps, crf=self.video.crf)
        edited = self._generate(sample, root, source, mask, control, guiding)
        audio = write_video(
            root / artifact_path("edited_video", sample.theme, sample.id),
            edited,
            fps,
            crf=self.video.crf,
            audio_from=Path(sample.inputs.video),
        )
        sample = self._scored(sample.with_records(audio=audio), source, edited, mask)
        minima = self.settings.wholeness_minimum, self.settings.worst_wholeness_minimum
        checks = whole_subject_checks(source, mask, *minima)
        if guiding is not None:
            checks += background_motion_checks(edited, guiding, mask, self.settings.background_motion_minimum)
        for check in checks:
            sample = sample.with_check(check)
        return sample

    def _generate(
        self,
        sample: Sample,
        root: Path,
        source: Frames,
        mask: Masks,
        control: EdgeMaps,
        guiding: Frames | None,
    ) -> Frames:
        return self.generator(
            GenerationRequest(
                first_frame=read_frame(root, sample, "edited_frame0"),
                control=control,
                instruction=sample.instruction or "",
                source=source,
                clean_background=read_frame(root, sample, "edited_frame0_foreground_removed"),
                background=guiding,
                mask=mask,
                confidence=read_confidence(
                    root / artifact_path("source_video_mask_confidence", sample.theme, sample.id)
                ),
                fps=float(sample.records["fps"]),
                seed=sample.seed,
                scene=sample.scene,
                labels=tuple(sample.records["round1_labels"]),
            )
        )

    def _scored(self, sample: Sample, source: Frames, edited: Frames, mask: Masks) -> Sample:
        indices = scored_frame_indices(len(edited), self.settings.scored_frames)
        instruction = sample.instruction or ""
        scores = [
            self.scorer(ScoreRequest("video_frame", source[i], edited[i], instruction, mask[i], sample.scene))
            for i in indices
        ]
        mean = float(np.mean([score.overall for score in scores]))
        listed = ", ".join(f"{score.overall:.2f}" for score in scores)
        reason = f"frames {', '.join(map(str, indices))} score {listed}"
        record = {"frame_indices": indices, "editscore": [_frame_record(score) for score in scores]}
        check = Check(
            "synthesize.editscore", mean, self.settings.score_minimum, "minimum", reason, scores[0].scorer
        )
        return sample.with_records(edited_video_score=record).with_check(check)


def scored_frame_indices(frames: int, count: int = 4) -> list[int]:
    """Return `count` evenly spaced frames without frame 0; 1, 26, 51, 76 for 81 frames (published)."""
    last = frames - 5 if frames >= 4 * count else frames - 1
    return [int(index) for index in np.unique(np.round(np.linspace(min(1, last), last, count)).astype(int))]


def grey_frames(edges: EdgeMaps) -> Iterator[Image]:
    """Yield edge maps (T, H, W) as grey RGB frames (H, W, 3)."""
    return (np.repeat(frame[..., None], 3, axis=-1) for frame in edges)


def _frame_record(score: EditScore) -> dict[str, Any]:
    return {
        "SC_score": min(score.prompt_following, score.consistency),
        "PQ_score": score.perceptual_quality,
        "O_score": score.overall,
        "SC_score_reasoning": score.SC_reasoning,
        "PQ_score_reasoning": score.PQ_reasoning,
        "SC_raw_output": score.SC_raw_output,
        "PQ_raw_output": score.PQ_raw_output,
        "scorer": score.scorer,
    }
