"""A value is made once for all who ask for it, and is no luggage."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from sparkle.core.once import Latest


def test_all_who_ask_at_once_get_what_the_first_made() -> None:
    latest: Latest[str, object] = Latest()
    made: list[object] = []
    begun, together = Event(), Barrier(4)

    def make() -> object:
        begun.set()
        made.append(object())
        return made[-1]

    def ask(_: int) -> object:
        together.wait()
        return latest.get("a", make)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, range(4)))
    assert found == made * 4


def test_only_the_latest_is_kept() -> None:
    latest: Latest[str, int] = Latest()
    counted = iter(range(9))
    keys = ["a", "a", "b", "b", "a"]
    assert [latest.get(key, lambda: next(counted)) for key in keys] == [0, 0, 1, 1, 2]


def test_who_waits_for_a_failure_gets_it_too() -> None:
    latest: Latest[str, int] = Latest()

    def fail() -> int:
        raise ValueError("broken")

    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            latest.get("a", fail)


def test_it_travels_empty() -> None:
    latest: Latest[str, int] = Latest()
    latest.get("a", lambda: 1)
    there: Latest[str, int] = pickle.loads(pickle.dumps(latest))  # noqa: S301 - our own bytes
    assert there.get("a", lambda: 2) == 2
