"""A bucket of a real server of the S3 protocol, one for all tests of a process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sparkle.store import filesystems

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
