"""The status of a run, read from its folder while and after somebody writes it."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.conftest import Command
from tests.runners import small_run
from tests.runners.small_run import RUN, plan

from sparkle.core.errors import SetupError
from sparkle.core.outcome import Costs, Outcome
from sparkle.recipes import STAGES, load_recipe
from sparkle.runners.build import close_run, open_run, summarise
from sparkle.runners.status import read_status
from sparkle.runs import Ledger, RunState, StageEvent, is_written, locked, read_run
from sparkle.store import Folder


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(ledger: Ledger, number: int, stages: int, seconds: float = 10.0, error: str | None = None) -> None:
    """Let a sample have passed its first stages, or fail in the last of them."""
    for stage in STAGES[:stages]:
        fails = error if stage == STAGES[stages - 1] else None
        outcome = Outcome(error=fails, costs=Costs(seconds))
        ledger.append(StageEvent.of(plan()[number], stage, outcome, small_run.CARDS))


def test_a_run_under_way() -> None:
    open_run(RUN, plan(), load_recipe("cpu"), None)
    with Ledger(RUN) as ledger:
        put(ledger, 0, 6)
    open_run(RUN, plan(), load_recipe("cpu"), None)  # the second start, an hour and three results ago
    with Ledger(RUN) as ledger:
        put(ledger, 1, 2)
        put(ledger, 2, 1, error="it never works")
    record = read_run(RUN)
    assert record is not None
    now = datetime.fromisoformat(record["session"]["started"]) + timedelta(hours=1)
    with locked(RUN):
        found = read_status(RUN, now)
    assert (found.samples, found.accepted, found.rejected, found.failed) == (8, 1, 0, 1)
    assert found.running
    source, first_frame, *rest = found.stages
    assert (source.passed, source.failed, source.waiting, source.per_hour) == (2, 1, 5, 2.0)
    assert (first_frame.passed, first_frame.waiting, first_frame.per_hour) == (2, 0, 1.0)
    assert [each.waiting for each in rest] == [1, 0, 0, 0]
    # 6 have yet to pass the source and the first frame, and 7 the four stages after that: 40 calls; 3 took an hour.
    assert found.left_s == pytest.approx(3600 * 40 / 3)


def test_a_run_that_is_complete_has_no_pace() -> None:
    record = open_run(RUN, plan(), load_recipe("cpu"), None)
    small_run.run(small_run.processes("no"))
    close_run(RUN, record, datetime.now(), summarise(RUN, plan(), RunState(RUN, plan(), STAGES)))
    before = {path: path.stat().st_mtime_ns for path in RUN.rglob("*")}
    found = read_status(RUN)
    assert (found.accepted, found.rejected, found.failed) == (6, 1, 1)
    assert (found.complete, found.running, found.left_s, found.stages[0].per_hour) == (
        True,
        False,
        None,
        None,
    )
    assert {path: path.stat().st_mtime_ns for path in RUN.rglob("*")} == before, "it only reads"


HELD = """
import sys, time
from sparkle.runs import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_run_whose_driver_was_killed_is_not_told_to_go_on() -> None:
    open_run(RUN, plan(), load_recipe("cpu"), None)
    with subprocess.Popen([sys.executable, "-c", HELD, RUN], stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout is not None
        driver.stdout.readline()
        going = read_status(RUN)
        driver.kill()
    dead = read_status(RUN)
    assert (going.complete, going.running, dead.complete, dead.running) == (False, True, False, False)
    assert (dead.started, dead.left_s, dead.stages[0].per_hour) == (None, None, None)
    assert (RUN / ".lock").stat().st_size > 0, "what the dead one wrote stays for the next start"


def test_whoever_holds_a_run_in_a_bucket_is_known(s3: str, tmp_path: Path) -> None:
    run = Folder.at(f"{s3}/{tmp_path.name}/run")
    assert not is_written(run)
    with locked(run):
        assert is_written(run)
    assert not is_written(run)


def test_the_command(sparkle: Command) -> None:
    open_run(RUN, plan(), load_recipe("cpu"), None)
    with Ledger(RUN) as ledger:
        put(ledger, 0, 6)
    told = sparkle("status", RUN)
    assert "stopped before its end" in told.stdout
    assert told.returncode == 0
    assert "8 samples: 1 accepted, 0 rejected, 0 failed; recipe cpu" in told.stdout
    assert json.loads(sparkle("status", RUN, "--json").stdout)["stages"][5]["passed"] == 1
    nothing = sparkle("status", "elsewhere")
    assert (nothing.returncode, nothing.stderr.count("\n")) == (2, 1)


def test_no_run() -> None:
    with pytest.raises(SetupError, match="no run there"):
        read_status(Path("nowhere"))
