"""Logs of lines: whole ones alone, also on a full disk, and never behind a link."""

from pathlib import Path

import pytest
from tests.conftest import FULL_DISK_BYTES

from sparkle.core.errors import OutputError
from sparkle.store import AppendLog


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
