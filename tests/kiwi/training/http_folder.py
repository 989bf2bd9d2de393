"""A folder behind a real HTTP server that lists it and answers range requests, as object stores do."""

from __future__ import annotations

import functools
import http.server
import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Handler(http.server.SimpleHTTPRequestHandler):
    """failing: what the next requests for a clip are answered with instead, one status each."""

    def __init__(self, *arguments: Any, failing: list[int], requests: list[str], **options: Any) -> None:
        self.failing = failing
        self.requests = requests
        super().__init__(*arguments, **options)

    def send_head(self) -> Any:
        self.requests.append(self.path)
        if self.path.endswith(".mp4") and self.failing:
            self.send_error(self.failing.pop())
            return None
        path = Path(self.translate_path(self.path))
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if path.is_dir() or wanted is None or not path.is_file():
            return super().send_head()
        content = path.read_bytes()
        first = int(wanted[1])
        last = min(int(wanted[2] or len(content) - 1), len(content) - 1)
        self.send_response(206)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.send_header("Content-Length", str(last + 1 - first))
        self.end_headers()
        return io.BytesIO(content[first : last + 1])

    def end_headers(self) -> None:
        self.send_header("Accept-Ranges", "bytes")
        super().end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, list[int], list[str]]]:
    """Serve a folder; yield its URL, the list of coming failures, and the list of requests."""
    failing: list[int] = []
    requests: list[str] = []
    handler = functools.partial(Handler, directory=str(folder), failing=failing, requests=requests)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", failing, requests
        finally:
            server.shutdown()
            thread.join()
