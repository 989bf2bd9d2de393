"""The user's files behind a run: never among its own, and still those that its results were made of."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, fields
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, cast

from sparkle.core.errors import SetupError
from sparkle.core.records import Fingerprint, ObjectVersion
from sparkle.core.sample import Inputs, Sample
from sparkle.store import Extent, Folder, Place, fingerprint, is_address, is_same_file

Known = Fingerprint | ObjectVersion

_FILES = tuple(each.name for each in fields(Inputs))
_paths = attrgetter(*_FILES)
_TIMES = ("size", "mtime_ns", "ctime_ns")
_VERSION = ("size", "version")
_ASKED_AT_ONCE = 32  # objects of a store


def input_files(inputs: Inputs) -> Iterator[tuple[str, str]]:
    """Yield (what it is, path) of every file that the user gave for a sample."""
    for name, path in zip(_FILES, _paths(inputs), strict=True):
        if path is not None:
            yield name, path


def input_fingerprints(inputs: Inputs) -> dict[str, Known]:
    """Return what tells whether the files are the same later; those that cannot be read have none."""
    found: dict[str, Known] = {}
    for name, path in input_files(inputs):
        with suppress(OSError):  # whoever reads it says so
            if not is_address(path):
                found[name] = Fingerprint(**cast(dict[str, Any], fingerprint(path)))
            elif (version := _version_of(path)) is not None:
                found[name] = version
    return found


def _version_of(address: str) -> ObjectVersion | None:
    stat = Extent.at(address).stat()
    return None if stat is None else ObjectVersion(stat.size, stat.version)


def refuse_sources_inside(root: Place, plan: Sequence[Sample]) -> None:
    """Raise SetupError for a file of the user's that lies, by whatever name, where a run puts and removes files."""
    folder = Folder.at(root)
    home = f"{folder.address if folder.path is None else os.path.realpath(folder.path)}/"
    inside: dict[str, bool] = {}  # by folder: of a million sources few lie in folders of their own
    for sample in plan:
        for path in _paths(sample.inputs):
            if path is None:
                continue
            if path.startswith(home) if is_address(path) else _is_inside(path, home, inside):
                raise SetupError(
                    f"{path}: lies in {root}, where results are put and void ones removed; "
                    "name a folder that holds none of the sources"
                )


def _is_inside(path: str, home: str, inside: dict[str, bool]) -> bool:
    """Whether a file lies below `home`, a real path that ends with "/". `inside` keeps the answers for folders."""
    folder, _, name = path.rpartition("/")
    if name in {"", ".", ".."} or os.path.islink(path):  # noqa: PTH114 - a tenth of the time
        return f"{os.path.realpath(path)}/".startswith(home)
    if folder not in inside:
        real = os.path.realpath(folder or ("/" if path.startswith("/") else "."))
        inside[folder] = f"{real}/".startswith(home)
    return inside[folder]


def refuse_changed_sources(root: Place, samples: Iterable[Sample]) -> None:
    """Raise SetupError for a file that is another than the one that a sample's results were made of.

    A file that is gone says nothing; it is missed where it is read.
    """
    known: dict[str, Known] = {}
    for sample in samples:
        source = sample.records.source
        records: Mapping[str, Known] = {} if source is None else source.inputs
        for name, path in input_files(sample.inputs):
            record = records.get(name)
            if record is None:
                continue
            first = known.setdefault(path, record)
            other = first is record and _has_changed(path, record)
            if other or _content(first) != _content(record):
                raise SetupError(
                    f"{path}: has changed since {root} made results of it ({sample.id}); bring the former file back, "
                    "start in another folder, or make all results of this one anew (build: --redo-from source)"
                )


def _has_changed(path: str, record: Known) -> bool:
    if isinstance(record, Fingerprint):
        place = Path(path)
        return place.exists() and not (place.is_file() and is_same_file(path, asdict(record)))
    try:
        return _version_of(path) not in (None, record)
    except OSError:
        return False  # may not be looked at, which whoever reads it says


def _content(record: Known) -> object:
    return record.sha256 if isinstance(record, Fingerprint) else record


def stamp(files: Mapping[str, Mapping[str, Any]]) -> int:
    """Return 32 bits of what tells cheaply whether files, by their names in `Inputs`, are the same; 0 of no file."""
    if not files:
        return 0
    times = [(name, *_cheaply(found)) for name, found in sorted(files.items())]
    return zlib.crc32(repr(times).encode()) or 1


def _cheaply(found: Mapping[str, Any]) -> list[Any]:
    return [found[key] for key in (_VERSION if "version" in found else _TIMES)]


def stamps_of_files(all_inputs: Iterable[Inputs]) -> Iterator[int]:
    """Yield the stamps that files have now, in order; a store is asked for many objects side by side."""
    coming = iter(all_inputs)
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as asking:
        while batch := list(islice(coming, 32 * _ASKED_AT_ONCE)):
            apart = any(is_address(path) for inputs in batch for path in _paths(inputs) if path is not None)
            yield from asking.map(stamp_of_files, batch) if apart else map(stamp_of_files, batch)


def stamp_of_files(inputs: Inputs) -> int:
    """Return the stamp that the files have now; 0 where one cannot be looked at."""
    found: dict[str, dict[str, Any]] = {}
    for name, path in input_files(inputs):
        try:
            if is_address(path):
                if (version := _version_of(path)) is None:
                    return 0
                found[name] = asdict(version)
                continue
            status = os.stat(path)  # noqa: PTH116 - half the time, for a million samples
        except OSError:
            return 0
        found[name] = {
            "size": status.st_size,
            "mtime_ns": status.st_mtime_ns,
            "ctime_ns": status.st_ctime_ns,
        }
    return stamp(found)
