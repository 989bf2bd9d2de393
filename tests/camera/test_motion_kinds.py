"""What a moving camera does has a name: by how sudden it is, else by what moves the corners most."""

import numpy as np
import pytest

from sparkle.camera.kinds import jolt_between, name_kind, scene_change

CORNERS = np.array([[-1.0, -0.6], [1.0, -0.6], [1.0, 0.6], [-1.0, 0.6]])
TIMES = [0.25, 0.3125, 0.75, 0.875, 1.25, 1.3125, 1.75, 1.875]  # four moments, each a burst of two
LEADERS = (0, 2, 4, 6)
ENDS = (0, 6)


def travel(part: int, steps: tuple[float, ...], tremble: float = 0.0) -> np.ndarray:
    """Poses (zoom, rotation, x, y) whose `part` is `steps` at the four moments, and off by `tremble` within them."""
    poses = np.zeros((len(TIMES), 4))
    for index, step in zip(LEADERS, steps, strict=True):
        poses[index, part], poses[index + 1, part] = step, step + tremble
    return poses


@pytest.mark.parametrize(("part", "kind"), [(0, "zoom"), (1, "rotation"), (2, "pan"), (3, "pan")])
def test_steady_travel_is_named_by_what_moves_the_corners_most(part: int, kind: str) -> None:
    assert name_kind(travel(part, (0, 0.01, 0.02, 0.03)), ENDS, CORNERS, TIMES) == kind


def test_a_tremble_within_a_moment_is_a_shake() -> None:
    poses = travel(2, (0, 0.01, 0.02, 0.03), tremble=0.02)
    assert name_kind(poses, ENDS, CORNERS, TIMES) == "shake"


def test_one_large_step_is_a_jolt_and_with_a_zoom_a_cut() -> None:
    jump = travel(2, (0, 0, 20, 20))
    assert name_kind(jump, ENDS, CORNERS, TIMES) == "jolt"
    assert name_kind(jump + travel(0, (0, 0, 10, 10)), ENDS, CORNERS, TIMES) == "cut"


def test_a_scene_changes_where_no_pair_across_agrees() -> None:
    pairs = [(0, 2, 0.9), (2, 4, 0.1), (0, 4, 0.1), (4, 6, 0.9), (0, 6, 0.2), (6, 2, 0.1)]
    assert scene_change(pairs, TIMES, 0.3) == (2, 4)
    # Something hid the view for a moment: before and after it still agree.
    assert scene_change([*pairs, (0, 6, 0.8)], TIMES, 0.3) is None


def texture(seed: int) -> np.ndarray:
    return np.kron(np.random.default_rng(seed).integers(0, 255, (60, 80)), np.ones((4, 4))).astype(np.uint8)


def test_a_knocked_camera_is_found_again_and_another_scene_is_none() -> None:
    scene = texture(1)
    first, second = scene[:180, :240], scene[12:192, 24:264]
    assert jolt_between(first, second) == pytest.approx(float(np.hypot(24, 12)) / 240 * 100, rel=0.05)
    assert jolt_between(first, texture(2)[:180, :240]) is None
