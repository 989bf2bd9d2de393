"""Says whether a folder is a valid dataset in the published layout, and names every fault if not.

The tables decide which samples there are; each sample must then have all its files, loose or in shards, and no file may
be left over. The intermediate data of a theme may be absent as a whole, since the published dataset is also used in
parts; half of it is a fault. Of a release in shards any part may be had: what a theme has no file of, it is not asked
for. The same holds for a theme of which nothing but tables is here.

That is told from names and tables. Looking deep, every file is read, else those of a few samples, of whose videos only
the first picture is decoded: whole and of one size, as the tables say, and what the files show is compared as far as
small pictures tell (see resemblance.py): a result that is its source, a source of another pair, a mask of nothing or of
everything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
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
from sparkle.dataset.artifacts import Seen, anchor_counts, check_artifacts, skim_artifacts
from sparkle.dataset.claims import CHECKS, check_metadata, check_provenance
from sparkle.dataset.index import CSV_COLUMNS, PROVENANCE_FILE
from sparkle.dataset.index_claims import check_index
from sparkle.dataset.inventory import Inventory, find_orphans, take_inventory
from sparkle.dataset.resemblance import owner_of
from sparkle.dataset.shards import PAIR_KINDS
from sparkle.dataset.sums import SUMS, read_sums
from sparkle.dataset.tables import Fault, Row, read_csv, read_jsonl
from sparkle.store import Folder, scratch_folder

_Check = Callable[[Path, str, str, Collection[str]], Generator[Fault, None, Seen | None]]
OPTIONAL_ARTIFACTS = ("source_video_mask_confidence",)


@dataclass(slots=True)
class _Theme:
    """What the tables of a theme say: prompt by id, and by id the facts that need the clip to be checked.

    `required`: the artifacts that each of its samples must have.
    """

    name: str
    prompts: dict[str, str] = field(default_factory=dict)
    anchors: dict[str, int] = field(default_factory=dict)
    scored_frames: dict[str, tuple[int, ...]] = field(default_factory=dict)
    required: tuple[str, ...] = ()


def verify(root: Path, *, deep: bool = True, looks: int = 0) -> list[Fault]:
    """Return all faults of a dataset, in the same order each time; an empty list means that it is valid.

    deep: decode every video once, to its end, and read every other file. looks: when not deep, of how many samples of
    each theme, evenly spread over it, files are opened nonetheless: the first picture of each video is decoded and the
    packets are counted, and whatever looks wrong is read whole. Raises SetupError when `root` is no folder.
    """
    if not root.is_dir():
        raise SetupError(f"{root} is no folder; name the folder that holds prompts/ and the themes")
    return list(_verify(root, deep, looks))


def _verify(root: Path, deep: bool, looks: int) -> Iterator[Fault]:
    inventory = take_inventory(root)
    yield from inventory.faults
    expected: set[str] = set()
    themes = _theme_names(inventory)
    if not themes:
        lack = "fetch prompts/, too" if inventory.packed else "so this is no dataset"
        yield Fault(PurePosixPath("prompts"), None, f"holds no {{theme}}_train.csv, {lack}")
        expected |= inventory.packed.keys()  # one fault says it for all
    pairs: dict[tuple[str, str], Seen] = {}
    check = check_artifacts if deep else skim_artifacts
    for name in themes:
        theme = _Theme(name)
        yield from _read_index(root, theme, inventory)
        yield from _read_intermediate(root, theme, inventory)
        theme.required = _required(theme, inventory)
        opened = set(theme.prompts) if deep else _spread(sorted(theme.prompts), looks)
        for id in sorted(theme.prompts):
            whole = yield from _look_for_files(theme, id, inventory)
            if whole and id in opened and theme.required:
                seen = yield from _check_sample(root, theme, id, inventory, check)
                if seen is not None:
                    pairs[name, id] = seen
        expected |= _expected_files(theme)
    yield from check_index(root, inventory)
    yield from _find_strangers(pairs)
    yield from _read_provenance(root, inventory)
    if deep:
        yield from _check_sums(root, inventory)
    yield from find_orphans(inventory, expected)


def _spread(ids: list[str], most: int) -> set[str]:
    """Return at most so many of some ids, evenly spread over them."""
    count = min(most, len(ids))
    return {ids[at * len(ids) // count] for at in range(count)}


def _check_sums(root: Path, inventory: Inventory) -> Iterator[Fault]:
    """Yield a fault for each shard that is not what checksums say; shards that were not fetched are not missed."""
    for file, sum_of in SUMS.items():
        try:
            sums = read_sums(Folder.at(root), file)
        except SetupError as error:
            yield Fault(PurePosixPath(file), None, str(error).removeprefix(f"{root / file}: "))
            continue
        for key, digest in sorted(sums.items()):
            if key in inventory.loose and sum_of(root / key) != digest:
                yield Fault(PurePosixPath(key), None, f"is not the file that {file} names; fetch it again")


def _find_strangers(pairs: Mapping[tuple[str, str], Seen]) -> Iterator[Fault]:
    """Yield a fault for each result that was made from the source of another pair, as far as the pictures tell."""
    sources = {id: seen.source for (_, id), seen in pairs.items()}
    for (theme, id), seen in pairs.items():
        owner = owner_of(seen.edited, id, sources)
        if owner is not None:
            path = artifact_path("edited_video", theme, id)
            yield Fault(path, id, f"agrees with the source video of {owner}, and not with its own")


def _theme_names(inventory: Inventory) -> list[str]:
    names = set()
    for path in inventory.loose:
        folder, _, name = path.rpartition("/")
        for suffix in ("_train.csv", "_train_metadata.jsonl"):
            if folder == "prompts" and name.endswith(suffix):
                names.add(name.removesuffix(suffix))
    return sorted(names)


def _read_index(root: Path, theme: _Theme, inventory: Inventory) -> Iterator[Fault]:
    """Read the CSV and the metadata of a theme into `theme.prompts`, and compare the two."""
    table, metadata = prompts_path(theme.name), metadata_path(theme.name)
    for row in _rows_of_csv(root, table, theme.name, inventory):
        if isinstance(row, Fault):
            yield row
            continue
        theme.prompts[row.id] = row.value["prompt"]
        yield from _check_csv_row(table, theme.name, row)
    described = set()
    for row in _rows_of_jsonl(root, metadata, theme.name, inventory):
        if isinstance(row, Fault):
            yield row
            continue
        described.add(row.id)
        for message in check_metadata(row.value, theme.name):
            yield Fault(metadata, row.id, f"line {row.line}: {message}")
        if row.id in theme.prompts and row.value.get("prompt") != theme.prompts[row.id]:
            yield Fault(metadata, row.id, f"line {row.line}: prompt differs from that of {table}")
    yield from _compare_ids(theme, metadata, described)


def _read_intermediate(root: Path, theme: _Theme, inventory: Inventory) -> Iterator[Fault]:
    if not _has_intermediate(theme, inventory):
        return
    for name in METADATA_FILES:
        path = intermediate_metadata_path(theme.name, name)
        ids = set()
        for row in _rows_of_jsonl(root, path, theme.name, inventory):
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


def _look_for_files(theme: _Theme, id: str, inventory: Inventory) -> Generator[Fault, None, bool]:
    """Yield a fault for each file of a sample that is not there, and return whether all are."""
    missing = [kind for kind in theme.required if _path(kind, theme, id) not in inventory]
    yield from (Fault(artifact_path(kind, theme.name, id), id, "is missing") for kind in missing)
    return not missing


def _check_sample(
    root: Path, theme: _Theme, id: str, inventory: Inventory, check: _Check
) -> Generator[Fault, None, Seen | None]:
    present = [kind for kind in ARTIFACTS if _path(kind, theme, id) in inventory]
    if not set(PAIR_KINDS) <= set(present):
        return None  # a release of which only one half was fetched
    with _at_hand(root, [_path(kind, theme, id) for kind in present], inventory) as folder:
        seen = yield from check(folder, theme.name, id, present)
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


@contextmanager
def _at_hand(root: Path, paths: list[str], inventory: Inventory) -> Iterator[Path]:
    """Yield a folder that holds these files of a dataset: itself, or copies where one of them lies in a shard."""
    if inventory.loose.issuperset(paths):
        yield root
        return
    with scratch_folder() as copies:
        for path in paths:
            copy = Folder.at(copies)
            extent = inventory.packed[path] if path in inventory.packed else Folder.at(root).extent(path)
            copy.write(path, extent.read())
        yield copies


def _required(theme: _Theme, inventory: Inventory) -> tuple[str, ...]:
    """Return the artifacts that each sample of a theme must have."""
    kinds = tuple(kind for kind in ARTIFACTS if kind not in OPTIONAL_ARTIFACTS)
    there = {kind for kind in kinds if any(_path(kind, theme, id) in inventory for id in theme.prompts)}
    if inventory.packed or not (there or _has_intermediate(theme, inventory)):
        return tuple(kind for kind in kinds if kind in there)
    return kinds if _has_intermediate(theme, inventory) else PAIR_KINDS


def _has_intermediate(theme: _Theme, inventory: Inventory) -> bool:
    folder = f"intermediate_data/{theme.name}/"
    return any(path.startswith(folder) for path in inventory.loose)


def _path(kind: str, theme: _Theme, id: str) -> str:
    """Return what `artifact_path` does, for an id that is known to be one."""
    return ARTIFACTS[kind].format(theme=theme.name, id=id)


def _expected_files(theme: _Theme) -> set[str]:
    paths = {_path(kind, theme, id) for kind in ARTIFACTS for id in theme.prompts}
    paths |= {str(intermediate_metadata_path(theme.name, name)) for name in METADATA_FILES}
    return paths | {str(prompts_path(theme.name)), str(metadata_path(theme.name))}


def _read_provenance(root: Path, inventory: Inventory) -> Iterator[Fault]:
    path = PurePosixPath(PROVENANCE_FILE)
    if str(path) not in inventory:
        return
    for row in read_jsonl(root, path, None):
        if isinstance(row, Fault):
            yield row
        else:
            yield from (
                Fault(path, row.id, f"line {row.line}: {text}") for text in check_provenance(row.value)
            )


def _check_csv_row(table: PurePosixPath, theme: str, row: Row) -> Iterator[Fault]:
    if not row.value["prompt"].strip():
        yield Fault(table, row.id, f"line {row.line}: the prompt is empty")
    for column, kind in (("src_video", "source_video"), ("tgt_video", "edited_video")):
        wanted = ARTIFACTS[kind].format(theme=theme, id=row.id)
        if row.value[column] != wanted:
            got = row.value[column][:120]
            yield Fault(table, row.id, f"line {row.line}: {column} must be {wanted}, got {got!r}")


def _compare_ids(theme: _Theme, path: PurePosixPath, ids: set[str]) -> Iterator[Fault]:
    table = prompts_path(theme.name)
    for id in sorted(set(theme.prompts) - ids):
        yield Fault(path, id, f"has no row for it, but {table} has")
    for id in sorted(ids - set(theme.prompts)):
        yield Fault(path, id, f"has a row for it, but {table} has none")


def _rows_of_csv(root: Path, path: PurePosixPath, theme: str, inventory: Inventory) -> Iterator[Row | Fault]:
    if str(path) not in inventory:
        yield Fault(path, None, "is missing")
        return
    yield from read_csv(root, path, theme, CSV_COLUMNS)


def _rows_of_jsonl(
    root: Path, path: PurePosixPath, theme: str, inventory: Inventory
) -> Iterator[Row | Fault]:
    if str(path) not in inventory:
        yield Fault(path, None, "is missing")
        return
    yield from read_jsonl(root, path, theme)
