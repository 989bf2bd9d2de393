"""Stage 3's second half, run after tracking because it costs more: the living background video (paper, section 3.3).

Reads the clean background image; writes the background video. The paper checks neither, but prompts do not
guarantee a still camera and fast sampling can freeze the motion: both are checked here before anything dearer runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from sparkle.camera import FRAME_WIDTH, CameraSettings, check_camera, measure_liveliness, sampling_times
from sparkle.config.settings import BackendChoice, Settings, VideoSettings
from sparkle.core.layout import artifact_path
from sparkle.core.sample import Check, Sample
from sparkle.core.wishes import wants_stillness
from sparkle.roles import AnimationRequest, Animator, FlowEstimator, Frames
from sparkle.stages.artifacts import read_background_video, read_frame
from sparkle.stages.source import camera_checks
from sparkle.video import fit_size, is_media_name, play_looped, resize_frames, write_video


class AnimateSettings(Settings):
    """Background video. The paper has no thresholds for it; these are the recipe's."""

    flow: BackendChoice
    animator: BackendChoice
    camera: CameraSettings = CameraSettings()
    liveliness_minimum: float = 0.0


@dataclass(frozen=True, slots=True)
class AnimateStage:
    """Animate the clean background under its caption, or play the user's own video; check camera and liveliness."""

    name: ClassVar[str] = "animate"
    reads: ClassVar[tuple[str, ...]] = ("edited_frame0_foreground_removed",)
    writes: ClassVar[tuple[str, ...]] = ("edited_background_video",)

    settings: AnimateSettings
    video: VideoSettings
    flow: FlowEstimator
    animator: Animator

    def __call__(self, sample: Sample, root: Path) -> Sample:
        """Write the background video: as many frames as the source has, at its rate."""
        frames = self._background(sample, root)
        path = root / artifact_path("edited_background_video", sample.theme, sample.id)
        write_video(path, frames, sample.records["fps"], crf=self.video.crf)
        for check in self._checks(sample, frames):
            sample = sample.with_check(check)
        return sample

    def _background(self, sample: Sample, root: Path) -> Frames:
        count, fps = int(sample.records["frames"]), float(sample.records["fps"])
        given = sample.inputs.background
        if given is not None and is_media_name(Path(given)):
            size = int(sample.records["width"]), int(sample.records["height"])
            return play_looped(read_background_video(Path(given), size, fps, count, self.video), count)
        return self.animator(
            AnimationRequest(
                image=read_frame(root, sample, "edited_frame0_foreground_removed"),
                caption=sample.records["background_caption"],
                frames=count,
                fps=fps,
                seed=sample.seed,
                scene=sample.scene,
            )
        )

    def _checks(self, sample: Sample, frames: Frames) -> list[Check]:
        if wants_stillness(sample.instruction or ""):
            return []
        fps = float(sample.records["fps"])
        times = sampling_times(len(frames) / fps)
        indices = np.unique(np.clip(np.round(np.asarray(times) * fps).astype(int), 0, len(frames) - 1))
        size = fit_size(frames.shape[2], frames.shape[1], FRAME_WIDTH, FRAME_WIDTH)
        small = resize_frames(frames[indices], size)
        movement = check_camera(small, (indices / fps).tolist(), self.flow, self.settings.camera)
        alive = measure_liveliness(frames)
        share = alive.share_of_area_moving
        reason = f"{100 * share:.1f} % of the picture moves, with strength {alive.strength:.3f}"
        minimum = self.settings.liveliness_minimum
        lively = Check("animate.liveliness", share, minimum, "minimum", reason, "measured")
        return [*camera_checks("animate.camera", movement, self.settings.camera), lively]
