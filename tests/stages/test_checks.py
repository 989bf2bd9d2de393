"""Checks that stages make of what a role answered: name, side of the threshold, reason."""

import pytest

from sparkle.camera import CameraMovement, CameraSettings
from sparkle.core.edit_score import EditScore
from sparkle.roles import CameraVerdict
from sparkle.stages.checks import score_check
from sparkle.stages.source import camera_checks, camera_record, judge_check


def movement(moved: float, *, decidable: bool = True) -> CameraMovement:
    return CameraMovement(moved, True, "pan", (0, 1), moved, 0.5, 0.4, decidable, "it pans", ())


@pytest.mark.parametrize(("overall", "passes"), [(7.9, False), (8.0, True)])
def test_a_score_passes_from_its_minimum_on(overall: float, passes: bool) -> None:
    score = EditScore(9.0, 7.0, 8.0, overall, "done", "", "EditScore-7B")
    check = score_check("first_frame.editscore", score, 8.0)
    assert (check.score, check.passed, check.reason, check.scorer) == (
        overall,
        passes,
        "done",
        "EditScore-7B",
    )


@pytest.mark.parametrize(("moved", "passes"), [(0.0, True), (0.5, True), (0.51, False)])
def test_a_camera_is_fixed_up_to_the_threshold(moved: float, passes: bool) -> None:
    (check,) = camera_checks("source.camera", movement(moved), CameraSettings(threshold=0.5))
    assert (check.passed, check.reason) == (passes, "it pans")


def test_a_picture_that_tells_nothing_gives_no_coarse_check_and_is_recorded_so() -> None:
    found = movement(9.0, decidable=False)
    assert camera_checks("source.camera", found, CameraSettings()) == []
    record = camera_record(found)
    assert (record.movement, record.decidable, record.evidence) == (9.0, False, 0.4)


@pytest.mark.parametrize(("confidence", "passes"), [(0.49, False), (0.5, True)])
def test_the_fine_judge_needs_its_confidence(confidence: float, passes: bool) -> None:
    check = judge_check(CameraVerdict("tripod", confidence, "judge"), 0.5)
    assert (check.name, check.passed, check.scorer) == ("source.camera_judge", passes, "judge")
