"""A run told in lines of JSON, for programs that read logs: one line an event, with the sample's id."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkle.store import Folder

if TYPE_CHECKING:
    from sparkle.runners.stream import Notice
    from sparkle.runs import StageEvent

_KEPT_BACK_S = 1.0  # each writing waits for the disk

Tell = Callable[[str, dict[str, Any]], None]


@contextmanager
def event_log(target: str | None) -> Iterator[Tell]:
    """Yield what takes an event's name and its facts. `target` is a file, which grows, "-" for stderr, None for none.

    What is told reaches a file within a second of the next event, and at the end. Raises OutputError where it cannot.
    """
    if target is None:
        yield lambda event, facts: None
    elif target == "-":
        yield lambda event, facts: print(_line(event, facts), file=sys.stderr, flush=True)
    else:
        path = Path(target)
        with Folder.at(path.parent).log(path.name) as log:
            waiting: list[str] = []
            written = time.monotonic()

            def tell(event: str, facts: dict[str, Any]) -> None:
                nonlocal written
                waiting.append(_line(event, facts))
                if time.monotonic() - written > _KEPT_BACK_S:
                    log.append(*waiting)
                    waiting.clear()
                    written = time.monotonic()

            try:
                yield tell
            finally:
                if waiting:
                    log.append(*waiting)


def stage_facts(event: StageEvent) -> dict[str, Any]:
    """Return what a log says of a result."""
    check = next((str(check) for check in event.checks if not check.passed), None)
    facts = {"id": event.id, "stage": event.stage, "status": event.status, "seconds": round(event.seconds, 3)}
    return facts | ({"check": check} if check else {}) | ({"error": event.error} if event.error else {})


def notice_facts(notice: Notice) -> dict[str, Any]:
    """Return what a log says of a worker that was lost, or of a run that is to stop."""
    return {"id": notice.id, "stage": notice.stage, "text": notice.text}


def _line(event: str, facts: dict[str, Any]) -> str:
    return json.dumps({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts})
