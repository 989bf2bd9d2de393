"""What the user gives: files, folders, globs, addresses, CSV or JSONL manifests and instructions; turned into wishes.

A manifest names a video per row (columns `video`, or the published `src_video` / `original_video`) and may give
`instruction` (or `prompt`), `theme`, `keyword` ("subtheme: scene"), `edited_video` (or `tgt_video`), `background` and
`boxes`. Paths are relative to the manifest; it, and what it names, may lie in a bucket (s3://, gs://, hf://). An
instructions file has the same columns: a row's video is one of the sources, by its path relative to the file or by a
name that only one has; rows without a video are dealt out in turn to the sources that have no instruction of their own.
No row is passed over: what cannot be used is refused.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sparkle.core.errors import SetupError
from sparkle.core.instruction import instruction_fault
from sparkle.core.layout import THEMES
from sparkle.core.parsing import parse_given_object
from sparkle.core.sample import Inputs
from sparkle.core.scene import Scene
from sparkle.runs.addresses import joined, objects_at
from sparkle.runs.plan import Wish
from sparkle.store import LARGEST_TEXT_BYTES, Extent, Folder, is_address, read_plain
from sparkle.taxonomy import Taxonomy
from sparkle.video import expand

MANIFEST_SUFFIXES = {".csv", ".jsonl"}
LONGEST_CELL = 4096  # the longest path that a system takes
COLUMNS: dict[str, tuple[str, ...]] = {
    "video": ("video", "src_video", "original_video"),
    "instruction": ("instruction", "prompt"),
    "theme": ("theme",),
    "keyword": ("keyword", "chosen_keyword"),
    "edited_video": ("edited_video", "tgt_video"),
    "background": ("background",),
    "boxes": ("boxes",),
    "matte": ("matte",),
}
FILES = ("edited_video", "background", "boxes", "matte")


def read_wishes(
    videos: Sequence[str], instructions: Path | None, taxonomy: Taxonomy, leave_out: Folder | None = None
) -> list[Wish]:
    """Return one wish per source, in the given order; a source that is named twice is kept once per row.

    Videos that a folder or a pattern holds below `leave_out` are passed over. Raises SetupError for a path without
    videos, for a row that cannot be understood, and for an instruction that belongs to no source or to one that has
    one already.
    """
    wishes: list[Wish] = []
    for name in videos:
        if Path(name).suffix.lower() in MANIFEST_SUFFIXES:
            wishes += [_wish(row, where, taxonomy, _folder_of(name)) for where, row in _rows(name)]
        elif is_address(name):
            wishes += [Wish(Inputs(address)) for address in objects_at(name, leave_out)]
        else:
            own = None if leave_out is None else leave_out.path
            wishes += [Wish(Inputs(str(path))) for path in expand([name], own)]
    if instructions is None:
        return wishes
    named: list[tuple[str, Wish]] = []
    pool: list[Wish] = []
    for where, row in _rows(str(instructions)):
        _refuse_empty(row, where)
        if _cell(row, "video", where) is not None:
            named.append((where, _wish(row, where, taxonomy, _folder_of(str(instructions)))))
        else:
            _refuse_paths(row, where)
            pool.append(_instruction(row, where, taxonomy))
    if not named and not pool:
        raise SetupError(f"{instructions}: has no rows; give an instruction per row, or leave the file away")
    return _dealt_out(_with_named(wishes, named), pool, instructions)


def _folder_of(name: str) -> str:
    return name.rpartition("/")[0] if is_address(name) else str(Path(name).parent)


def _rows(path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield ("file, line n", row) of a CSV or JSONL file."""
    try:
        text = _content(path).decode("utf-8-sig")
        if Path(path).suffix.lower() == ".csv":
            reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
            _check_header(reader.fieldnames or (), path)
            for row in reader:
                where = f"{path}, line {reader.line_num}"
                if None in row:
                    raise SetupError(f"{where}: has more columns than the header; quote what holds a comma")
                yield where, row
        else:
            for number, line in enumerate(text.split("\n"), 1):
                if line.strip():
                    yield f"{path}, line {number}", _json_row(line, f"{path}, line {number}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SetupError(f"{path}: cannot read it ({error})") from error


def _check_header(names: Sequence[str], path: str) -> None:
    """Refuse a CSV whose columns mean nothing here: its rows would be taken for empty ones."""
    known = [name for each in COLUMNS.values() for name in each]
    if not set(names) & set(known):
        raise SetupError(
            f"{path}, line 1: no known column; separate columns by commas and name them: {', '.join(known)}"
        )
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SetupError(f"{path}, line 1: column '{twice[0]}' is there twice; keep one of them")


def _content(path: str) -> bytes:
    if not is_address(path):
        return read_plain(path)
    there = Extent.at(path)
    return Folder.at(there.address).read(there.key, LARGEST_TEXT_BYTES)


def _json_row(line: str, where: str) -> Mapping[str, Any]:
    try:
        return parse_given_object(line)
    except ValueError as error:
        raise SetupError(f"{where}: not JSON of one row ({error})") from error


def _cell(row: Mapping[str, Any], column: str, where: str) -> str | None:
    """Return a row's value under any accepted name of the column, or None where it is absent or empty."""
    given: dict[str, str] = {}
    for name in COLUMNS[column]:
        value = row.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        if not isinstance(value, str) or "\0" in value:
            raise SetupError(f"{where}: column '{name}' is text, got {repr(value)[:80]}")
        if fault := instruction_fault(value) if column == "instruction" else _too_long(name, value):
            raise SetupError(f"{where}: {fault}")
        given[name] = value.strip()
    if len(set(given.values())) > 1:
        raise SetupError(f"{where}: columns {' and '.join(given)} say two things; keep one of them")
    return next(iter(given.values()), None)


def _too_long(name: str, value: str) -> str | None:
    if len(value) <= LONGEST_CELL:
        return None
    return f"column '{name}' has {len(value):,} letters, the most is {LONGEST_CELL:,}; it starts with {value[:40]!r}"


def _wish(row: Mapping[str, Any], where: str, taxonomy: Taxonomy, folder: str) -> Wish:
    video = _cell(row, "video", where)
    if video is None:
        raise SetupError(f"{where}: no video; a manifest needs a column {' or '.join(COLUMNS['video'])}")
    paths = {name: _cell(row, name, where) for name in FILES}
    found = {name: joined(folder, path, where) for name, path in paths.items() if path is not None}
    inputs = Inputs(joined(folder, video, where), **found)
    return replace(_instruction(row, where, taxonomy), inputs=inputs)


def _refuse_paths(row: Mapping[str, Any], where: str) -> None:
    for name in FILES:
        if _cell(row, name, where) is not None:
            raise SetupError(f"{where}: has {name} and no video that it belongs to; name the video")


def _refuse_empty(row: Mapping[str, Any], where: str) -> None:
    if all(_cell(row, name, where) is None for name in COLUMNS if name != "video"):
        wanted = ", ".join(name for name in COLUMNS if name != "video")
        raise SetupError(f"{where}: wishes nothing; give one of {wanted}, or take the row out")


def _instruction(row: Mapping[str, Any], where: str, taxonomy: Taxonomy) -> Wish:
    """Return what a row wishes, without its video."""
    theme, keyword = _cell(row, "theme", where), _cell(row, "keyword", where)
    if theme is not None and theme not in THEMES:
        raise SetupError(f"{where}: theme '{theme}' is unknown; known: {', '.join(THEMES)}")
    scene = _scene(theme, keyword, where, taxonomy) if keyword is not None else None
    return Wish(Inputs(""), _cell(row, "instruction", where), scene.theme if scene else theme, scene)


def _scene(theme: str | None, keyword: str, where: str, taxonomy: Taxonomy) -> Scene:
    """Return the taxonomy's scene of a keyword, or the user's own one; an own one needs its theme."""
    scenes = [scene for subthemes in taxonomy.values() for group in subthemes.values() for scene in group]
    known = [scene for scene in scenes if scene.keyword == keyword and theme in (None, scene.theme)]
    if known:
        return known[0]
    subtheme, colon, name = keyword.partition(": ")
    if not colon or not subtheme.strip() or not name.strip():
        raise SetupError(f"{where}: keyword '{keyword}' does not read 'subtheme: scene'")
    if theme is None:
        raise SetupError(f"{where}: keyword '{keyword}' is not in the taxonomy, so its row needs a theme")
    return Scene(theme, subtheme, name, "")


def _with_named(wishes: list[Wish], rows: Sequence[tuple[str, Wish]]) -> list[Wish]:
    """Give every row to the sources that its video is."""
    places: dict[str, list[int]] = {}
    for place, wish in enumerate(wishes):
        places.setdefault(_place(wish.inputs.video), []).append(place)
    taken: dict[int, str] = {}
    result = list(wishes)
    for where, row in rows:
        for place in _places_of(row.inputs.video, places, where):
            if place in taken:
                raise SetupError(
                    f"{where}: {row.inputs.video} has a row before, {taken[place]}; keep one of them"
                )
            if wishes[place].instruction is not None:
                raise SetupError(
                    f"{where}: {row.inputs.video} has an instruction in its manifest; keep one of them"
                )
            taken[place] = where
            given = {name: path for name, path in asdict(row.inputs).items() if path and name != "video"}
            result[place] = replace(row, inputs=replace(wishes[place].inputs, **given))
    return result


def _place(video: str) -> str:
    return video if is_address(video) else str(Path(video).resolve())


def _places_of(video: str, places: Mapping[str, list[int]], where: str) -> list[int]:
    """Return which sources a row's video is: that path, or the only source of that name."""
    if found := places.get(_place(video)):
        return found
    of_that_name = [path for path in places if Path(path).name == Path(video).name]
    if len(of_that_name) == 1 and not Path(video).exists():
        return places[of_that_name[0]]
    why = (
        "is none of the sources" if not of_that_name else f"may be {' or '.join(map(str, of_that_name[:3]))}"
    )
    raise SetupError(f"{where}: {video} {why}; paths are relative to the file")


def _dealt_out(wishes: list[Wish], pool: Sequence[Wish], file: Path) -> list[Wish]:
    """Give the rows without a video, in turn, to the sources without an instruction."""
    waiting = [place for place, wish in enumerate(wishes) if wish.instruction is None and wish.scene is None]
    if pool and not waiting:
        raise SetupError(f"{file}: has rows without a video, and every source has an instruction already")
    result = list(wishes)
    for number, place in enumerate(waiting if pool else ()):
        result[place] = replace(pool[number % len(pool)], inputs=wishes[place].inputs)
    return result
