"""The fine judge on a drawn scene."""

import cv2
import numpy as np
import pytest

from sparkle.backends.cpu.camera_judge import StillWindowJudge
from sparkle.core.errors import BackendError
from sparkle.roles import CameraVerdict

WIDTH, HEIGHT, COUNT, FPS = 256, 144, 40, 16.0
PROGRESS = np.linspace(0, 1, COUNT)


def scene(seed: int = 0) -> np.ndarray:
    coarse = np.random.default_rng(seed).random((40, 60)).astype(np.float32) * 200 + 20
    return cv2.resize(coarse, (320, 200), interpolation=cv2.INTER_CUBIC)


def look(picture: np.ndarray, x: float = 0.0, angle: float = 0.0) -> np.ndarray:
    matrix = cv2.getRotationMatrix2D((160, 100), angle, 1.0)
    matrix[:, 2] += (-32 - x / 100 * WIDTH, -28)
    return cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)


def judge(pictures: list[np.ndarray], noise: float = 3.0) -> CameraVerdict:
    random = np.random.default_rng(1)
    noisy = [np.clip(picture + random.normal(0, noise, picture.shape), 0, 255) for picture in pictures]
    return StillWindowJudge()(np.stack([np.dstack([grey.astype(np.uint8)] * 3) for grey in noisy]), FPS)


def test_a_fixed_camera_convinces_the_judge() -> None:
    verdict = judge([look(scene())] * COUNT)
    assert verdict.confidence > 0.85
    assert verdict.reason.endswith("The camera is fixed.")
    assert verdict.scorer == "heuristic"


@pytest.mark.parametrize(
    "path",
    [PROGRESS, np.where(PROGRESS > 0.75, 1.0, 0.0), np.sin(2.1 * np.arange(COUNT)) * 0.6],
    ids=["pan", "late jump", "shake"],
)
def test_pan_late_jump_and_shake_do_not(path: np.ndarray) -> None:
    verdict = judge([look(scene(), x=x) for x in path])
    assert verdict.confidence < 0.2
    assert verdict.reason.endswith("The camera moves.")


def test_a_rotation_of_one_degree_does_not() -> None:
    assert judge([look(scene(), angle=angle) for angle in PROGRESS]).confidence < 0.5


def test_flicker_and_a_subject_over_half_of_the_picture_do_not_disturb_it() -> None:
    gains = np.random.default_rng(2).uniform(0.85, 1.1, COUNT)
    pictures = []
    for index, gain in enumerate(gains):
        picture = look(scene())
        picture[40:, 64:192] = look(scene(5), x=4 * np.sin(0.4 * index))[40:, 64:192]
        pictures.append(picture * gain)
    assert judge(pictures).confidence > 0.5


def test_a_cut_is_named_with_its_time() -> None:
    verdict = judge([look(scene(0 if index < 24 else 9)) for index in range(COUNT)])
    assert verdict.confidence == 0
    assert "changes at 1.50 s" in verdict.reason


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_darkness_is_no_evidence_of_a_fixed_camera(noise: float) -> None:
    verdict = judge([np.full((HEIGHT, WIDTH), 8.0)] * COUNT, noise)
    assert verdict.confidence == 0
    assert "too dark or too smooth" in verdict.reason


def test_two_frames_are_not_judged() -> None:
    with pytest.raises(BackendError, match="at least three frames, got 2"):
        judge([look(scene())] * 2)
