"""Exports a dataset for other people's loaders; a new folder appears when it is complete."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from sparkle.core.errors import SampleError, SetupError
from sparkle.core.extras import require
from sparkle.dataset.collection import Collection
from sparkle.dataset.energon import write_energon
from sparkle.dataset.export_records import DIRECTIONS, NOTES, VIDEO_COLUMNS, Direction, Exported, exported
from sparkle.dataset.index import csv_line
from sparkle.store import (
    Extent,
    Folder,
    link_or_copy,
    make_folder,
    scratch_folder,
    whole_folder,
    write_tar,
    write_text,
)

SHARD_BYTES = 5 * 10**8
ROWS_AT_ONCE = 32
_TEXTS = ("id", "theme", "prompt", "direction", "facts")


def export(
    samples: Collection,
    form: str,
    out: Path,
    direction: Direction = "made-target",
    shard_bytes: int = SHARD_BYTES,
) -> int:
    """Write samples in one of FORMS; return how many.

    Raises SetupError where `out` exists and for an unknown form, MissingExtraError without the form's library, what
    `exported` does, OSError for clips that cannot be read, OutputError for what cannot be written.
    """
    if form not in FORMS or direction not in DIRECTIONS:
        raise SetupError(f"{form}, {direction}: known are {', '.join(FORMS)}, and {', '.join(DIRECTIONS)}")
    if out.exists():
        raise SetupError(f"{out}: is there already; name a new folder")
    if not len(samples):
        raise SetupError("there are no samples to export")
    with whole_folder(out) as root:
        FORMS[form](exported(samples, direction), root, shard_bytes)
        header = _header(root) if form == "hf" else ""
        write_text(root / "README.md", f"{header}# Pairs\n\n{len(samples)} pairs. {NOTES[direction]}\n")
    return len(samples)


def _webdataset(pairs: Iterable[Exported], root: Path, shard_bytes: int) -> None:
    """Tars with `{id}.{column}.mp4` and `{id}.json`, and Energon's index of them."""
    counts: dict[str, int] = {}
    with scratch_folder(root.parent) as scratch:
        for name, shard in _shards(pairs, shard_bytes):
            members = []
            for pair in shard:
                said = {key: getattr(pair, key) for key in _TEXTS[:4]} | {"facts": json.loads(pair.facts)}
                path = scratch / f"{pair.id}.json"
                write_text(path, json.dumps(said, ensure_ascii=False, sort_keys=True) + "\n")
                members += [(f"{pair.id}.{column}.mp4", clip) for column, (clip, _) in pair.videos.items()]
                members.append((f"{pair.id}.json", Folder.at(scratch).extent(path.name)))
            counts[f"{name}.tar"] = len(shard)
            write_tar(root / f"{name}.tar", members)
    write_energon(root, counts)


def _parquet(pairs: Iterable[Exported], root: Path, shard_bytes: int) -> None:
    """Parquet files, a folder a theme: texts, and each clip as {bytes, path}, which `datasets` takes for a Video."""
    arrow, parquet = (require(module, "hub", "this export") for module in ("pyarrow", "pyarrow.parquet"))
    for name, shard in _shards(pairs, shard_bytes):
        schema = _schema(arrow, shard[0].direction)
        theme, _, part = name.rpartition("-")
        folder = root / "data" / theme
        make_folder(folder)
        with parquet.ParquetWriter(str(folder / f"train-{part}.parquet"), schema) as writer:
            for rows in _blocks(shard):
                writer.write_table(arrow.Table.from_pylist(rows, schema=schema))


def _header(root: Path) -> str:
    """Return the header by which `datasets` knows a configuration a theme, of what `_parquet` wrote."""
    themes = sorted(path.name for path in (root / "data").iterdir())
    configs = "".join(
        f"- config_name: {theme}\n  data_files:\n  - split: train\n    path: data/{theme}/*.parquet\n"
        for theme in themes
    )
    return f"---\ntask_categories:\n- video-to-video\nconfigs:\n{configs}---\n\n"


def _lance(pairs: Iterable[Exported], root: Path, shard_bytes: int) -> None:
    """One Lance dataset, `pairs.lance`, with the columns of the Parquet files."""
    arrow, lance = (require(module, "lance", "this export") for module in ("pyarrow", "lance"))
    pairs = iter(pairs)
    first = next(pairs)
    schema = _schema(arrow, first.direction)

    def batches() -> Iterator[Any]:
        for rows in _blocks(chain([first], pairs)):
            yield from arrow.Table.from_pylist(rows, schema=schema).to_batches()

    lance.write_dataset(arrow.RecordBatchReader.from_batches(schema, batches()), str(root / "pairs.lance"))


def _kiwi_csv(pairs: Iterable[Exported], root: Path, shard_bytes: int) -> None:
    """Loose clips, and tables with the columns that Kiwi-Edit's trainer reads: src_video, tgt_video, prompt."""
    for (theme, direction), rows in groupby(pairs, key=lambda pair: (pair.theme, pair.direction)):
        name = f"{theme}_train.csv" if direction == "made-target" else f"{theme}_train_real_target.csv"
        with Folder.at(root).writing_text(name) as add:
            add(csv_line(("src_video", "tgt_video", "prompt", "direction", "id")))
            for pair in rows:
                add(csv_line((pair.input_path, pair.target_path, pair.prompt, direction, pair.id)))
                link_or_copy(pair.input, root / pair.input_path)
                link_or_copy(pair.target, root / pair.target_path)


FORMS: dict[str, Callable[[Iterable[Exported], Path, int], None]] = {
    "webdataset": _webdataset,
    "parquet": _parquet,
    "lance": _lance,
    "kiwi-csv": _kiwi_csv,
    "hf": _parquet,
}


def _shards(pairs: Iterable[Exported], shard_bytes: int) -> Iterator[tuple[str, list[Exported]]]:
    """Yield (name, pairs) of one theme each, of clips of about `shard_bytes`."""
    for theme, of_theme in groupby(pairs, key=lambda pair: pair.theme):
        shard: list[Exported] = []
        size, number = 0, 0
        for pair in of_theme:
            length = sum(_size(clip) for clip in (pair.input, pair.target))
            if shard and size + length > shard_bytes:
                yield f"{theme}-{number:05d}", shard
                shard, size, number = [], 0, number + 1
            shard.append(pair)
            size += length
        yield f"{theme}-{number:05d}", shard


def _size(clip: Extent) -> int:
    if clip.size is not None:
        return clip.size
    stat = Folder(clip.address).stat(clip.key)
    if stat is None:
        raise SampleError(
            f"{clip}: is missing; `sparkle dataset filter --with source_video,edited_video` leaves it out"
        )
    return stat.size


def _blocks(pairs: Iterable[Exported]) -> Iterator[list[dict[str, Any]]]:
    """Yield rows, with the content of their clips, a few at a time."""
    rows: list[dict[str, Any]] = []
    for pair in pairs:
        clips = {column: {"bytes": clip.read(), "path": path} for column, (clip, path) in pair.videos.items()}
        rows.append({**{name: getattr(pair, name) for name in _TEXTS}, **clips})
        if len(rows) == ROWS_AT_ONCE:
            yield rows
            rows = []
    if rows:
        yield rows


def _schema(arrow: Any, direction: Direction) -> Any:
    clip = arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])
    columns = VIDEO_COLUMNS[direction]
    fields = [(name, arrow.string()) for name in _TEXTS] + [(name, clip) for name in columns]
    features = {name: {"dtype": "string", "_type": "Value"} for name in _TEXTS}
    features |= {name: {"_type": "Video"} for name in columns}
    return arrow.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": features}})})
