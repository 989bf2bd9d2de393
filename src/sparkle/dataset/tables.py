"""Reads the CSV and JSON-lines files of a dataset that nobody has checked yet.

Every line is read on its own and bounded in length, so neither a huge file nor a deep nesting can take the
program down; what is wrong comes back as a Fault with its line number, and the other lines are read all the
same.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from sparkle.core.errors import SetupError
from sparkle.core.layout import SAMPLE_ID
from sparkle.store import Folder, Place

MAXIMUM_LINE_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong in a dataset: the file relative to its root, the sample where one is meant."""

    path: PurePosixPath
    id: str | None
    message: str

    @property
    def file(self) -> str:
        """The path as it can be printed on one line, whatever bytes the name has."""
        name = str(self.path).encode("utf-8", "backslashreplace").decode()
        return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)

    def __str__(self) -> str:
        """One line, as commands print it."""
        where = f"{self.file}: {self.id}" if self.id else self.file
        return f"{where}: {self.message}"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: the line where it ends (from 1), the sample that it names, its columns or keys.

    `start`, `size`: the bytes of a JSON line in its file, without its end.
    """

    line: int
    id: str
    value: dict[str, Any]
    start: int = 0
    size: int = 0


def read_csv(
    folder: Place, path: PurePosixPath, theme: str, columns: tuple[str, ...]
) -> Iterator[Row | Fault]:
    """Yield the rows of a CSV whose header must be `columns` and whose last column is the sample's id."""
    with Folder.at(folder).open(str(path)) as file:
        reader = csv.reader(_text_lines(file), strict=True)
        try:
            header = next(reader, [])
            if tuple(header) != columns:
                yield Fault(
                    path,
                    None,
                    f"line 1: the header must be {','.join(columns)}, got {_shown(','.join(header))}",
                )
                return
            yield from _only_ids(_csv_rows(reader, path, columns), path, theme)
        except (csv.Error, ValueError) as error:
            yield Fault(path, None, f"line {reader.line_num + 1}: {error}; the rest of the file is not read")


def read_jsonl(folder: Place, path: PurePosixPath, theme: str | None) -> Iterator[Row | Fault]:
    """Yield the objects of a JSON-lines file, each of which must name a sample of the theme, or of any, as `id`."""
    with Folder.at(folder).open(str(path)) as file:
        yield from _only_ids(_json_rows(file, path), path, theme)


def usable(row: Row | Fault) -> Row:
    """Return a row that can be used. Raises SetupError for what cannot: a table is taken whole or not at all."""
    if isinstance(row, Fault):
        raise SetupError(f"{row}; `sparkle dataset verify` lists all faults")
    return row


def is_id_of(theme: str | None, id: str) -> bool:
    """Whether `id` is a well-formed id of the theme, or of any; only then may it become part of a path."""
    match = SAMPLE_ID.fullmatch(id)
    return match is not None and theme in (None, match["theme"]) and id.isascii()


def _csv_rows(reader: Any, path: PurePosixPath, columns: tuple[str, ...]) -> Iterator[Row | Fault]:
    for fields in reader:
        if len(fields) != len(columns):
            yield Fault(
                path, None, f"line {reader.line_num}: {len(columns)} columns expected, got {len(fields)}"
            )
            continue
        value = dict(zip(columns, fields, strict=True))
        yield Row(reader.line_num, fields[-1], value)


def _json_rows(file: BinaryIO, path: PurePosixPath) -> Iterator[Row | Fault]:
    for number, (start, line) in enumerate(_bounded_lines(file), 1):
        try:
            value = json.loads(_decoded(line), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            yield Fault(path, None, f"line {number}: not JSON in UTF-8 ({_shown(str(error))})")
            continue
        if not isinstance(value, dict) or not isinstance(value.get("id"), str):
            yield Fault(path, None, f"line {number}: an object with the key id is expected")
            continue
        yield Row(number, value["id"], value, start, len(line.rstrip(b"\r\n")))


def _only_ids(rows: Iterator[Row | Fault], path: PurePosixPath, theme: str | None) -> Iterator[Row | Fault]:
    """Pass on rows with an id of the theme that did not stand in an earlier row."""
    lines: dict[str, int] = {}
    for row in rows:
        if isinstance(row, Fault):
            yield row
        elif not is_id_of(theme, row.id):
            yield Fault(
                path,
                None,
                f"line {row.line}: the id must be Sparkle_{theme or 'THEME'}_NNNNNN, got {_shown(row.id)}",
            )
        elif row.id in lines:
            yield Fault(path, row.id, f"line {row.line}: stands already on line {lines[row.id]}")
        else:
            lines[row.id] = row.line
            yield row


def _text_lines(file: BinaryIO) -> Iterator[str]:
    return (_decoded(line) for _, line in _bounded_lines(file))


def _bounded_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield (position, line) with its end; an overlong line is cut, and what follows of it is skipped."""
    read: Callable[[], bytes] = lambda: file.readline(MAXIMUM_LINE_BYTES)  # noqa: E731
    position = 0
    for line in iter(read, b""):
        start, rest = position, line
        position += len(line)
        while len(rest) == MAXIMUM_LINE_BYTES and not rest.endswith(b"\n"):
            rest = read()
            position += len(rest)
        yield start, line


def _decoded(line: bytes) -> str:
    if len(line) >= MAXIMUM_LINE_BYTES:
        raise ValueError(f"longer than {MAXIMUM_LINE_BYTES} bytes")
    return line.decode("utf-8")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _shown(text: str) -> str:
    """Shorten what an unknown file says, so that a fault stays one readable line."""
    return repr(text if len(text) <= 120 else text[:117] + "...")
