"""A background of a library lies so that its horizon meets the subject's, where both are known: a heuristic."""

from __future__ import annotations

from pathlib import Path

from sparkle.config.settings import VideoSettings
from sparkle.core.own_background import Placing
from sparkle.core.sample import Sample
from sparkle.measure.eye_line import Viewpoint, viewpoint_of
from sparkle.roles import Frames
from sparkle.video import is_media_name, probe, read_image, with_horizon_at

FEET_SHOWN = 0.98  # share of the height above which a person's feet are in the picture


def placing_of(sample: Sample, frames: Frames, video: VideoSettings) -> Placing | None:
    """Return how a library's background is laid behind the people of a clip (T, H, W, 3); None to fill it from its
    middle: no library, no horizon known, or nobody's face to be seen."""
    entry, given = sample.background, sample.inputs.background
    if entry is None or entry.horizon is None or given is None:
        return None
    seen = viewpoint_of(frames)
    if seen is None:
        return None
    if is_media_name(given):
        info = probe(Path(given), time_limit_s=video.time_limit_s)
        shape = info.height, info.width
    else:
        high, wide, _ = read_image(given).shape
        shape = high, wide
    height, width = frames.shape[1:3]
    return with_horizon_at(shape, (width, height), entry.horizon, _wanted_row(seen, height, entry.eye_m))


def _wanted_row(seen: Viewpoint, height: int, eye_m: float | None) -> float:
    """Return where the horizon belongs: as far above the feet as the new camera stands above its ground, so that the
    ground there has the person's scale; where the feet are not in the picture, level with the eyes, as cameras are
    mostly held."""
    if eye_m is None or seen.feet_row > FEET_SHOWN * height:
        return seen.eye_row
    return seen.feet_row - eye_m * seen.metre
