"""A drawn scene and a virtual camera that looks at it: what the camera does is known exactly."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.camera import sampling_times

WIDTH, HEIGHT = 320, 180
DURATION_S = 5.0
TIMES = sampling_times(DURATION_S)


def scene(seed: int = 3, scale: int = 1) -> NDArray[np.float32]:
    """A textured picture, a fifth larger than what the camera sees on every side."""
    random = np.random.default_rng(seed)
    height, width = int(HEIGHT * 1.4 * scale), int(WIDTH * 1.4 * scale)
    layers = [
        cv2.resize(
            random.random((height // size, width // size)).astype(np.float32), (width, height), None, 0, 0, 2
        )
        for size in (6, 14, 40)
    ]
    return np.asarray(60 + 140 * (0.3 * layers[0] + 0.4 * layers[1] + 0.3 * layers[2]), np.float32)


def look(
    picture: NDArray[np.float32], x: float = 0, y: float = 0, scale: float = 1, angle: float = 0
) -> NDArray[np.float32]:
    """What the camera sees: x and y in percent of the width, scale of the picture, angle in degrees."""
    sine, cosine = np.sin(np.radians(angle)) / scale, np.cos(np.radians(angle)) / scale
    centre_x = picture.shape[1] / 2 + x / 100 * WIDTH
    centre_y = picture.shape[0] / 2 + y / 100 * WIDTH
    matrix = np.array(
        [
            [cosine, -sine, centre_x - cosine * WIDTH / 2 + sine * HEIGHT / 2],
            [sine, cosine, centre_y - sine * WIDTH / 2 - cosine * HEIGHT / 2],
        ]
    )
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), flags=flags), np.float32)


def clip(pictures: Sequence[NDArray[np.float32]], noise: float = 2.0) -> NDArray[np.uint8]:
    """Grey pictures as an RGB clip with sensor noise."""
    random = np.random.default_rng(5)
    noisy = [picture + random.normal(0, noise, picture.shape) for picture in pictures]
    return np.stack(
        [np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2) for grey in noisy]
    )


def with_subject(pictures: Sequence[NDArray[np.float32]], share: float) -> list[NDArray[np.float32]]:
    """A textured subject as wide as `share` of the picture that sways by 4 % of the width, down to the lower border."""
    texture = scene(seed=11)
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(mask, (WIDTH // 2, HEIGHT), (int(WIDTH * share / 2), int(HEIGHT * 0.85)), 0, 0, 360, 1.0, -1)
    filmed = []
    for picture, time in zip(pictures, TIMES, strict=True):
        shift = 4 * np.sin(2 * np.pi * 0.3 * time)
        matrix = np.array([[1, 0, shift / 100 * WIDTH], [0, 1, 0]], np.float32)
        cover = cv2.warpAffine(mask, matrix, (WIDTH, HEIGHT))
        filmed.append(np.asarray(picture * (1 - cover) + (look(texture, x=-shift) * 0.7) * cover, np.float32))
    return filmed
