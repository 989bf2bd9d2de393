"""Scores of masks, mattes and boxes, on cases that can be counted by hand, and the tables made of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.eyes import metrics
from benchmarks.eyes.finding import FindingRow
from benchmarks.eyes.scene import Clip
from benchmarks.eyes.tables import finding_table, tracking_table
from benchmarks.eyes.tracking import TrackingRow, tracked
from benchmarks.eyes.yardstick import cut_single_frames, yardstick_lines

from sparkle.backends.cpu.tracker import JointTracker
from sparkle.roles import Anchor

ROW = TrackingRow("a", "report", 0, 0.03, "", 0.6, 0.9, 0.8, 0.01, 0.1, 0.9, 2.0, "")


def square(x: int, frames: int = 3) -> np.ndarray:
    masks = np.zeros((frames, 60, 60), bool)
    masks[:, 20:40, x : x + 20] = True
    return masks


def test_iou_is_the_shared_part_and_one_where_both_are_empty() -> None:
    nothing = np.zeros((1, 60, 60), bool)

    assert metrics.iou(square(10), square(20)) == pytest.approx(200 / 600)
    assert metrics.iou(nothing, nothing) == 1
    assert metrics.iou(nothing, square(10, 1)) == 0


def test_boundary_f_forgives_a_pixel_and_not_ten() -> None:
    assert metrics.boundary_f(square(10), square(10)) == 1
    assert metrics.boundary_f(square(11), square(10)) == pytest.approx(1)
    assert metrics.boundary_f(square(20), square(10)) < 0.7
    assert metrics.boundary_f(np.zeros_like(square(10)), square(10)) == 0


def test_flicker_counts_errors_that_come_and_go_only() -> None:
    lasting = square(12)
    trembling = square(10)
    trembling[1] = square(12)[1]

    assert metrics.flicker(lasting, square(10)) == 0
    assert metrics.flicker(trembling, square(10)) == pytest.approx(80 / 400)


def test_matte_error_looks_at_the_edge_only() -> None:
    alpha = np.zeros((2, 60, 60), np.float32)
    alpha[:, 20:40, 20:40] = 1
    alpha[:, 20:40, 40] = 0.5
    far = alpha.copy()
    far[:, :4, :4] = 1
    hard = (alpha > 0.6).astype(np.float32)

    assert metrics.matte_error(alpha, alpha) == 0
    assert metrics.matte_error(far, alpha) == 0
    assert metrics.matte_error(hard, alpha) > 0.01
    assert metrics.matte_error(1 - alpha, alpha) > 0.5


def test_correlation_is_not_defined_without_variation() -> None:
    assert metrics.correlation([1, 2, 3], [2, 4, 6.5]) == pytest.approx(1, abs=0.01)
    assert metrics.correlation([1, 1, 1], [2, 4, 6]) is None
    assert metrics.correlation([1, 2], [2, 4]) is None


def test_box_iou_counts_areas() -> None:
    assert metrics.box_iou((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(50 / 150)
    assert metrics.box_iou((0, 0, 10, 10), (20, 0, 30, 10)) == 0


def test_without_a_box_the_mask_is_empty_and_says_why(two_subjects: Clip) -> None:
    mask, result, refused = tracked(JointTracker(), two_subjects, [Anchor(0, ())])

    assert not mask.any()
    assert result is None
    assert "no anchor has a box" in refused


def test_the_tracking_table_names_its_half_and_the_worst_trial() -> None:
    rows = [ROW, replace(ROW, trial=1, jitter=0.08, first_fault="missing", single=0.0, bait=0.5, refused="")]
    rows += [replace(ROW, clip="b", bait=0.4, refused="nothing to track")]

    text = "\n".join(tracking_table(rows))

    assert "half `report`" in text
    assert "| a | 0.300 | 0.700 | +0.400 | +0.300 |" in text
    assert "| b | 0.600 | 0.400 | -0.200 | -0.200 |" in text
    assert "boxes off by 8 %: single pass 0.000, BAIT 0.500 (1 trials)" in text
    assert "first anchor failed: single pass 0.000, BAIT 0.500" in text
    assert "refused: 1 of 3" in text


def test_a_table_never_mixes_halves() -> None:
    with pytest.raises(ValueError, match="one half"):
        list(tracking_table([ROW, replace(ROW, half="choose")]))


def test_the_finding_table_counts_what_was_found() -> None:
    rows = [
        FindingRow("a", "choose", ("person",), True, 0.9, 0.8, 0.95, 1.0, ""),
        FindingRow("b", "choose", (), False, 0.0, 0.0, 0.0, 1.0, "no anchor has a box"),
    ]

    text = "\n".join(finding_table(rows))

    assert "half `choose`" in text
    assert "| b | nothing | no | 0.000 |" in text
    assert "| **mean** |  | 1 of 2 | 0.450 | 0.400 |" in text


def test_the_yardstick_cuts_a_bright_square_off_a_dark_wall() -> None:
    rng = np.random.default_rng(0)
    alphas = np.zeros((1, 3, 120, 160), np.float32)
    alphas[0, :, 30:90, 40:110] = 1
    frames = (rng.normal(40, 4, (3, 120, 160, 3)) + 160 * alphas[0, ..., None]).clip(0, 255).astype(np.uint8)
    clip = Clip("square", "choose", (), frames, 16.0, ("square",), alphas, ())

    row = cut_single_frames(clip)

    assert row.iou > 0.95
    assert "half `choose`: mean IoU" in "\n".join(yardstick_lines([row]))
