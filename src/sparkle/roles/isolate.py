"""Stage 3: the subject is found on the edited frame, and the background is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sparkle.core.boxes import LabelledBox
from sparkle.core.scene import Scene
from sparkle.roles.models import Backend
from sparkle.roles.pixels import Frames, Image
from sparkle.roles.track import Anchor


class Grounder(Backend, Protocol):
    """Finds the foreground that was kept, in two rounds (paper: Qwen3-VL)."""

    def first_round(self, frames: Frames, edited_frame: Image) -> list[LabelledBox]:
        """Name the kept foreground objects, each with a box on source frame 0; `frames` is the source clip."""
        ...

    def second_round(
        self, frames: Frames, anchor_frames: Sequence[int], first_round: Sequence[LabelledBox]
    ) -> list[Anchor]:
        """Find every label of the first round again on each anchor frame; one Anchor per anchor frame, in order."""
        ...

    def find_named(self, frames: Frames, anchor_frames: Sequence[int], words: str) -> list[Anchor]:
        """Find what a user's words name, in the same form. Raises BackendError where nothing is meant by them."""
        ...


@dataclass(frozen=True, slots=True)
class RemovalRequest:
    """Remove the foreground from the edited frame 0. `background` is the user's own picture, if given; `source` is
    the source clip: what its subject uncovers is of use where the edit kept the old background.

    `removal_instruction` asks for the removal ("Remove the bald man."); `instruction` is the sample's own.
    """

    edited_frame: Image
    source: Frames
    objects: tuple[LabelledBox, ...]
    removal_instruction: str
    instruction: str
    scene: Scene | None
    seed: int
    background: Image | None = None


class ForegroundRemover(Backend, Protocol):
    """Leaves the background alone (paper: FLUX.2-klein, "Remove the bald man")."""

    def __call__(self, request: RemovalRequest) -> Image:
        """Return the clean background, same shape as the edited frame."""
        ...


class BackgroundCaptioner(Backend, Protocol):
    """Extracts a caption of the target background from the instruction (paper: Qwen3-VL)."""

    def __call__(self, instruction: str, scene: Scene | None) -> str:
        """Return the caption: what is seen and what moves, without a word about the subject."""
        ...
