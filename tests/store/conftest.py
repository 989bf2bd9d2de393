"""Places for bytes of each kind: a folder of this machine, one in memory, a bucket of a server of the S3 protocol."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from sparkle.store import Folder, filesystems


@pytest.fixture(params=["local", "memory", "s3"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    """An empty folder of each kind."""
    if request.param == "local":
        return Folder.at(tmp_path / "run")
    if request.param == "memory":
        return Folder.at(f"memory://{uuid4()}/run")
    return Folder.at(f"{request.getfixturevalue('s3')}/{uuid4()}/run")


@pytest.fixture(params=["memory", "s3"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    """An empty folder that is on no disk of this machine."""
    base = "memory:/" if request.param == "memory" else request.getfixturevalue("s3")
    return Folder.at(f"{base}/{uuid4()}/run")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystems, "PAUSE_S", 0.01)
    monkeypatch.setenv(filesystems.PATIENCE_VARIABLE, "0")


@pytest.fixture
def python() -> Callable[..., "subprocess.Popen[str]"]:
    """Start a Python program with arguments and return its process, whose output can be read."""

    def start(program: str, *arguments: object) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", program, *map(str, arguments)]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
        )

    return start
