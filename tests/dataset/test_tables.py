"""Tables of strangers, line by line: what is wrong is named with its line, and the other lines are read."""

import json
from pathlib import Path, PurePosixPath

import pytest

from sparkle.dataset import tables
from sparkle.dataset.tables import Fault, Row, is_id_of, read_csv, read_jsonl

PATH = PurePosixPath("a table")
FIRST, SECOND = "Sparkle_time_000000", "Sparkle_time_1000000"


def messages(found: list[Row | Fault]) -> list[str]:
    return [each.id if isinstance(each, Row) else each.message for each in found]


def test_each_bad_line_is_a_fault_and_the_good_ones_are_read(tmp_path: Path) -> None:
    lines = [
        b'{"id": "%s", "x": 1}' % FIRST.encode(), b"{", b"\xff", b"5", b'{"id": 7}', b'{"id": "a"}', b'{"x": NaN}',
        b"[" * 100_000 + b"]" * 100_000, b'{"id": "%s"}' % FIRST.encode(), b'{"id": "%s"}' % SECOND.encode(),
    ]  # fmt: skip
    (tmp_path / PATH).write_bytes(b"\n".join(lines))
    found = messages(list(read_jsonl(tmp_path, PATH, "time")))
    assert [found[0], found[-1]] == [FIRST, SECOND]
    for number, (text, word) in enumerate(
        zip(found[1:-1], ("JSON", "UTF-8", "id", "id", "NNNNNN", "NaN", "JSON", "line 1"), strict=True), 2
    ):
        assert text.startswith(f"line {number}: ") and word in text


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAXIMUM_LINE_BYTES", 64)
    (tmp_path / PATH).write_text("x" * 1000 + "\n" + json.dumps({"id": FIRST}) + "\n")
    found = messages(list(read_jsonl(tmp_path, PATH, "time")))
    assert len(found) == 2 and "longer than 64 bytes" in found[0]
    assert found[1] == FIRST


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("id,prompt\n", "the header must be"),
        ("", "the header must be"),
        (f"prompt,id\na,{FIRST}\nb\n", "2 columns expected, got 1"),
        (f'prompt,id\n"a{FIRST}\n', "the rest of the file is not read"),
        (f"prompt,id\na,{FIRST}\nb,{FIRST}\n", "stands already on line 2"),
        ("prompt,id\na,Sparkle_season_000000\n", "the id must be Sparkle_time_NNNNNN"),
    ],
)
def test_a_table_of_another_form_is_named(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / PATH).write_text(text)
    assert any(word in each for each in messages(list(read_csv(tmp_path, PATH, "time", ("prompt", "id")))))


def test_only_an_id_of_the_theme_may_become_part_of_a_path() -> None:
    assert is_id_of("time", FIRST) and is_id_of("time", SECOND)
    for id in ("Sparkle_time_0000001", "Sparkle_time_00000", "../x", "Sparkle_time_٠٠٠٠٠٠", f"{FIRST}\n", ""):
        assert not is_id_of("time", id)


def test_a_fault_is_one_line_whatever_the_file_is_called() -> None:
    fault = Fault(PurePosixPath("a\nb\udcff\x1b[1m"), "id", "is wrong")
    assert str(fault).isprintable() and str(fault).endswith(": id: is wrong")
