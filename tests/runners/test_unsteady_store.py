"""A run on object storage that is overloaded, slow, cuts its answers, and is away for a while or for good."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.runners import small_run
from tests.runners.small_run import ENDS, done_twice, ends, files_at, processes, start, wait_until
from tests.runners.unsteady_server import UnsteadyServer, unsteady_server
from tests.store.bucket import BUCKET, s3_server

from sparkle.runs.segments import Segments
from sparkle.store import Folder, filesystems


@pytest.fixture(scope="module")
def server() -> Iterator[UnsteadyServer]:
    """What stands before the S3 server; the environment of this process and of its workers leads there."""
    pytest.importorskip("s3fs")
    pytest.importorskip("moto")
    with s3_server() as behind, unsteady_server(behind) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", server.url)
        patch.setenv("AWS_ACCESS_KEY_ID", "a")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "b")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_MAX_ATTEMPTS", "1")  # the library has a patience of its own
        filesystems.file_system("s3").clear_instance_cache()
        filesystems.file_system("s3").mkdir(BUCKET)
        yield server
        filesystems.file_system("s3").clear_instance_cache()


def test_overloaded_slow_and_cut_answers_leave_no_trace(
    server: UnsteadyServer, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    run = f"s3://{BUCKET}/{tmp_path.name}"
    server.faults = True
    try:
        small_run.run(processes("no", run), run)
    finally:
        server.faults = False
    assert min(server.counts[fate] for fate in ("overloaded", "cut", "slow")) > 5
    assert files_at(run) == undisturbed
    assert ends(run) == ENDS
    assert done_twice(run) == []


def test_while_the_store_is_away_the_run_waits_and_then_goes_on(
    server: UnsteadyServer,
    undisturbed: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = f"s3://{BUCKET}/{tmp_path.name}"
    events = []
    asked_again = threading.Event()
    sleep = filesystems.time.sleep

    def noted(seconds: float) -> None:
        if "the store is away and is asked again" in caplog.text:
            asked_again.set()
        sleep(seconds)

    def come_back() -> None:
        asked_again.wait()
        server.start()

    def go_away(event: object) -> None:
        events.append(event)
        if len(events) == 9:
            server.stop()
            threading.Thread(target=come_back, daemon=True).start()

    monkeypatch.setattr(filesystems.time, "sleep", noted)
    small_run.run(processes("no", run), run, report=go_away)
    assert asked_again.is_set()
    assert files_at(run) == undisturbed
    assert ends(run) == ENDS
    assert done_twice(run) == []


def test_a_store_that_stays_away_ends_the_run_with_a_line_and_the_next_start_goes_on(
    server: UnsteadyServer, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    run = f"s3://{BUCKET}/{tmp_path.name}"
    driver = start("processes", "slow", run, **{filesystems.PATIENCE_VARIABLE: "0"})
    wait_until(lambda: Segments(Folder.at(run)).files() != [], driver)
    server.stop()
    told = driver.communicate()[1].strip().splitlines()[-1]
    server.start()
    assert re.search(r"s3://.*: the store has not answered for \d+ s .*; start the same command again", told)
    small_run.run(processes("no", run), run)
    assert files_at(run) == undisturbed
    assert ends(run) == ENDS
    assert done_twice(run) == []
