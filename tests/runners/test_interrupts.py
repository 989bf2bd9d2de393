"""Ctrl-C is heard between two steps of the work and never within one; what a pipe is told of progress comes back."""

import signal
import threading

import pytest

from sparkle.runners.interrupts import interrupts_between_steps
from sparkle.runners.progress_lines import parse_progress, progress_line


def test_the_first_waits_for_the_end_of_the_step() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), interrupts_between_steps() as check:
        signal.raise_signal(signal.SIGINT)
        steps.append("ended")
        check()
        steps.append("never")
    assert steps == ["ended"]


def test_the_second_acts_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), interrupts_between_steps():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the second was not heard")


def test_one_that_nobody_asked_for_is_heard_at_the_end() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), interrupts_between_steps():
        signal.raise_signal(signal.SIGINT)
        done.append("all")
    assert done == ["all"]


def test_what_was_before_is_there_after() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupts_between_steps() as check:
        check()
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_hear_nothing_and_change_nothing() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with interrupts_between_steps() as check:
            check()
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


def test_a_line_of_progress_is_read_as_it_was_said() -> None:
    assert parse_progress(progress_line("edit 2/3 of it", 7, 12) + "\n") == ("edit 2/3 of it", 7, 12)
    for other in (
        "",
        "progress",
        "progress 1/2",
        "progress a/2 edit",
        "progress 1/9999999999 edit",
        "x progress 1/2 edit",
    ):
        assert parse_progress(other) is None
