"""Work that overlaps: while one item is in use, a thread makes the next one, and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

Item = TypeVar("Item")

_END: Final = object()


def ahead(items: Iterator[Item], leave: Callable[[], object] = lambda: None) -> Iterator[Item]:
    """Yield what `items` yields, in order; from the first one on, the next is made while the caller uses this one.

    All of `items` runs in one thread of its own. What it raises reaches the caller in its place. `leave` is called when
    the caller has what it wanted, or is interrupted; after that, the thread is waited for.
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="ahead")
    try:
        upcoming = thread.submit(next, items, _END)
        while True:
            item = upcoming.result()
            if item is _END:
                return
            upcoming = thread.submit(next, items, _END)
            yield item  # type: ignore[misc]  # not _END
            del item  # a clip is large: it is not kept while the next one is waited for
    finally:
        leave()
        thread.shutdown(cancel_futures=True)
