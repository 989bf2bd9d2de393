"""The one writer of a run's ledger: results are appended in groups, each flushed to the disk as one.

    with Ledger(root) as ledger:
        position = ledger.append(event)     # at once; the disk is another thread's work
        ledger.settle()                     # returns when all of it is on the disk

A result is in the ledger before anything builds on it: whoever runs the next stage of its sample settles first. While
one group is flushed the next one gathers, so no result waits for longer than a flush or two, and a kill loses only
what was not appended yet.
"""

from __future__ import annotations

import threading
from collections import deque

from sparkle.core.errors import SetupError
from sparkle.core.parsing import parse_object
from sparkle.runs.events import Provenance, StageEvent, event_line, provenance_line, redo_line
from sparkle.runs.index import Index
from sparkle.runs.segments import SEGMENT_BYTES, Segments, position_of, segment_key
from sparkle.store import AppendLog, Folder, Place, SegmentLog

_MOST_WAITING = 10_000


class Ledger:
    """The ledger of the run in `root`, open for writing. Use as a context manager; the caller holds the run's lock.

    `index` is what the lines so far came to; without one they are all read, to number the next one.
    """

    def __init__(
        self, root: Place, index: Index | None = None, *, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self.folder = Folder.at(root)
        self.number = 0 if index is None else index.expected
        self.redos = 0 if index is None else index.redos
        self._known = index is not None
        self._segment_bytes = segment_bytes
        self._named: set[str] = set()  # models that this segment's lines may refer to
        self._waiting: deque[tuple[int, str]] = deque()
        self._change = threading.Condition()
        self._log: AppendLog | SegmentLog | None = None
        self._closing = False
        self._error: Exception | None = None

    def __enter__(self) -> Ledger:
        segments = Segments(self.folder)
        files = segments.files()
        self._segment = files[-1].number if files else 0
        # Opened first, since that drops what a kill left of a last line.
        self._log = self.folder.log(segment_key(self._segment))
        self._log_segment = self._segment
        self._end = self.folder.log_end(segment_key(self._segment)).position
        if not self._known:
            self.number, self.redos = _next_numbers(segments)
        self._busy = False
        self._writer = threading.Thread(target=self._write_groups, name="ledger", daemon=True)
        self._writer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._change:
            self._closing = True
            self._change.notify_all()
        self._writer.join()
        if self._log is not None:
            self._log.close()
            self._log = None
        if self._error is not None and kind is None:
            raise self._error

    def append(self, event: StageEvent) -> int:
        """Append one event, and return the position of its line. Raises OutputError where the disk took no more."""
        with self._change:
            if event.provenance is not None:
                self._name(event.provenance)
            return self._put(event_line(event, self.number, self.redos))

    def append_redo(self, stage: str) -> int:
        """Void the results of `stage` and of the stages after it, and return the position of the line."""
        with self._change:
            self.redos += 1
            return self._put(redo_line(stage, self.number, self.redos))

    @property
    def end(self) -> int:
        """The position behind all that was appended."""
        return position_of(self._segment, self._end)

    def settle(self) -> None:
        """Wait until everything that was appended is on the disk. Raises OutputError where it cannot be."""
        with self._change:
            self._change.wait_for(lambda: self._error or not (self._waiting or self._busy))
            if self._error is not None:
                raise self._error

    def _name(self, provenance: Provenance) -> None:
        """Say once in a segment which models a `by` means, so that a segment can be read without the others."""
        if provenance.by not in self._named:
            self._put(provenance_line(provenance, self.number))
            self._named.add(provenance.by)

    def _put(self, line: str) -> int:
        if self._log is None:
            raise SetupError(f"{self.folder}: the ledger is not open for writing")
        self._change.wait_for(lambda: self._error or len(self._waiting) < _MOST_WAITING)
        if self._error is not None:
            raise self._error
        size = len(line.encode("utf-8", "backslashreplace")) + 1
        position = position_of(self._segment, self._end)
        self._waiting.append((self._segment, line))
        self.number += 1
        self._end += size
        if self._end >= self._segment_bytes:
            self._segment, self._end = self._segment + 1, 0
            self._named.clear()
        self._change.notify_all()
        return position

    def _write_groups(self) -> None:
        while True:
            with self._change:
                self._busy = False
                self._change.notify_all()
                self._change.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting or self._error is not None:
                    return
                self._busy = True
                segment = self._waiting[0][0]
                group = []
                while self._waiting and self._waiting[0][0] == segment:
                    group.append(self._waiting.popleft()[1])
            try:
                self._log_of(segment).append(*group)
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
                with self._change:
                    self._error = error
                    self._busy = False
                    self._change.notify_all()
                return

    def _log_of(self, segment: int) -> AppendLog | SegmentLog:
        if self._log is None or self._log_segment != segment:
            if self._log is not None:
                self._log.close()
            self._log = self.folder.log(segment_key(segment))
            self._log_segment = segment
        return self._log


def ledger_end(root: Place) -> int:
    """Return the position behind all lines of a run's ledger; 0 without one."""
    files = Segments(Folder.at(root)).files()
    return position_of(files[-1].number, files[-1].size) if files else 0


def _next_numbers(segments: Segments) -> tuple[int, int]:
    """Return the number of the next line and how many redos there were."""
    number = redos = 0
    for _, line in segments.lines():
        number += 1  # a damaged line had one, too
        try:
            value = parse_object(line)
            number, redos = max(number, int(value["n"]) + 1), max(redos, int(value.get("redos", 0)))
        except (ValueError, KeyError, TypeError):
            continue  # whoever reads the results names it
    return number, redos
