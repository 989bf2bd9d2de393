"""Stage 1, source videos (paper, section 3.1): keep what is filmed by a fixed camera.

Reads the user's file; writes the source video of the pair and its first frame.
"""

from __future__ import annotations

import math
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

import numpy as np

from sparkle.camera import FRAME_WIDTH, CameraMovement, CameraSettings, check_camera, sampling_bursts
from sparkle.core.layout import artifact_path
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.core.settings import Backend, Settings, VideoSettings
from sparkle.roles import CameraJudge, CameraVerdict, FlowEstimator, Scorer, ScoreRequest
from sparkle.runs.sources import INPUTS_RECORD, input_fingerprints
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

    flow: Backend
    camera_judge: Backend
    scorer: Backend
    pair_rate_fps: float = 2.0
    pair_score_minimum: float = 8.0
    camera: CameraSettings = CameraSettings()
    judge_confidence_minimum: float = 0.5


@dataclass(slots=True)
class Examination:
    """What is known of one source: its checks so far, what is kept of them, and its clip once it is accepted."""

    checks: list[Check] = field(default_factory=list)
    records: dict[str, Any] = field(default_factory=dict)
    clip: Clip | None = None

    @property
    def passed(self) -> bool:
        """Whether every check so far passed."""
        return all(check.passed for check in self.checks)


@dataclass(frozen=True, slots=True)
class SourceStage:
    """Probe, pair score, coarse camera check, fine judge, and the source video in the published format."""

    name: ClassVar[str] = "source"
    reads: ClassVar[tuple[str, ...]] = ()
    writes: ClassVar[tuple[str, ...]] = ("source_video", "source_frame0")

    settings: SourceSettings
    video: VideoSettings
    flow: FlowEstimator
    camera_judge: CameraJudge
    scorer: Scorer
    # Several pairs of one source follow each other in a plan: it is examined once, also when they come at once.
    _latest: dict[Inputs, Future[Examination]] = field(default_factory=dict)
    _choosing: Lock = field(default_factory=Lock)

    def __call__(self, sample: Sample, root: Path) -> Sample:
        """Check the source and write it as it will be published. Raises MediaError for an unreadable file."""
        found = self._examine_once(sample.inputs, advisory=sample.advisory)
        for check in found.checks:
            sample = sample.with_check(check)
        sample = sample.with_records(**found.records)
        if found.clip is None:
            return sample
        frames, fps = found.clip.frames, found.clip.fps
        path = root / artifact_path("source_video", sample.theme, sample.id)
        write_video(path, frames, fps, crf=self.video.crf)
        write_image(root / artifact_path("source_frame0", sample.theme, sample.id), frames[0])
        return sample.with_records(
            frames=len(frames), fps=fps, width=int(frames.shape[2]), height=int(frames.shape[1])
        )

    def _examine_once(self, inputs: Inputs, *, advisory: bool) -> Examination:
        """Return the examination of the latest source, made by the first who asks; the others wait for it."""
        with self._choosing:
            found = self._latest.get(inputs)
            first = found is None
            if found is None:
                self._latest.clear()
                found = self._latest[inputs] = Future()
        if first:
            try:
                found.set_result(self._examine(inputs, advisory=advisory))
            except BaseException as error:
                found.set_exception(error)
                raise
        return found.result()

    def _examine(self, inputs: Inputs, *, advisory: bool) -> Examination:
        """Check a source, cheapest first; its clip is read if it got that far, and kept if all checks passed."""
        # Before it is read: a file that is replaced meanwhile is another one at the next start.
        found = Examination(records={INPUTS_RECORD: input_fingerprints(inputs)})
        if inputs.edited_video is not None:
            found.checks.append(self._pair_check(Path(inputs.video), Path(inputs.edited_video)))
        if advisory or found.passed:
            movement = measure_camera(
                Path(inputs.video),
                self.flow,
                self.settings.camera,
                span_s=self.video.frames / self.video.fps,
                time_limit_s=self.video.time_limit_s,
            )
            found.checks.extend(camera_checks("source.camera", movement, self.settings.camera))
            found.records["camera"] = camera_record(movement)
        if advisory or found.passed:
            clip = self._read(Path(inputs.video))
            verdict = self.camera_judge(clip.frames, clip.fps)
            found.checks.append(judge_check(verdict, self.settings.judge_confidence_minimum))
            found.clip = clip if advisory or found.passed else None
        return found

    def _read(self, path: Path) -> Clip:
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

    def _pair_check(self, source: Path, edited: Path) -> Check:
        """Score a source that comes with an edited version, frame by frame at 2 fps (paper: mean of overall)."""
        limit = self.video.time_limit_s
        info = probe(source, time_limit_s=limit)
        size = fit_size(info.width, info.height, self.video.width, self.video.height)
        pairs = [
            sample_frames(path, fps=self.settings.pair_rate_fps, size=size, time_limit_s=limit)[0]
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
    path: Path,
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


def camera_record(movement: CameraMovement) -> dict[str, Any]:
    """Return what is kept of the measurement; the homography's is the paper's own number."""
    return {
        "movement": movement.movement,
        "homography_movement": movement.homography_movement,
        "kind": movement.kind,
        "support": movement.support,
        "evidence": movement.evidence,
        "decidable": movement.decidable,
        "reason": movement.reason,
    }


def judge_check(verdict: CameraVerdict, minimum: float) -> Check:
    """Return the fine judge's check: its confidence that the camera is fixed."""
    return Check(
        "source.camera_judge", verdict.confidence, minimum, "minimum", verdict.reason, verdict.scorer
    )
