"""Frame after frame by several threads, for functions that release Python's lock (OpenCV, FFmpeg, large arrays)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int = 2, ahead: int = 2
) -> Iterator[Result]:
    """Yield `function(item)` for every item, in the order of `items`: the same results as without threads.

    At most `ahead` results are made before they are asked for. `items` is read by the caller's thread; with one worker
    no two calls of `function` are made at once. An error of `function` is raised where its result would have come.
    """
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
