"""Stage 5, its first half: the clean background comes alive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sparkle.core.scene import Scene
from sparkle.roles.models import Backend
from sparkle.roles.pixels import Frames, Image


@dataclass(frozen=True, slots=True)
class AnimationRequest:
    """Animate a clean background image under a caption, by a fixed camera. `scene` is known for taxonomy scenes;
    `own_picture` says that the image is the user's: nothing may be put into it that the caption does not name.
    `instruction` is what the picture was made for: whoever can paint it again, with the same scene and seed, knows what
    is where in it."""

    image: Image
    caption: str
    frames: int
    fps: float
    seed: int
    scene: Scene | None = None
    own_picture: bool = False
    instruction: str = ""


class Animator(Backend, Protocol):
    """Makes the background move (paper: Wan2.2-I2V-A14B with distilled weights)."""

    def __call__(self, request: AnimationRequest) -> Frames:
        """Return `request.frames` frames of the image's size; the first looks like the image."""
        ...
