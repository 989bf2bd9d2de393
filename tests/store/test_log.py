"""Logs of lines: whole ones alone, also on a full disk, and never behind a link."""

import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import FULL_DISK_BYTES

from sparkle.core.errors import OutputError
from sparkle.store import AppendLog, Folder, LogEnd, log_end, read_lines
from sparkle.store.group_commit import GroupCommit


def test_lines_follow_each_other_and_a_cut_one_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "log.jsonl"
    with AppendLog(path) as log:
        log.append('{"a": 1}')
        log.append('{"name": "\udcff"}')
    assert path.read_bytes() == b'{"a": 1}\n{"name": "\\udcff"}\n'
    for tail, kept in ((b'{"c', b""), (b'{"c": 3}', b'{"c": 3}\n'), (b"x" * 200_000, b"")):
        path.write_bytes(b'{"a": 1}\n' + tail)
        with AppendLog(path) as log:
            log.append('{"d": 4}')
        assert path.read_bytes() == b'{"a": 1}\n' + kept + b'{"d": 4}\n'


def test_nothing_of_a_line_that_the_disk_cannot_take_is_kept(tmp_path: Path, full_disk: None) -> None:
    path = tmp_path / "log.jsonl"
    with AppendLog(path) as log:
        log.append('{"a": 1}')
        with pytest.raises(OutputError, match=r"log\.jsonl: cannot be written"):
            log.append("x" * FULL_DISK_BYTES)
        log.append('{"b": 2}')
    assert path.read_text() == '{"a": 1}\n{"b": 2}\n'


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious\nno end of line")
    (tmp_path / "log.jsonl").symlink_to(victim)
    with pytest.raises(OutputError, match=r"log\.jsonl: is a link"):
        AppendLog(tmp_path / "log.jsonl")
    assert victim.read_text() == "precious\nno end of line"


