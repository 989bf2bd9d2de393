"""Tracking by tiny graphs of EdgeTAM's inputs and outputs: what is bright inside the box is the object."""

from pathlib import Path

import numpy as np
import pytest
from tests.backends.onnx.tiny_graphs import edgetam

from sparkle.backends.onnx.edgetam import EdgeTamImages, choose
from sparkle.core.boxes import LabelledBox
from sparkle.core.errors import SampleError, SetupError
from sparkle.core.usage import collect_usage
from sparkle.roles import Anchor

HEIGHT, WIDTH, COUNT = 48, 96, 6
SQUARE = 12


@pytest.fixture
def tracker(tmp_path: Path) -> EdgeTamImages:
    edgetam(tmp_path)
    return EdgeTamImages(model=str(tmp_path))


def moving(*starts: tuple[int, int, int], absent: tuple[int, ...] = ()) -> tuple[np.ndarray, np.ndarray]:
    """Return a clip of bright squares that start at (x, y) and move by a step a frame, and their masks (K, T, H, W)."""
    masks = np.zeros((len(starts), COUNT, HEIGHT, WIDTH), bool)
    for number, (x, y, step) in enumerate(starts):
        for frame in range(COUNT):
            if frame not in absent:
                left = x + step * frame
                masks[number, frame, y : y + SQUARE, left : left + SQUARE] = True
    frames = np.where(masks.any(0)[..., None], 250, 20).astype(np.uint8) * np.ones(3, np.uint8)
    return frames, masks


def boxes(masks: np.ndarray, frame: int) -> tuple[LabelledBox, ...]:
    found = []
    for number, mask in enumerate(masks[:, frame]):
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        corners = (columns[0] - 1.0, rows[0] - 1.0, columns[-1] + 2.0, rows[-1] + 2.0)
        found.append(LabelledBox(f"square {number}", corners))
    return tuple(found)


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))


@pytest.mark.parametrize(("anchor", "direction"), [(0, "forward"), (COUNT - 1, "backward"), (2, "forward")])
def test_each_object_is_followed_by_itself(anchor: int, direction: str, tracker: EdgeTamImages) -> None:
    frames, truth = moving((4, 4, 1), (70, 30, -1))
    given = Anchor(anchor, boxes(truth, anchor))
    found = list(tracker.open(frames, [given]).propagate(given, direction))  # type: ignore[arg-type]
    order = range(anchor, COUNT) if direction == "forward" else range(anchor, -1, -1)
    assert [frame for frame, _ in found] == list(order)
    for frame, masks in found:
        assert (masks.shape, masks.dtype) == ((2, HEIGHT, WIDTH), bool)
        assert all(iou(masks[number], truth[number, frame]) > 0.8 for number in range(2))


def test_an_object_that_leaves_is_absent_and_found_again_where_it_was(tracker: EdgeTamImages) -> None:
    frames, truth = moving((40, 20, 0), absent=(2, 3))
    given = Anchor(0, boxes(truth, 0))
    areas = [int(masks.sum()) for _, masks in tracker.open(frames, [given]).propagate(given, "forward")]
    assert [area > 0 for area in areas] == [True, True, False, False, True, True]


def test_passes_share_the_encoded_frames_and_do_not_depend_on_what_is_kept(tmp_path: Path) -> None:
    edgetam(tmp_path)
    frames, truth = moving((4, 4, 1))
    anchors = [Anchor(0, boxes(truth, 0)), Anchor(3, boxes(truth, 3))]
    results, encoded = [], []
    for memory in (1.0, 0.0):
        with collect_usage() as log:
            session = EdgeTamImages(model=str(tmp_path), feature_memory_gb=memory).open(frames, anchors)
            results.append([mask for a in anchors for _, mask in session.propagate(a, "forward")])
        encoded.append(sum(use.name == "encoding" for use in log.entries))
    assert encoded == [COUNT, COUNT + 3]
    assert all(np.array_equal(one, other) for one, other in zip(*results, strict=True))


def test_an_anchor_without_boxes_yields_no_masks_and_asks_nothing(tracker: EdgeTamImages) -> None:
    frames, _ = moving((4, 4, 1))
    with collect_usage() as log:
        found = list(tracker.open(frames, []).propagate(Anchor(4, ()), "forward"))
    assert [(frame, masks.shape) for frame, masks in found] == [
        (4, (0, HEIGHT, WIDTH)),
        (5, (0, HEIGHT, WIDTH)),
    ]
    assert not log.entries


def test_of_three_readings_the_one_like_the_object_before_is_chosen() -> None:
    cup, hand_and_cup, nothing = (np.full((8, 8), -1.0, np.float32) for _ in range(3))
    cup[2:5, 2:5] = 1.0
    hand_and_cup[:6, :6] = 1.0
    masks, ratings = np.stack([nothing, cup, hand_and_cup]), np.array([0.2, 0.7, 0.9], np.float32)
    assert choose(ratings, masks, None) == 2
    assert choose(ratings, masks, cup) == 1
    assert choose(ratings, masks, nothing) == 2


def test_anchors_and_boxes_outside_are_refused(tracker: EdgeTamImages) -> None:
    frames, truth = moving((4, 4, 1))
    session = tracker.open(frames, [])
    with pytest.raises(SampleError, match="anchor frame 6 is outside the clip of 6 frames"):
        session.propagate(Anchor(COUNT, boxes(truth, 0)), "forward")
    with pytest.raises(SampleError, match="'far' on frame 0 has no area inside the 96x48 picture"):
        session.propagate(Anchor(0, (LabelledBox("far", (200, 0, 210, 9)),)), "forward")


def test_a_folder_without_the_tensors_is_told_of(tmp_path: Path) -> None:
    edgetam(tmp_path)
    (tmp_path / "vision_encoder.onnx_data").unlink()
    frames, truth = moving((4, 4, 1))
    given = Anchor(0, boxes(truth, 0))
    tracker = EdgeTamImages(model=str(tmp_path))
    assert not tracker.weights[0].is_here()
    with pytest.raises(SetupError, match=r"vision_encoder\.onnx_data: No such file"):
        list(tracker.open(frames, [given]).propagate(given, "forward"))
