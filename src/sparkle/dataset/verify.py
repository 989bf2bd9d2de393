"""Says whether a folder is a valid dataset in the published layout, and names every fault if not.

The tables decide which samples there are; each sample must then have all its files, whole and of one size,
and no file may be left over. The intermediate data of a theme may be absent as a whole, since the published
dataset is also used in parts; half of it is a fault. What the files show is compared as far as small pictures tell (see
resemblance.py): a result that is its source, a source of another pair, a mask of nothing or of everything.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sparkle.core.errors import SetupError
from sparkle.core.layout import (
    ARTIFACTS,
    METADATA_FILES,
    artifact_path,
    intermediate_metadata_path,
    metadata_path,
    prompts_path,
)
from sparkle.dataset.artifacts import Seen, anchor_counts, check_artifacts
from sparkle.dataset.claims import CHECKS, check_metadata
from sparkle.dataset.index import CSV_COLUMNS
from sparkle.dataset.inventory import find_orphans, take_inventory
from sparkle.dataset.resemblance import owner_of
from sparkle.dataset.tables import Fault, Row, read_csv, read_jsonl

PAIR_ARTIFACTS = ("source_video", "edited_video")
OPTIONAL_ARTIFACTS = ("source_video_mask_confidence",)

Files = frozenset[PurePosixPath]


@dataclass(slots=True)
class _Theme:
    """What the tables of a theme say: prompt by id, and by id the facts that need the clip to be checked."""

    name: str
    prompts: dict[str, str] = field(default_factory=dict)
    anchors: dict[str, int] = field(default_factory=dict)
    scored_frames: dict[str, tuple[int, ...]] = field(default_factory=dict)
    has_intermediate: bool = False


def verify(root: Path) -> list[Fault]:
    """Return all faults of a dataset, in the same order each time; an empty list means that it is valid.

    Every video is decoded once, to its end. Raises SetupError when `root` is no folder.
    """
    if not root.is_dir():
        raise SetupError(f"{root} is no folder; name the folder that holds prompts/ and the themes")
    return list(_verify(root))


def _verify(root: Path) -> Iterator[Fault]:
    inventory = take_inventory(root)
    yield from inventory.faults
    expected: set[PurePosixPath] = set()
    themes = _theme_names(inventory.files)
    if not themes:
        yield Fault(PurePosixPath("prompts"), None, "holds no {theme}_train.csv, so this is no dataset")
    pairs: dict[tuple[str, str], Seen] = {}
    for name in themes:
        theme = _Theme(name)
        yield from _read_index(root, theme, inventory.files)
        yield from _read_intermediate(root, theme, inventory.files)
        for id in sorted(theme.prompts):
            seen = yield from _check_sample(root, theme, id, inventory.files)
            if seen is not None:
                pairs[name, id] = seen
        expected |= _expected_files(theme)
    yield from _find_strangers(pairs)
    yield from find_orphans(inventory.files, expected)


def _find_strangers(pairs: Mapping[tuple[str, str], Seen]) -> Iterator[Fault]:
    """Yield a fault for each result that was made from the source of another pair, as far as the pictures tell."""
    sources = {id: seen.source for (_, id), seen in pairs.items()}
    for (theme, id), seen in pairs.items():
        owner = owner_of(seen.edited, id, sources)
        if owner is not None:
            path = artifact_path("edited_video", theme, id)
            yield Fault(path, id, f"agrees with the source video of {owner}, and not with its own")


def _theme_names(files: Files) -> list[str]:
    names = set()
    for path in files:
        for suffix in ("_train.csv", "_train_metadata.jsonl"):
            if path.parent == PurePosixPath("prompts") and path.name.endswith(suffix):
                names.add(path.name.removesuffix(suffix))
    return sorted(names)


def _read_index(root: Path, theme: _Theme, files: Files) -> Iterator[Fault]:
    """Read the CSV and the metadata of a theme into `theme.prompts`, and compare the two."""
    table, metadata = prompts_path(theme.name), metadata_path(theme.name)
    for row in _rows_of_csv(root, table, theme.name, files):
        if isinstance(row, Fault):
            yield row
            continue
        theme.prompts[row.id] = row.value["prompt"]
        yield from _check_csv_row(table, theme.name, row)
    described = set()
    for row in _rows_of_jsonl(root, metadata, theme.name, files):
        if isinstance(row, Fault):
            yield row
            continue
        described.add(row.id)
        for message in check_metadata(row.value, theme.name):
            yield Fault(metadata, row.id, f"line {row.line}: {message}")
        if row.id in theme.prompts and row.value.get("prompt") != theme.prompts[row.id]:
            yield Fault(metadata, row.id, f"line {row.line}: prompt differs from that of {table}")
    yield from _compare_ids(theme, metadata, described)


def _read_intermediate(root: Path, theme: _Theme, files: Files) -> Iterator[Fault]:
    folder = PurePosixPath("intermediate_data") / theme.name
    theme.has_intermediate = any(path.is_relative_to(folder) for path in files)
    if not theme.has_intermediate:
        return
    for name in METADATA_FILES:
        path = intermediate_metadata_path(theme.name, name)
        ids = set()
        for row in _rows_of_jsonl(root, path, theme.name, files):
            if isinstance(row, Fault):
                yield row
                continue
            ids.add(row.id)
            messages = [*CHECKS[name](row.value, theme.name)]
            yield from (Fault(path, row.id, f"line {row.line}: {message}") for message in messages)
            if not messages and name == "foreground_grounding_r2":
                theme.anchors[row.id] = len(row.value["frame_objects"])
            if not messages and name == "edited_video_score":
                theme.scored_frames[row.id] = tuple(row.value["frame_indices"])
        yield from _compare_ids(theme, path, ids)


def _check_sample(root: Path, theme: _Theme, id: str, files: Files) -> Generator[Fault, None, Seen | None]:
    present = [kind for kind in ARTIFACTS if artifact_path(kind, theme.name, id) in files]
    missing = [kind for kind in _required(theme) if kind not in present]
    if missing:
        yield from (Fault(artifact_path(kind, theme.name, id), id, "is missing") for kind in missing)
        return None
    seen = yield from check_artifacts(root, theme.name, id, present)
    if seen is None:
        return None
    clip = seen.clip
    anchors, counts = theme.anchors.get(id), anchor_counts(clip.frames, clip.fps)
    if anchors is not None and anchors not in counts:
        path = intermediate_metadata_path(theme.name, "foreground_grounding_r2")
        expected = " or ".join(map(str, counts))
        yield Fault(path, id, f"frame_objects has {anchors} frames, the clip has {expected} at 2 fps")
    if max(theme.scored_frames.get(id, (0,))) >= clip.frames:
        path = intermediate_metadata_path(theme.name, "edited_video_score")
        yield Fault(path, id, f"frame_indices lie behind the last frame {clip.frames - 1}")
    return seen


def _required(theme: _Theme) -> tuple[str, ...]:
    if not theme.has_intermediate:
        return PAIR_ARTIFACTS
    return tuple(kind for kind in ARTIFACTS if kind not in OPTIONAL_ARTIFACTS)


def _expected_files(theme: _Theme) -> set[PurePosixPath]:
    paths = {artifact_path(kind, theme.name, id) for kind in ARTIFACTS for id in theme.prompts}
    paths |= {intermediate_metadata_path(theme.name, name) for name in METADATA_FILES}
    return paths | {prompts_path(theme.name), metadata_path(theme.name)}


def _check_csv_row(table: PurePosixPath, theme: str, row: Row) -> Iterator[Fault]:
    if not row.value["prompt"].strip():
        yield Fault(table, row.id, f"line {row.line}: the prompt is empty")
    for column, kind in (("src_video", "source_video"), ("tgt_video", "edited_video")):
        wanted = artifact_path(kind, theme, row.id)
        if row.value[column] != str(wanted):
            got = row.value[column][:120]
            yield Fault(table, row.id, f"line {row.line}: {column} must be {wanted}, got {got!r}")


def _compare_ids(theme: _Theme, path: PurePosixPath, ids: set[str]) -> Iterator[Fault]:
    table = prompts_path(theme.name)
    for id in sorted(set(theme.prompts) - ids):
        yield Fault(path, id, f"has no row for it, but {table} has")
    for id in sorted(ids - set(theme.prompts)):
        yield Fault(path, id, f"has a row for it, but {table} has none")


def _rows_of_csv(root: Path, path: PurePosixPath, theme: str, files: Files) -> Iterator[Row | Fault]:
    if path not in files:
        yield Fault(path, None, "is missing")
        return
    yield from read_csv(root, path, theme, CSV_COLUMNS)


def _rows_of_jsonl(root: Path, path: PurePosixPath, theme: str, files: Files) -> Iterator[Row | Fault]:
    if path not in files:
        yield Fault(path, None, "is missing")
        return
    yield from read_jsonl(root, path, theme)
