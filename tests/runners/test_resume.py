"""A run that is killed at any moment and started again ends as an uninterrupted one."""

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.conftest import SMALLEST_OPTIONS
from tests.ledgers import read_events

from sparkle.dataset import verify


@pytest.fixture(scope="module")
def clips(smallest_clip_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    shutil.copy(smallest_clip_file, folder / "good with 'quotes\" and ü.mp4")
    (folder / "zero.mp4").touch()
    return folder


def command(clips: Path, out: Path) -> list[str]:
    options = ["--out", str(out), "--pairs-per-source", "2", *SMALLEST_OPTIONS]
    return [sys.executable, "-m", "sparkle", "build", str(clips), *options]


def index_files(root: Path) -> dict[str, bytes]:
    files = sorted(
        [*root.rglob("prompts/*"), *root.rglob("intermediate_data/*/*.jsonl"), *root.glob("*.jsonl")]
    )
    # A run that was killed tells of it: its ledger has other seconds, and may have more lines.
    return {str(path.relative_to(root)): path.read_bytes() for path in files if path.name != "ledger.jsonl"}


def all_files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def killed_run(arguments: list[str], seconds: float) -> int:
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    return process.wait()


@pytest.fixture(scope="module")
def whole(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """An undisturbed run and the seconds that it took."""
    out = tmp_path_factory.mktemp("undisturbed") / "whole"
    started = time.monotonic()
    done = subprocess.run(command(clips, out), capture_output=True, text=True)
    assert done.returncode == 1, done.stderr  # the empty file fails, and nothing else does
    assert len(list(out.glob("*/edited_video/*.mp4"))) == 2
    return out, time.monotonic() - started


def test_killed_at_random_moments_it_ends_with_the_same_dataset(
    clips: Path, tmp_path: Path, whole: tuple[Path, float]
) -> None:
    undisturbed, took = whole
    rng = random.Random(7)
    for _ in range(3):
        killed_run(command(clips, tmp_path / "killed"), rng.uniform(0.35, 0.8) * took)
    resumed = subprocess.run(command(clips, tmp_path / "killed"), capture_output=True, text=True)
    assert resumed.returncode == 1, resumed.stderr
    assert index_files(tmp_path / "killed") == index_files(undisturbed)
    assert all_files(tmp_path / "killed") == all_files(undisturbed)
    assert list(verify(tmp_path / "killed")) == []
    done = [
        (event.id, event.stage)
        for event in read_events(tmp_path / "killed")
        if not isinstance(event, str) and event.status != "failed"
    ]
    assert len(done) == len(set(done)), "a finished stage was done twice"


def test_started_again_a_finished_run_does_no_work(clips: Path, whole: tuple[Path, float]) -> None:
    run, _ = whole
    before = index_files(run)
    stamps = {path: path.stat().st_mtime_ns for path in run.rglob("*.mp4")}
    subprocess.run(command(clips, run), capture_output=True)
    assert index_files(run) == before
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*.mp4")} == stamps
