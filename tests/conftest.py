"""A small clip of the project's own, rendered once; real commands run on it in real processes."""

import gc
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from tests.browser import browser as browser
from tests.command_server import CommandServer
from tests.store.bucket import s3 as s3

from sparkle.backends.cpu.grounder import LATEST
from sparkle.demo import DemoClip, render_demo_clip
from sparkle.measure.faces import found_in
from sparkle.painter.picture import paint_scene
from sparkle.video import write_video

WIDTH, HEIGHT, FRAMES, FPS = 208, 120, 17, 16.0
SMALL = (f"video.width={WIDTH}", f"video.height={HEIGHT}", f"video.frames={FRAMES}", "video.minimum_frames=9")
SMALL_OPTIONS = tuple(part for setting in SMALL for part in ("--set", setting))

# For what makes builds of `smallest_clip_file` and looks at no picture: half the work of the small clip.
SMALLEST = ("video.width=144", "video.height=80", "video.frames=9", "video.minimum_frames=9")
SMALLEST_OPTIONS = tuple(part for setting in SMALLEST for part in ("--set", setting))

Command = Callable[..., subprocess.CompletedProcess[str]]

# A busy machine is slow at making examples, too, and no test depends on how busy it is. The same examples every time:
# who wants new ones asks for them, `pytest --hypothesis-profile explore`.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("any machine", settings.get_profile("explore"), derandomize=True)
settings.load_profile("any machine")

# Started in the background of a script, everything below ignores Ctrl-C, also the programs that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


def same_numbers() -> None:
    """Whatever draws without a seed of its own draws the same in every run, in any order of the tests."""
    random.seed(0)
    np.random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


def forget() -> None:
    """Know as little as a new process of pictures that were painted or looked at: what comes again is made again."""
    paint_scene.cache_clear()
    found_in.cache_clear()
    LATEST.forget()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """Look for no garbage among modules and tests, neither while they are collected, which takes a quarter of that
    time, nor ever again: whoever lets a model go has all objects looked through."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    forget()
    same_numbers()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    same_numbers()


FULL_DISK_BYTES = 65_536


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond FULL_DISK_BYTES, which the system says as it says that a disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_DISK_BYTES, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="session")
def demo_clip() -> DemoClip:
    return render_demo_clip(7, WIDTH, HEIGHT, FRAMES, FPS)


@pytest.fixture(scope="session")
def clip_file(demo_clip: DemoClip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "demo clip.mp4"
    write_video(path, demo_clip.frames, demo_clip.fps, crf=14)
    return path


@pytest.fixture(scope="session")
def smallest_clip_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("smallest") / "demo clip.mp4"
    write_video(path, render_demo_clip(7, 144, 80, 9, FPS).frames, FPS, crf=14)
    return path


@pytest.fixture(scope="session")
def sparkle() -> Iterator[Command]:
    with CommandServer() as server:
        yield server.run
