"""Opens a dataset: finds its index, or builds it and keeps it where the next one looks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from sparkle.core.errors import OutputError, SetupError
from sparkle.dataset.collection import Collection
from sparkle.dataset.database_writing import database_written
from sparkle.dataset.lookup import Lookup
from sparkle.dataset.offsets import build_offsets, indexed_files, note_versions
from sparkle.dataset.shards import shard_name
from sparkle.store import Folder, Stat, cache_folder, copy_file, scratch_folder, text_key, whole_file
from sparkle.video import Decode, decode_with_pyav, torchcodec_reader

INDEX_FILE = ".nv-meta/sparkle.sqlite"


DECODERS: dict[str, Callable[[], Decode]] = {
    "pyav": lambda: decode_with_pyav,
    "torchcodec": torchcodec_reader,
}


def open_dataset(place: str | Path, kept: Path | None = None, decoder: str = "pyav") -> Collection:
    """Return the samples of a dataset in the published layout, or of what was downloaded of it.

    `place`: a folder of this machine, or s3://, gs://, hf://, https://; clips and intermediate files are read in
    place, loose or in shards, by ranges over a network. The index of offsets is built at the first opening: beside the
    shards, or, for a folder without shards, one that cannot be written to, and one that is elsewhere, in the folder
    `kept`, by default ~/.cache/sparkle. `decoder` reads clips: "pyav", or "torchcodec", which takes a third of the
    processor's time and gives slightly other pixels (`sparkle.video.torchcodec_clip`). Raises SetupError for what is no
    dataset, for a shard or table that cannot be used, for what cannot be read, and for a decoder that is not there.
    """
    if decoder not in DECODERS:
        raise SetupError(f"decoder {decoder!r} is unknown; known are {', '.join(DECODERS)}")
    decode = DECODERS[decoder]()
    folder = Folder.at(place if "://" in str(place) else Path(place).expanduser())
    try:
        if not folder.is_there():
            raise SetupError(f"{place}: is no folder; name the one that holds prompts/ and the themes")
        files = indexed_files(folder)
        lookup = _lookup(folder, files, kept)
    except OSError as error:
        raise SetupError(f"{place}: cannot be read ({error})") from error
    numbers = lookup.numbers()
    # A run that accepted nothing has no tables, and says in its provenance that it is a dataset all the same.
    if not files and not len(numbers):
        raise SetupError(
            f"{place}: holds neither prompts/{{theme}}_train.csv nor shards nor clips, so this is no dataset"
        )
    return Collection(folder, lookup, numbers, decode)


def _lookup(folder: Folder, files: dict[str, Stat], kept: Path | None) -> Lookup:
    key = folder.address if folder.path is None else str(folder.path.resolve())
    cached = (kept or cache_folder("datasets")) / f"{text_key(key)}.sqlite"
    beside = None if folder.path is None else folder.path / INDEX_FILE
    if folder.path is None and not cached.exists():
        _fetch_index(folder, files, cached)
    for path in (beside, cached):
        if path is not None and (found := _current(path, folder, files)) is not None:
            return found
    for path in _places(beside if any(map(shard_name, files)) else None, cached):
        try:
            with whole_file(path) as temporary, database_written(path):
                build_offsets(folder, files, temporary)
        except OutputError:
            if path == cached:
                raise
            continue  # a read-only medium, or a full one
        return Lookup.at(path)
    raise AssertionError("the last place raises")


def _places(beside: Path | None, cached: Path) -> Iterator[Path]:
    if beside is not None:
        yield beside
    yield cached


def _current(path: Path, folder: Folder, files: dict[str, Stat]) -> Lookup | None:
    """Return the index at a path if it is one, and of these files."""
    if not path.is_file():
        return None
    try:
        found = Lookup.at(path)
    except ValueError:
        return None  # garbled, or of another version: it is made anew
    return found if found.is_of(folder, files) else None


def _fetch_index(folder: Folder, files: dict[str, Stat], cached: Path) -> None:
    """Copy the index that lies beside remote shards, if one of them does, so that their headers need not be read."""
    if not folder.exists(INDEX_FILE):
        return
    with folder.local(INDEX_FILE) as given, scratch_folder() as scratch:
        path = scratch / "index.sqlite"
        copy_file(given, path)
        if _current(path, folder, files) is not None:
            note_versions(path, files)
            copy_file(path, cached)
