"""What is behind the subject of a whole clip: a loop (`Backdrop`), a picture that stands still, or the clip's own place
out of focus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.measure.clean_plate import CleanPlate
from sparkle.roles import Frames, Image
from sparkle.runners.follow import Share
from sparkle.video import blurred

# Pixels of the subject's rim are not background; shares of the width.
RIM = 0.012
MASKED = 0.15  # share of subject from which a pixel is none of the background


class Behind(Protocol):
    """What is behind the pictures of a clip. `picture` is one of its frames, uint8 (H, W, 3)."""

    picture: Image

    def at(self, numbers: Sequence[int], frames: Frames, share: Share) -> Frames:
        """Return what is behind the clip's `frames` of these numbers, uint8 (T, H, W, 3); `share` is how far their
        pixels are subject."""
        ...


class StillPicture:
    """A picture that stands still."""

    def __init__(self, picture: Image) -> None:
        self.picture = picture

    def at(self, numbers: Sequence[int], frames: Frames, share: Share) -> Frames:
        """See Behind."""
        return np.broadcast_to(self.picture, (len(numbers), *self.picture.shape))


class OutOfFocus:
    """The clip's own background as a lens shows it that is focused on the subject: every frame under a disc of light.

    Only background is blurred, so the subject leaves no halo. Under it lies what other moments show of the place
    (`plate`), and where no moment does, what is around.
    """

    def __init__(self, plate: CleanPlate | None, radius: float, first: Image) -> None:
        """`radius` of the disc in thousandths of the width; `first` a frame of the clip."""
        self._plate, self._radius = plate, radius / 1000 * first.shape[1]
        self.picture = blurred(first, np.ones(first.shape[:2], np.float32), self._radius)

    def at(self, numbers: Sequence[int], frames: Frames, share: Share) -> Frames:
        """See Behind."""
        return np.stack([self._one(frame, each) for frame, each in zip(frames, share, strict=True)])

    def _one(self, frame: Image, share: NDArray[np.float16]) -> Image:
        height, width = frame.shape[:2]
        masked = np.asarray(cv2.resize(share.astype(np.float32), (width, height)) > MASKED, np.uint8)
        reach = 2 * max(2, round(RIM * width)) + 1
        subject = cv2.dilate(masked, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))) > 0
        weight = 1 - subject.astype(np.float32)
        if self._plate is not None:
            shown = subject & self._plate.seen
            frame = np.where(shown[..., None], self._plate.picture, frame)
            weight[shown] = 1.0
        return blurred(frame, weight, self._radius)
