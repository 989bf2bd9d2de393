"""Checks the files of one sample against each other: videos, first frames, masks, and what they show.

Nothing is trusted: sizes are read from headers before pixels are decoded or arrays unpacked.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Collection, Generator, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any, cast

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from sparkle.core.errors import MediaError
from sparkle.core.layout import artifact_path
from sparkle.dataset.clip_facts import ClipFacts, ReadClip, read_beginning, read_clip_facts
from sparkle.dataset.resemblance import EVERY, MOST_LOOKS, Looks, is_close, is_same, look, look_at_picture
from sparkle.dataset.tables import Fault
from sparkle.store import open_plain
from sparkle.video import read_confidence, read_masks

ANCHOR_RATE = 2.0
HEADER_BYTES = 4096
PIXEL_FORMATS = ("yuv420p", "yuvj420p")
FRAME_IMAGES = ("source_frame0", "edited_frame0", "edited_frame0_foreground_removed")
GUIDANCE_VIDEOS = ("edited_background_video", "edited_video_canny")
VOXELS: dict[str, Callable[[Path], NDArray[Any]]] = {
    "source_video_mask": read_masks,
    "source_video_mask_confidence": read_confidence,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a pair: the source's facts, and the looks of source and result (see `resemblance`)."""

    clip: ClipFacts
    source: Looks
    edited: Looks


def check_artifacts(
    root: Path, theme: str, id: str, kinds: Collection[str]
) -> Generator[Fault, None, Seen | None]:
    """Yield the faults of one sample's files and return what was seen of its pair, None when the pair is no pair.

    `kinds` are those of its artifacts that are there, as regular files under `root`. All of every clip is decoded.
    """
    return (yield from _check(root, theme, id, kinds, read_clip_facts))


def skim_artifacts(
    root: Path, theme: str, id: str, kinds: Collection[str]
) -> Generator[Fault, None, Seen | None]:
    """As `check_artifacts`, by the first pictures of the clips and their packets alone.

    Where those show a fault all is read, so that no other faults are told than `check_artifacts` tells; it may tell
    more of them.
    """
    try:
        next(_check(root, theme, id, kinds, read_beginning))
    except StopIteration as end:
        if end.value is not None:
            return cast("Seen", end.value)
    return (yield from check_artifacts(root, theme, id, kinds))


def _check(
    root: Path, theme: str, id: str, kinds: Collection[str], read: ReadClip
) -> Generator[Fault, None, Seen | None]:
    seen = yield from _check_pair(root, theme, id, read)
    if seen is None:
        return None
    for kind in kinds:
        path = artifact_path(kind, theme, id)
        if kind in GUIDANCE_VIDEOS:
            yield from _check_guidance(root, path, id, seen, read)
        elif kind in FRAME_IMAGES:
            yield from _check_image(root, path, id, seen)
        elif kind in VOXELS:
            yield from _check_voxels(root, path, id, seen.clip, VOXELS[kind])
    return seen


def anchor_counts(frames: int, fps: float) -> list[int]:
    """Return how many frames a clip may have at 2 fps; samplers differ in whether a last half step counts."""
    count = frames * ANCHOR_RATE / max(fps, ANCHOR_RATE)
    return sorted({max(1, math.floor(count)), max(1, math.ceil(count))})


def _check_pair(root: Path, theme: str, id: str, read: ReadClip) -> Generator[Fault, None, Seen | None]:
    """Yield the faults of source and edited video; return what was seen of them, None without both."""
    source = yield from _check_video(root, artifact_path("source_video", theme, id), id, read)
    path = artifact_path("edited_video", theme, id)
    edited = yield from _check_video(root, path, id, read)
    if source is None or edited is None:
        return None
    (clip, source_looks), (result, edited_looks) = source, edited
    sizes = [(each.width, each.height, each.fps, each.frames) for each in (clip, result)]
    if sizes[0] != sizes[1]:
        yield Fault(path, id, f"is {result}, but its source is {clip}")
    if is_same(source_looks, edited_looks):
        yield Fault(path, id, "shows the same as its source: nothing was edited")
    return Seen(clip, source_looks, edited_looks)


