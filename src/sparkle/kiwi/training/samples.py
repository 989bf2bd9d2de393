"""The pairs of all datasets of a run, and where their clips lie: files or ranges of tar shards, here or remote."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec  # type: ignore[import-untyped]

from sparkle.backends.extras import require
from sparkle.core.errors import MediaError, SetupError
from sparkle.core.layout import artifact_path
from sparkle.dataset import Pair, read_pairs
from sparkle.kiwi.training.fingerprint import file_fingerprint
from sparkle.kiwi.training.settings import DatasetSettings
from sparkle.kiwi.training.shards import KINDS, is_shard, read_members
from sparkle.video import Clip, VideoInfo, probe, read_clip


@dataclass(frozen=True, slots=True)
class ClipPlace:
    """A clip's bytes: a whole file, or `size` bytes from `start` on of a shard."""

    url: str
    start: int = 0
    size: int | None = None

    def read(self, frames: int) -> Clip:
        """Decode at most the first `frames` frames. Raises MediaError for what cannot be read."""
        with self._on_disk() as path:
            return read_clip(path, frames=frames)

    def info(self) -> VideoInfo:
        """Return size and length, from the header. Raises MediaError."""
        with self._on_disk() as path:
            return probe(path)

    def fingerprint(self) -> str:
        """Return a key of the content. Raises MediaError for a file that is not there."""
        try:
            system, path = fsspec.core.url_to_fs(self.url)
            size = self.size if self.size is not None else int(system.size(path))
            with system.open(path, "rb") as file:
                return file_fingerprint(file, self.start, size)
        except OSError as error:
            raise MediaError(f"{self.url}: cannot be read ({error})") from error

    @contextmanager
    def _on_disk(self) -> Iterator[Path]:
        """Yield a local file with the clip's bytes: its own, or a temporary one."""
        system, path = fsspec.core.url_to_fs(self.url)
        if self.size is None and "file" in system.protocol:
            yield Path(path)
            return
        try:
            with system.open(path, "rb") as file:
                file.seek(self.start)
                content = file.read(-1 if self.size is None else self.size)
        except OSError as error:
            raise MediaError(f"{self.url}: cannot be read ({error})") from error
        with tempfile.NamedTemporaryFile(suffix=".mp4") as temporary:
            temporary.write(content)
            temporary.flush()
            yield Path(temporary.name)


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
    except (ImportError, ValueError, OSError) as error:
        raise SetupError(f"{folder}: cannot be opened ({error})") from error
    if not is_folder:
        raise SetupError(f"{folder}: is no folder; name one in the published layout")
    return system, root.rstrip("/")


def _index_shards(system: Any, root: str) -> dict[tuple[str, str], ClipPlace]:
    """Return where each (kind, id) lies that is in a shard."""
    places: dict[tuple[str, str], ClipPlace] = {}
    names = (path for path in system.ls(root, detail=False) if is_shard(path.rpartition("/")[2]))
    for path in sorted(names):
        url = system.unstrip_protocol(path)
        with system.open(path, "rb") as file:
            for member in read_members(file, url):
                places[member.kind, member.id] = ClipPlace(url, member.start, member.size)
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
        except OSError as error:
            raise SetupError(f"{folder}: its prompts/ cannot be read ({error})") from error
        yield Path(temporary)
