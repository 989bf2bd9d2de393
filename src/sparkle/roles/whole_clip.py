"""What a backend may also do, so that a clip of any length can be edited at its own size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sparkle.roles.isolate import RemovalRequest
from sparkle.roles.pixels import Frames, Image, Masks
from sparkle.roles.synthesize import GenerationRequest


class Composed(NamedTuple):
    """One edited picture, and the layer that was laid over the new background, each uint8 of the clip's size.

    `subject` are the subject's colours in the new light, free of the old background's, and straight: not multiplied
    with `alpha` (H, W), which is 255 where a pixel is all subject. Where alpha is 0 they are of no account.
    """

    picture: Image
    subject: Image
    alpha: NDArray[np.uint8]


class Glimpses(NamedTuple):
    """Frames from all over a clip, (T, H, W, 3), in order, and masks of its subject there: what is behind it.

    Those of a camera that moves lie on one canvas, masked where they do not reach; `views` float64 (frames of the clip,
    3, 3) say where the pixels (x, y, 1) of each of the clip's frames lie in it. None: the camera is fixed.
    """

    frames: Frames
    mask: Masks
    views: NDArray[np.float64] | None = None


class ClipComposer(Protocol):
    """Goes on with a clip whose beginning was seen, piece by piece."""

    def __call__(self, piece: GenerationRequest, first: int, shown: range) -> Iterator[Composed]:
        """Yield the frames `shown` of a piece, which begins with frame `first` of the clip.

        Frames of the piece outside `shown` are there to be looked at: neighbours of those that are.
        """
        ...


@runtime_checkable
class FollowingGenerator(Protocol):
    """A generator that can edit clips of any length: it keeps what the beginning told about light and grain."""

    def follow(self, beginning: GenerationRequest, glimpses: Glimpses) -> ClipComposer:
        """Study the first piece of a clip, which is composed like the others, and its place by `glimpses` of all."""
        ...


@runtime_checkable
class AnySizeRemover(Protocol):
    """A remover that knows what is behind the subject at any size, not only at that of the edited frame."""

    def at_size(self, request: RemovalRequest, size: tuple[int, int]) -> Image:
        """Return the clean background of a request, uint8 (H, W, 3), as (width, height) `size`."""
        ...
