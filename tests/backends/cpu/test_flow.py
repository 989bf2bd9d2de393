"""Dense flow on pictures whose motion is known."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from sparkle.backends.cpu.flow import DenseInverseSearchFlow
from sparkle.core.errors import BackendError


def picture() -> np.ndarray:
    coarse = np.random.default_rng(0).random((30, 50, 3)).astype(np.float32) * 255
    return cv2.resize(coarse, (320, 192), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.5, 0.0), (6.0, -3.0)])
def test_a_shift_is_measured_to_a_fraction_of_a_pixel(shift: tuple[float, float]) -> None:
    first = picture()
    second = cv2.warpAffine(
        first, np.float32([[1, 0, shift[0]], [0, 1, shift[1]]]), (320, 192), flags=cv2.INTER_CUBIC
    )
    flow = DenseInverseSearchFlow()(first, second)
    assert flow.shape == (192, 320, 2)
    assert flow.dtype == np.float32
    assert np.median(flow[20:-20, 20:-20], axis=(0, 1)) == pytest.approx(shift, abs=0.15)


def test_exposure_is_not_motion() -> None:
    first = picture()
    flow = DenseInverseSearchFlow()(first, (first * 0.75 + 20).astype(np.uint8))
    assert np.quantile(np.abs(flow[20:-20, 20:-20]), 0.9) < 0.4


def test_frames_of_two_sizes_are_refused() -> None:
    with pytest.raises(BackendError, match="one size"):
        DenseInverseSearchFlow()(picture(), picture()[:-2])


def test_threads_that_share_the_estimator_get_the_flows_that_one_thread_gets() -> None:
    rng = np.random.default_rng(3)
    scenes = [cv2.GaussianBlur(rng.integers(0, 255, (180, 320, 3), np.uint8), (0, 0), 3) for _ in range(12)]
    pairs = [(scene, np.roll(scene, 3 + index, axis=1)) for index, scene in enumerate(scenes)]
    flow = DenseInverseSearchFlow()
    alone = [flow(*pair) for pair in pairs]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda pair: flow(*pair), pairs * 8))
    assert all(np.array_equal(found, alone[index % 12]) for index, found in enumerate(together))
