"""Models of camera motion, and the path through them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkle.camera.consensus import PairMotion, explain_pair
from sparkle.camera.models import corners, design, homography_travel, sampled_similarity, travel
from sparkle.camera.points import Matches
from sparkle.camera.settings import CameraSettings
from sparkle.camera.trajectory import confirmed_maximum, path_distances, solve_path

CORNERS = corners(180, 320)
SMALL = st.floats(min_value=-2, max_value=2)


def matches(similarity: np.ndarray, outliers: float = 0.0) -> Matches:
    random = np.random.default_rng(2)
    position = random.uniform((-1, -0.56), (1, 0.56), (250, 2))
    displacement = design(position) @ similarity + random.normal(0, 0.02, position.shape)
    wrong = np.arange(len(position)) < outliers * len(position)
    displacement[wrong] += random.uniform(2, 6, (int(wrong.sum()), 2))
    everywhere = np.ones(len(position), bool)
    return Matches(position, displacement, everywhere, everywhere)


@given(SMALL, SMALL, SMALL, SMALL)
def test_any_small_motion_is_recovered_under_forty_percent_outliers(
    a: float, b: float, x: float, y: float
) -> None:
    truth = np.array([a, b, x, y])
    found = explain_pair(matches(truth, outliers=0.4), CameraSettings())
    assert travel(found.similarity - truth, CORNERS) < 0.3
    assert found.support > 0.1


@pytest.mark.parametrize("truth", [(8.0, -5.0, 3.0, 2.0), (-3.0, 9.0, 0.0, -6.0)])
def test_a_large_motion_is_recovered_too(truth: tuple[float, float, float, float]) -> None:
    """Far from rest only the sampled explanation can find it."""
    found = explain_pair(matches(np.array(truth), outliers=0.3), CameraSettings())
    assert found.similarity == pytest.approx(truth, rel=0.02, abs=0.05)


def test_a_quarter_at_rest_outweighs_a_half_that_moves_alike() -> None:
    """A subject that fills the picture moves most points by one motion; the still border is the camera."""
    still = matches(np.zeros(4))
    moving = np.abs(still.position[:, 0]) < 0.75
    displacement = still.displacement + np.where(moving[:, None], (3.0, 0.5), (0.0, 0.0))
    found = explain_pair(Matches(still.position, displacement, still.textured, still.found), CameraSettings())
    assert travel(found.similarity, CORNERS) < 0.1


def test_travel_is_in_percent_of_the_width() -> None:
    assert travel(np.array([0, 0, 3.0, 4.0]), CORNERS) == pytest.approx(5.0)
    assert travel(np.array([1.0, 0, 0, 0]), CORNERS) == pytest.approx(np.hypot(1, 0.5625))


def test_a_homography_reads_off_the_same_travel() -> None:
    assert homography_travel(matches(np.array([0, 0, 1.5, 0])), CORNERS, 0.2) == pytest.approx(1.5, abs=0.15)


def test_no_points_give_no_homography_and_no_support() -> None:
    empty = Matches(np.zeros((5, 2)), np.zeros((5, 2)), np.ones(5, bool), np.zeros(5, bool))
    assert homography_travel(empty, CORNERS, 0.2) is None
    assert explain_pair(empty, CameraSettings()).support == 0


def test_points_all_at_one_place_are_no_sample() -> None:
    position = np.full((20, 2), 0.3)
    assert not sampled_similarity(position, np.ones((20, 2)), np.ones(20), 0.2).any()


def motion(similarity: np.ndarray, support: float = 0.5) -> PairMotion:
    return PairMotion(similarity, np.eye(4) * 0.3, support, 1.0, 1.0)


def test_the_path_follows_the_pairs_that_agree_and_drops_the_one_that_does_not() -> None:
    step = np.array([0.0, 0.0, 1.0, 0.0])
    motions = {(i, j): motion(step * (j - i)) for i in range(6) for j in range(i + 1, 6)}
    motions[0, 5] = motion(np.array([0.0, 0.0, -9.0, 0.0]))
    distances = path_distances(solve_path(motions, 6, CORNERS), CORNERS)
    assert distances[0, 5] == pytest.approx(5.0, abs=0.1)


def test_pairs_without_evidence_leave_the_camera_at_rest() -> None:
    motions = {(i, i + 1): PairMotion(np.ones(4), np.zeros((4, 4)), 0.0, 0.0, 0.0) for i in range(4)}
    assert path_distances(solve_path(motions, 5, CORNERS), CORNERS).max() < 1e-6


def test_the_largest_distance_must_hold_without_any_single_frame() -> None:
    places = np.array([0.0, 0.1, 5.0, 0.2, 1.0, 1.1])
    assert confirmed_maximum(np.abs(places[:, None] - places)) == (pytest.approx(1.1), (0, 5))
