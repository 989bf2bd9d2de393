"""Stage 4: boxed objects are segmented and followed; a box on a frame is an anchor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sparkle.core.boxes import LabelledBox
from sparkle.roles.models import Backend
from sparkle.roles.pixels import Frames, Masks


@dataclass(frozen=True, slots=True)
class Anchor:
    """A frame with the boxes of the subjects on it; an object that was not found is absent from `boxes`."""

    frame: int
    boxes: tuple[LabelledBox, ...]


class TrackingSession(Protocol):
    """A tracker that has seen (encoded, modelled) a clip once; all anchors' passes share that work."""

    def propagate(
        self, anchor: Anchor, direction: Literal["forward", "backward"]
    ) -> Iterator[tuple[int, Masks]]:
        """Yield (frame, masks bool (K, H, W)) from the anchor frame itself to the clip's end or start.

        There is one mask for each of the anchor's K boxes, in their order, empty where the object is not seen.
        Frames come in that order, none is left out.
        """
        ...


@runtime_checkable
class SoftTrackingSession(TrackingSession, Protocol):
    """A session that can say more than masks: how sure it is of every pixel, and of the whole."""

    def belief(self, frame: int) -> NDArray[np.float32]:
        """Return the belief that a pixel shows any object of the clip, float32 (H, W) in [0, 1]."""
        ...

    def expected_iou(self) -> float:
        """Return the IoU with the truth, in [0, 1], that masks had whose signs were like this clip's."""
        ...


class Tracker(Backend, Protocol):
    """Segments and follows boxed objects (paper: SAM3)."""

    def open(self, frames: Frames, anchors: Sequence[Anchor]) -> TrackingSession:
        """See the clip once. `anchors` are all that will be propagated: hints, some of which may be wrong."""
        ...
