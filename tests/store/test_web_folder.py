"""A folder behind a web server: listed by its links, read in ranges, asked again when it stumbles."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("aiohttp")

from tests.kiwi.training.http_folder import served

from sparkle.store import Folder


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "run/a").mkdir(parents=True)
    (tmp_path / "run/a/1.mp4").write_bytes(bytes(range(256)))
    (tmp_path / "run/b.csv").write_text("id\n")
    return tmp_path


def test_what_is_served_is_listed_and_read_in_ranges(files: Path) -> None:
    with served(files) as (url, failing, requests):
        folder = Folder.at(f"{url}/run")
        assert folder.is_there()
        assert folder.children() == ["a/", "b.csv"]
        assert [entry.key for entry in folder.files("a/")] == ["a/1.mp4"]
        assert folder.read("b.csv") == b"id\n"
        failing += [503, 500]
        assert folder.read_range("a/1.mp4", 7, 2) == b"\7\10"
        with folder.local("a/1.mp4") as path:
            assert path.read_bytes() == bytes(range(256))
        requests.clear()
        failing += [503] * 9
        with pytest.raises(OSError, match=r"503.*a/1\.mp4"):
            folder.read_range("a/1.mp4", 7, 2)
        assert len(requests) == 3
        assert not Folder.at(f"{url}/nowhere").is_there()


@pytest.fixture
def without_ranges(files: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(files))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_server_that_answers_no_ranges_is_told_from_one_that_does(without_ranges: str) -> None:
    with pytest.raises(OSError, match="must answer range requests"):
        Folder.at(f"{without_ranges}/run").read_range("a/1.mp4", 7, 2)
