"""Places for bytes of each kind: a folder of this machine, one in memory, a bucket of a server of the S3 protocol."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from sparkle.store import Folder, filesystems

# moto's server, with the number of its port on the first line.
_SERVER = """
import logging, sys
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
"""
BUCKET = "house"


@contextmanager
def s3_server() -> Iterator[str]:
    """Yield the address of a server that other processes reach, too."""
    process = subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of a bucket; the environment leads to its server."""
    pytest.importorskip("s3fs")
    pytest.importorskip("moto")
    with s3_server() as endpoint, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", endpoint)
        patch.setenv("AWS_ACCESS_KEY_ID", "a")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "b")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        filesystems.file_system("s3").mkdir(BUCKET)
        yield f"s3://{BUCKET}"


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


@pytest.fixture
def python() -> Callable[..., "subprocess.Popen[str]"]:
    """Start a Python program with arguments and return its process, whose output can be read."""

    def start(program: str, *arguments: object) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", program, *map(str, arguments)]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
        )

    return start
