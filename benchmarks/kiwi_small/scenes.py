"""Which scene a background shows: that of the most similar background that the cpu recipe painted for training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from benchmarks.kiwi_small.pairs import run_folders
from numpy.typing import NDArray

from sparkle.core.layout import artifact_path
from sparkle.dataset import read_pairs
from sparkle.roles import Image, Masks
from sparkle.video import read_clip

GRID = (10, 6)  # cells across and down
LEAST_SEEN = 0.5  # share of a cell that has to be background


@dataclass(frozen=True, slots=True)
class SceneGuess:
    """Backgrounds as grids of mean colours in CIELAB, float32 (backgrounds, rows, columns, 3), and their scenes."""

    grids: NDArray[np.float32]
    keywords: tuple[str, ...]

    @classmethod
    def from_pairs(cls, out: Path) -> SceneGuess:
        """Read the background videos of all training pairs."""
        found = [
            (
                read_clip(folder / artifact_path("edited_background_video", pair.theme, pair.id), frames=1),
                pair,
            )
            for folder in run_folders(out, "train")
            for pair in read_pairs(folder)
        ]
        grids = [_grid(clip.frames[0], np.ones(clip.frames.shape[1:3], np.float32)) for clip, _ in found]
        return cls(np.stack(grids), tuple(pair.metadata["chosen_keyword"] for _, pair in found))

    def __call__(self, frame: Image, background: Masks) -> str:
        """Return the keyword of the nearest, comparing the cells that are background; `background` is bool (H, W)."""
        weight = background.astype(np.float32)
        seen = cv2.resize(weight, GRID, interpolation=cv2.INTER_AREA) > LEAST_SEEN
        distances = ((self.grids - _grid(frame, weight)) ** 2).sum(-1)[:, seen].mean(-1)
        return self.keywords[int(np.argmin(distances))]


def _grid(frame: Image, weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the weighted mean colour of every cell."""
    colours = cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) * weight[..., None]
    sums, weights = (cv2.resize(layer, GRID, interpolation=cv2.INTER_AREA) for layer in (colours, weight))
    return (sums / np.maximum(weights, 1e-6)[..., None]).astype(np.float32)
