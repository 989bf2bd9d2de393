"""The entries of a library's folder: by the one CSV file in it, or else by the names of its files.

Columns of the CSV are `file` and `caption`, and where known `theme`, `licence`, `horizon` (0 to 1000 of the height,
from above) and `eye_m` (the camera's height over the ground, in metres). Files that it does not name are not used.
Without a CSV every picture and video counts, at any depth; its words are those of its name and of its folders.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from sparkle.core.errors import SetupError
from sparkle.core.layout import TAXONOMY_THEMES
from sparkle.core.own_background import LibraryEntry
from sparkle.painter.places import PLACES
from sparkle.painter.words import decided, plan_scene
from sparkle.store import check_plain, read_text
from sparkle.video import is_media_name

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".exr", ".hdr"})
COLUMNS = frozenset({"file", "caption", "theme", "licence", "license", "horizon", "eye_m"})
CSV_BYTES = 32 * 2**20
LONGEST = {"file": 1024, "caption": 300, "licence": 200}
# What cameras call their files.
_OF_CAMERAS = re.compile(r"\b(?:img|image|dsc[fn]?|mov|mvi|pxl|vid|video|clip|photo|pic|gopr|gx|p)\b")


def read_library(folder: Path) -> tuple[LibraryEntry, ...]:
    """Return the entries of a folder in the order of their files' names; nothing of pictures is read.

    Raises SettingsError or SetupError that names the file or row for a folder that cannot be read or holds nothing, a
    file without words, a row that cannot be understood, and files that are missing, no regular ones, or lie elsewhere.
    """
    try:
        if not folder.is_dir():
            raise SetupError(f"--backgrounds {folder}: is no folder; give one with pictures and videos")
        tables = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv")
        if len(tables) > 1:
            names = ", ".join(path.name for path in tables)
            raise SetupError(
                f"{folder}: has several tables ({names}); keep one, with columns file and caption"
            )
        entries = list(_of_table(folder, tables[0])) if tables else list(_of_names(folder))
        for entry in entries:
            _refuse_elsewhere(folder, entry.file)
    except OSError as error:
        raise SetupError(f"{error.filename or folder}: cannot be read ({error.strerror})") from error
    if not entries:
        known = " ".join(sorted(PICTURE_SUFFIXES))
        raise SetupError(f"{folder}: holds no picture or video; pictures end in {known}")
    return tuple(sorted((_with_horizon(entry) for entry in entries), key=lambda entry: entry.file))


def _of_names(folder: Path) -> Iterable[LibraryEntry]:
    for path in folder.rglob("*"):
        inner = path.relative_to(folder)
        if any(part.startswith(".") for part in inner.parts) or path.is_dir() or not _is_background(path):
            continue
        caption = _words_of_name(inner)
        if not caption:
            raise SetupError(
                f"{path}: its name has no words; call it by what it shows (windy_beach_2{path.suffix}), or "
                "describe it in a CSV beside it"
            )
        yield LibraryEntry(inner.as_posix(), caption)


def _words_of_name(inner: Path) -> str:
    text = re.sub(r"[\W\d_]+", " ", " ".join((*inner.parts[:-1], inner.stem))).lower()
    return " ".join(_OF_CAMERAS.sub(" ", text).split())[: LONGEST["caption"]]


def _of_table(folder: Path, table: Path) -> Iterable[LibraryEntry]:
    try:
        text = read_text(table, CSV_BYTES)
        rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        columns = set(rows.fieldnames or ())
        if not {"file", "caption"} <= columns or columns - COLUMNS:
            raise SetupError(
                f"{table}: its columns are {', '.join(map(repr, rows.fieldnames or ()))[:200]}; file and caption are "
                "needed, theme, licence, horizon and eye_m may stand there"
            )
        seen: dict[str, int] = {}
        for row in rows:
            where = f"{table}, line {rows.line_num}"
            entry = _of_row(row, where)
            if entry.file in seen:
                raise SetupError(f"{where}: {entry.file} stands already on line {seen[entry.file]}")
            seen[entry.file] = rows.line_num
            yield entry
    except (csv.Error, UnicodeDecodeError) as error:
        raise SetupError(f"{table}: is no CSV in UTF-8 ({error})") from error


def _of_row(row: Mapping[str | None, object], where: str) -> LibraryEntry:
    cells = {name: value.strip() for name, value in row.items() if name and isinstance(value, str)}
    if None in row or len(cells) != len(row):
        raise SetupError(f"{where}: has another number of cells than the first line has columns")
    cells["licence"] = cells.get("licence") or cells.pop("license", "")
    for name, most in LONGEST.items():
        if len(cells[name]) > most or not cells[name].isprintable():
            raise SetupError(f"{where}: {name} is longer than {most} letters, or no plain text")
    if not re.search(r"[^\W\d_]", cells["caption"]):
        raise SetupError(f"{where}: the caption has no words; say what {cells['file']} shows")
    if not _is_background(Path(cells["file"])):
        raise SetupError(f"{where}: file {cells['file']!r} is named neither as a picture nor as a video")
    theme = cells.get("theme", "")
    if theme and theme not in TAXONOMY_THEMES:
        raise SetupError(f"{where}: theme {theme!r} is unknown; known: {', '.join(TAXONOMY_THEMES)}")
    horizon = _number(cells.get("horizon", ""), 0, 1000, f"{where}: horizon")
    return LibraryEntry(
        cells["file"],
        cells["caption"],
        theme,
        cells["licence"],
        None if horizon is None else horizon / 1000,
        _number(cells.get("eye_m", ""), 0.1, 10_000, f"{where}: eye_m"),
    )


def _number(text: str, least: float, most: float, what: str) -> float | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{1,5}(\.\d{1,6})?", text) or not least <= float(text) <= most:
        raise SetupError(f"{what}: {text[:40]!r} is no number from {least:g} to {most:g}")
    return float(text)


def _is_background(path: Path) -> bool:
    return is_media_name(path) or path.suffix.lower() in PICTURE_SUFFIXES


def _refuse_elsewhere(folder: Path, name: str) -> None:
    path = folder / name
    if Path(name).is_absolute() or not path.resolve().is_relative_to(folder.resolve()):
        raise SetupError(f"{folder}: {name!r} lies outside of it; copy the file into the folder")
    check_plain(path)


def _with_horizon(entry: LibraryEntry) -> LibraryEntry:
    """Give an entry that does not say its horizon that of the painter's place of these words, outdoors: a guess."""
    if entry.horizon is not None or "place" not in decided(entry.caption):
        return entry
    place = PLACES[plan_scene(entry.caption).setting]
    return entry if place.indoors else replace(entry, horizon=place.horizon)
