"""An edit says where its mask is wrong though the tracker is sure of it, and says nothing of a mask that is right."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sparkle.measure.wholeness import Wholeness
from sparkle.runners.judged_pieces import JudgedPiece, judged_piece, unsound_moments
from sparkle.runners.kept import Kept
from sparkle.runners.pieces import Piece
from sparkle.video import Picture, write_confidence

COUNT, HEIGHT, WIDTH = 30, 90, 160
BEFORE = 6  # frames of the piece that the one before it shows
LIMITS = 0.2, 0.1

Masks = NDArray[np.bool_]


def scene() -> tuple[Piece, Masks]:
    """A blue figure with stripes walks past a still wall; the piece begins at the clip's frame 40."""
    random = np.random.default_rng(5)
    wall = cv2.GaussianBlur(random.integers(90, 200, (HEIGHT, WIDTH, 3)).astype(np.float32), (0, 0), 2)
    wall *= np.array([1.0, 0.9, 0.6], np.float32)
    pictures, masks = [], []
    for index in range(COUNT):
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        left = 30 + 2 * index
        cv2.ellipse(mask, (left + 15, 22), (9, 11), 0, 0, 360, 1, -1)
        cv2.rectangle(mask, (left, 33), (left + 30, 80), 1, -1)
        frame = wall + random.normal(0, 2, wall.shape)
        stripes = 20 * ((np.arange(HEIGHT) // 5) % 2)[:, None]
        for channel, level in enumerate((20, 30, 120)):
            frame[..., channel] = np.where(mask > 0, level + stripes, frame[..., channel])
        pictures.append(Picture((40 + index) / 25, np.clip(frame, 0, 255).astype(np.uint8)))
        masks.append(mask > 0)
    return Piece(pictures, 40, range(BEFORE, COUNT)), np.stack(masks)


def judged(root: Path, name: str, piece: Piece, mask: Masks) -> JudgedPiece | None:
    path = root / name
    write_confidence(path, mask.astype(np.uint8), 1)
    return judged_piece(Kept(root), "clip", piece, path)


def test_a_whole_subject_is_let_be_and_a_halved_one_is_told(tmp_path: Path) -> None:
    piece, whole = scene()
    halved = whole.copy()
    halved[COUNT // 2 :, 50:] = False
    right, wrong = judged(tmp_path, "right.npz", piece, whole), judged(tmp_path, "wrong.npz", piece, halved)
    assert right is not None
    assert wrong is not None
    assert (wrong.first, wrong.last) == (40 + BEFORE, 40 + COUNT - 1)
    assert unsound_moments([right], *LIMITS) == []
    (moment,) = unsound_moments([right, wrong], *LIMITS)
    assert moment.weakness > 1
    assert 40 + COUNT // 2 - 2 <= moment.worst <= moment.last
    assert moment.reason == wrong.found.reason
    assert unsound_moments([wrong], 0, 0) == []


@pytest.mark.parametrize(("overall", "told"), [(0.21, True), (0.26, False)])
def test_what_a_dataset_would_just_still_take_is_told(overall: float, told: bool) -> None:
    piece = JudgedPiece(0, 80, 0, Wholeness(overall, 0.9, 3, "hair is lost"))
    assert bool(unsound_moments([piece], *LIMITS)) == told


def test_the_worst_frame_is_one_that_the_piece_shows(tmp_path: Path) -> None:
    piece, whole = scene()
    begun = whole.copy()
    begun[: BEFORE // 2, 50:] = False  # half a subject where the piece before this one is shown
    found = judged(tmp_path, "begun.npz", piece, begun)
    assert found is not None
    assert found.found.worst_frame < BEFORE
    (moment,) = unsound_moments([found], 0.9, 0.9)
    assert moment.worst == moment.first == 40 + BEFORE


def test_masks_are_judged_once_and_mended_ones_anew(tmp_path: Path) -> None:
    piece, whole = scene()
    halved = whole.copy()
    halved[COUNT // 2 :, 50:] = False
    before = judged(tmp_path, "masks.npz", piece, halved)
    (file,) = (tmp_path / "judged").iterdir()
    file.write_text("null\n")
    assert judged(tmp_path, "masks.npz", piece, halved) is None, "what was judged is read"
    mended = judged(tmp_path, "masks.npz", piece, whole)
    assert before is not None
    assert mended is not None
    assert mended.found.overall > before.found.overall


def test_where_nobody_is_there_is_nothing_to_judge(tmp_path: Path) -> None:
    piece, whole = scene()
    assert judged(tmp_path, "none.npz", piece, np.zeros_like(whole)) is None
