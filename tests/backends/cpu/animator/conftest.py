"""Small pictures with known content: a sky with clouds, a meadow, a house, a lake, a lamp at night."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sparkle.backends.cpu.animator import Animator
from sparkle.roles import AnimationRequest

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 208, 117
HOUSE = (slice(45, 90), slice(140, 180))


def texture(height: int, width: int, cell: float, seed: int) -> NDArray[np.float32]:
    grid = (
        np.random.default_rng(seed).random((int(height / cell) + 3, int(width / cell) + 3)).astype(np.float32)
    )
    return cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="session")
def meadow() -> Picture:
    """Cloudy sky over a textured meadow, with a plain brick-coloured house that reaches into the sky."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    clouds = np.clip(texture(60, WIDTH, 24, 1) - 0.45, 0, 1)[..., None]
    picture[:60] = np.array([90, 150, 230]) + clouds * np.array([150, 95, 20])
    blades = texture(HEIGHT - 60, WIDTH, 2.5, 2)[..., None]
    picture[60:] = np.array([50, 110, 30]) + 70 * (blades - 0.5)
    picture[HOUSE] = (150, 80, 60)
    picture[52:62, 148:156] = (60, 50, 50)
    picture[52:62, 164:172] = (60, 50, 50)
    return np.clip(picture, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def lake() -> Picture:
    """A blue lake with level ripples under a pale sky, and a grey stone wall in its front corner."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    picture[:48] = (200, 215, 235)
    ripples = cv2.resize(texture(HEIGHT - 48, WIDTH // 6, 2.2, 3), (WIDTH, HEIGHT - 48))[..., None]
    picture[48:] = np.array([40, 90, 150]) + 80 * (ripples - 0.5)
    picture[85:, :60] = (120, 118, 115)
    return np.clip(picture, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def night() -> Picture:
    """A dark room with one warm lamp."""
    picture = np.full((HEIGHT, WIDTH, 3), (30, 24, 20), np.float32)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    distance = np.hypot(x - 150, y - 50)
    picture += np.exp(-distance / 22)[..., None] * np.array([110, 80, 40])
    picture[distance < 5] = (255, 225, 150)
    return np.clip(picture, 0, 255).astype(np.uint8)


def animate(image: Picture, caption: str, frames: int = 24, fps: float = 12.0, seed: int = 7) -> Picture:
    return Animator()(AnimationRequest(image, caption, frames, fps, seed))


@pytest.fixture(scope="session")
def move():
    return animate


@pytest.fixture(scope="session")
def liveliness():
    """Mean absolute change from frame to frame, in grey levels."""
    return lambda frames: float(np.abs(np.diff(frames.astype(np.int16), axis=0)).mean())
