"""What the user gives: files, folders, globs, CSV or JSONL manifests, and a file of instructions; turned into wishes.

A manifest names a video per row (columns `video`, or the published `src_video` / `original_video`) and may give
`instruction` (or `prompt`), `theme`, `keyword` ("subtheme: scene"), `edited_video` (or `tgt_video`), `background` and
`boxes`. Paths are relative to the manifest. An instructions file has the same columns; rows without a video are
dealt out in turn to the sources that have no instruction of their own.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sparkle.core.errors import SetupError
from sparkle.core.layout import THEMES
from sparkle.core.sample import Inputs
from sparkle.core.scene import Scene
from sparkle.runs.plan import Wish
from sparkle.taxonomy import Taxonomy
from sparkle.video import expand

MANIFEST_SUFFIXES = {".csv", ".jsonl"}
COLUMNS: dict[str, tuple[str, ...]] = {
    "video": ("video", "src_video", "original_video"),
    "instruction": ("instruction", "prompt"),
    "theme": ("theme",),
    "keyword": ("keyword", "chosen_keyword"),
    "edited_video": ("edited_video", "tgt_video"),
    "background": ("background",),
    "boxes": ("boxes",),
}


def read_wishes(videos: Sequence[str], instructions: Path | None, taxonomy: Taxonomy) -> list[Wish]:
    """Return one wish per source, in the given order; a source that is named twice is kept once per row.

    Raises SetupError for a path without videos, and for a manifest row that cannot be understood.
    """
    wishes: list[Wish] = []
    for name in videos:
        if Path(name).suffix.lower() in MANIFEST_SUFFIXES:
            wishes += [_wish(row, where, taxonomy, Path(name).parent) for where, row in _rows(Path(name))]
        else:
            wishes += [Wish(Inputs(str(path))) for path in expand([name])]
    if instructions is None:
        return wishes
    rows = [_instruction_row(row, where, taxonomy) for where, row in _rows(instructions)]
    return _with_instructions(wishes, rows)


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield ("file, line n", row) of a CSV or JSONL file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix.lower() == ".csv":
                reader = csv.DictReader(file)
                for row in reader:
                    yield f"{path}, line {reader.line_num}", row
            else:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield f"{path}, line {number}", _json_row(line, f"{path}, line {number}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SetupError(f"{path}: cannot read it ({error})") from error


def _json_row(line: str, where: str) -> Mapping[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SetupError(f"{where}: not JSON ({error})") from error
    if not isinstance(value, dict):
        raise SetupError(f"{where}: each line is one JSON object, got {type(value).__name__}")
    return value


def _cell(row: Mapping[str, Any], column: str, where: str) -> str | None:
    """Return a row's value under any accepted name of the column, or None where it is absent or empty."""
    for name in COLUMNS[column]:
        value = row.get(name)
        if value is None or value == "":
            continue
        if not isinstance(value, str) or "\0" in value:
            raise SetupError(f"{where}: column '{name}' is text, got {value!r}")
        return value.strip()
    return None


def _wish(row: Mapping[str, Any], where: str, taxonomy: Taxonomy, folder: Path) -> Wish:
    video = _cell(row, "video", where)
    if video is None:
        raise SetupError(f"{where}: no video; a manifest needs a column {' or '.join(COLUMNS['video'])}")
    paths = {name: _cell(row, name, where) for name in ("edited_video", "background", "boxes")}
    found = {name: str(folder / path) for name, path in paths.items() if path is not None}
    inputs = Inputs(
        str(folder / video), found.get("edited_video"), found.get("background"), found.get("boxes")
    )
    return replace(_instruction_row(row, where, taxonomy)[1], inputs=inputs)


def _instruction_row(row: Mapping[str, Any], where: str, taxonomy: Taxonomy) -> tuple[str | None, Wish]:
    """Return (video name or None, wish without a video)."""
    theme, keyword = _cell(row, "theme", where), _cell(row, "keyword", where)
    if theme is not None and theme not in THEMES:
        raise SetupError(f"{where}: theme '{theme}' is unknown; known: {', '.join(THEMES)}")
    scene = _scene(theme, keyword, where, taxonomy) if keyword is not None else None
    wish = Wish(Inputs(""), _cell(row, "instruction", where), scene.theme if scene else theme, scene)
    return _cell(row, "video", where), wish


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


def _with_instructions(wishes: list[Wish], rows: Sequence[tuple[str | None, Wish]]) -> list[Wish]:
    named = {video: wish for video, wish in rows if video is not None}
    pool = [wish for video, wish in rows if video is None]
    dealt = 0
    result = []
    for wish in wishes:
        own = named.get(wish.inputs.video) or named.get(Path(wish.inputs.video).name)
        if own is None and wish.instruction is None and pool:
            own = pool[dealt % len(pool)]
            dealt += 1
        result.append(wish if own is None else replace(own, inputs=wish.inputs))
    return result
