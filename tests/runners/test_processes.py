"""Several processes make the same run folder as one, also when workers die, hang, or whoever started them is killed."""

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from tests.conftest import SMALLEST
from tests.pipeline.small_dataset import LIST, hashes, make_inputs
from tests.runners import small_run
from tests.runners.small_run import (
    ENDS,
    RUN,
    done_twice,
    ends,
    files,
    memory_limit,
    processes,
    results,
    start,
    wait_until,
)

from sparkle.core.errors import SetupError
from sparkle.core.outcome import Outcome
from sparkle.recipes import load_recipe
from sparkle.runners.build import build, library_versions, plan_build
from sparkle.runners.crew import Call, Ended
from sparkle.runners.local import run_local
from sparkle.runners.processes import Processes, workers_that_fit
from sparkle.runners.stream import Notice
from sparkle.runs import StageEvent
from sparkle.store import Folder

KNOWN = json.loads(LIST.read_text())
SUSPECT = "Sparkle_time_000003"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_two_workers_make_the_same_dataset_as_none() -> None:
    make_inputs(Path.cwd())
    build(plan_build(["rows.jsonl"]), RUN, load_recipe("cpu", SMALLEST), runner=partial(run_local, workers=2))
    found = hashes(RUN)
    assert sorted(found) == sorted(KNOWN["files"])
    if library_versions() == KNOWN["made_with"]:
        assert found == KNOWN["files"]


@pytest.mark.parametrize("fault", ["die once", "hang once"])
def test_a_worker_that_is_lost_once_leaves_no_trace(fault: str, undisturbed: dict[str, bytes]) -> None:
    notices: list[Notice] = []
    small_run.run(processes(fault), limit_s=5.0, notices=notices)
    told = "was killed by signal 9" if fault == "die once" else "took longer than 5 s (call_limit_s.animate)"
    assert [notice.stage for notice in notices if notice.id == SUSPECT and told in notice.text] == ["animate"]
    assert files() == undisturbed
    assert ends() == ENDS
    assert done_twice() == []


@pytest.mark.parametrize("fault", ["die", "hang", "leave"])
def test_a_sample_that_always_breaks_its_worker_fails_by_name_and_the_run_goes_on(
    fault: str, undisturbed: dict[str, bytes]
) -> None:
    small_run.run(processes(fault), limit_s=3.0)
    assert ends() == [*ENDS[:3], "animate failed", *ENDS[4:]]
    assert {path for path in files() if SUSPECT not in path} == {
        path for path in undisturbed if SUSPECT not in path
    }
    assert [path for path in files() if SUSPECT in path and "animate" in path] == []
    assert not any(path.endswith(".tmp.mp4") for path in files())
    small_run.run(processes("no"))
    assert files() == undisturbed, "the next start tries it again"


def test_a_sample_that_takes_all_memory_fails_by_name_and_the_run_goes_on(
    undisturbed: dict[str, bytes],
) -> None:
    try:
        limit = memory_limit()
    except OSError as error:
        pytest.skip(f"no limit can be set for a group of processes here: {error}")
    notices: list[Notice] = []
    small_run.run(processes("memory"), notices=notices)
    limit.rmdir()
    told = "its worker was killed by signal 9, as the system does where memory runs out; try"
    assert [notice.text[: len(told)] for notice in notices if notice.id == SUSPECT] == [told] * 3
    assert ends() == [*ENDS[:3], "animate failed", *ENDS[4:]]
    small_run.run(processes("no"))
    assert files() == undisturbed


def test_samples_do_not_pile_up_before_a_slow_stage() -> None:
    """No more are on their way than twice what the workers take, whatever the plan holds."""
    assert small_run.run(processes("slow")) == 4 < len(small_run.plan())


def test_a_broken_environment_stops_the_run_after_what_is_under_way_is_recorded(
    undisturbed: dict[str, bytes],
) -> None:
    with pytest.raises(SetupError, match="refuses the key\n  use another"):
        small_run.run(processes("broken"))
    small_run.run(processes("no"))
    assert files() == undisturbed
    assert done_twice() == []


def test_killed_with_its_workers_alive_it_ends_the_same(undisturbed: dict[str, bytes]) -> None:
    process = start("processes", "slow")
    wait_until(lambda: results() >= 9, process)
    workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.kill()
    process.wait()
    for worker in workers:  # they have their signal; who starts another command is slower than that
        wait_until_gone(int(worker))
    small_run.run(processes("no"))
    assert files() == undisturbed
    assert done_twice() == []


