"""Checks the files of one sample against each other: videos, first frames, masks.

Nothing is trusted: sizes are read from headers before pixels are decoded or arrays unpacked.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Collection, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from sparkle.core.errors import MediaError
from sparkle.core.layout import artifact_path
from sparkle.dataset.tables import Fault
from sparkle.video import read_confidence, read_masks
from sparkle.video.decoding import decode
from sparkle.video.opening import Deadline, open_video

ANCHOR_RATE = 2.0
TIME_LIMIT_S = 120.0
MOST_FRAMES = 2000
HEADER_BYTES = 4096
MOST_PIXELS = 4096 * 4096
PIXEL_FORMATS = ("yuv420p", "yuvj420p")
FRAME_IMAGES = ("source_frame0", "edited_frame0", "edited_frame0_foreground_removed")
GUIDANCE_VIDEOS = ("edited_background_video", "edited_video_canny")
VOXELS: dict[str, Callable[[Path], NDArray[Any]]] = {
    "source_video_mask": read_masks,
    "source_video_mask_confidence": read_confidence,
}


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What decoding a whole clip showed. `fps` is the container's average rate."""

    codec: str
    pixel_format: str
    width: int
    height: int
    fps: float
    frames: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}, {self.fps:g} fps, {self.frames} frames"


def read_clip_facts(path: Path) -> ClipFacts:
    """Decode every frame of a video and say what it is. Raises MediaError when it is not whole."""
    deadline = Deadline(path, TIME_LIMIT_S)
    with open_video(path, deadline) as (container, stream):
        frames = 0
        for _, frame in decode(container, stream, deadline):
            frames += 1
            if frames > MOST_FRAMES:
                raise MediaError(f"{path}: has more than {MOST_FRAMES} frames, the most that a clip may have")
            if frame.width * frame.height > MOST_PIXELS:
                raise MediaError(
                    f"{path}: has {frame.width}x{frame.height} pixels, more than a clip may have"
                )
        context = stream.codec_context
        rate = float(stream.average_rate or 0)
        return ClipFacts(context.name, str(context.pix_fmt), context.width, context.height, rate, frames)


def check_artifacts(
    root: Path, theme: str, id: str, kinds: Collection[str]
) -> Generator[Fault, None, ClipFacts | None]:
    """Yield the faults of one sample's files and return its source clip, None when the pair is no pair.

    `kinds` are those of its artifacts that are there, as regular files under `root`.
    """
    clip = yield from _check_pair(root, theme, id)
    if clip is None:
        return None
    for kind in kinds:
        path = artifact_path(kind, theme, id)
        if kind in GUIDANCE_VIDEOS:
            yield from _check_guidance(root, path, id, clip)
        elif kind in FRAME_IMAGES:
            yield from _check_image(root, path, id, clip)
        elif kind in VOXELS:
            yield from _check_voxels(root, path, id, clip, VOXELS[kind])
    return clip


def anchor_counts(frames: int, fps: float) -> list[int]:
    """Return how many frames a clip may have at 2 fps; samplers differ in whether a last half step counts."""
    count = frames * ANCHOR_RATE / max(fps, ANCHOR_RATE)
    return sorted({max(1, math.floor(count)), max(1, math.ceil(count))})


def _check_pair(root: Path, theme: str, id: str) -> Generator[Fault, None, ClipFacts | None]:
    """Yield the faults of source and edited video; return the source's facts, None without both."""
    source = yield from _check_video(root, artifact_path("source_video", theme, id), id)
    edited = yield from _check_video(root, artifact_path("edited_video", theme, id), id)
    if source is None or edited is None:
        return None
    sizes = [(clip.width, clip.height, clip.fps, clip.frames) for clip in (source, edited)]
    if sizes[0] != sizes[1]:
        path = artifact_path("edited_video", theme, id)
        yield Fault(path, id, f"is {edited}, but its source is {source}")
    return source


def _check_video(root: Path, path: PurePosixPath, id: str) -> Generator[Fault, None, ClipFacts | None]:
    try:
        clip = read_clip_facts(root / path)
    except MediaError as error:
        yield Fault(path, id, str(error).removeprefix(f"{root / path}: "))
        return None
    if clip.codec != "h264" or clip.pixel_format not in PIXEL_FORMATS:
        yield Fault(path, id, f"is {clip.codec} {clip.pixel_format}, expected h264 {PIXEL_FORMATS[0]}")
    return clip


def _check_guidance(root: Path, path: PurePosixPath, id: str, source: ClipFacts) -> Iterator[Fault]:
    clip = yield from _check_video(root, path, id)
    if clip is None:
        return
    # A background is generated at the model's own length, and so may be longer than the clip; control is
    # made for it.
    same_length = clip.frames >= source.frames if "background" in str(path) else clip.frames == source.frames
    if not same_length or (clip.width, clip.height) != (source.width, source.height):
        yield Fault(path, id, f"is {clip}, but the source video is {source}")


def _check_image(root: Path, path: PurePosixPath, id: str, clip: ClipFacts) -> Iterator[Fault]:
    try:
        with Image.open(root / path, formats=["PNG"]) as image:
            if image.size != (clip.width, clip.height):
                yield Fault(
                    path, id, f"is {image.width}x{image.height}, the videos are {clip.width}x{clip.height}"
                )
                return
            image.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        yield Fault(path, id, f"is no readable PNG ({error})")


def _check_voxels(
    root: Path, path: PurePosixPath, id: str, clip: ClipFacts, read: Callable[[Path], NDArray[Any]]
) -> Iterator[Fault]:
    """Check a file of masks or votes: that it can be read, and that it covers the clip."""
    largest = 2 * clip.frames * clip.height * clip.width + HEADER_BYTES
    if _unpacked_size(root / path) > largest:
        yield Fault(path, id, f"unpacks to more than {largest} bytes, too much for {clip}")
        return
    try:
        shape = read(root / path).shape
    except MediaError as error:
        yield Fault(path, id, str(error).removeprefix(f"{root / path}: "))
        return
    expected = (clip.frames, clip.height, clip.width)
    if shape != expected:
        yield Fault(
            path, id, f"its shape is {list(shape)}, the clip's is {list(expected)} (frames, height, width)"
        )


def _unpacked_size(path: Path) -> int:
    """Return how large the content of a zip file says it is; 0 for what is no zip file, which the reader reports."""
    if not zipfile.is_zipfile(path):
        return 0
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        return 0
