"""What a piece of work used is summed by name and model, and belongs to the innermost log that is open."""

import threading
from contextvars import copy_context

from sparkle.core.usage import Usage, collect_usage, record_usage, sum_usage


def test_uses_of_one_model_for_one_thing_are_one_sum_in_order_of_appearance() -> None:
    asked = Usage("judge", "m", calls=1, prompt_tokens=100, completion_tokens=7, seconds=0.5)
    answered = Usage("judge", "m", calls=0, cached=1)
    other = Usage("judge", "n", seconds=2.0)
    assert sum_usage([asked, other, answered, asked]) == (
        Usage("judge", "m", calls=2, cached=1, prompt_tokens=200, completion_tokens=14, seconds=1.0),
        other,
    )
    assert sum_usage([]) == ()


def test_the_innermost_log_gets_what_is_recorded_and_outside_of_any_nothing_is_kept() -> None:
    record_usage(Usage("lost", "m"))
    with collect_usage() as outer:
        record_usage(Usage("outer", "m"))
        with collect_usage() as inner:
            record_usage(Usage("inner", "m"))
        record_usage(Usage("outer", "m"))
    record_usage(Usage("lost", "m"))
    assert [each.name for each in inner.entries] == ["inner"]
    assert outer.totals() == (Usage("outer", "m", calls=2),)


def test_a_log_is_closed_by_an_error_too() -> None:
    try:
        with collect_usage() as log:
            raise RuntimeError("no model")
    except RuntimeError:
        record_usage(Usage("lost", "m"))
    assert log.entries == []


def test_threads_that_run_in_the_context_record_into_its_log() -> None:
    with collect_usage() as log:
        threads = [
            threading.Thread(target=copy_context().run, args=(record_usage, Usage("work", "m", seconds=1.0)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        alone = threading.Thread(target=record_usage, args=(Usage("elsewhere", "m"),))
        alone.start()
        alone.join()
    assert log.totals() == (Usage("work", "m", calls=8, seconds=8.0),)
