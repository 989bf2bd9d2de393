"""The files of a network: a known one's in a cache of our own, each held to its hash, or those in a folder of yours."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from sparkle.backends.onnx.places import UNKNOWN, KnownFile, Place, digest, fetch_file, keep, read_member
from sparkle.backends.weights import known_models
from sparkle.core.errors import SettingsError, SetupError
from sparkle.roles import ModelCard
from sparkle.store import fill_file, make_folder, read_plain, read_text, scratch_folder, write_text

CACHE_VARIABLE = "SPARKLE_NETWORKS"
HUB_VARIABLE = "HF_ENDPOINT"
HUB = "https://huggingface.co"
LARGEST_FILE = 1_000_000_000  # bytes; the largest file that a recipe names has 21 million


@dataclass(frozen=True, slots=True)
class NetworkFiles:
    """What one network needs on disk (see backends.weights.ModelFiles).

    `model` names an entry with `files` of the table of known models, or a local folder; `names` are the files that
    the backend opens. The hash of a known file is checked whenever it is looked for and whenever it is read; where the
    table says "unknown", what was fetched first is recorded beside it and held to from then on. Raises SettingsError
    for a model that is neither, and for one that has not these files.
    """

    packages: ClassVar[Mapping[str, str]] = {"onnxruntime": "onnx"}

    model: str
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.is_local:
            return
        networks = [
            name for name, facts in known_models().items() if set(self.names) <= set(facts.get("files", ()))
        ]
        if self.model not in networks:
            raise SettingsError(
                f"no network '{self.model}' with {', '.join(self.names)}; known: {', '.join(networks)}, or a folder"
            )

    @property
    def is_local(self) -> bool:
        """Whether `model` is a folder on this machine."""
        return self.model not in known_models() and Path(self.model).expanduser().is_dir()

    @property
    def revision(self) -> str:
        """The published revision."""
        return "local folder" if self.is_local else str(self.facts()["revision"])

    @property
    def store(self) -> Path:
        """The cache's folder: $SPARKLE_NETWORKS, or ~/.cache/sparkle/networks."""
        place = os.environ.get(CACHE_VARIABLE)
        return Path(place).expanduser() if place else Path.home() / ".cache" / "sparkle" / "networks"

    def facts(self) -> Mapping[str, Any]:
        """Return what the table of known models says; empty for a local folder."""
        return {} if self.is_local else known_models()[self.model]

    def card(self) -> ModelCard:
        """Return the card that is recorded with every sample."""
        licence = str(self.facts().get("licence", "unknown: see where you have it from"))
        return ModelCard(self.model, self.revision, licence)

    def folder(self) -> Path:
        """Return where the files lie, or belong."""
        if self.is_local:
            return Path(self.model).expanduser()
        return self.store / self.model.replace("/", "--") / self.revision.replace("/", "--")

    def read(self, name: str) -> bytes:
        """Return the content of one file. Raises SetupError if it is missing or not the published one."""
        path = self.folder() / name
        known = {file.name: file for file in self._files()}.get(name)
        try:
            if path.stat().st_size > LARGEST_FILE:
                raise SetupError(f"{path}: networks of more than {LARGEST_FILE} bytes are not opened")
            content = read_plain(path, LARGEST_FILE)
        except OSError as error:
            raise SetupError(self.absence() if known else f"{path}: {error.strerror}") from error
        if known and hashlib.sha256(content).hexdigest() != known.sha256:
            raise SetupError(self.absence())
        return content

    def is_here(self) -> bool:
        """Whether every file is there, as published."""
        return not any(self._faults())

    def absence(self) -> str:
        """Return the message for files that are not here, with what to do."""
        return f"{self.model}: {', '.join(self._faults()) or 'nothing is missing'}; {self._remedy()}"

    def wanted(self) -> str:
        """Return what is looked for, by size and hash."""
        return ", ".join(f"{file.name} ({file.size} bytes, sha256 {file.sha256})" for file in self._missing())

    def fetch(self) -> Path:
        """Download what is missing, with progress on stderr, and return the folder. Raises SetupError if it cannot."""
        if self.is_local and not self.is_here():
            raise SetupError(self.absence())
        for file in self._missing():
            target = self._target(file)
            fetch_file(file, target)
            self._record(file, target)
        return self.folder()

    def adopt(self, sources: Sequence[Path]) -> list[Path]:
        """Take files from `sources`: files or wheels that the user has. Return the sources that hold one of them.

        A file is recognised by its hash, so its own name does not matter; one whose hash nobody knows by its name.
        """
        served = []
        for file in self._files():
            target = self._target(file)
            for source, member in _candidates(file, sources):
                with scratch_folder(beside=target.parent) as folder:
                    part = folder / "part"
                    if member:
                        read_member(source, member, file.size, part)
                    else:
                        fill_file(source, part)
                    if file.is_in(part):
                        keep(file, part, target)
                        self._record(file, target)
                        served.append(source)
        return served

    def _files(self) -> list[KnownFile]:
        """Return the table's entries of the files; those of an unknown hash with the one that was recorded, if any."""
        table = self.facts().get("files", {})
        return [self._known(name, table[name]) for name in self.names if name in table]

    def _known(self, name: str, entry: Mapping[str, Any]) -> KnownFile:
        sha256 = str(entry["sha256"])
        record = self._record_path(name)
        if sha256 == UNKNOWN and record.is_file():
            sha256 = read_text(record).strip()
        return KnownFile(name, int(entry["bytes"]), sha256, tuple(self._places(entry["places"])))

    def _places(self, places: Iterable[Mapping[str, str]]) -> Iterable[Place]:
        hub = os.environ.get(HUB_VARIABLE, HUB).rstrip("/")
        for place in places:
            if "hub" in place:
                yield Place(url=f"{hub}/{self.model}/resolve/{self.revision}/{place['hub']}")
            else:
                yield Place(**place)

    def _faults(self) -> Iterable[str]:
        folder = self.folder()
        if self.is_local:
            yield from (f"{folder / name} is missing" for name in self.names if not (folder / name).is_file())
            return
        for file in self._missing():
            path = folder / file.name
            yield (
                f"{path} is not the published file"
                if path.exists()
                else f"{file.name} is not in {self.store}"
            )

    def _missing(self) -> list[KnownFile]:
        # One that was fetched has its hash recorded, so "unknown" is one that was not.
        return [
            file
            for file in self._files()
            if file.sha256 == UNKNOWN or not file.is_in(self.folder() / file.name)
        ]

    def _target(self, file: KnownFile) -> Path:
        target = self.folder() / file.name
        make_folder(target.parent)
        return target

    def _record(self, file: KnownFile, target: Path) -> None:
        if file.sha256 == UNKNOWN:
            write_text(self._record_path(file.name), digest(target) + "\n")

    def _record_path(self, name: str) -> Path:
        return self.folder() / f"{name}.sha256"

    def _remedy(self) -> str:
        if self.is_local:
            return "name a folder that has it, or a known network"
        return "fetch it with: sparkle models fetch --recipe desk"


def _candidates(file: KnownFile, sources: Sequence[Path]) -> Iterable[tuple[Path, str]]:
    """Yield (source, member) where the file may be, by its size, or by name if nobody knows its hash."""
    for source in sources:
        if zipfile.is_zipfile(source):
            with zipfile.ZipFile(source) as wheel:
                found = [info for info in wheel.infolist() if info.file_size == file.size]
            for info in found:
                if file.sha256 != UNKNOWN or Path(info.filename).name == file.name:
                    yield source, info.filename
        elif source.stat().st_size == file.size and (file.sha256 != UNKNOWN or source.name == file.name):
            yield source, ""
