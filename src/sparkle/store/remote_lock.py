"""One writer at a time on object storage: a lease, renewed while its holder lives, by conditional puts.

Below the lock's key lie numbered objects, and the highest number holds. Whoever wants the lock puts the next number on
the condition that it is not there, so that of two who try at once one gets it. The holder alone writes to its own
number: a counter of renewals, and at the end that it has let go. A holder whose counter stands still for a whole lease,
by the clock of the one who watches, is taken to be gone; one of this machine is looked for among its processes instead.

Guaranteed: never two holders whose `check` agrees at the same time, unless a machine was stopped together with its
clock (a paused virtual one), which learns of it at its next renewal. Not guaranteed: that a put which was on its way
when its sender fell asleep does not arrive late. Results that are the same whoever writes them bear that; a log refuses
it by itself, since its segments are conditional puts, too.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace

from sparkle.core.errors import OutputError, SetupError, StoreAwayError
from sparkle.core.parsing import parse_object
from sparkle.store.bytes_at import BytesAt
from sparkle.store.filesystems import in_haste
from sparkle.store.holder import Holder, holder_of

_DIGITS = 8
_LARGEST = 2**20  # bytes


@dataclass(frozen=True, slots=True)
class Lease:
    """Seconds after which a silent holder is gone, and between two renewals."""

    lease_s: float = 60.0
    beat_s: float = 10.0


@dataclass(frozen=True, slots=True)
class _State:
    holder: Holder
    beat: int = 0
    released: bool = False

    def content(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


class RemoteLock:
    """A lease that is held."""

    def __init__(
        self, at: BytesAt, key: str, number: int, state: _State, lease: Lease, renewed: float
    ) -> None:
        self._at, self._key, self._number, self._state, self._lease = at, key, number, state, lease
        self._renewed = renewed
        self._is_lost = False
        self._renewing = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep_renewing, daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise SetupError if another process may hold the lock by now. After a silence it is asked for anew."""
        if not self._is_lost and self._is_late:
            self.renew()
        if self._is_lost or self._is_late:
            raise SetupError(
                f"{self._at.name(self._key)}: the lock is lost, since it was not renewed for {self._lease.lease_s:g} s "
                "(was this process stopped, or the store away?); start the same command again"
            )

    def renew(self) -> None:
        """Say that the holder lives, unless another has taken the lock. Raises OSError or OutputError."""
        with self._renewing:
            if self._is_late:
                self._take_anew()
                return
            if self._at.stat(_name(self._key, self._number + 1)) is not None:
                self._is_lost = True
                return
            self._state = replace(self._state, beat=self._state.beat + 1)
            before = now_s()
            self._at.write(_name(self._key, self._number), self._state.content())
            self._renewed = before

    def release(self) -> None:
        """Let go. Where the store is away nobody is told, and the next one finds a holder that is silent or gone."""
        self._stop.set()
        self._thread.join()
        with suppress(StoreAwayError), in_haste():
            if self._is_late:
                self.renew()
            if not self._is_lost:
                self._at.write(_name(self._key, self._number), replace(self._state, released=True).content())

    @property
    def _is_late(self) -> bool:
        return now_s() - self._renewed >= self._lease.lease_s

    def _take_anew(self) -> None:
        """Put the next number, as others who want the lock do: one of them may be about to, after such a silence."""
        before, held = now_s(), self._number
        try:
            self._at.create(_name(self._key, held + 1), self._state.content())
        except FileExistsError:
            self._is_lost = True
            return
        if max(_numbers(self._at, self._key)) > held + 1:  # others came and went, and the last one has it
            self._at.remove(_name(self._key, held + 1))
            self._is_lost = True
            return
        self._number, self._renewed = held + 1, before
        self._at.remove(_name(self._key, held))

    def _keep_renewing(self) -> None:
        while not self._stop.wait(self._lease.beat_s) and not self._is_lost:
            with suppress(OSError, OutputError):  # the next beat may get through; `check` minds the time
                self.renew()


def now_s() -> float:
    """Return seconds that pass while the machine sleeps, too, by no calendar."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@contextmanager
def only_remote_writer(at: BytesAt, key: str, what: str, lease: Lease = Lease()) -> Iterator[RemoteLock]:
    """Hold the lock `key`. Raises SetupError that names the holder while another process has it.

    Where nobody can look for the holder's process it is watched: up to `lease.lease_s` go by before it is taken over.
    """
    lock = _take(at, key, what, lease)
    try:
        yield lock
    finally:
        lock.release()


def named_remote_holder(at: BytesAt, key: str) -> Holder | None:
    """Return the process that the lock `key` names: one that holds it, or fell silent; None where it is free.

    Only reads. Raises SetupError for what is no lock, OSError where it cannot be read.
    """
    numbers = _numbers(at, key)
    if not numbers:
        return None
    last = _read(at, _name(key, numbers[-1]))
    return None if last.released else last.holder


def _take(at: BytesAt, key: str, what: str, lease: Lease) -> RemoteLock:
    numbers = _numbers(at, key)
    last = numbers[-1] if numbers else 0
    if last and not _is_free(at, key, last, lease):
        raise SetupError(_busy(at, key, last, what))
    state = _State(Holder.this())
    name = _name(key, last + 1)
    before = now_s()
    try:
        at.create(name, state.content())
    except FileExistsError:
        raise SetupError(_busy(at, key, last + 1, what)) from None
    if _read(at, name) != state:  # a store that takes no notice of conditions: better none than two
        raise SetupError(_busy(at, key, last + 1, what))
    for number in numbers:
        at.remove(_name(key, number))
    return RemoteLock(at, key, last + 1, state, lease, before)


def _is_free(at: BytesAt, key: str, number: int, lease: Lease) -> bool:
    first = _read(at, _name(key, number))
    if first.released:
        return True
    gone = first.holder.process.is_gone
    if gone is not None:
        return gone
    started = now_s()
    while (left := started + lease.lease_s - now_s()) > 0:
        time.sleep(min(left, lease.beat_s / 2))
        now = _read(at, _name(key, number))
        if now != first:
            return now.released
    return True


def _busy(at: BytesAt, key: str, number: int, what: str) -> str:
    holder = _read(at, _name(key, number)).holder
    return f"{at.name(key)}: another process is writing {what}: {holder}; wait for it or stop it"


def _read(at: BytesAt, name: str) -> _State:
    try:
        value = parse_object(at.read(name, _LARGEST))
        return _State(holder_of(dict(value["holder"])), int(value["beat"]), bool(value["released"]))
    except FileNotFoundError as error:
        raise SetupError(
            f"{at.name(name)}: was taken by another process just now; wait for it or stop it"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise SetupError(
            f"{at.name(name)}: is no lock of ours ({error}); delete it if nobody writes"
        ) from error


def _numbers(at: BytesAt, key: str) -> list[int]:
    names = (entry.key.rpartition("/")[2] for entry in at.files(f"{key}/"))
    return sorted(int(name) for name in names if name.isdecimal())


def _name(key: str, number: int) -> str:
    return f"{key}/{number:0{_DIGITS}d}"
