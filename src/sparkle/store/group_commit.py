"""Many callers, few waits: what comes while something is being written is written together, next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Batch:
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    start: int | None = None
    error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return self.start is not None or self.error is not None


class GroupCommit:
    """Calls `commit(content)`, one at a time, with the contents of all callers that came since the last.

    `commit` returns where the content begins, or raises and keeps nothing of it; then every caller of it gets the
    error.
    """

    def __init__(self, commit: Callable[[bytes], int]) -> None:
        self._commit = commit
        self._coming = _Batch()
        self._joining = threading.Lock()
        self._turn = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many callers wait for the next commit."""
        return len(self._coming.parts)

    def __call__(self, content: bytes) -> int:
        """Return where the caller's content begins, once it is committed."""
        with self._joining:
            batch = self._coming
            offset = batch.size
            batch.parts.append(content)
            batch.size += len(content)
        with self._turn:
            if not batch.is_done:  # the first of a batch that gets its turn writes for all
                with self._joining:
                    self._coming = _Batch()
                try:
                    batch.start = self._commit(b"".join(batch.parts))
                except Exception as error:
                    batch.error = error
                    raise
        if batch.start is None:
            assert batch.error is not None  # noqa: S101 - a batch that is done has one of the two
            raise batch.error
        return batch.start + offset
