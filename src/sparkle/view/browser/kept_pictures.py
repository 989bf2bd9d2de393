"""Pictures that were made once, on this machine, up to a size; the folder that is shown is not written to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Lock

from sparkle.store import Folder


@dataclass(slots=True)
class KeptPictures:
    """Content by name in `folder`, at most `most_bytes` of it: when it is full, it is emptied."""

    folder: Folder
    most_bytes: int = 4 * 2**30
    _bytes: int = 0
    _names: set[str] = field(default_factory=set)
    _one: Lock = field(default_factory=Lock)

    def get(self, name: str, make: Callable[[], bytes]) -> bytes:
        """Return what was kept under a name, or make it."""
        return b"".join(self.stream(name, lambda: iter((make(),))))

    def stream(self, name: str, make: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
        """Yield what was kept under a name, or what is being made, part by part; it is kept once all was taken."""
        if name in self._names:
            yield self.folder.read(name, self.most_bytes)
            return
        parts = []
        for part in make():
            parts.append(part)
            yield part
        self._keep(name, b"".join(parts))

    def _keep(self, name: str, content: bytes) -> None:
        with self._one:
            if self._bytes + len(content) > self.most_bytes:
                for known in self._names:
                    self.folder.remove(known)
                self._names.clear()
                self._bytes = 0
            self.folder.write(name, content)
            self._names.add(name)
            self._bytes += len(content)