def test_lines_of_many_threads_are_all_kept_each_where_it_says(folder: Folder) -> None:
    """One batch may hold the lines of several threads; each is told where its own begin."""
    places: dict[int, str] = {}

    def write(thread: int) -> None:
        for number in range(20):
            first, second = (f'{{"thread": {thread}, "line": {number}, "half": {half}}}' for half in "12")
            place = log.append(first, second)
            places.update({place: first, place + len(first) + 1: second})

    with folder.log("a/log.jsonl") as log:
        log.append('{"first": true}')
        threads = [threading.Thread(target=write, args=(thread,)) for thread in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = {place: line.decode() for place, line in folder.lines("a/log.jsonl") if place}
    assert lines == places
    assert len(lines) == 160
    assert folder.log_end("a/log.jsonl").position == max(lines) + len(lines[max(lines)]) + 1


def test_a_log_is_continued_and_read_from_any_of_its_lines(folder: Folder) -> None:
    assert list(folder.lines("log")) == []
    assert folder.log_end("log") == LogEnd(0, b"")
    with folder.log("log") as log:
        assert (log.append('{"a": 1}', '{"b": 2}'), log.append(), log.append('{"c": 3}')) == (0, 18, 18)
    with folder.log("log") as log:
        assert log.append('{"d": 4}') == 27
        with pytest.raises(ValueError, match="no line end"):
            log.append("two\nlines")
    everything = [(0, b'{"a": 1}'), (9, b'{"b": 2}'), (18, b'{"c": 3}'), (27, b'{"d": 4}')]
    for number, (start, _) in enumerate(everything):
        assert list(folder.lines("log", start)) == everything[number:]
    assert folder.log_end("log") == LogEnd(36, b"")


def test_a_cut_line_is_named_without_reading_what_stands_before_it(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with path.open("wb") as file:  # a terabyte, most of it a hole that would be read as zeros
        file.seek(10**12)
        file.write(b'\n{"a": 1}\n{"b": ')
    assert log_end(path) == LogEnd(10**12 + 10, b'{"b": ')
    with AppendLog(path) as log:
        assert log.dropped == b'{"b": '
        assert log.append('{"c": 3}') == 10**12 + 10
    assert list(read_lines(path, 10**12 + 1)) == [(10**12 + 1, b'{"a": 1}'), (10**12 + 10, b'{"c": 3}')]
    with pytest.raises(OSError, match="no line begins at byte 1000000000002"):
        list(read_lines(path, 10**12 + 2))


def test_a_cut_line_is_not_read(tmp_path: Path) -> None:
    for tail, kept in ((b'{"c', []), (b'{"c": 3}', [(9, b'{"c": 3}')]), (b"\0\0\0", [])):
        (tmp_path / "log").write_bytes(b'{"a": 1}\n' + tail)
        assert list(read_lines(tmp_path / "log")) == [(0, b'{"a": 1}'), *kept]


def test_an_error_of_the_disk_reaches_everybody_whose_lines_it_takes_and_nobody_else() -> None:
    written: list[bytes] = []
    is_writing, go_on = threading.Event(), threading.Event()

    def commit(content: bytes) -> int:
        is_writing.set()
        go_on.wait()
        if b"bad" in content:
            raise OutputError("full")
        written.append(content)
        return sum(map(len, written)) - len(content)

    group = GroupCommit(commit)
    results: dict[bytes, int | str] = {}

    def write(content: bytes) -> None:
        try:
            results[content] = group(content)
        except OutputError as error:
            results[content] = str(error)

    threads = [threading.Thread(target=write, args=(content,)) for content in (b"first ", b"good ", b"bad ")]
    threads[0].start()
    is_writing.wait()
    for thread in threads[1:]:
        thread.start()
    while group.waiting < 2:
        pass
    go_on.set()
    for thread in threads:
        thread.join()
    assert results == {b"first ": 0, b"good ": "full", b"bad ": "full"}
    assert written == [b"first "]
    assert group(b"later ") == 6


def test_a_second_writer_of_a_remote_log_is_refused(remote: Folder) -> None:
    with remote.log("log") as first, remote.log("log") as second:
        first.append('{"a": 1}')
        with pytest.raises(OutputError, match="another process has written at byte 0"):
            second.append('{"b": 2}')
    assert [line for _, line in remote.lines("log")] == [b'{"a": 1}']


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        (lambda folder, names: folder.remove(names[1]), "byte 9 on is lost"),
        (lambda folder, names: folder.write("log/0000000000000005", b'"b"}\n'), "byte 5 on is there twice"),
        (lambda folder, names: folder.write(names[2], b'{"c"'), "does not end with a line"),
        (lambda folder, names: folder.write("log/notes.txt", b"mine\n"), "is no segment"),
    ],
)
def test_a_lost_doubled_or_cut_segment_is_named(remote: Folder, harm: Callable[..., None], what: str) -> None:
    with remote.log("log") as log:
        for line in ('{"a": 1}', '{"b": 2}', '{"c": 3}'):
            log.append(line)
    harm(remote, [entry.key for entry in remote.files("log/")])
    with pytest.raises(OSError, match=what):
        list(remote.lines("log"))


def test_what_is_appended_outlasts_a_kill(
    tmp_path: Path, python: Callable[..., "subprocess.Popen[str]"]
) -> None:
    program = (
        "import itertools, sys\n"
        "from sparkle.store import Folder\n"
        "with Folder.at(sys.argv[1]).log('log') as log:\n"
        "    for number in itertools.count():\n"
        "        log.append('{\"n\": %d}' % number, '\"second\"')\n"
        "        print(number, flush=True)\n"
    )
    writer = python(program, tmp_path)
    assert writer.stdout is not None
    for _ in range(50):
        said = int(writer.stdout.readline())
    writer.kill()
    said = max([said, *map(int, writer.stdout.read().split("\n")[:-1])])
    writer.wait()
    with Folder.at(tmp_path).log("log") as log:
        log.append('{"n": "end"}')
    lines = [line for _, line in Folder.at(tmp_path).lines("log") if line != b'"second"']
    assert lines[: said + 1] == [b'{"n": %d}' % number for number in range(said + 1)]
    assert lines[-1] == b'{"n": "end"}'
    assert len(lines) <= said + 3


def test_a_log_that_can_neither_be_written_nor_cut_back_says_so_and_takes_no_more(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with AppendLog(path) as log, path.open("rb") as for_reading:
        log.append("first")
        writable = os.dup(log._descriptor)
        os.dup2(for_reading.fileno(), log._descriptor)
        with pytest.raises(OutputError, match="log: cannot be written"):
            log.append("second")
        os.dup2(writable, log._descriptor)
        os.close(writable)
        with pytest.raises(OutputError, match="log: cannot be written"):
            log.append("third")
    assert path.read_bytes() == b"first\n"
