"""Scores of edited images, in the stages that make some."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from sparkle.core.edit_score import EditScore
from sparkle.core.scene import Scene
from sparkle.roles.models import Backend
from sparkle.roles.pixels import Frames, Image, Mask


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """One edited image against its source. `mask` is the foreground where it is known, else None."""

    task: Literal["edit", "removal", "video_frame", "source_pair"]
    source: Image
    edited: Image
    instruction: str
    mask: Mask | None = None
    scene: Scene | None = None


class Scorer(Backend, Protocol):
    """Scores an edit (paper: EditScore)."""

    def __call__(self, request: ScoreRequest) -> EditScore:
        """Score one image."""
        ...


@dataclass(frozen=True, slots=True)
class ClipScore:
    """What watching an edit as a whole tells: a score by axis, each in the judge's own range."""

    axes: Mapping[str, float]
    scorer: str


class ClipScorer(Backend, Protocol):
    """Watches the source and the edited clip as a whole (not the paper's; VEFX-Reward, arXiv 2604.16272)."""

    def __call__(self, source: Frames, edited: Frames, fps: float, instruction: str) -> ClipScore:
        """Score two clips uint8 (T, H, W, 3) of one rate."""
        ...
