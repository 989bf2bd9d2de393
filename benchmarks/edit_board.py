"""The pictures of docs/gallery.md and of the README: what `sparkle edit --keep` left behind, at a few moments.

python benchmarks/edit_board.py moments KEEP OUT.jpg      source, what the mask keeps, result, at four moments
python benchmarks/edit_board.py kinds OUT.jpg KEEP:FRAME ...      source above result, one frame of each
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.video import read_clip
from sparkle.video.masks import read_masks

WIDTH, GAP, QUALITY = 400, 6, 84
MOMENTS = (0.0, 0.33, 0.66, 1.0)
DIMMED, SHADE = 0.15, np.array([50, 55, 60])

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Edit:
    """One edited clip: uint8 (T, H, W, 3) each, and the mask, bool (T, H, W)."""

    source: Picture
    mask: NDArray[np.bool_]
    edited: Picture

    def kept(self, frame: int) -> Picture:
        """The source, dark where the mask leaves it out."""
        dark = self.source[frame] * DIMMED + SHADE
        return np.where(self.mask[frame][..., None], self.source[frame], dark).astype(np.uint8)


def read_edit(keep: Path) -> Edit:
    def one(artifact: str) -> Path:
        return next(keep.rglob(f"{artifact}/*"))

    mask = read_masks(one("source_video_mask"))
    return Edit(read_clip(one("source_video")).frames, mask, read_clip(one("edited_video")).frames)


def board(rows: list[list[Picture]]) -> Picture:
    """Lay pictures out in rows, each WIDTH wide and as high as the first, cut around their middle."""
    height = round(WIDTH * rows[0][0].shape[0] / rows[0][0].shape[1])
    lines = [
        np.concatenate([_apart(_fitted(tile, height), 1) for tile in row], axis=1)[:, :-GAP] for row in rows
    ]
    return np.concatenate([_apart(line, 0) for line in lines])[:-GAP]


def _fitted(picture: Picture, height: int) -> Picture:
    scaled = cv2.resize(
        picture, (WIDTH, round(WIDTH * picture.shape[0] / picture.shape[1])), interpolation=cv2.INTER_AREA
    )
    top = max(0, (len(scaled) - height) // 2)
    cut = scaled[top : top + height]
    return np.pad(cut, ((0, height - len(cut)), (0, 0), (0, 0))).astype(np.uint8)


def _apart(picture: Picture, axis: int) -> Picture:
    widths = [(0, 0)] * 3
    widths[axis] = (0, GAP)
    return np.pad(picture, widths, constant_values=255)


def moments_board(keep: Path) -> Picture:
    edit = read_edit(keep)
    frames = [round(share * (len(edit.source) - 1)) for share in MOMENTS]
    return board(
        [
            [edit.source[frame] for frame in frames],
            [edit.kept(frame) for frame in frames],
            [edit.edited[frame] for frame in frames],
        ]
    )


def kinds_board(chosen: list[str]) -> Picture:
    pairs = []
    for each in chosen:
        keep, frame = each.rsplit(":", 1)
        edit = read_edit(Path(keep))
        pairs.append((edit.source[int(frame)], edit.edited[int(frame)]))
    return board([[source for source, _ in pairs], [edited for _, edited in pairs]])


def main() -> None:
    if sys.argv[1] == "moments":
        out, picture = sys.argv[3], moments_board(Path(sys.argv[2]))
    else:
        out, picture = sys.argv[2], kinds_board(sys.argv[3:])
    cv2.imwrite(out, picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


if __name__ == "__main__":
    main()
