"""Workers on this machine: processes that are spawned, one call at a time each, and gone when the one who started
them is."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

import cv2

from sparkle.core.errors import SetupError
from sparkle.core.sample import Sample
from sparkle.runners.crew import Call, Ended, Lost, attempt
from sparkle.stages.stage import Stage
from sparkle.store import Folder

_MOST_FAILED_STARTS = 3
_PR_SET_PDEATHSIG = 1  # linux/prctl.h

Coming = queue.SimpleQueue[tuple[str, Sample]]

# What the libraries of arrays and networks read when they are loaded.
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def workers_that_fit(memory_gb: float, most: int) -> int:
    """Return how many workers of `memory_gb` (10^9 bytes) each go into four fifths of this machine's memory, from 1 to
    `most`."""
    size_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return max(1, min(most, int(0.8 * size_gb / memory_gb) if memory_gb else most))


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    calls: Connection
    ready: bool = False
    call: Call | None = None


class Processes:
    """A crew of up to `count` processes, started when calls wait for them. Fulfils `Crew`.

    `stages`, by name, must be such as can be pickled; `folder` is the run's.
    """

    def __init__(self, count: int, stages: Mapping[str, Stage], folder: Folder) -> None:
        self._count, self._stages, self._folder = count, dict(stages), folder
        self._workers: list[_Worker] = []
        self._failed_starts = 0

    @property
    def slots(self) -> int:
        """How many calls may be under way at once."""
        return self._count

    def begin(self, call: Call) -> bool:
        """Give a call to an idle worker, if there is one."""
        worker = next((each for each in self._workers if each.ready and each.call is None), None)
        if worker is None:
            return False
        worker.call = call
        with suppress(OSError):  # it has died meanwhile, which `wait` tells
            worker.calls.send((call.stage, call.sample))
        return True

    def want(self, waiting: Mapping[str, int]) -> None:
        """Start a process for each call that waits, up to `count`, at once: what they import takes seconds. They are
        given calls when they are ready, so that this is no part of the first one's time."""
        free = sum(each.call is None for each in self._workers)
        for _ in range(min(sum(waiting.values()) - free, self._count - len(self._workers))):
            self._hire()

    def wait(self, timeout_s: float) -> list[Ended]:
        """Return the calls that have ended."""
        places: dict[object, _Worker] = {each.calls: each for each in self._workers}
        found = []
        for place in wait([each.calls for each in self._workers], timeout_s):
            worker = places[place]
            call = worker.call
            try:
                result = worker.calls.recv()
                self._failed_starts = 0
            except (EOFError, OSError):
                self._workers.remove(worker)
                result = Lost(_death_of(worker))
                self._refuse_failed_start(worker, result)
            worker.ready, worker.call = True, None
            if call is not None:
                found.append(Ended(call, result))
        return found

    def _refuse_failed_start(self, worker: _Worker, result: Lost) -> None:
        self._failed_starts += not worker.ready
        if self._failed_starts >= _MOST_FAILED_STARTS:
            raise SetupError(f"a worker process {result.how} before it could begin; try --workers 1")

    def kill(self, call: Call) -> None:
        """Kill the worker of a call."""
        for worker in self._workers:
            if worker.call is call:
                worker.process.kill()

    def close(self) -> None:
        """Kill all workers: between calls there is nothing that they would lose."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.calls.close()
        self._workers = []

    def _hire(self) -> None:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        threads = max(1, cores() // self._count)
        process = context.Process(
            target=_work,
            args=(there, self._stages, self._folder, threads),
            name="sparkle worker",
            daemon=True,
        )
        with _threads_of_libraries(threads), _interrupts_held_back():
            process.start()
        there.close()
        self._workers.append(_Worker(process, here))


def _death_of(worker: _Worker) -> str:
    worker.process.join()
    code = worker.process.exitcode
    if code == -signal.SIGKILL:
        return "was killed by signal 9, as the system does where memory runs out"
    return (
        f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with exit code {code}"
    )


@contextmanager
def _threads_of_libraries(count: int) -> Iterator[None]:
    """Let processes that start meanwhile find how many threads to use; what the user has set stands."""
    ours = [name for name in _THREAD_VARIABLES if name not in os.environ]
    os.environ.update(dict.fromkeys(ours, str(count)))
    try:
        yield
    finally:
        for name in ours:
            del os.environ[name]


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let processes that start meanwhile hear no Ctrl-C before they ignore it; ours is heard afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(calls: Connection, stages: Mapping[str, Stage], folder: Folder, threads: int) -> None:
    """Perform calls until nobody is left who would send any."""
    _die_with(multiprocessing.parent_process())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the one who started us decides
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # what came since our start is dropped
    cv2.setNumThreads(threads)
    coming: Coming = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(calls, coming), daemon=True).start()
    calls.send(None)  # ready
    while True:
        name, sample = coming.get()
        calls.send(attempt(stages[name], sample, folder))


def _die_with(driver: BaseProcess | None) -> None:
    """Have the system kill this process as soon as its driver is dead, before another one can have begun; where it
    cannot (it is Linux that can), `_listen` ends it a moment later."""
    if sys.platform == "linux" and driver is not None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != driver.pid:
            os._exit(1)


def _listen(calls: Connection, coming: Coming) -> None:
    """Hand calls on, and end the process at once when the other side is gone: what it would still write, nobody
    expects, and another may have begun with the same sample."""
    while True:
        try:
            coming.put(calls.recv())
        except (EOFError, OSError):
            os._exit(1)
