"""One writer: the next one learns who it is, and takes over once it is gone."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from sparkle.core.errors import OutputError, SetupError
from sparkle.store import Folder, Lease, RemoteLock, only_writer
from sparkle.store.holder import Holder
from sparkle.store.places import bytes_at
from sparkle.store.processes import Process
from sparkle.store.remote_lock import only_remote_writer

Python = Callable[..., "subprocess.Popen[str]"]

HOLD = (
    "import sys\n"
    "from sparkle.store import Folder\n"
    "with Folder.at(sys.argv[1]).only_writer('a/.lock', 'this run') as held:\n"
    "    print('held', flush=True)\n"
    "    sys.stdin.readline()\n"
)
LONG = Lease(lease_s=1000.0, beat_s=1000.0)  # nothing happens by itself


def elsewhere() -> Holder:
    """A holder of which nobody here can know whether it lives."""
    return replace(Holder.this(), process=Process("far", 7, 1_000_000_000.0, "another machine"))


def put_lock(folder: Folder, number: int, holder: Holder, beat: int = 0, released: bool = False) -> None:
    state = {"holder": asdict(holder), "beat": beat, "released": released}
    folder.write(f"lock/{number:08d}", json.dumps(state).encode())


@pytest.fixture(params=["local", "s3"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    """A folder that other processes reach."""
    return Folder.at(
        tmp_path if request.param == "local" else f"{request.getfixturevalue('s3')}/{tmp_path.name}"
    )


def test_the_holder_is_named_and_succeeded_when_it_is_killed(shared: Folder, python: Python) -> None:
    holder = python(HOLD, shared.address)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    name = rf"another process is writing this run: process {holder.pid} on {os.uname().nodename}, started 20\d\d-"
    for _ in range(2):
        with pytest.raises(SetupError, match=name), shared.only_writer("a/.lock", "this run"):
            pass
    holder.kill()
    holder.wait()
    for _ in range(2):  # after a kill, and after an orderly end
        with shared.only_writer("a/.lock", "this run") as held:
            held.check()
            with (
                pytest.raises(SetupError, match=f"process {os.getpid()} on"),
                shared.only_writer("a/.lock", "this run"),
            ):
                pass


def test_of_many_who_try_at_once_one_gets_it(folder: Folder) -> None:
    got: list[int] = []
    start, done = threading.Barrier(8), threading.Barrier(8)

    def attempt(number: int) -> None:
        start.wait()
        try:
            with folder.only_writer("a/.lock", "this run"):
                got.append(number)
                done.wait()
        except SetupError:
            done.wait()

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def test_a_lock_that_is_let_go_leaves_an_empty_file_and_what_others_wrote_there(tmp_path: Path) -> None:
    folder = Folder.at(tmp_path)
    for content in (b"", b"the user's own\n"):
        (tmp_path / ".lock").write_bytes(content)
        with (
            folder.only_writer(".lock", "this run"),
            pytest.raises(SetupError),
            folder.only_writer(".lock", "this run"),
        ):
            pass
        assert (tmp_path / ".lock").read_bytes() == content


def test_a_child_that_outlives_its_holder_is_told_from_it(tmp_path: Path, python: Python) -> None:
    program = HOLD.replace("    print", "    import os\n    child = os.fork() or os.read(0, 1)\n    print")
    program = program.replace("os.read(0, 1)", "sys.stdin.readline() and sys.exit()")
    parent = python(program, tmp_path)
    assert parent.stdout is not None
    assert parent.stdin is not None
    parent.stdout.readline()
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    with (
        pytest.raises(SetupError, match=f"one that process {parent.pid} .* started, which has ended itself"),
        Folder.at(tmp_path).only_writer("a/.lock", "this run"),
    ):
        pass
    parent.stdin.write("go\n")
    parent.stdin.close()


def test_a_silent_holder_of_another_machine_is_succeeded_and_learns_of_it(remote: Folder) -> None:
    put_lock(remote, 4, elsewhere())
    with ExitStack() as second_lock:
        quick = Lease(lease_s=0.05, beat_s=0.02)
        with only_remote_writer(
            bytes_at(remote.address), "lock", "this run", replace(quick, beat_s=1000.0)
        ) as first:
            assert [entry.key for entry in remote.files("lock/")] == ["lock/00000005"]
            put_lock(remote, 5, elsewhere())  # as if it were of a machine that has gone to sleep
            second_lock.enter_context(only_remote_writer(bytes_at(remote.address), "lock", "this run", quick))
            first.renew()
            with pytest.raises(SetupError, match="the lock is lost"):
                first.check()
    (left,) = (entry.key for entry in remote.files("lock/"))
    assert left >= "lock/00000006", "the loser has left nothing; the other may have had to take it anew"
    assert json.loads(remote.read(left))["released"]


def test_a_living_holder_of_another_machine_is_waited_for_no_longer_than_its_next_sign(
    remote: Folder,
) -> None:
    put_lock(remote, 1, elsewhere())
    stop = threading.Event()

    def live() -> None:
        beat = 0
        while not stop.is_set():
            beat += 1
            put_lock(remote, 1, elsewhere(), beat)

    living = threading.Thread(target=live)
    living.start()
    try:
        lease = Lease(lease_s=1000.0, beat_s=0.02)
        with (
            pytest.raises(SetupError, match="this run: process 7 on far, started 2001-09-09"),
            only_remote_writer(bytes_at(remote.address), "lock", "this run", lease),
        ):
            pass
    finally:
        stop.set()
        living.join()


def test_a_holder_that_let_go_is_not_watched(remote: Folder) -> None:
    put_lock(remote, 3, elsewhere(), released=True)
    with only_remote_writer(bytes_at(remote.address), "lock", "this run", LONG):
        assert [entry.key for entry in remote.files("lock/")] == ["lock/00000004"]


def test_a_holder_renews_and_asks_anew_when_it_could_not(
    remote: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("sparkle.store.remote_lock.now_s", lambda: now[0])
    with only_remote_writer(bytes_at(remote.address), "lock", "this run", LONG) as held:
        assert isinstance(held, RemoteLock)
        now[0] += 999.0
        held.renew()
        now[0] += 999.0
        held.check()
        assert [entry.key for entry in remote.files("lock/")] == ["lock/00000001"]
        now[0] += 1.0
        held.check()
        assert [entry.key for entry in remote.files("lock/")] == ["lock/00000002"], "taken anew"


def test_a_holder_that_was_silent_does_not_take_the_lock_from_those_who_came_after(
    remote: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("sparkle.store.remote_lock.now_s", lambda: now[0])
    with only_remote_writer(bytes_at(remote.address), "lock", "this run", LONG) as held:
        now[0] += 1000.0
        put_lock(remote, 3, elsewhere())  # the second of two: it has removed what the first put
        with pytest.raises(SetupError, match="the lock is lost"):
            held.check()
    assert "lock/00000003" in [entry.key for entry in remote.files("lock/")]
    assert "lock/00000002" not in [entry.key for entry in remote.files("lock/")]


def test_what_is_no_lock_is_not_taken(remote: Folder) -> None:
    remote.write("lock/00000001", b"mine")
    with pytest.raises(SetupError, match="is no lock of ours"), remote.only_writer("lock", "this run"):
        pass


def test_without_conditional_puts_there_is_no_lock() -> None:
    pytest.importorskip("huggingface_hub")
    with pytest.raises(OutputError, match="no conditional put"):
        bytes_at("hf://datasets/nobody/nothing").create("lock/1", b"")


def test_a_number_that_was_given_out_again_is_another_process() -> None:
    this = Process.this()
    assert this.is_gone is False
    assert replace(this, started=this.started - 3600).is_gone
    assert replace(this, numbers="elsewhere").is_gone is None
    with subprocess.Popen([sys.executable, "-c", "pass"]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has asked how
        assert replace(this, pid=ended.pid).is_gone


def test_a_lock_that_cannot_be_emptied_hides_no_error(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"

    def fail_where_nothing_can_be_written() -> None:
        with lock.open("rb") as for_reading:
            for place in Path("/proc/self/fd").iterdir():
                if (
                    place.is_symlink()
                    and place.readlink() == lock
                    and int(place.name) != for_reading.fileno()
                ):
                    os.dup2(for_reading.fileno(), int(place.name))
        raise OutputError("the disk")

    with pytest.raises(OutputError, match="the disk"), only_writer(lock, "this run"):
        fail_where_nothing_can_be_written()
    assert lock.stat().st_size > 0
    with only_writer(lock, "this run"):
        pass
    assert lock.stat().st_size == 0
