"""The pairs of all datasets of a run, found in their tables and shards, here or remote."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec  # type: ignore[import-untyped]

from sparkle.backends.extras import require
from sparkle.core.errors import SetupError
from sparkle.core.layout import artifact_path
from sparkle.dataset import Pair, read_pairs, themes_of
from sparkle.kiwi.training.clip_place import ClipPlace, file_system_errors
from sparkle.kiwi.training.settings import DatasetSettings
from sparkle.kiwi.training.shards import KINDS, is_shard, read_members


@dataclass(frozen=True, slots=True)
class TrainingPair:
    """One pair. `label`: dataset and id, as logs call it. `frames`: the most that are used of it."""

    label: str
    dataset: int
    instruction: str
    source: ClipPlace
    edited: ClipPlace
    frames: int


def find_pairs(datasets: list[DatasetSettings]) -> list[TrainingPair]:
    """Return the pairs of all datasets, in the order of their tables.

    Only tables and the shards' headers are read. Raises SetupError for a folder without tables, a hostile or broken
    shard, and a dataset without pairs.
    """
    found = []
    for number, dataset in enumerate(datasets):
        pairs = [
            TrainingPair(
                f"{dataset.label}/{pair.id}", number, pair.instruction, source, edited, dataset.frames
            )
            for pair, source, edited in _pairs_of(dataset)
        ]
        if not pairs:
            raise SetupError(f"{dataset.folder}: has no pairs; check its prompts/*_train.csv and `themes`")
        found += pairs
    return found


def _pairs_of(dataset: DatasetSettings) -> Iterator[tuple[Pair, ClipPlace, ClipPlace]]:
    system, root = _open_folder(dataset.folder)
    shards = _index_shards(system, root)
    with _tables(system, root, dataset.folder) as tables:
        if dataset.themes is None and not themes_of(tables):
            return
        for pair in read_pairs(tables, dataset.themes):
            source, edited = (
                shards.get((kind, pair.id))
                or ClipPlace(system.unstrip_protocol(f"{root}/{artifact_path(kind, pair.theme, pair.id)}"))
                for kind in KINDS
            )
            yield pair, source, edited


def _open_folder(folder: str) -> tuple[Any, str]:
    protocol = folder.partition("://")[0] if "://" in folder else "file"
    if protocol == "s3":
        require("s3fs", "s3", f"reading {folder}")
    try:
        system, root = fsspec.core.url_to_fs(str(Path(folder).expanduser()) if protocol == "file" else folder)
        is_folder = system.isdir(root)
    except (ImportError, ValueError) as error:
        raise SetupError(f"{folder}: cannot be opened ({error})") from error
    except file_system_errors() as error:
        raise SetupError(f"{folder}: cannot be opened ({error})") from error
    if not is_folder:
        raise SetupError(f"{folder}: is no folder; name one in the published layout")
    return system, root.rstrip("/")


def _index_shards(system: Any, root: str) -> dict[tuple[str, str], ClipPlace]:
    """Return where each (kind, id) lies that is in a shard."""
    places: dict[tuple[str, str], ClipPlace] = {}
    path = root
    try:
        names = (path for path in system.ls(root, detail=False) if is_shard(path.rpartition("/")[2]))
        for path in sorted(names):
            url = system.unstrip_protocol(path)
            with system.open(path, "rb") as file:
                for member in read_members(file, url):
                    places[member.kind, member.id] = ClipPlace(url, member.start, member.size)
    except file_system_errors() as error:
        raise SetupError(f"{path}: cannot be read ({error})") from error
    return places


@contextmanager
def _tables(system: Any, root: str, folder: str) -> Iterator[Path]:
    """Yield a local folder with the dataset's tables."""
    if "file" in system.protocol:
        yield Path(root)
        return
    with tempfile.TemporaryDirectory() as temporary:
        tables = Path(temporary) / "prompts"
        tables.mkdir()
        try:
            for path in system.ls(f"{root}/prompts", detail=False):
                (tables / path.rpartition("/")[2]).write_bytes(system.cat_file(path))
        except file_system_errors() as error:
            raise SetupError(f"{folder}: its prompts/ cannot be read ({error})") from error
        yield Path(temporary)
