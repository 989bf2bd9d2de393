"""Detections by a tiny graph of D-FINE's inputs and outputs, whose boxes and logits are known."""

from pathlib import Path

import numpy as np
import pytest
from tests.backends.onnx.tiny_graphs import detections, save

from sparkle.backends.onnx.dfine import FILE, DFineNano, coco_labels
from sparkle.core.errors import SettingsError, SetupError
from sparkle.roles import Image

DOG, CUP = 16, 41
WHITE = np.full((100, 200, 3), 255, np.uint8)


def logits(*best: tuple[int, float], classes: int = 80) -> np.ndarray:
    values = np.full((len(best), classes), -9.0, np.float32)
    for query, (label, value) in enumerate(best):
        values[query, label] = value
    return values


def detector(folder: Path, scores: np.ndarray, boxes: list[tuple[float, ...]], **options: float) -> DFineNano:
    save(detections(scores, np.array(boxes, np.float32)), folder / FILE)
    return DFineNano(model=str(folder), **options)  # type: ignore[arg-type]


def test_boxes_come_in_pixels_the_surest_first_and_weak_ones_not_at_all(tmp_path: Path) -> None:
    boxes = [(0.5, 0.5, 0.2, 0.4), (0.25, 0.25, 0.1, 0.1), (0.75, 0.75, 0.1, 0.1)]
    found = detector(tmp_path, logits((0, 0.5), (DOG, 3.0), (CUP, -1.0)), boxes)(WHITE)
    assert [each.box.label for each in found] == ["dog", "person"]
    assert found[0].box.xyxy == pytest.approx((40.0, 20.0, 60.0, 30.0), abs=1e-4)
    assert found[1].box.xyxy == pytest.approx((80.0, 30.0, 120.0, 70.0), abs=1e-4)
    assert found[0].score == pytest.approx(1 / (1 + np.exp(-3.0)))
    strict = detector(tmp_path, logits((0, 0.5), (DOG, 3.0), (CUP, -1.0)), boxes, score=0.7)(WHITE)
    assert [each.box.label for each in strict] == ["dog"]


def test_boxes_are_cut_at_the_border_and_those_without_area_dropped(tmp_path: Path) -> None:
    boxes = [(0.0, 0.5, 0.5, 2.0), (1.2, 0.5, 0.1, 0.1), (0.5, 0.5, 0.001, 0.5)]
    found = detector(tmp_path, logits((0, 5.0), (DOG, 5.0), (CUP, 5.0)), boxes)(WHITE)
    assert [each.box.xyxy for each in found] == [pytest.approx((0.0, 0.0, 50.0, 100.0), abs=1e-4)]


@pytest.mark.parametrize(("level", "seen"), [(255, True), (0, False)])
def test_levels_go_in_between_0_and_1(level: int, seen: bool, tmp_path: Path) -> None:
    picture: Image = np.full((50, 50, 3), level, np.uint8)
    found = detector(tmp_path, logits((0, 10.0)), [(0.5, 0.5, 0.5, 0.5)])(picture)
    assert bool(found) is seen
    if seen:
        assert found[0].score == pytest.approx(1 / (1 + np.exp(-10.0)))


def test_a_detector_of_other_classes_is_refused(tmp_path: Path) -> None:
    wrong = detector(tmp_path, logits((0, 5.0), classes=91), [(0.5, 0.5, 0.5, 0.5)])
    with pytest.raises(
        SetupError, match=r"model\.onnx: another network: output 'logits' float32 \(1, any, 80\)"
    ):
        wrong(WHITE)


def test_names_and_options_are_checked() -> None:
    assert (len(coco_labels()), coco_labels()[DOG], coco_labels()[79]) == (80, "dog", "toothbrush")
    with pytest.raises(SettingsError, match=r"score: .*less than 1, got 1\.5"):
        DFineNano(score=1.5)
