"""When to look: the frames on which the subjects are grounded again."""

from __future__ import annotations

ANCHOR_RATE = 2.0


def anchor_frames(frame_count: int, fps: float, rate: float = ANCHOR_RATE) -> list[int]:
    """Return the frames nearest to 0, 1/rate, 2/rate, ... seconds: for 81 frames at 16 fps and 2 Hz, 0, 8, ..., 80.

    A `rate` above `fps` gives every frame once. Raises ValueError unless all arguments are positive.
    """
    if frame_count <= 0 or fps <= 0 or rate <= 0:
        raise ValueError(f"frame_count, fps and rate must be positive, got {frame_count}, {fps}, {rate}")
    step = max(1.0, fps / rate)
    frames = (int(index * step + 0.5) for index in range(int(frame_count / step) + 1))
    return [frame for frame in frames if frame < frame_count]
