"""Stage 2: the instruction, and the edit of the first frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sparkle.core.scene import Scene
from sparkle.roles.models import Backend
from sparkle.roles.pixels import Frames, Image
from sparkle.roles.track import Anchor


class InstructionWriter(Backend, Protocol):
    """Describes a scene, and writes the instruction that replaces it (paper: Qwen3-VL)."""

    def describe(self, frame: Image) -> str:
        """Describe the original scene of a frame in a sentence."""
        ...

    def write(self, original_scene: str, scene: Scene, seed: int) -> str:
        """Write one or two sentences that ask for `scene`, with explicit motion in the background."""
        ...


@dataclass(frozen=True, slots=True)
class EditRequest:
    """Edit frame 0 of a clip. `frames` is the whole clip; `background` is the user's own picture, if given;
    `anchors` are the user's own boxes, if given."""

    frames: Frames
    instruction: str
    scene: Scene | None
    seed: int
    background: Image | None = None
    anchors: tuple[Anchor, ...] = ()


class FirstFrameEditor(Backend, Protocol):
    """Replaces the background of the first frame (paper: FLUX.2-klein-9B)."""

    def __call__(self, request: EditRequest) -> Image:
        """Return the edited frame 0, same shape as a source frame."""
        ...
