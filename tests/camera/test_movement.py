"""The coarse check on a drawn scene, with the real flow."""

import cv2
import numpy as np
import pytest
from virtual_camera import DURATION_S, HEIGHT, TIMES, WIDTH, clip, look, scene, with_subject

from sparkle.backends.cpu.flow import DenseInverseSearchFlow
from sparkle.camera import CameraMovement, CameraSettings, check_camera
from sparkle.core.errors import SampleError

PROGRESS = np.array(TIMES) / DURATION_S


def check(frames: np.ndarray, settings: CameraSettings | None = None) -> CameraMovement:
    return check_camera(frames, TIMES, DenseInverseSearchFlow(), settings)


def test_a_fixed_camera_is_still() -> None:
    found = check(clip([look(scene())] * len(TIMES), noise=6))
    assert (found.moving, found.kind, found.decidable) == (False, "still", True)
    assert found.movement < 0.1
    assert found.support > 0.5


@pytest.mark.parametrize("percent", [1.0, 3.0])
def test_a_slow_pan_is_measured_in_percent_of_the_width(percent: float) -> None:
    found = check(clip([look(scene(), x=percent * p) for p in PROGRESS]))
    travelled = percent * (PROGRESS[-1] - PROGRESS[0])
    assert (found.moving, found.kind) == (True, "pan")
    assert found.movement == pytest.approx(travelled, rel=0.12)
    assert found.homography_movement is not None
    assert found.homography_movement == pytest.approx(travelled, rel=0.3)


def test_a_slow_zoom_is_found_and_named() -> None:
    found = check(clip([look(scene(), scale=1 + 0.03 * p) for p in PROGRESS]))
    assert (found.moving, found.kind) == (True, "zoom")


def test_a_rotation_of_one_degree_is_found_and_named() -> None:
    found = check(clip([look(scene(), angle=p) for p in PROGRESS]))
    assert (found.moving, found.kind) == (True, "rotation")


def test_a_tremble_that_two_frames_a_second_would_miss_is_found() -> None:
    """At 4 Hz the leading frames all see the same pose; only the bursts see the tremble."""
    found = check(clip([look(scene(), x=0.7 * np.sin(2 * np.pi * 4 * time)) for time in TIMES]))
    assert (found.moving, found.kind) == (True, "shake")


def test_motion_in_the_last_quarter_is_found_where_it_happens() -> None:
    found = check(clip([look(scene(), x=max(p - 0.75, 0) * 12) for p in PROGRESS]))
    assert found.moving
    assert TIMES[found.frames[1]] > 0.75 * DURATION_S


def test_a_cut_is_a_scene_change_between_its_neighbours() -> None:
    pictures = [look(scene(3 if p < 0.52 else 4)) for p in PROGRESS]
    found = check(clip(pictures))
    assert (found.kind, found.movement) == ("cut", 100.0)
    before, after = (PROGRESS[index] for index in found.frames)
    assert before < 0.52 < after


def test_a_cut_to_another_framing_is_a_cut_of_known_size() -> None:
    pictures = [look(scene()) if p < 0.52 else look(scene(), x=5, scale=1.1) for p in PROGRESS]
    found = check(clip(pictures))
    assert found.kind == "cut"
    assert found.movement == pytest.approx(np.hypot(5 * 1.1, 5.7), rel=0.15)


def test_a_portrait_clip_is_measured_by_its_own_width() -> None:
    frames = clip([look(scene(), y=2 * p) for p in PROGRESS]).transpose(0, 2, 1, 3).copy()
    found = check(frames)
    assert found.kind == "pan"
    assert found.movement == pytest.approx(2 * (PROGRESS[-1] - PROGRESS[0]) * WIDTH / HEIGHT, rel=0.15)


def test_a_large_swaying_subject_is_no_camera_motion() -> None:
    found = check(clip(with_subject([look(scene())] * len(TIMES), share=0.8)))
    assert not found.moving


