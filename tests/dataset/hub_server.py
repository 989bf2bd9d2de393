"""A Hub on this machine, over HTTP: what huggingface_hub asks for when it uploads a dataset and reads one in place.

Large files come by the Xet protocol, as with the real one: chunks in xorbs, then a shard that says which chunks make up
a file. What was uploaded is put together from these bytes, so that a file is there only if all of it came.
"""

import base64
import hashlib
import json
import re
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

_REGULAR = (".md", ".json", ".jsonl", ".csv", "SUMS")
_ENTRY = 48  # bytes of every record of a shard


@dataclass
class Hub:
    """`files`: what the repository holds. `heed` is asked before an answer, with what was requested.

    It may raise Refused; `answered` is told when a request has had its effect, before the client hears of it.
    """

    heed: Callable[[str], None] = lambda request: None
    answered: Callable[[str], None] = lambda request: None
    files: dict[str, bytes] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)  # bytes that were given out, by file
    private: bool | None = None  # None before the repository is made
    _xorbs: dict[str, list[bytes]] = field(default_factory=dict)
    _uploaded: dict[str, bytes] = field(default_factory=dict)  # by SHA-256
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_made(self) -> bool:
        return self.private is not None or bool(self.files)

    @property
    def head(self) -> str:
        return hashlib.sha1("".join(self.commits).encode(), usedforsecurity=False).hexdigest()

    def commit(self, lines: bytes) -> None:
        with self._lock:
            found = {}
            for row in map(json.loads, lines.splitlines()):
                value = row["value"]
                if row["key"] == "file":
                    found[value["path"]] = base64.b64decode(value["content"])
                elif row["key"] == "lfsFile":
                    if value["oid"] not in self._uploaded:
                        raise Refused(400, f"{value['path']} was not uploaded")
                    found[value["path"]] = self._uploaded[value["oid"]]
            self.files |= found
            self.commits.append(str(time.monotonic_ns()))

    def add_xorb(self, name: str, content: bytes) -> None:
        self._xorbs[name] = list(_chunks(content))

    def add_shard(self, content: bytes) -> None:
        """Put the files of a shard together. Its first record is its header; a name of ones ends the files."""
        at = _ENTRY
        while content[at : at + 32] != b"\xff" * 32:
            flags, count = struct.unpack_from("<II", content, at + 32)
            pieces = [content[at + _ENTRY * (number + 1) :][:_ENTRY] for number in range(count)]
            at += _ENTRY * (1 + count * (2 if flags >> 31 & 1 else 1))
            whole = b"".join(
                b"".join(self._xorbs[_hex(piece[:32])][slice(*struct.unpack_from("<II", piece, 40))])
                for piece in pieces
            )
            self._uploaded[hashlib.sha256(whole).hexdigest()] = whole
            at += _ENTRY * (flags >> 30 & 1)


