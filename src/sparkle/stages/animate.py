"""Stage 3's second half, run after tracking because it costs more: the living background video (paper, section 3.3).

Reads the clean background image; writes the background video. The paper checks neither, but prompts do not
guarantee a still camera and fast sampling can freeze the motion: both are checked here before anything dearer runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sparkle.camera import FRAME_WIDTH, CameraSettings, check_camera, measure_liveliness, sampling_times
from sparkle.config.settings import BackendChoice, Settings, VideoSettings
from sparkle.core.outcome import Outcome
from sparkle.core.records import ClipFormat, FirstFrameRecord, IsolateRecord, SourceRecord
from sparkle.core.sample import Check, Sample
from sparkle.core.stage import Reads, Resources
from sparkle.roles import AnimationRequest, Animator, FlowEstimator, Frames
from sparkle.stages.artifacts import read_background_video, read_frame, writing, written
from sparkle.stages.source import camera_checks
from sparkle.store import Folder
from sparkle.video import fit_size, is_media_name, play_looped, resize_frames, write_video
from sparkle.words.stillness import wants_stillness


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
    reads: ClassVar[Reads] = Reads(
        ("edited_frame0_foreground_removed",),
        files=("background",),
        records=(SourceRecord, FirstFrameRecord, IsolateRecord),
    )
    writes: ClassVar[tuple[str, ...]] = ("edited_background_video",)
    clips_held: ClassVar[int] = 2

    settings: AnimateSettings
    video: VideoSettings
    resources: Resources
    flow: FlowEstimator
    animator: Animator

    def __call__(self, sample: Sample, folder: Folder) -> Outcome:
        """Write the background video: as many frames as the source has, at its rate."""
        clip = sample.record(SourceRecord).needed_clip
        frames = self._background(sample, folder, clip)
        with writing(folder, sample, "edited_background_video") as path:
            write_video(path, frames, clip.fps, crf=self.video.crf)
        return Outcome(
            checks=() if _may_stand_still(sample) else self._checks(frames, clip.fps),
            artifacts=written(folder, sample, *self.writes),
        )

    def _background(self, sample: Sample, folder: Folder, clip: ClipFormat) -> Frames:
        given, placing = sample.inputs.background, sample.record(FirstFrameRecord).placing
        if given is not None and is_media_name(given):
            size = clip.width, clip.height
            own = read_background_video(given, size, clip.fps, clip.frames, self.video, placing)
            return play_looped(own, clip.frames)
        return self.animator(
            AnimationRequest(
                image=read_frame(folder, sample, "edited_frame0_foreground_removed"),
                caption=sample.record(IsolateRecord).needed_removal.background_caption,
                frames=clip.frames,
                fps=clip.fps,
                seed=sample.seed,
                scene=sample.scene,
                own_picture=given is not None,
                instruction=sample.instruction or "",
            )
        )

    def _checks(self, frames: Frames, fps: float) -> tuple[Check, ...]:
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
        return (*camera_checks("animate.camera", movement, self.settings.camera), lively)


def _may_stand_still(sample: Sample) -> bool:
    """Tell whether nothing has to move: the instruction says so, or the background is a picture of the user's own."""
    given = sample.inputs.background
    own_picture = given is not None and not is_media_name(given)
    return own_picture or wants_stillness(sample.instruction or "")
