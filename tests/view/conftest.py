"""A real server of a small run."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.view.viewed_run import write_viewed_run


@contextmanager
def serving(*arguments: object) -> Iterator[str]:
    """Run `sparkle view` on a free port, and yield the address that it prints."""
    command = [sys.executable, "-m", "sparkle", "view", *map(str, arguments), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert re.match(r"http://[^ ]+/", address), address
        try:
            yield address
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def viewed_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_viewed_run(tmp_path_factory.mktemp("viewed") / "a run")


@pytest.fixture(scope="session")
def server(viewed_run: Path) -> Iterator[str]:
    with serving(viewed_run) as address:
        yield address
