"""Processes that hold one model each, one a device, and answer every call together.

All get the same arguments and compute in step, exchanging what they need over torch.distributed; the first one's answer
counts. The process that asks holds no model and takes no part in it.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sparkle.backends.compiling import compiler_failure
from sparkle.core.errors import SampleError, SetupError
from sparkle.store import scratch_folder

# Members that are still under way when another one has failed may wait for it without end.
GRACE_S = 20.0
# What they get to leave by themselves.
LEAVE_S = 5.0


@dataclass(frozen=True, slots=True)
class Place:
    """Which member of how many, and its device."""

    rank: int
    size: int
    device: str


@dataclass(frozen=True, slots=True)
class _Failed:
    error: Exception
    gone: bool = False


class Team:
    """Callable: all members answer, the first one's answer is returned. One call at a time."""

    def __init__(self, make: Callable[[Place], Callable[..., Any]], size: int, device: str) -> None:
        """Start `size` processes; return when all are ready. Raises what the first that fails raises.

        make: called in each of them when torch.distributed is set up; returns what answers. It is pickled, and so are
            arguments and answers. device: "cuda", for one GPU each, or "cpu".
        """
        context = multiprocessing.get_context("spawn")
        # Where the members find each other.
        scratch = ExitStack()
        folder = scratch.enter_context(scratch_folder())
        self._connections: list[Connection] = []
        self._processes: list[BaseProcess] = []
        self.close = weakref.finalize(self, _end, self._connections, self._processes, scratch)
        for rank in range(size):
            place = Place(rank, size, device if device == "cpu" else f"{device}:{rank}")
            ours, theirs = context.Pipe()
            meeting = folder / "meeting"
            process = context.Process(
                target=_serve, args=(make, place, meeting, theirs), daemon=True, name=f"{device} {rank}"
            )
            process.start()
            theirs.close()
            self._connections.append(ours)
            self._processes.append(process)
        try:
            self._answers()
        except BaseException:
            self.close()
            raise

    def __call__(self, *arguments: Any) -> Any:
        """Return the first member's answer. Raises its error; if not all members answer, the team ends with it."""
        if not self.close.alive:
            raise SetupError("the processes on the GPUs have ended after an error; start the command again")
        for connection in self._connections:
            with suppress(OSError):  # it has died meanwhile, which its answer tells
                connection.send(arguments)
        return self._answers()

    def _answers(self) -> Any:
        answers: dict[Connection, Any] = {}
        failures: list[_Failed] = []
        while len(answers) < len(self._connections):
            waiting = [each for each in self._connections if each not in answers]
            ready = wait(waiting, GRACE_S if failures else None)
            if not ready:
                break
            for connection in (each for each in waiting if each in ready):
                answers[connection] = answer = _received(connection)
                if isinstance(answer, _Failed):
                    failures.append(answer)
        if failures:
            if len(answers) < len(self._connections) or any(each.gone for each in failures):
                self.close()
            raise failures[0].error
        return answers[self._connections[0]]


def _received(connection: Connection) -> Any:
    try:
        return connection.recv()
    except (EOFError, OSError):
        said = "a process on a GPU has ended without a word, perhaps for want of memory; set gpus: 1"
        return _Failed(SetupError(said), gone=True)


def _end(connections: Sequence[Connection], processes: Sequence[BaseProcess], scratch: ExitStack) -> None:
    for connection in connections:
        connection.close()  # which tells a member to leave
    until = time.monotonic() + LEAVE_S
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
        process.kill()
        process.join()
    scratch.close()


def _serve(
    make: Callable[[Place], Callable[..., Any]], place: Place, meeting: Path, calls: Connection
) -> None:
    """A member's life: until the one who asks is gone."""
    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of Ctrl-C the one who asks takes care
    try:
        answer = _joined(make, place, meeting)
        calls.send(None)
    except Exception as error:  # noqa: BLE001 - raised again where the team is started
        calls.send(_Failed(_portable(error)))
        return
    while True:
        try:
            arguments = calls.recv()
        except EOFError:
            torch.distributed.destroy_process_group()
            return
        try:
            found = answer(*arguments)
            calls.send(found if place.rank == 0 else None)
        except Exception as error:  # noqa: BLE001 - raised again where the team was asked
            calls.send(_Failed(_portable(error)))


def _joined(make: Callable[[Place], Callable[..., Any]], place: Place, meeting: Path) -> Callable[..., Any]:
    import torch

    on_gpus = place.device != "cpu"
    if on_gpus:
        here = torch.cuda.device_count()
        if here < place.size:
            raise SetupError(f"gpus: {place.size} are asked for, {here} are here; set gpus: {here}")
        torch.cuda.set_device(place.device)
    torch.distributed.init_process_group(
        "nccl" if on_gpus else "gloo",
        init_method=meeting.as_uri(),
        rank=place.rank,
        world_size=place.size,
        device_id=torch.device(place.device) if on_gpus else None,
    )
    return make(place)


def _portable(error: Exception) -> Exception:
    """Return the error as one of a few classes: not every one survives the way between processes."""
    import torch

    failure = compiler_failure(error)
    if failure is not None:
        return failure
    for kind in (SampleError, SetupError, torch.OutOfMemoryError):
        if isinstance(error, kind):
            return kind(str(error))
    return RuntimeError(f"{type(error).__name__}: {error}")