def wait_until_gone(pid: int) -> None:
    """Wait until a process is dead, whether somebody has looked at it or not. The test's own limit is the assertion."""
    status = Path(f"/proc/{pid}/status")
    while status.exists() and "\nState:\tZ" not in status.read_text():
        time.sleep(0.02)


def test_workers_of_one_that_was_killed_end(tmp_path: Path) -> None:
    process = start("processes", "hang")
    wait_until(lambda: bool(list(RUN.rglob(f".{SUSPECT}.*.tmp.mp4"))), process)
    (partial_file,) = RUN.rglob(f".{SUSPECT}.*.tmp.mp4")
    worker = int(partial_file.name.split(".")[2])
    os.kill(worker, 0)
    process.kill()
    process.wait()
    while (
        Path(f"/proc/{worker}").exists() and "\nState:\tZ" not in Path(f"/proc/{worker}/status").read_text()
    ):
        time.sleep(0.02)  # the test's own time limit is the assertion


def test_interrupted_it_records_what_is_under_way(undisturbed: dict[str, bytes]) -> None:
    process = start("processes", "slow")
    wait_until(lambda: results() >= 9, process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: its workers, too
    assert "KeyboardInterrupt" in process.communicate()[1]
    assert not list(RUN.rglob(".*.tmp.*")), "nothing was cut off"
    small_run.run(processes("no"))
    assert files() == undisturbed
    assert done_twice() == []


class OneByOne:
    """A crew whose calls end one after another, three of them under way at once."""

    slots = 3

    def __init__(self) -> None:
        self.under_way: list[Call] = []

    def begin(self, call: Call) -> bool:
        if len(self.under_way) == self.slots:
            return False
        self.under_way.append(call)
        return True

    def want(self, waiting: Mapping[str, int]) -> None:
        pass

    def wait(self, timeout_s: float) -> list[Ended]:
        return [Ended(self.under_way.pop(0), Outcome())]

    def kill(self, call: Call) -> None:
        raise AssertionError(f"{call} was not late")

    def close(self) -> None:
        pass


def test_interrupted_it_says_what_it_waits_for() -> None:
    notices: list[Notice] = []
    came: list[StageEvent] = []

    def report(event: StageEvent) -> None:
        if not came:
            signal.raise_signal(signal.SIGINT)
        came.append(event)

    with pytest.raises(KeyboardInterrupt):
        small_run.run(OneByOne(), notices=notices, report=report)
    assert notices == [
        Notice("stopping", "", "", "2 calls are finished and recorded first; a second Ctrl-C does not wait")
    ]
    assert len(came) == 3


def test_a_second_one_is_refused_while_the_first_runs() -> None:
    process = start("processes", "hang")
    wait_until(lambda: results() >= 3, process)
    with pytest.raises(SetupError, match=f"process {process.pid}"):
        small_run.run(processes("no"))
    process.kill()
    process.wait()


def test_as_many_workers_as_memory_has_room_for() -> None:
    assert workers_that_fit(0.0, 7) == 7
    assert workers_that_fit(1e-6, 7) == 7
    assert workers_that_fit(1e6, 7) == 1


def test_workers_start_together_one_for_each_call_that_waits() -> None:
    """Started one after the other's imports, sixteen would have cost as many times those seconds."""
    others = len(multiprocessing.active_children())
    with closing(Processes(4, small_run.stages("no"), Folder.at(RUN))) as crew:
        crew.want({"source": 2, "track": 1})
        assert len(multiprocessing.active_children()) - others == 3
        crew.want({"source": 2, "track": 1})
        assert len(multiprocessing.active_children()) - others == 3, "they are on their way"
        crew.want({"source": 9})
        assert len(multiprocessing.active_children()) - others == 4
    assert len(multiprocessing.active_children()) == others


def test_ctrl_c_is_nothing_to_a_worker_that_is_starting(capfd: pytest.CaptureFixture[str]) -> None:
    others = set(multiprocessing.active_children())
    with closing(processes("no")) as crew:
        crew.want({"source": 1})
        (worker,) = set(multiprocessing.active_children()) - others
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGINT)
        call = Call("source", small_run.plan()[0])
        while not crew.begin(call):
            crew.wait(1.0)
            assert worker.is_alive()
        (ended,) = next(filter(None, iter(lambda: crew.wait(1.0), None)))
        assert isinstance(ended.result, Outcome)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert "KeyboardInterrupt" not in capfd.readouterr().err