def test_a_pan_is_seen_behind_a_large_subject() -> None:
    found = check(clip(with_subject([look(scene(), x=3 * p) for p in PROGRESS], share=0.5)))
    assert found.moving


def test_flicker_and_exposure_are_no_motion() -> None:
    gains = np.linspace(0.65, 1.2, len(TIMES)) * np.random.default_rng(1).uniform(0.9, 1.1, len(TIMES))
    assert not check(clip([look(scene()) * gain for gain in gains])).moving


def test_leaves_that_sway_before_a_fixed_camera_are_no_motion() -> None:
    still, pictures = look(scene()), []
    x, y = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
    phase = look(scene(seed=9)) / 10
    for time in TIMES:
        sway = np.where(x < WIDTH * 0.6, 4 * np.sin(3 * time + phase), 0).astype(np.float32)
        pictures.append(np.asarray(cv2.remap(still, x + sway, y, cv2.INTER_LINEAR), np.float32))
    assert not check(clip(pictures)).moving


def test_one_odd_frame_is_not_believed() -> None:
    pictures = [look(scene()) for _ in TIMES]
    pictures[6] = look(scene(), x=2)
    assert not check(clip(pictures)).moving


def test_a_view_hidden_for_a_moment_is_no_cut() -> None:
    pictures = [look(scene()) for _ in TIMES]
    for index in (8, 9):
        pictures[index] = look(scene(seed=21))
    assert not check(clip(pictures)).moving


@pytest.mark.parametrize("noise", [0.0, 8.0])
def test_a_dark_picture_gives_no_verdict(noise: float) -> None:
    """Neither blackness nor noise that no two frames share may look like a cut or like rest."""
    found = check(clip([np.full((HEIGHT, WIDTH), 6, np.float32)] * len(TIMES), noise=noise))
    assert (found.decidable, found.moving, found.kind) == (False, False, "unknown")
    assert "too little to see" in found.reason


def test_the_threshold_decides() -> None:
    frames = clip([look(scene(), x=1.0 * p) for p in PROGRESS])
    assert not check(frames, CameraSettings(threshold=2.0)).moving


def test_every_compared_pair_is_listed_with_the_papers_number() -> None:
    found = check(clip([look(scene(), x=3 * p) for p in PROGRESS]))
    assert {(0, 1), (0, 2)} <= {(pair.first, pair.second) for pair in found.pairs}
    assert all(pair.homography is not None for pair in found.pairs)


def test_the_same_clip_gives_the_same_answer() -> None:
    frames = clip(with_subject([look(scene(), x=2 * p) for p in PROGRESS], share=0.5))
    assert check(frames) == check(frames)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_frames_are_an_error_that_says_so(count: int) -> None:
    with pytest.raises(SampleError, match=f"at least two frames and their times, got {count}"):
        check_camera(clip([look(scene())] * 2)[:count], TIMES[:count], DenseInverseSearchFlow())


def test_two_frames_are_enough() -> None:
    frames = clip([look(scene()), look(scene(), x=2)])
    found = check_camera(frames, [0.0, 1.0], DenseInverseSearchFlow())
    assert found.movement == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize(
    ("shift", "returns"), [(4.0, False), (9.0, False), (15.0, False), (4.0, True), (9.0, True)]
)
def test_a_knock_at_the_tripod_is_a_jolt_and_no_change_of_scene(shift: float, returns: bool) -> None:
    picture = scene()
    aside = [time >= 2.0 and not (returns and time > 3.2) for time in TIMES]
    found = check(clip([look(picture, x=shift * away, y=0.3 * shift * away) for away in aside]))
    assert found.moving
    assert found.kind == "jolt"
    assert found.movement == pytest.approx(shift * np.hypot(1, 0.3), rel=0.15)
    assert "scene" not in found.reason


def test_another_scene_is_no_jolt() -> None:
    found = check(clip([look(scene(seed=3 if time < 2 else 8)) for time in TIMES]))
    assert (found.kind, found.movement) == ("cut", 100.0)
    assert "the scene changes" in found.reason
