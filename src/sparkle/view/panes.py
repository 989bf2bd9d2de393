"""What a sample's page shows side by side, and how its frames come about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import MediaError
from sparkle.roles import Frames
from sparkle.store import Extent
from sparkle.video import (
    fit_size,
    probe,
    read_confidence,
    read_image,
    read_masks,
    resize_image,
    sample_frames,
    stream_pictures,
)
from sparkle.view.collection import Collection
from sparkle.view.drawing import tinted
from sparkle.view.frame_pack import packed

THUMBNAIL = 400  # pixels, the longer side
PREVIEW_FPS = 8.0
PREVIEW_FRAMES = 24
MOST_FRAMES = 1000  # of a clip, that a page holds


@dataclass(frozen=True, slots=True)
class Pane:
    """One picture of a sample's page, what it `says` in words, of which artifacts it is drawn.
    `moves`: it has a frame for each moment."""

    key: str
    label: str
    says: str
    artifacts: tuple[str, ...]
    moves: bool = True


PANES = (
    Pane("source", "Source", "the clip as it came", ("source_video",)),
    Pane("edited", "Edited", "the result", ("edited_video",)),
    Pane("background", "Background", "the new scene alone, alive", ("edited_background_video",)),
    Pane("edges", "Edges", "of subject and new scene: they guide the result", ("edited_video_canny",)),
    Pane("mask", "Mask", "what is kept glows, the rest is replaced", ("source_video", "source_video_mask")),
    Pane(
        "votes",
        "Votes",
        "how many tracking passes see the subject: bright is all",
        ("source_video", "source_video_mask_confidence"),
    ),
    Pane("first_frame", "First edited frame", "how the scene was chosen", ("edited_frame0",), moves=False),
    Pane(
        "clean",
        "Clean background",
        "the same without the subject",
        ("edited_frame0_foreground_removed",),
        moves=False,
    ),
)
PANE_OF = {pane.key: pane for pane in PANES}
# What stands for a sample in the grid: the last of its pictures that there is.
_FACES = ("edited_video", "edited_background_video", "edited_frame0", "source_video", "source_frame0")
# What the checks of a stage look at; those of the first one look at the source.
_JUDGED = {
    "first_frame": "edited_frame0",
    "isolate": "edited_frame0_foreground_removed",
    "track": "source_video",
    "animate": "edited_background_video",
    "synthesize": "edited_video",
}


def panes_of(collection: Collection, id: str) -> list[Pane]:
    """Return those that can be shown of a sample. Raises KeyError for an unknown id."""
    return [
        pane
        for pane in PANES
        if all(collection.artifact(id, artifact) is not None for artifact in pane.artifacts)
    ]


def pane_parts(collection: Collection, id: str, pane: Pane) -> Iterator[bytes]:
    """Yield the pack of a pane (see `frame_pack`), as it is decoded. Raises KeyError, MediaError and OSError."""
    with ExitStack() as stack:
        paths = [
            stack.enter_context(_needed(collection, id, artifact).local()) for artifact in pane.artifacts
        ]
        if not pane.moves:
            yield from packed(1.0, [read_image(paths[0])])
            return
        info = probe(paths[0])
        pictures = islice(stream_pictures(paths[0]), MOST_FRAMES)
        frames: Iterator[Frames] = (picture.frame for picture in pictures)
        if pane.key == "mask":
            frames = _over_masks(frames, read_masks(paths[1]))
        elif pane.key == "votes":
            frames = _over_votes(frames, read_confidence(paths[1]))
        yield from packed(info.fps, frames)


def poster(collection: Collection, id: str) -> NDArray[np.uint8]:
    """Return a small still of a sample, uint8 (h, w, 3). Raises KeyError, and MediaError where there is none."""
    frames, _ = _face(collection, id, moments=1)
    return np.asarray(frames[0])


def preview(collection: Collection, id: str) -> tuple[Frames, float]:
    """Return a few small frames of a sample, and their rate. Raises as `poster` does."""
    return _face(collection, id, moments=PREVIEW_FRAMES)


def judged_preview(collection: Collection, id: str, stage: str, side: int) -> tuple[Frames, float]:
    """Return a few small frames of what the checks of a stage look at, and their rate; at most `side` pixels a side.

    Raises KeyError for an unknown id, MediaError where there is nothing of it.
    """
    artifact = _JUDGED.get(stage, "source_video")
    with ExitStack() as stack:
        path = stack.enter_context(_needed(collection, id, artifact).local())
        if path.suffix == ".png":
            return _shrunk(read_image(path), side)[None], 1.0
        frames, fps = small_frames(path, PREVIEW_FRAMES, side)
        if stage == "track":
            masks = read_masks(stack.enter_context(_needed(collection, id, "source_video_mask").local()))
            rate = probe(path).fps / fps
            chosen = masks[[min(round(place * rate), len(masks) - 1) for place in range(len(frames))]]
            frames = np.stack(list(_over_masks(iter(frames), chosen)))
        return frames, fps


def small_frames(path: str | Path, moments: int, side: int = THUMBNAIL) -> tuple[Frames, float]:
    """Return the beginning of a clip, small and at PREVIEW_FPS, at most `moments` frames, and their rate.

    A single one is of the middle. Raises MediaError.
    """
    info = probe(path)
    size = fit_size(info.width, info.height, side, side)
    if moments == 1:
        return sample_frames(path, times=[info.duration_s * 0.4], size=size)[0], 1.0
    fps = min(PREVIEW_FPS, info.fps)
    times = [number / fps for number in range(moments) if number / fps < info.duration_s - 0.5 / info.fps]
    return sample_frames(path, times=times or [0.0], size=size)[0], fps


def confidence_line(collection: Collection, id: str) -> dict[str, Any]:
    """Return, for each frame, how far the passes agree with the mask, and the share of the frame that it covers.

    Agreement is the sum of min(share of votes, mask) over that of max: 1 where every pass says what the mask says.
    """
    with (
        _needed(collection, id, "source_video_mask").local() as masks_path,
        _needed(collection, id, "source_video_mask_confidence").local() as votes_path,
    ):
        masks, votes = read_masks(masks_path), read_confidence(votes_path)
    agreement = [_agreement(mask, share) for mask, share in zip(masks, votes, strict=True)]
    area = [round(float(mask.mean()), 4) for mask in masks]
    return {"agreement": agreement, "area": area, "worst": int(np.argmin(agreement))}


def _agreement(mask: NDArray[np.bool_], share: NDArray[np.float16]) -> float:
    said, meant = share.astype(np.float32), mask.astype(np.float32)
    either = float(np.maximum(said, meant).sum())
    return round(float(np.minimum(said, meant).sum()) / either, 4) if either else 1.0


def _face(collection: Collection, id: str, moments: int) -> tuple[Frames, float]:
    for artifact in _FACES:
        extent = collection.artifact(id, artifact)
        if extent is None:
            continue
        with extent.local() as path:
            if extent.suffix == ".mp4":
                return small_frames(path, moments)
            return _shrunk(read_image(path), THUMBNAIL)[None], 1.0
    raise MediaError(f"{id}: nothing of it lies in the folder")


def _shrunk(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    return resize_image(picture, fit_size(picture.shape[1], picture.shape[0], side, side))


def _over_masks(frames: Iterator[Frames], masks: NDArray[np.bool_]) -> Iterator[Frames]:
    for frame, mask in zip(frames, masks, strict=False):
        yield tinted(frame, _as_large(mask, frame) > 0)


def _over_votes(frames: Iterator[Frames], votes: NDArray[np.float16]) -> Iterator[Frames]:
    """Show the share of votes as colours over the greyed frame: nobody dark, doubt bright, all of them warm."""
    for frame, share in zip(frames, votes, strict=False):
        level = _as_large((255 * share.astype(np.float32)).astype(np.uint8), frame)
        heat = cv2.cvtColor(cv2.applyColorMap(level, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
        grey = frame.mean(-1, keepdims=True)
        weight = np.where(level[..., None] > 2, 0.72, 0.0)
        yield (grey * 0.45 * (1 - weight) + heat * weight).astype(np.uint8)


def _as_large(plane: NDArray[Any], frame: Frames) -> NDArray[np.uint8]:
    height, width = frame.shape[:2]
    return np.asarray(
        cv2.resize(plane.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST), np.uint8
    )


def _needed(collection: Collection, id: str, artifact: str) -> Extent:
    extent = collection.artifact(id, artifact)
    if extent is None:
        raise MediaError(f"{id}: has no {artifact} in the folder")
    return extent