class Refused(Exception):  # noqa: N818 - an answer of the server
    """A status and the words that go with it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@contextmanager
def hub_server(hub: Hub) -> Iterator[str]:
    """Yield the server's address."""

    class Handler(_Handler):
        pass

    Handler.hub = hub
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        self._answer(self._post)

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_HEAD(self) -> None:
        self._answer(self._get)

    def _answer(self, answer: Callable[[str, bytes], None]) -> None:
        path = unquote(urlsplit(self.path).path)
        body = self._body()
        self.hub.requests.append(f"{self.command} {path}")
        try:
            self.hub.heed(path)
            answer(path, body)
        except Refused as refused:
            self._send(
                {"error": str(refused)},
                refused.status,
                {"X-Error-Message": str(refused), "Connection": "close"},
            )
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client was killed

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _post(self, path: str, body: bytes) -> None:
        hub = self.hub
        if path == "/api/repos/create":
            if hub.private is None:  # one that is there stays as it is
                told = json.loads(body)
                hub.private = told.get("visibility") == "private" or bool(told.get("private"))
            self._send({"url": f"{self._base}/datasets/somebody/pairs", "name": "somebody/pairs"})
        elif path == "/api/validate-yaml":
            self._send({"errors": [], "warnings": []})
        elif "/preupload/" in path:
            self._send({"files": [_mode(hub, each["path"]) for each in json.loads(body)["files"]]})
        elif "/xorbs/" in path:
            hub.add_xorb(path.rpartition("/")[2], body)
            hub.answered(path)
            self._send({"was_inserted": True})
        elif path.endswith("/v1/shards"):
            hub.add_shard(body)
            hub.answered(path)
            self._send({"result": 1})
        elif "/commit/" in path:
            hub.commit(body)
            hub.answered(path)
            self._send(
                {
                    "commitUrl": f"{self._base}/datasets/somebody/pairs/commit/{hub.head}",
                    "commitOid": hub.head,
                }
            )
        elif "/paths-info/" in path:
            wanted = json.loads(body)["paths"]
            self._send([entry for each in wanted for entry in _entries(hub, each) if entry["path"] == each])
        else:
            raise Refused(404, "no such page")

    def _get(self, path: str, _: bytes) -> None:
        hub = self.hub
        if "/xet-write-token/" in path:
            self._send({"accessToken": "t", "exp": int(time.time()) + 3600, "casUrl": f"{self._base}/cas"})
        elif found := re.fullmatch(r"/api/datasets/somebody/pairs/tree/[^/]+/?(.*)", path):
            below = [each for each in _entries(hub, found[1]) if each["path"] != found[1]]
            if not below:
                raise Refused(404, "no such folder")
            self._send(below)
        elif found := re.fullmatch(r"/datasets/somebody/pairs/resolve/[^/]+/(.+)", path):
            self._file(found[1])
        elif re.fullmatch(r"/api/datasets/somebody/pairs(/revision/[^/]+)?", path) and hub.is_made:
            self._send({"id": "somebody/pairs", "sha": hub.head, "siblings": [], "tags": []})
        else:
            raise Refused(404, "no such page")

    def _file(self, key: str) -> None:
        if key not in self.hub.files:
            raise Refused(404, "no such file")
        content = self.hub.files[key]
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        part = content[int(wanted[1]) : int(wanted[2]) + 1] if wanted else content
        self.hub.sent[key] += len(part)
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("ETag", f'"{_git_name(content)}"')
        self.send_header("X-Repo-Commit", self.hub.head)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(part)

    @property
    def _base(self) -> str:
        return f"http://{self.headers['Host']}"

    def _send(self, value: Any, status: int = 200, more: dict[str, str] | None = None) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", **(more or {})}.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _mode(hub: Hub, path: str) -> dict[str, Any]:
    regular, content = path.endswith(_REGULAR), hub.files.get(path)
    there = None
    if content is not None:
        there = _git_name(content) if regular else hashlib.sha256(content).hexdigest()
    return {
        "path": path,
        "uploadMode": "regular" if regular else "lfs",
        "shouldIgnore": False,
        "oid": there,
    }


def _entries(hub: Hub, folder: str) -> list[dict[str, Any]]:
    """Return the file of that name, or what lies right below a folder and the folder itself."""
    if folder in hub.files:
        return [_entry(hub, folder)]
    prefix = f"{folder}/" if folder else ""
    below = sorted({key[len(prefix) :].partition("/")[0] for key in hub.files if key.startswith(prefix)})
    found = [{"type": "directory", "path": folder, "oid": "0" * 40, "size": 0}] if below and folder else []
    for name in below:
        key = prefix + name
        found.append(
            _entry(hub, key)
            if key in hub.files
            else {"type": "directory", "path": key, "oid": "0" * 40, "size": 0}
        )
    return found


def _entry(hub: Hub, key: str) -> dict[str, Any]:
    content = hub.files[key]
    return {"type": "file", "path": key, "size": len(content), "oid": _git_name(content)}


def _git_name(content: bytes) -> str:
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()


def _chunks(xorb: bytes) -> Iterator[bytes]:
    """Yield the chunks of a xorb: each behind its version, packed size, kind of packing and size."""
    at = 0
    while at < len(xorb) and xorb[at] == 0:
        packed = int.from_bytes(xorb[at + 1 : at + 4], "little")
        kind, size = xorb[at + 4], int.from_bytes(xorb[at + 5 : at + 8], "little")
        yield _unpacked(xorb[at + 8 : at + 8 + packed], kind, size)
        at += 8 + packed


def _unpacked(content: bytes, kind: int, size: int) -> bytes:
    if kind == 0:
        return content
    import pyarrow

    plain = pyarrow.Codec("lz4").decompress(content, size).to_pybytes()
    if kind == 1:
        return plain
    # The first bytes of every four, then the second, ...
    found = bytearray(size)
    begin = 0
    for place in range(4):
        count = len(range(place, size, 4))
        found[place::4] = plain[begin : begin + count]
        begin += count
    return bytes(found)


def _hex(name: bytes) -> str:
    """Return a name as addresses have it: four numbers of 64 bits, least bytes first."""
    return "".join(f"{number:016x}" for number in struct.unpack("<4Q", name))
