"""The pairs of all datasets of a run, found in their tables and shards, here or remote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sparkle.core.errors import SetupError
from sparkle.core.layout import artifact_path
from sparkle.dataset import Pair, read_pairs, themes_of
from sparkle.kiwi.training.settings import DatasetSettings
from sparkle.kiwi.training.shards import KINDS, clips_of_shard, is_shard
from sparkle.store import Folder, scratch_folder, write_bytes
from sparkle.video import StoredClip


@dataclass(frozen=True, slots=True)
class TrainingPair:
    """One pair. `label`: dataset and id, as logs call it. `frames`: the most that are used of it."""

    label: str
    dataset: int
    instruction: str
    source: StoredClip
    edited: StoredClip
    frames: int


def find_pairs(datasets: list[DatasetSettings], kept: Folder) -> list[TrainingPair]:
    """Return the pairs of all datasets, in the order of their tables. `kept`: where indexes of shards are kept.

    Only tables and the shards' headers are read. Raises SetupError for a folder without tables, a hostile or broken
    shard, and a dataset without pairs.
    """
    found = []
    for number, dataset in enumerate(datasets):
        pairs = [
            TrainingPair(
                f"{dataset.label}/{pair.id}", number, pair.instruction, source, edited, dataset.frames
            )
            for pair, source, edited in _pairs_of(dataset, kept)
        ]
        if not pairs:
            raise SetupError(f"{dataset.folder}: has no pairs; check its prompts/*_train.csv and `themes`")
        found += pairs
    return found


def _pairs_of(dataset: DatasetSettings, kept: Folder) -> Iterator[tuple[Pair, StoredClip, StoredClip]]:
    folder = _open_folder(dataset.folder)
    shards = _index_shards(folder, kept)
    with _tables(folder) as tables:
        if dataset.themes is None and not themes_of(tables):
            return
        for pair in read_pairs(tables, dataset.themes):
            source, edited = (
                shards.get((kind, pair.id))
                or StoredClip(folder.extent(str(artifact_path(kind, pair.theme, pair.id))))
                for kind in KINDS
            )
            yield pair, source, edited


def _open_folder(name: str) -> Folder:
    folder = Folder.at(name if "://" in name else Path(name).expanduser())
    try:
        is_folder = folder.is_there()
    except OSError as error:
        raise SetupError(f"{name}: cannot be opened ({error})") from error
    if not is_folder:
        raise SetupError(f"{name}: is no folder; name one in the published layout")
    return folder


def _index_shards(folder: Folder, kept: Folder) -> dict[tuple[str, str], StoredClip]:
    """Return where each (kind, id) lies that is in a shard."""
    try:
        return {
            (kind, id): StoredClip(extent)
            for name in filter(is_shard, folder.children())
            for kind, id, extent in clips_of_shard(folder, name, kept)
        }
    except OSError as error:
        raise SetupError(f"{folder}: its shards cannot be read ({error})") from error


@contextmanager
def _tables(folder: Folder) -> Iterator[Path]:
    """Yield a local folder with the dataset's tables."""
    if folder.path is not None:
        yield folder.path
        return
    with scratch_folder() as copy:
        try:
            for name in folder.children("prompts"):
                write_bytes(copy / "prompts" / name, folder.read(f"prompts/{name}"))
        except OSError as error:
            raise SetupError(f"{folder}: its prompts/ cannot be read ({error})") from error
        yield copy
