"""A real proxy before a real server, which can be closed and opened again at its port, and be overloaded, slow, and cut
its answers: what clients see of a service that is away for a while and has lost nothing."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_REQUESTS = (b"GET ", b"PUT ", b"HEAD ", b"POST ", b"DELETE ")
_SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
_OVERLOADED = (
    b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_SLOW_DOWN), _SLOW_DOWN)
)


class UnsteadyServer:
    """Stands before the server at `behind`, at `url`. `counts` are the requests by what became of them.

    `sent` are the bytes of all answers. `faults`: of every eleven requests the second is answered with 503 SlowDown, of
    the fifth the answer is cut, of the eighth it is handed on in small pieces.
    """

    def __init__(self, behind: str) -> None:
        parts = urlsplit(behind)
        self._behind = (parts.hostname or "", parts.port or 80)
        self._port = 0
        self._listening: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.sent = 0
        self.faults = False
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen, from the second time on at the same port."""
        self._listening = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def stop(self) -> None:
        """Break all connections and refuse further ones, as the port of a dead process does."""
        assert self._listening is not None
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._lock:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(self._behind) as server:
            with self._lock:
                self._open |= {client, server}
            fate = ["served"]
            answers = threading.Thread(target=self._answer, args=(server, client, fate), daemon=True)
            answers.start()
            while content := client.recv(2**20):
                if content.startswith(_REQUESTS):
                    fate[0] = self._fate()
                if fate[0] == "overloaded":
                    client.sendall(_OVERLOADED)
                    break
                server.sendall(content)
            for each in (client, server):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            answers.join()
            with self._lock:
                self._open -= {client, server}

    def _answer(self, server: socket.socket, client: socket.socket, fate: list[str]) -> None:
        with suppress(OSError):
            while content := server.recv(2**16):
                with self._lock:
                    self.sent += len(content)
                if fate[0] == "cut":
                    client.sendall(content[: len(content) // 2])
                    client.shutdown(socket.SHUT_RDWR)
                    return
                step = 64 if fate[0] == "slow" else len(content)
                for start in range(0, len(content), step):
                    client.sendall(content[start : start + step])
            client.shutdown(socket.SHUT_RDWR)

    def _fate(self) -> str:
        with self._lock:
            number = self.counts.total() % 11
            fate = {1: "overloaded", 4: "cut", 7: "slow"}.get(number, "served") if self.faults else "served"
            self.counts[fate] += 1
        return fate


@contextmanager
def unsteady_server(behind: str) -> Iterator[UnsteadyServer]:
    server = UnsteadyServer(behind)
    try:
        yield server
    finally:
        server.stop()
