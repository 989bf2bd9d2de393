"""Pictures for the report: a few frames of the source above the same moments of the edited clip, as one JPEG."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import PIL.Image

from sparkle.roles import Frames
from sparkle.video import probe, sample_frames

MOMENTS = 4
_WIDTH, _HEIGHT, _GAP = 232, 150, 4
_PAPER = (255, 255, 255)
_QUALITY = 80


def frame_strip(source: Path, edited: Path) -> bytes:
    """Return the strip: `MOMENTS` frames from the first to the last, source above and edited below, at one size.

    Only these frames are decoded, and small. Raises MediaError when either file is missing or cannot be read.
    """
    info = probe(edited)
    scale = min(_WIDTH / info.width, _HEIGHT / info.height)
    width, height = (max(2 * round(side * scale / 2), 2) for side in (info.width, info.height))
    sheet = PIL.Image.new("RGB", (MOMENTS * (width + _GAP) - _GAP, 2 * height + _GAP), _PAPER)
    for y, path in ((0, source), (height + _GAP, edited)):
        for column, frame in enumerate(_moments(path, (width, height))):
            sheet.paste(PIL.Image.fromarray(frame), (column * (width + _GAP), y))
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    return buffer.getvalue()


def _moments(path: Path, size: tuple[int, int]) -> Frames:
    """Return the frames at evenly spaced moments, the last one just before the end."""
    info = probe(path)
    last_s = max(info.duration_s - 1.5 / info.fps, 0.0)
    times = sorted({round(float(moment), 3) for moment in np.linspace(0, last_s, MOMENTS)})
    return sample_frames(path, times=times, size=size)[0]