def _check_video(
    root: Path, path: PurePosixPath, id: str, read: ReadClip
) -> Generator[Fault, None, tuple[ClipFacts, Looks] | None]:
    looks: list[Looks] = []
    passed = count()

    def see(frame: VideoFrame) -> None:
        if next(passed) % EVERY == 0 and len(looks) < MOST_LOOKS:
            looks.append(look(frame))

    try:
        clip = read(root / path, see)
    except MediaError as error:
        yield Fault(path, id, str(error).removeprefix(f"{root / path}: "))
        return None
    if clip.codec != "h264" or clip.pixel_format not in PIXEL_FORMATS:
        yield Fault(path, id, f"is {clip.codec} {clip.pixel_format}, expected h264 {PIXEL_FORMATS[0]}")
    return clip, np.array(looks)


def _check_guidance(root: Path, path: PurePosixPath, id: str, seen: Seen, read: ReadClip) -> Iterator[Fault]:
    checked = yield from _check_video(root, path, id, read)
    if checked is None:
        return
    clip, looks = checked
    source, is_background = seen.clip, "background" in str(path)
    # A background is generated at the model's own length, and so may be longer than the clip; control is
    # made for it.
    same_length = clip.frames >= source.frames if is_background else clip.frames == source.frames
    if not same_length or (clip.width, clip.height) != (source.width, source.height):
        yield Fault(path, id, f"is {clip}, but the source video is {source}")
    elif is_background and is_same(looks, seen.source):
        yield Fault(path, id, "shows the same as the source video: it is no new background")


def _check_image(root: Path, path: PurePosixPath, id: str, seen: Seen) -> Iterator[Fault]:
    clip = seen.clip
    try:
        with Image.open(root / path, formats=["PNG"]) as image:
            if image.size != (clip.width, clip.height):
                yield Fault(
                    path, id, f"is {image.width}x{image.height}, the videos are {clip.width}x{clip.height}"
                )
                return
            shown = look_at_picture(np.asarray(image.convert("RGB")))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        yield Fault(path, id, f"is no readable PNG ({error})")
        return
    first = seen.source[0]
    if path.parent.name == "source_frame0" and not is_close(shown, first):
        yield Fault(
            path, id, "is not the first frame of the source video; one of them belongs to another pair"
        )
    if path.parent.name == "edited_frame0" and is_same(shown, first):
        yield Fault(path, id, "shows the same as the source's first frame: nothing was edited")


def _check_voxels(
    root: Path, path: PurePosixPath, id: str, clip: ClipFacts, read: Callable[[Path], NDArray[Any]]
) -> Iterator[Fault]:
    """Check a file of masks or votes: that it can be read, covers the clip, and tells a subject from the rest."""
    largest = 2 * clip.frames * clip.height * clip.width + HEADER_BYTES
    if _unpacked_size(root / path) > largest:
        yield Fault(path, id, f"unpacks to more than {largest} bytes, too much for {clip}")
        return
    try:
        voxels = read(root / path)
    except MediaError as error:
        yield Fault(path, id, str(error).removeprefix(f"{root / path}: "))
        return
    expected = (clip.frames, clip.height, clip.width)
    if voxels.shape != expected:
        yield Fault(
            path,
            id,
            f"its shape is {list(voxels.shape)}, the clip's is {list(expected)} (frames, height, width)",
        )
    elif not voxels.any():
        yield Fault(path, id, "has no pixel in any frame: no subject was kept")
    elif voxels.dtype == np.bool_ and voxels.all():
        yield Fault(path, id, "has every pixel of every frame: no background was replaced")


def _unpacked_size(path: Path) -> int:
    """Return how large the content of a zip file says it is; 0 for what is no zip file, which the reader reports."""
    try:
        with open_plain(path) as file, zipfile.ZipFile(file) as archive:
            return sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        return 0
