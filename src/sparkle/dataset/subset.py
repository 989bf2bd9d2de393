"""Writes samples of datasets as a dataset of their own: their files, and of every table their lines as they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sparkle.core.errors import SampleError, SetupError
from sparkle.core.layout import ARTIFACTS, SAMPLE_ID, artifact_path, prompts_path
from sparkle.dataset.index import CSV_COLUMNS, csv_line, json_line
from sparkle.dataset.offsets import lines_file
from sparkle.dataset.stored_sample import LINE_KINDS, StoredSample
from sparkle.store import Folder, link_or_copy, whole_folder, write_text


def write_subset(
    samples: Iterable[StoredSample], out: Path, renamed: Mapping[tuple[str, str], str] | None = None
) -> int:
    """Write samples as a dataset in `out`, which appears when it is complete; return how many there were.

    Files on the same disk are linked, not copied: nothing in the house writes into a file that is there. `renamed`: new
    ids, by (address, id). Raises SetupError where `out` exists, SampleError for a sample without an instruction,
    OSError for what cannot be read, OutputError for what cannot be written.
    """
    if out.exists():
        raise SetupError(f"{out}: is there already; name a new folder")
    names = renamed or {}
    count = 0
    with whole_folder(out) as root, ExitStack() as stack:
        tables: dict[Path, Any] = {}

        def add(path: Path, line: str, header: str = "") -> None:
            if path not in tables:
                tables[path] = stack.enter_context(Folder.at(root).writing_text(str(path)))
                tables[path](header)
            tables[path](line)

        for sample in samples:
            id = names.get((sample.folder.address, sample.id), sample.id)
            add(Path(prompts_path(sample.theme)), csv_line(_row(sample, id)), csv_line(CSV_COLUMNS))
            for kind in LINE_KINDS:
                if (line := _line(sample, kind, id)) is not None:
                    add(Path(lines_file(sample.theme, kind)), line)
            for kind in sample.kinds():
                link_or_copy(sample.own_extent(kind), root / artifact_path(kind, sample.theme, id))
            count += 1
        stack.close()
        if not count:  # an empty dataset says that it is one
            write_text(root / "provenance.jsonl", "")
    return count


def new_ids(parts: Iterable[Iterable[StoredSample]]) -> dict[tuple[str, str], str]:
    """Return ids for those samples of several datasets whose own is taken by an earlier one, by (address, id).

    They are numbered on behind the largest number of their theme in all datasets.
    """
    taken: set[str] = set()
    doubled: list[StoredSample] = []
    last: dict[str, int] = {}
    for part in parts:
        for sample in part:
            number = SAMPLE_ID.fullmatch(sample.id)
            last[sample.theme] = max(last.get(sample.theme, -1), int(number["number"]) if number else -1)
            if sample.id in taken:
                doubled.append(sample)
            taken.add(sample.id)
    named = {}
    for sample in doubled:
        last[sample.theme] += 1
        named[sample.folder.address, sample.id] = f"Sparkle_{sample.theme}_{last[sample.theme]:06d}"
    return named


def _row(sample: StoredSample, id: str) -> tuple[str, ...]:
    if sample.prompt is None:
        raise SampleError(
            f"{sample.id}: has no instruction, since prompts/{sample.theme}_train.csv is not here; fetch it"
        )
    pair = (str(artifact_path(kind, sample.theme, id)) for kind in list(ARTIFACTS)[:2])
    return sample.prompt, *pair, id


def _line(sample: StoredSample, kind: str, id: str) -> str | None:
    if id == sample.id:
        line = sample.line(kind)
        return None if line is None else line.decode() + "\n"
    row = sample.row(kind)
    if row is None:
        return None
    former = {"former_id": sample.id} if kind == "provenance" else {}
    return json_line({**row, "id": id, **former})
