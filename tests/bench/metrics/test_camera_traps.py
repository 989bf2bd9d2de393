"""A still picture under a camera that moves is no living background; a living one stays one."""

import cv2
import numpy as np
import pytest

from sparkle.bench.metrics.dynamics import measure_dynamics
from sparkle.bench.metrics.inputs import Pair
from sparkle.bench.metrics.steady import measure_steadiness
from sparkle.roles import Frames

HEIGHT, WIDTH, FRAMES, FPS = 180, 320, 33, 16.0


@pytest.fixture(scope="module")
def leaves() -> Frames:
    """Fine, strong texture: where it lies a little beside its place, much seems to change."""
    field = cv2.GaussianBlur(np.random.default_rng(4).normal(0, 1, (HEIGHT, WIDTH)), (0, 0), 1.5)
    grey = np.clip(128 + 50 * field / field.std(), 0, 255).astype(np.uint8)
    return np.repeat(np.repeat(grey[..., None], 3, axis=2)[None], FRAMES, axis=0)


@pytest.fixture(scope="module")
def waving(leaves: Frames) -> Frames:
    """The same texture, blown to and fro by a few pixels."""
    y, x = np.indices((HEIGHT, WIDTH)).astype(np.float32)
    return np.stack(
        [
            cv2.remap(
                frame,
                x + 5 * np.sin(t / 3 + y / 20),
                y + 4 * np.sin(t / 2.5 + x / 30),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REFLECT,
            )
            for t, frame in enumerate(leaves)
        ]
    )


def zoomed(frames: Frames) -> Frames:
    return moved_by(frames, lambda t: cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 0, 1 + 0.08 * t))


def panned(frames: Frames) -> Frames:
    return moved_by(frames, lambda t: np.float32([[1, 0, 0.05 * WIDTH * t], [0, 1, 0]]))


def moved_by(frames: Frames, camera) -> Frames:
    return np.stack(
        [
            cv2.warpAffine(frame, camera(t / len(frames)), (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
            for t, frame in enumerate(frames)
        ]
    )


def aliveness(source: Frames, edited: Frames) -> float:
    keys = np.arange(0, FRAMES, 2)
    mask = np.zeros((len(keys), HEIGHT, WIDTH), np.bool_)
    mask[:, 120:, 140:180] = True
    return measure_dynamics(measure_steadiness(Pair(source, edited, FPS, keys, mask, 1.0))[1])[
        "background_alive"
    ]


@pytest.mark.parametrize("camera", [zoomed, panned])
def test_a_still_picture_that_the_camera_moves_over_is_dead(leaves: Frames, camera) -> None:
    assert aliveness(leaves, camera(leaves)) < 0.1


@pytest.mark.parametrize("camera", [zoomed, panned])
def test_leaves_that_wave_under_a_moving_camera_live(leaves: Frames, waving: Frames, camera) -> None:
    assert aliveness(leaves, camera(waving)) > 0.5
