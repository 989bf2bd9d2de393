"""Reading what earlier stages wrote and what the user gave, in the shapes that roles want; writing what is new."""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager
from io import BufferedReader
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.bait import FULL, anchor_frames, parse_boxes
from sparkle.config.settings import VideoSettings
from sparkle.core.boxes import LabelledBox
from sparkle.core.errors import SampleError
from sparkle.core.layout import artifact_path
from sparkle.core.outcome import Artifact
from sparkle.core.own_background import Placing
from sparkle.core.sample import Sample
from sparkle.roles import Anchor, Frames, Image
from sparkle.store import Folder, read_text
from sparkle.video import is_media_name, on_this_machine, placed, probe, read_clip, read_image


def reading(folder: Folder, sample: Sample, artifact: str) -> AbstractContextManager[Path]:
    """Yield a path of this machine at which an artifact can be read."""
    return folder.local(str(artifact_path(artifact, sample.theme, sample.id)))


def writing(folder: Folder, sample: Sample, artifact: str) -> AbstractContextManager[Path]:
    """Yield a path of this machine; what is written there is the artifact when the block ends."""
    return folder.writing(str(artifact_path(artifact, sample.theme, sample.id)))


def written(folder: Folder, sample: Sample, *artifacts: str) -> tuple[Artifact, ...]:
    """Return what an outcome says of artifacts that are written."""
    found = []
    for name in artifacts:
        with folder.open(str(artifact_path(name, sample.theme, sample.id))) as file:
            digest = hashlib.file_digest(cast(BufferedReader, file), "sha256").hexdigest()
            found.append(Artifact(name, file.tell(), digest))
    return tuple(found)


def read_whole_video(folder: Folder, sample: Sample, artifact: str, video: VideoSettings) -> Frames:
    """Return all frames of a video artifact, uint8 (T, H, W, 3), as it was written."""
    with reading(folder, sample, artifact) as path:
        return read_clip(path, size=None, fps=None, frames=None, time_limit_s=video.time_limit_s).frames


def read_frame(folder: Folder, sample: Sample, artifact: str) -> Image:
    """Return an image artifact, uint8 (H, W, 3)."""
    with reading(folder, sample, artifact) as path:
        return read_image(path)


def read_user_background(
    sample: Sample, size: tuple[int, int], video: VideoSettings, placing: Placing | None = None
) -> Image | None:
    """Return the user's own background as a picture of `size` (width, height); of a video, its first frame.

    It covers the picture from its middle, or lies as `placing` says.
    """
    if sample.inputs.background is None:
        return None
    given = sample.inputs.background
    if is_media_name(given):
        first: Image = read_background_video(given, size, video.fps, 1, video, placing)[0]
        return first
    with on_this_machine(given) as path:
        return placed(read_image(path), size, placing or Placing())


def read_background_video(
    path: str | Path,
    size: tuple[int, int],
    fps: float,
    count: int,
    video: VideoSettings,
    placing: Placing | None = None,
) -> Frames:
    """Return up to `count` frames of the user's background video at `fps`, laid into `size` (width, height)."""
    placing = placing or Placing()
    info = probe(path, time_limit_s=video.time_limit_s)
    width, height = size
    scale = max(width / info.width, height / info.height) * placing.zoom
    enough = round(info.width * scale), round(info.height * scale)
    clip = read_clip(path, size=enough, fps=fps, frames=count, time_limit_s=video.time_limit_s)
    return np.stack([placed(frame, size, placing) for frame in clip.frames])


def read_user_anchors(sample: Sample, frames: Frames, fps: float) -> tuple[Anchor, ...]:
    """Return the anchors of the user's boxes file, or boxes round the user's matte, or none if neither is given."""
    count, height, width = frames.shape[:3]
    if sample.inputs.boxes is not None:
        with on_this_machine(sample.inputs.boxes) as path:
            return read_anchors(path, (count, height, width), fps)
    matte = read_user_matte(sample, (count, height, width), fps)
    if matte is None:
        return ()
    return tuple(Anchor(frame, _box_round(matte[frame])) for frame in anchor_frames(count, fps))


def read_user_matte(sample: Sample, shape: tuple[int, int, int], fps: float) -> NDArray[np.uint8] | None:
    """Return the user's matte, uint8 (T, H, W) of `shape` at `fps`, 255 for subject; None if there is none.

    Raises SampleError for one that ends before the clip, or shows no subject at all.
    """
    if sample.inputs.matte is None:
        return None
    path = sample.inputs.matte
    count, height, width = shape
    clip = read_clip(path, size=(width, height), fps=fps, frames=count)
    matte = clip.alpha
    if matte is None:
        matte = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in clip.frames])
    if len(matte) < count:
        raise SampleError(
            f"{path}: the matte has {len(matte)} frames at {fps:g} fps, the clip {count}; give one as long as the clip"
        )
    if not (matte > FULL // 2).any():
        raise SampleError(f"{path}: the matte is empty; what is kept is white in it, or opaque")
    return matte


def _box_round(matte: NDArray[np.uint8]) -> tuple[LabelledBox, ...]:
    inside = matte > FULL // 2
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not rows.size:
        return ()
    box = (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
    return (LabelledBox("subject", box),)


def read_anchors(path: Path, shape: tuple[int, int, int], fps: float) -> tuple[Anchor, ...]:
    """Return the anchors of a boxes file for a clip of `shape` (T, H, W) at `fps`.

    Raises SampleError that names the file when it cannot be read, is no boxes file, or has not a single box.
    """
    count, height, width = shape
    try:
        text = read_text(path)
        anchors = parse_boxes(text, width, height, count, fps)
    except (OSError, UnicodeDecodeError, SampleError) as error:
        raise SampleError(f"{path}: {error}") from error
    if not any(anchor.boxes for anchor in anchors):
        raise SampleError(f"{path}: no anchor has a box; at least one frame needs one to start from")
    return tuple(anchors)
