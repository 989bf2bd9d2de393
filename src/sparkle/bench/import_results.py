"""Results that others made, brought into the published tree of a SAVE folder without renaming anything by hand.

A folder of clips is matched by name: `ID.mp4`, `ID_edited.mp4`, or a name that holds one id of the benchmark as a whole
word. A table (CSV) says it by columns: `id`, or the source's file as `original_video` or `source`; and the clip as
`video`, `edited`, `output` or `path`, relative to the table. Nothing is guessed: two clips for one task are left out
both, and everything that matches nothing is listed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sparkle.bench.scores import append_line, clip_of
from sparkle.bench.tasks import BenchSample
from sparkle.core.errors import MediaError, SetupError
from sparkle.dataset.clip_facts import read_clip_facts
from sparkle.store import fill_file, read_plain, whole_file
from sparkle.video.sources import is_media_name

LOG_FILE = "import.jsonl"
SOURCE_COLUMNS = ("id", "original_video", "source", "src_video")
CLIP_COLUMNS = ("video", "edited", "edited_video", "output", "tgt_video", "path")
MP4_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov"}
)  # one family of containers, and one name for it in the tree


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an import. `made` are new in SAVE, `kept` were there with the same content; the others map what
    could not be used, a clip's path or a task's id, to the reason."""

    made: tuple[str, ...]
    kept: tuple[str, ...]
    unmatched: Mapping[str, str]
    missing: Mapping[str, str]

    @property
    def complete(self) -> bool:
        """Whether every task of the benchmark has a clip from this import."""
        return not self.missing


def import_results(samples: Sequence[BenchSample], given: Path, save: Path) -> Imported:
    """Copy the clips of a folder or table to their places in SAVE, whole and decoded to their end.

    Raises SetupError for what is neither a folder with clips nor a table, for a SAVE within `given` or the other way
    round, and where SAVE cannot be written. A clip that is in SAVE with other content is not overwritten.
    """
    _refuse_overlap(given, save)
    unmatched: dict[str, str] = {}
    claims: dict[str, list[Path]] = {}
    for clip, id, reason in _pairs(samples, given):
        if id is None:
            unmatched[str(clip)] = reason
        else:
            claims.setdefault(id, []).append(clip)
    made, kept, missing = [], [], {}
    for sample in samples:
        clips = claims.get(sample.id, [])
        if len(clips) != 1:
            missing[sample.id] = "no clip was given for it" if not clips else f"{len(clips)} clips claim it"
            unmatched |= {str(clip): f"{sample.id} is claimed by others too" for clip in clips}
            continue
        problem = _bring(sample, clips[0], save)
        if problem is None:
            made.append(sample.id)
        elif problem == "":
            kept.append(sample.id)
        else:
            missing[sample.id] = unmatched[str(clips[0])] = problem
    return Imported(tuple(made), tuple(kept), unmatched, missing)


def _pairs(samples: Sequence[BenchSample], given: Path) -> Iterator[tuple[Path, str | None, str]]:
    """Yield (clip, the id that it belongs to or None, why not)."""
    if given.is_dir():
        clips = sorted(path for path in given.rglob("*") if is_media_name(path) and path.is_file())
        if not clips:
            raise SetupError(f"{given}: holds no video")
        named = _Names(samples)
        yield from ((clip, *named.id_of(clip)) for clip in clips)
    elif given.is_file() and given.suffix.lower() == ".csv":
        yield from _table_pairs(samples, given)
    else:
        raise SetupError(f"{given}: neither a folder of clips nor a table (.csv) that names them")


class _Names:
    """Finds the id in a clip's name. Ids may hold one another (7 and 17), so only whole words count."""

    def __init__(self, samples: Sequence[BenchSample]) -> None:
        self._ids = {sample.id for sample in samples}
        ids = "|".join(re.escape(id) for id in sorted(self._ids, key=len, reverse=True))
        self._pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{ids})(?![A-Za-z0-9])")

    def id_of(self, clip: Path) -> tuple[str | None, str]:
        stem = clip.stem
        for name in (stem, stem.removesuffix("_edited")):
            if name in self._ids:
                return name, ""
        found = set(self._pattern.findall(stem))
        if len(found) == 1:
            return found.pop(), ""
        return None, f"its name holds {'no id' if not found else 'several ids'} of the benchmark"


def _table_pairs(samples: Sequence[BenchSample], table: Path) -> Iterator[tuple[Path, str | None, str]]:
    ids = {sample.id for sample in samples}
    try:
        text = read_plain(table).decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SetupError(f"{table}: cannot read it ({error})") from error
    names = tuple(reader.fieldnames or ()) if rows else ()
    source = next((name for name in SOURCE_COLUMNS if name in names), None)
    clip = next((name for name in CLIP_COLUMNS if name in names), None)
    if source is None or clip is None:
        raise SetupError(
            f"{table}: needs a column {' or '.join(SOURCE_COLUMNS)}, and one of {', '.join(CLIP_COLUMNS)}; "
            f"it has {', '.join(map(str, names)) or 'no rows'}"
        )
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SetupError(f"{table}: column '{twice[0]}' is there twice; keep one of them")
    for number, row in rows:
        if None in row:
            yield (
                Path(f"{table}, line {number}"),
                None,
                "has more columns than the header; quote what holds a comma",
            )
            continue
        told, path = (row[source] or "").strip(), (row[clip] or "").strip()
        if not path or "\0" in path:
            yield Path(f"{table}, line {number}"), None, "names no clip"
            continue
        # An id may have a dot; the name of a source file ends in one.
        id = told if told in ids else PurePosixPath(told.replace("\\", "/")).stem
        known = id if id in ids else None
        yield table.parent / path, known, f"{told[:80]!r} is no task of the benchmark"


def _bring(sample: BenchSample, clip: Path, save: Path) -> str | None:
    """Copy one clip. Return None where it is new, "" where it was there already, else what speaks against it."""
    target = save / sample.result
    if clip.suffix.lower() not in MP4_SUFFIXES:
        return f"is no MP4; convert it first: ffmpeg -i {clip.name} -c:v libx264 {clip.stem}.mp4"
    try:
        read_clip_facts(clip)
        fact = clip_of(clip)
        if target.exists():
            same = clip_of(target) == fact
            return "" if same else f"{target} is there with other content; name another --save, or delete it"
        with whole_file(target) as temporary:
            fill_file(clip, temporary)
            if clip_of(temporary) != fact:
                raise MediaError(f"{clip}: changed while it was copied")
    except MediaError as error:
        return str(error).removeprefix(f"{clip}: ")
    except OSError as error:
        raise SetupError(f"{save}: cannot be written ({error.strerror}); name another --save") from error
    append_line(save / LOG_FILE, {"id": sample.id, "from": clip.name, "sha256": fact.sha256})
    return None


def _refuse_overlap(given: Path, save: Path) -> None:
    inner, outer = given.absolute().resolve(), save.absolute().resolve()
    folder = inner if given.is_dir() else inner.parent
    if outer == folder or folder.is_relative_to(outer) or (given.is_dir() and outer.is_relative_to(folder)):
        raise SetupError(f"{save}: lies within {given}, or holds it; name a --save beside it")
