"""The published side use of the editor: a clip edited onto white tells where its subject is.

A heuristic on top of a model, and it says so: a pixel belongs to the subject where the edit is closer to the source
than to white. What is white in the source, too, is decided by what encloses it. There is no box to say which subject is
meant: the model keeps what it takes for the foreground.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.kiwi.editor import KiwiEditor
from sparkle.kiwi.preprocessing import crop_and_resize, crop_box
from sparkle.kiwi.settings import EditSettings
from sparkle.measure.islands import without_specks
from sparkle.roles import Frames, Image, Mask, Masks
from sparkle.store import prepare_output, write_result
from sparkle.video import read_clip, write_masks

INSTRUCTION = "Replace the background with a minimalist clean white space."

# Differences of colours, 0..255, in which neither source nor white is the closer one.
_UNDECIDED = 12.0
_BLUR = 3


@dataclass(frozen=True, slots=True)
class KiwiTrack:
    """The mask file; `area` is the masked share of the clip."""

    output: Path
    shape: tuple[int, int, int]
    area: float


class KiwiTracker:
    """Masks of a clip's foreground by a Kiwi checkpoint; see the module for how far to trust them."""

    def __init__(self, editor: KiwiEditor, settings: EditSettings | None = None, seed: int = 0) -> None:
        self.editor = editor
        self.settings = settings or EditSettings()
        self.seed = seed

    def __call__(self, frames: Frames, after_step: Callable[[int], None] = lambda step: None) -> Masks:
        """Return bool (T, H, W) for uint8 (T, H, W, 3): one mask for each frame, at the frames' own size.

        `after_step` is that of `KiwiEditor.edit`.
        """
        # Up to three copies of the last frame, so that none is cut off at the end.
        padded = np.concatenate([frames, frames[-1:].repeat(-(len(frames) - 1) % 4, axis=0)])
        edited = self.editor.edit(
            padded, INSTRUCTION, self.settings, reference=None, seed=self.seed, after_step=after_step
        )
        source = crop_and_resize(padded, *edited.shape[1:3])
        masks = foreground_masks(source, edited)[: len(frames)]
        return np.stack([_onto_source(mask, (frames.shape[1], frames.shape[2])) for mask in masks])

    def track_file(
        self, clip: Path, output: Path, after_step: Callable[[int], None] = lambda step: None
    ) -> KiwiTrack:
        """Write the masks of a whole clip as published.

        Raises MediaError for a file that cannot be read, SetupError for an output that can be none.
        """
        prepare_output(output, [clip], ".npz")
        masks = self(read_clip(clip).frames, after_step)
        write_result(output, lambda path: write_masks(path, masks))
        return KiwiTrack(output, (masks.shape[0], masks.shape[1], masks.shape[2]), float(masks.mean()))


def foreground_masks(source: Frames, edited: Frames) -> Masks:
    """Return bool (T, H, W) where the edit (T, H, W, 3) kept the source, both uint8 and of one size.

    Each mask is the majority of its frame and the two beside it, without specks.
    """
    single = np.stack([_foreground(*pair) for pair in zip(source, edited, strict=True)])
    beside = np.concatenate([single[:1], single, single[-1:]]).astype(np.uint8)
    voted = beside[:-2] + beside[1:-1] + beside[2:] >= 2
    return np.stack([without_specks(mask) for mask in voted])


def _foreground(source: Image, edited: Image) -> Mask:
    kept = _smooth(np.abs(source.astype(np.float32) - edited).mean(axis=2))
    white = _smooth(255.0 - edited.astype(np.float32).min(axis=2))
    odds = white - kept
    subject = odds > _UNDECIDED
    return subject | _enclosed(np.abs(odds) <= _UNDECIDED, subject)


def _enclosed(undecided: Mask, subject: Mask) -> Mask:
    """Return those undecided regions that have more of the subject than of the background along their border."""
    _, labels = cv2.connectedComponents(undecided.astype(np.uint8), connectivity=4)
    around = cv2.dilate(labels.astype(np.float32), np.ones((3, 3), np.uint8)).astype(int)
    border = ~undecided & (around > 0)
    count = labels.max() + 1
    beside_subject = np.bincount(around[border & subject], minlength=count)
    beside_other = np.bincount(around[border & ~subject], minlength=count)
    inside = beside_subject > beside_other
    inside[0] = False
    found: Mask = inside[labels]
    return found


def _smooth(field: NDArray[np.float32]) -> NDArray[np.float32]:
    return cv2.blur(field, (_BLUR, _BLUR)).astype(np.float32)


def _onto_source(mask: Mask, size: tuple[int, int]) -> Mask:
    """Bring a mask back to the source's size (height, width); what was cropped away continues the mask's edge."""
    top, left, height, width = crop_box(size, (mask.shape[0], mask.shape[1]))
    grey = cv2.resize(255 * mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    sides = (top, size[0] - height - top, left, size[1] - width - left)
    return cv2.copyMakeBorder(grey, *sides, cv2.BORDER_REPLICATE) > 127
