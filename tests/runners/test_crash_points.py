"""Killed at 81 places spread over everything that a run does to the disk, it goes on to the same end."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.runners.crash_points import ARTIFACTS

POINTS = 81


@pytest.fixture
def fast_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a process that dies leaves the same there, and flushes cost nothing."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as name:
        yield Path(name)


def test_killed_at_any_of_81_points_it_ends_with_the_same_files_and_results(fast_folder: Path) -> None:
    command = [sys.executable, "-m", "tests.runners.crash_points", str(fast_folder), str(POINTS)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["touches"] > 2 * POINTS
    # How many flushes share a group is not always the same: the last points may lie behind the end.
    assert found["killed"] >= POINTS - 4
    assert found["wrong"] == []
    whole, rejected, failed = ["passed"] * 6, [*["passed"] * 3, "rejected"], ["passed", "failed"]
    assert found["ends"] == [whole, rejected, failed, whole]
    published = [name for name in found["files"] if name.split("/")[0] in ("time", "intermediate_data")]
    assert len(published) == 2 * sum(map(len, ARTIFACTS.values()))
    assert {name.split("/")[0] for name in found["files"]} >= {"rejected", "failed"}
