import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.vision_language_server import VisionLanguageServer


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or fills the user's own cache."""
    monkeypatch.setenv("SPARKLE_VLM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def server() -> Iterator[VisionLanguageServer]:
    with VisionLanguageServer() as running:
        yield running


@pytest.fixture(scope="session")
def frames() -> np.ndarray:
    """Nine frames of 64x48, a square that moves over noise."""
    clip = np.random.default_rng(0).integers(0, 255, (1, 48, 64, 3), np.uint8).repeat(9, axis=0)
    for index, frame in enumerate(clip):
        frame[20:30, 5 * index : 5 * index + 10] = (250, 30, 30)
    return clip


@pytest.fixture(scope="session", autouse=True)
def sdk() -> None:
    """Importing the SDK takes a second or two, which belongs to no test's time."""
    pytest.importorskip("openai")
    pytest.importorskip("json_repair")


def run_python(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
