"""Threads change when work is done, never what comes out."""

import threading

import pytest

from sparkle.core.threads import in_order


def test_results_come_in_the_order_of_the_items_whichever_is_ready_first() -> None:
    second_is_done = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert second_is_done.wait(60)
        if item == 1:
            second_is_done.set()
        return item * 10

    assert list(in_order(work, range(5))) == [0, 10, 20, 30, 40]


def test_no_more_is_made_ahead_than_asked() -> None:
    taken: list[int] = []

    def items() -> "object":
        for number in range(100):
            taken.append(number)
            yield number

    results = in_order(lambda item: item, items(), ahead=3)
    assert next(results) == 0
    assert len(taken) <= 5
    results.close()
    assert len(taken) <= 5


def test_one_worker_never_makes_two_calls_at_once() -> None:
    inside = threading.Lock()

    def work(item: int) -> int:
        assert inside.acquire(blocking=False)
        inside.release()
        return item

    assert list(in_order(work, range(50), workers=1)) == list(range(50))


def test_an_error_comes_where_its_result_would_have_come() -> None:
    def work(item: int) -> int:
        if item == 2:
            raise ValueError("two")
        return item

    results = in_order(work, range(10))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(results)
