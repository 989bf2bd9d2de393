"""Stage 1, source videos (paper, section 3.1): keep what is filmed by a fixed camera.

Reads the user's file; writes the source video of the pair and its first frame.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from sparkle.camera import FRAME_WIDTH, CameraMovement, CameraSettings, check_camera, sampling_bursts
from sparkle.config.settings import BackendChoice, Settings, VideoSettings
from sparkle.core.once import Latest
from sparkle.core.outcome import Outcome
from sparkle.core.records import CameraRecord, ClipFormat, SourceRecord
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.core.stage import Reads, Resources
from sparkle.roles import CameraJudge, CameraVerdict, FlowEstimator, Scorer, ScoreRequest
from sparkle.runs.sources import input_fingerprints
from sparkle.stages.artifacts import writing, written
from sparkle.store import Folder
from sparkle.video import (
    Clip,
    UntaggedColour,
    fit_size,
    glance,
    probe,
    read_clip,
    sample_frames,
    write_image,
    write_video,
)


class SourceSettings(Settings):
    """Stage 1. Pairs are scored at 2 fps and need a mean of 8 (paper); plain sources skip that."""

    flow: BackendChoice
    camera_judge: BackendChoice
    scorer: BackendChoice
    pair_rate_fps: float = 2.0
    pair_score_minimum: float = 8.0
    camera: CameraSettings = CameraSettings()
    judge_confidence_minimum: float = 0.5


@dataclass(frozen=True, slots=True)
class Examination:
    """What is known of one source: its checks, what is kept of them, and its clip if it was accepted."""

    checks: tuple[Check, ...]
    record: SourceRecord
    clip: Clip | None


@dataclass(frozen=True, slots=True)
class SourceStage:
    """Probe, pair score, coarse camera check, fine judge, and the source video in the published format."""

    name: ClassVar[str] = "source"
    # The background and the boxes are read here for their fingerprints: results are made of what they are now.
    reads: ClassVar[Reads] = Reads(files=("video", "edited_video", "background", "boxes", "matte"))
    writes: ClassVar[tuple[str, ...]] = ("source_video", "source_frame0")
    clips_held: ClassVar[int] = 3

    settings: SourceSettings
    video: VideoSettings
    resources: Resources
    flow: FlowEstimator
    camera_judge: CameraJudge
    scorer: Scorer
    # Several pairs of one source follow each other in a plan: it is examined once, also when they come at once.
    _latest: Latest[Inputs, Examination] = field(default_factory=Latest, compare=False)

    def __call__(self, sample: Sample, folder: Folder) -> Outcome:
        """Check the source and write it as it will be published. Raises MediaError for an unreadable file."""
        found = self._latest.get(
            sample.inputs, lambda: self._examine(sample.inputs, advisory=sample.advisory)
        )
        if found.clip is None:
            return Outcome(found.checks, found.record)
        frames, fps = found.clip.frames, found.clip.fps
        with writing(folder, sample, "source_video") as path:
            write_video(path, frames, fps, crf=self.video.crf)
        with writing(folder, sample, "source_frame0") as path:
            write_image(path, frames[0])
        clip = ClipFormat(len(frames), fps, int(frames.shape[2]), int(frames.shape[1]))
        artifacts = written(folder, sample, *self.writes)
        return Outcome(found.checks, replace(found.record, clip=clip), artifacts)

    def _examine(self, inputs: Inputs, *, advisory: bool) -> Examination:
        """Check a source, cheapest first; its clip is read if it got that far, and kept if all checks passed."""
        # Before it is read: a file that is replaced meanwhile is another one at the next start.
        record = SourceRecord(inputs=input_fingerprints(inputs))
        checks: list[Check] = []
        if inputs.edited_video is not None:
            checks.append(self._pair_check(inputs.video, inputs.edited_video))
        if not (advisory or _all_passed(checks)):
            return Examination(tuple(checks), record, None)
        movement = measure_camera(
            inputs.video,
            self.flow,
            self.settings.camera,
            span_s=self.video.frames / self.video.fps,
            time_limit_s=self.video.time_limit_s,
        )
        checks.extend(camera_checks("source.camera", movement, self.settings.camera))
        record = replace(record, camera=camera_record(movement))
        if not (advisory or _all_passed(checks)):
            return Examination(tuple(checks), record, None)
        clip = self._read(inputs.video)
        verdict = self.camera_judge(clip.frames, clip.fps)
        checks.append(judge_check(verdict, self.settings.judge_confidence_minimum))
        return Examination(tuple(checks), record, clip if advisory or _all_passed(checks) else None)

    def _read(self, path: str) -> Clip:
        info = probe(path, time_limit_s=self.video.time_limit_s)
        clip = read_clip(
            path,
            size=fit_size(info.width, info.height, self.video.width, self.video.height),
            fps=self.video.fps,
            frames=self.video.frames,
            minimum_frames=self.video.minimum_frames,
            untagged=UntaggedColour(self.video.untagged),
            time_limit_s=self.video.time_limit_s,
        )
        whole_latents = 1 + (len(clip.frames) - 1) // self.video.frame_step * self.video.frame_step
        return clip.beginning(whole_latents)

    def _pair_check(self, source: str, edited: str) -> Check:
        """Score a source that comes with an edited version, frame by frame at 2 fps (paper: mean of overall),
        as far as it is used."""
        limit, span_s = self.video.time_limit_s, self.video.frames / self.video.fps
        info = probe(source, time_limit_s=limit)
        size = fit_size(info.width, info.height, self.video.width, self.video.height)
        pairs = [
            sample_frames(
                path, fps=self.settings.pair_rate_fps, size=size, duration_s=span_s, time_limit_s=limit
            )[0]
            for path in (source, edited)
        ]
        scores = [
            self.scorer(ScoreRequest("source_pair", first, second, "Replace the background."))
            for first, second in zip(*pairs, strict=False)
        ]
        mean = float(np.mean([score.overall for score in scores]))
        reason = f"mean over {len(scores)} frames at {self.settings.pair_rate_fps:g} fps"
        return Check(
            "source.pair_score", mean, self.settings.pair_score_minimum, "minimum", reason, scores[0].scorer
        )


def measure_camera(
    path: str | Path,
    flow: FlowEstimator,
    settings: CameraSettings,
    *,
    span_s: float = math.inf,
    time_limit_s: float,
) -> CameraMovement:
    """Return how far the camera of a video file moved within its first `span_s` seconds, from few and small frames."""
    frames, times = glance(path, sampling_bursts, side=FRAME_WIDTH, span_s=span_s, time_limit_s=time_limit_s)
    return check_camera(frames, times.tolist(), flow, settings)


def camera_checks(name: str, movement: CameraMovement, settings: CameraSettings) -> list[Check]:
    """Return the coarse check: movement in percent of the width, against the most that counts as fixed.

    A picture too dark or smooth to tell gives none: the fine judge decides alone.
    """
    if not movement.decidable:
        return []
    return [Check(name, movement.movement, settings.threshold, "maximum", movement.reason, "measured")]


def camera_record(movement: CameraMovement) -> CameraRecord:
    """Return what is kept of the measurement; the homography's is the paper's own number."""
    return CameraRecord(
        movement=movement.movement,
        homography_movement=movement.homography_movement,
        kind=movement.kind,
        support=movement.support,
        evidence=movement.evidence,
        decidable=movement.decidable,
        reason=movement.reason,
    )


def judge_check(verdict: CameraVerdict, minimum: float) -> Check:
    """Return the fine judge's check: its confidence that the camera is fixed."""
    return Check(
        "source.camera_judge", verdict.confidence, minimum, "minimum", verdict.reason, verdict.scorer
    )


def _all_passed(checks: Sequence[Check]) -> bool:
    return all(check.passed for check in checks)
