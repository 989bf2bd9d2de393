"""The tasks of a benchmark folder: which clips are to be edited how. Reads Sparkle-Bench and OpenVE-Bench.

The folder may come from anybody: its ids and scenes become parts of paths only after they were checked.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sparkle.bench.dimensions import OPENVE, SPARKLE, Benchmark
from sparkle.bench.layout import OPENVE_TABLE, metadata_path, reference_path, scene_folder, table_path
from sparkle.core.errors import SetupError
from sparkle.core.instruction import instruction_fault
from sparkle.core.parsing import parse_given
from sparkle.store import read_plain

COLUMNS = ("edited_type", "prompt", "original_video")

_ID = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
_LONGEST_NAME_BYTES = 200  # files take 255, and what is being written has a longer name for a while
_LARGEST_TABLE_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class BenchSample:
    """One task: edit `source` as `instruction` says.

    `theme` is that of the table (in OpenVE-Bench the `edited_type`). `subtheme` and `scene` are the two parts of the
    published `chosen_keyword`, both empty in OpenVE-Bench. `reference` is a clean picture of the wanted background,
    where the folder has one. `result` is where the edited clip belongs, relative to a SAVE folder.
    """

    id: str
    theme: str
    instruction: str
    source: Path
    result: PurePosixPath
    subtheme: str = ""
    scene: str = ""
    reference: Path | None = None


def read_tasks(root: Path, benchmark: Benchmark | None = None) -> list[BenchSample]:
    """Return the tasks of a benchmark folder, theme by theme in the published order, rows as they stand.

    Without `benchmark` the folder's own files say which it is. Raises SetupError for a folder without tables and
    for a row that cannot be used; whether the videos are there and sound is seen when they are read.
    """
    benchmark = benchmark or which_benchmark(root)
    if benchmark is OPENVE:
        samples = list(_openve_samples(root))
    else:
        themes = [theme for theme in SPARKLE.themes if (root / table_path(theme)).is_file()]
        if not themes:
            raise SetupError(f"{root}: no {{theme}}_bench.csv in it; name the folder of Sparkle-Bench")
        samples = [sample for theme in themes for sample in _theme_samples(root, theme)]
    twice = [id for id, count in Counter(sample.id for sample in samples).items() if count > 1]
    if twice:
        raise SetupError(f"{root}: the tables name {', '.join(twice[:5])} more than once; keep one row each")
    if not samples:
        raise SetupError(f"{root}: its tables have no row for {benchmark.name}")
    return samples


def which_benchmark(root: Path) -> Benchmark:
    """Return the benchmark whose files a folder has. Raises SetupError when it has none."""
    if not root.is_dir():
        raise SetupError(f"{root}: no such folder")
    if any((root / table_path(theme)).is_file() for theme in SPARKLE.themes):
        return SPARKLE
    if (root / OPENVE_TABLE).is_file():
        return OPENVE
    raise SetupError(
        f"{root}: neither {{theme}}_bench.csv (Sparkle-Bench) nor {OPENVE_TABLE} (OpenVE-Bench) is in it"
    )


def split_keyword(keyword: str) -> tuple[str, str] | None:
    """Return (subtheme, scene) of a published `chosen_keyword`, split at the first ": ", or None if it is none."""
    subtheme, colon, scene = keyword.partition(": ")
    return (subtheme, scene) if colon and subtheme.strip() and scene.strip() else None


def _theme_samples(root: Path, theme: str) -> Iterator[BenchSample]:
    keywords = _read_keywords(root, theme)
    for where, row in _read_rows(root / table_path(theme)):
        source = _inside(row["original_video"], where)
        id = _id_of(source, where)
        if id not in keywords:
            raise SetupError(f"{where}: {root / metadata_path(theme)} has no row for {id}")
        subtheme, scene = keywords[id]
        reference = root / reference_path(theme, id)
        yield BenchSample(
            id=id,
            theme=theme,
            instruction=row["prompt"],
            source=root / source,
            result=PurePosixPath(theme) / scene_folder(subtheme, scene) / f"{id}_edited.mp4",
            subtheme=subtheme,
            scene=scene,
            reference=reference if reference.is_file() else None,
        )


def _openve_samples(root: Path) -> Iterator[BenchSample]:
    """Yield the background tasks; the other tasks of OpenVE-Bench are not ours."""
    for where, row in _read_rows(root / OPENVE_TABLE):
        if row["edited_type"] not in OPENVE.themes:
            continue
        source = _inside(row["original_video"], where)
        id = _id_of(source, where)
        # Its paths are relative to the folder or to the one around it, depending on who made the copy.
        beside = root.resolve().parent / source
        found = beside if source.parts[0] == root.resolve().name and beside.is_file() else root / source
        yield BenchSample(
            id, row["edited_type"], row["prompt"], found, result=PurePosixPath(f"{id}_edited.mp4")
        )


def _read_keywords(root: Path, theme: str) -> dict[str, tuple[str, str]]:
    """Return (subtheme, scene) by id."""
    path = root / metadata_path(theme)
    keywords: dict[str, tuple[str, str]] = {}
    for number, line in enumerate(_read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            value: Any = parse_given(line)
            id, keyword = value["id"], value["metadata"]["chosen_keyword"]
        except (ValueError, KeyError, TypeError) as error:
            raise SetupError(f"{where}: no object with id and metadata.chosen_keyword ({error!r})") from error
        if not isinstance(id, str):
            raise SetupError(f"{where}: id is text, got {repr(id)[:80]}")
        parts = split_keyword(keyword) if isinstance(keyword, str) else None
        if parts is None:
            raise SetupError(
                f"{where}: chosen_keyword must read 'subtheme: scene', got {str(keyword)[:80]!r}"
            )
        _inside(scene_folder(*parts), where)
        if keywords.setdefault(id, parts) != parts:
            raise SetupError(f"{where}: {id} stands there twice, with two keywords; keep one of them")
    return keywords


def _read_rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield ("file, line n", row) of a table of tasks; further columns are allowed."""
    reader = csv.DictReader(io.StringIO(_read_text(path), newline=""), strict=True)
    try:
        _check_header(path, reader.fieldnames or ())
        for row in reader:
            where = f"{path}, line {reader.line_num}"
            missing = [name for name in COLUMNS if not (row.get(name) or "").strip()]
            if missing:
                raise SetupError(f"{where}: {', '.join(missing)} is empty")
            if fault := instruction_fault(row["prompt"]):
                raise SetupError(f"{where}: {fault}")
            yield where, {name: row[name] for name in COLUMNS}
    except csv.Error as error:
        raise SetupError(f"{path}, line {reader.line_num}: {error}") from error


def _check_header(path: Path, names: Sequence[str]) -> None:
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise SetupError(f"{path}: the header needs {','.join(COLUMNS)}; {', '.join(missing)} is missing")


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_TABLE_BYTES:
            raise SetupError(
                f"{path}: larger than {_LARGEST_TABLE_BYTES // 2**20} MB, so it is no such table"
            )
        return read_plain(path).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{path}: cannot read it ({error})") from error


def _inside(name: str, where: str) -> PurePosixPath:
    """Return a path from a table. Raises SetupError when it could lead out of its folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in name or "\0" in name:
        raise SetupError(f"{where}: {name[:80]!r} is no path inside the folder")
    if longest := next((part for part in path.parts if len(part.encode()) > _LONGEST_NAME_BYTES), None):
        raise SetupError(
            f"{where}: {longest[:80]!r} has {len(longest.encode())} bytes, a name has {_LONGEST_NAME_BYTES} at most"
        )
    return path


def _id_of(source: PurePosixPath, where: str) -> str:
    if _ID.fullmatch(source.stem) is None:
        raise SetupError(
            f"{where}: the id {source.stem[:80]!r} has other characters than letters, digits, . _ -"
        )
    return source.stem
