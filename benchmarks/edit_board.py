"""The pictures of docs/gallery.md and of the README: a clip, what its mask keeps, and its edit, at a few moments.

sparkle edit CLIP.mp4 "INSTRUCTION" -o EDITS/CLIP.mp4 --keep EDITS/CLIP
python benchmarks/edit_board.py moments CLIP.mp4 EDITS OUT.jpg      source, what is kept, result, four moments
python benchmarks/edit_board.py kinds EDITS OUT.jpg CLIP.mp4:FRAME ...  source above result, one frame of each
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.runners.kept_masks import noted_masks
from sparkle.video import read_clip

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


def read_edit(clip: Path, edits: Path) -> Edit:
    source = read_clip(clip).frames
    masks = noted_masks(edits / clip.stem)
    size = source.shape[2], source.shape[1]
    mask = [cv2.resize(masks.at(i).astype(np.float32), size) > 0.5 for i in range(len(source))]
    return Edit(source, np.stack(mask), read_clip(edits / f"{clip.stem}.mp4").frames)


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


def moments_board(clip: Path, edits: Path) -> Picture:
    edit = read_edit(clip, edits)
    frames = [round(share * (len(edit.source) - 1)) for share in MOMENTS]
    return board(
        [
            [edit.source[frame] for frame in frames],
            [edit.kept(frame) for frame in frames],
            [edit.edited[frame] for frame in frames],
        ]
    )


def kinds_board(edits: Path, chosen: list[str]) -> Picture:
    pairs = []
    for each in chosen:
        clip, frame = each.rsplit(":", 1)
        edit = read_edit(Path(clip), edits)
        pairs.append((edit.source[int(frame)], edit.edited[int(frame)]))
    return board([[source for source, _ in pairs], [edited for _, edited in pairs]])


def main() -> None:
    if sys.argv[1] == "moments":
        out, picture = sys.argv[4], moments_board(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        out, picture = sys.argv[3], kinds_board(Path(sys.argv[2]), sys.argv[4:])
    cv2.imwrite(out, picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


if __name__ == "__main__":
    main()
