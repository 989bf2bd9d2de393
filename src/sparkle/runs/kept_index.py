"""The index of a ledger in a file, so that opening a run reads only the lines that came after.

Without the file, or where a segment is another than the one that it knew, all lines are read again.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sparkle.runs.events import read_provenance
from sparkle.runs.index import ARTIFACT_NAMES, Index
from sparkle.runs.segments import OFFSET_BITS, SegmentFile, Segments
from sparkle.store import Folder

INDEX_FILE = "ledger.index.npz"

_FORMAT = 1


def save_index(folder: Folder, index: Index, segments: Segments, checksum: int) -> None:
    """Keep the index in a file. It is written whole; a damaged one is made again from the ledger."""
    described = {
        "format": _FORMAT,
        "stages": index.stages,
        "artifacts": ARTIFACT_NAMES,
        "plan": checksum,
        "files": [(each.number, each.size, each.version) for each in segments.files()],
        "cards": [each.to_json() for each in index.provenance.values()],
        "expected": index.expected,
        "redos": index.redos,
        "end": index.end,
        "faults": index.faults,
        "missing": sorted(index.missing),
    }
    with folder.writing(INDEX_FILE) as path:
        np.savez(
            path,
            places=index.places,
            sizes=index.sizes,
            stamps=index.stamps,
            void=index.void,
            writers=index.writers,
            described=np.frombuffer(json.dumps(described).encode(), np.uint8),
        )


def load_index(folder: Folder, ids: Sequence[str], stages: Sequence[str], segments: Segments) -> Index | None:
    """Return the kept index, grown to the plan's samples, or None where it must be made again."""
    try:
        with folder.local(INDEX_FILE) as path, np.load(path) as file:
            described = json.loads(file["described"].tobytes())
            kept = {name: file[name] for name in ("places", "sizes", "stamps", "void", "writers")}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None  # it is a copy of what the ledger says, and that is read instead
    samples = len(kept["stamps"])
    known = (described.get("format"), described.get("stages"), described.get("artifacts"))
    if known != (_FORMAT, list(stages), list(ARTIFACT_NAMES)) or samples > len(ids):
        return None
    if described["plan"] != plan_checksum(ids[:samples]) or not _still_the_same(described, segments):
        return None
    index = Index.empty(len(ids), stages)
    index.places[:samples], index.sizes[:samples] = kept["places"], kept["sizes"]
    index.stamps[:samples], index.void, index.writers = kept["stamps"], kept["void"], kept["writers"]
    index.missing = set(described["missing"])
    index.provenance = {each.by: each for each in map(read_provenance, described["cards"])}
    index.expected, index.redos = described["expected"], described["redos"]
    index.end, index.faults = described["end"], described["faults"]
    return index


def plan_checksum(ids: Sequence[str]) -> int:
    """Return what tells whether the rows of an index are those of a plan."""
    return zlib.crc32("\n".join(ids).encode())


def _still_the_same(described: Mapping[str, Any], segments: Segments) -> bool:
    """Whether the segments are those that were read; the last one may have grown since."""
    files = segments.files()
    known = [SegmentFile(*each) for each in described["files"]]
    if len(known) > len(files) or known[:-1] != files[: max(len(known) - 1, 0)]:
        return False
    if not known:
        return True
    last, now = known[-1], files[len(known) - 1]
    return last == now or (now.size > last.size and described["end"] >> OFFSET_BITS == last.number)
