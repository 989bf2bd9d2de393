"""What is compared with what: both clips at one size, frame by frame in time, and the subject's mask."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sparkle.bench.metrics.subject import find_subject
from sparkle.core.errors import BackendError
from sparkle.roles import Frames, Mask, Masks
from sparkle.video import resize_image

Indices = NDArray[np.int64]

WORK_WIDTH = 640  # pixels of the longer side: fine enough to tell a blurred face from a sharp one
WORK_RATE = (
    16.0  # frames a second: the published clips have it, and a flicker from frame to frame shows at it
)
KEY_RATE = 8.0  # masks a second: people do not move much in an eighth of a second
SETTLING_S = 0.25  # generated clips often start in other colours; light and background are judged after that
SHORTEST_S = 1.0  # less has no half second left, after settling, in which a background could move
LEAST_FRAMES = 8
BLACK, BAR_SHARE, LEAST_PICTURE = 12, 0.99, 0.3  # grey level; share of a line; share of a side
LEAST_SUBJECT, LEAST_BACKGROUND = 0.003, 0.03  # shares of the picture


@dataclass(frozen=True, slots=True)
class Pair:
    """A source and its edit, ready to be compared.

    `source`, `edited`: uint8 RGB (T, H, W, 3), the same moments at `fps`. `keys`: indices of the K frames with a mask;
    `masks`: bool (K, H, W), the subject in the source. `covered`: share of the source's time that the edit has.
    """

    source: Frames
    edited: Frames
    fps: float
    keys: Indices
    masks: Masks
    covered: float

    @property
    def settled(self) -> int:
        """The first frame at which light and background are judged."""
        return round(SETTLING_S * self.fps)

    @property
    def ever_subject(self) -> Mask:
        """Where the subject ever is, (H, W)."""
        return np.asarray(self.masks.any(axis=0), np.bool_)

    def some_keys(self, count: int) -> Indices:
        """Return at most `count` indices into `keys` and `masks`, evenly spread over the settled part of the clip."""
        usable = np.flatnonzero(self.keys >= self.settled)
        chosen = np.linspace(0, len(usable) - 1, min(count, len(usable))).round().astype(int)
        return np.asarray(usable[np.unique(chosen)], np.int64)


def make_pair(
    source: Frames, edited: Frames, fps: float, edited_fps: float | None = None, mask: Masks | None = None
) -> Pair:
    """Bring an edit to the source's size and moments, and find the subject where no mask is given.

    Clips with equally many frames are compared frame by frame, whatever rate the edit claims: editing models keep the
    frames and write a rate of their own. Others are compared by time, `edited_fps` being the edit's rate (None: the
    source's); what the edit lacks is left out and counted in `covered`. An edit of another size is stretched.
    Black bars of the source are no background and are cut off both.
    An upright clip is laid on its side once its subject is found: all that is measured then is measured in widths of a
    lying picture, and knows no up and down.
    mask: bool (T, H, W) of the source's frames. Raises BackendError for clips that are too short to compare, and where
    subject or background cannot be told.
    """
    _check(source, edited, fps, mask)
    chosen, shown = paired_moments(len(source), len(edited), fps, edited_fps or fps)
    step = chosen[1] - chosen[0] if len(chosen) > 1 else 1
    rate = fps / float(step)
    if len(chosen) < max(LEAST_FRAMES, SHORTEST_S * rate):
        raise BackendError(
            f"the clips share {len(chosen)} frames at {rate:g} fps; motion is judged from {SHORTEST_S:g} s and "
            f"{LEAST_FRAMES} frames on"
        )
    size = work_size(source.shape[2], source.shape[1])
    small = _resized(source, chosen, size)
    rows, columns = picture_area(small)
    small, result = small[:, rows, columns], _resized(edited, shown, size)[:, rows, columns]
    keys = np.arange(0, len(chosen), max(1, round(rate / KEY_RATE)))
    if mask is None:
        masks = _resized_masks(
            find_subject(small[keys], rate / float(keys[1])), (small.shape[2], small.shape[1])
        )
    else:
        masks = _resized_masks(mask[chosen[keys]], size)[:, rows, columns]
    share = float(masks.mean())
    if share < LEAST_SUBJECT or 1.0 - float(masks.any(axis=0).mean()) < LEAST_BACKGROUND:
        raise BackendError(
            f"the subject's mask covers {share:.1%} of the clip: subject and background cannot both be judged"
        )
    covered = len(chosen) / len(range(0, len(source), int(step)))
    pair = Pair(small, result, rate, keys, masks, covered)
    return _laid_on_its_side(pair) if small.shape[1] > small.shape[2] else pair


def paired_moments(count: int, edited_count: int, fps: float, edited_fps: float) -> tuple[Indices, Indices]:
    """Return the source's frames to compare, at about WORK_RATE, and the edit's frames that belong to them."""
    chosen = np.arange(0, count, max(1, round(fps / WORK_RATE)))
    if count == edited_count:
        return chosen, chosen
    shown = np.floor(chosen / fps * edited_fps + 0.5).astype(np.int64)
    there = shown < edited_count
    return chosen[there], shown[there]


def work_size(width: int, height: int) -> tuple[int, int]:
    """Return the (width, height) at which a source of this size is judged; decoding to it saves time."""
    scale = min(1.0, WORK_WIDTH / max(width, height))
    return round(width * scale), round(height * scale)


def picture_area(frames: Frames) -> tuple[slice, slice]:
    """Return the rows and columns of frames (T, H, W, 3) without the bars that are black all the time."""
    dark = frames.max(axis=(0, 3)) <= BLACK
    sides = []
    for bars in (dark.mean(axis=1) >= BAR_SHARE, dark.mean(axis=0) >= BAR_SHARE):
        shown = np.flatnonzero(~bars)
        enough = len(shown) and shown[-1] + 1 - shown[0] >= LEAST_PICTURE * len(bars)
        sides.append(slice(int(shown[0]), int(shown[-1]) + 1) if enough else slice(None))
    return sides[0], sides[1]


def _laid_on_its_side(pair: Pair) -> Pair:
    return replace(
        pair,
        source=np.ascontiguousarray(pair.source.swapaxes(1, 2)),
        edited=np.ascontiguousarray(pair.edited.swapaxes(1, 2)),
        masks=np.ascontiguousarray(pair.masks.swapaxes(1, 2)),
    )


def _resized_masks(masks: Masks, size: tuple[int, int]) -> Masks:
    return np.stack([resize_image(mask.astype(np.uint8) * 255, size) > 127 for mask in masks])


def _resized(frames: Frames, indices: Indices, size: tuple[int, int]) -> Frames:
    return np.stack([resize_image(frames[index], size) for index in indices])


def _check(source: Frames, edited: Frames, fps: float, mask: Masks | None) -> None:
    for name, frames in (("source", source), ("edited", edited)):
        if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8 or not len(frames):
            raise BackendError(f"{name}: expected uint8 (T, H, W, 3), got {frames.dtype} {frames.shape}")
    if not fps > 0:
        raise BackendError(f"fps must be positive, got {fps}")
    if mask is not None and (mask.shape != source.shape[:3] or mask.dtype != np.bool_):
        raise BackendError(f"mask: expected bool {source.shape[:3]}, got {mask.dtype} {mask.shape}")
