"""The few frames of a clip that a sheet shows; the rest is not converted, and where the codec allows not decoded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sparkle.roles import Frames
from sparkle.video import probe, sample_frames

TIME_LIMIT_S = 120.0


def clip_length(path: Path) -> tuple[int, float]:
    """Return how many frames a clip of constant rate has, and its rate in frames per second. Raises MediaError."""
    info = probe(path, time_limit_s=TIME_LIMIT_S)
    return max(info.frame_count or round(info.duration_s * info.fps), 1), info.fps


def frames_at(path: Path, moments: Sequence[int], fps: float) -> Frames:
    """Return the frames of rising numbers `moments` of a clip of constant rate, uint8 (len(moments), H, W, 3).

    What lies behind the end is left out. Raises MediaError as `sample_frames` does.
    """
    times = [moment / fps for moment in moments]
    return sample_frames(path, times=times, time_limit_s=TIME_LIMIT_S)[0]
