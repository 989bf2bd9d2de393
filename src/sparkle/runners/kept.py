"""The working state of an edit: what each step made, kept under a hash of all that the step read.

A step whose reads are what they were is not done again, whoever asks: no list says what depends on what.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sparkle import __version__
from sparkle.core.errors import MediaError
from sparkle.store import make_folder, prepare_folder, remove_file, scratch_folder, sha256_of


@dataclass(frozen=True, slots=True)
class Kept:
    """The folder of an edit: `STEP/NAME_KEY.suffix`, a file or a folder for every result. `used` are those that were
    asked for since it was opened, by step."""

    root: Path
    used: dict[str, set[Path]] = field(default_factory=dict)
    _hashes: dict[Path, str] = field(default_factory=dict)

    def content(self, path: Path) -> str:
        """Return the hash of a file, which is read once. Raises MediaError for one that cannot be read."""
        try:
            if path not in self._hashes:
                self._hashes[path] = sha256_of(path)
        except OSError as error:
            raise MediaError(f"{path}: cannot be read ({error.strerror})") from error
        return self._hashes[path]

    def place(self, step: str, reads: Mapping[str, Any], *, name: str = "", suffix: str = "") -> Path:
        """Return where the result of a step lies that reads `reads`, values that JSON can hold."""
        told = json.dumps({"sparkle": __version__, "step": step, "reads": reads}, sort_keys=True, default=str)
        key = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        path = self.root / step / f"{name}{key}{suffix}"
        self.used.setdefault(step, set()).add(path)
        return path

    def file(
        self,
        step: str,
        reads: Mapping[str, Any],
        make: Callable[[Path], object],
        *,
        name: str = "",
        suffix: str,
    ) -> Path:
        """Return the file of a step. It is made where it is not there: `make(path)` writes it whole or not at all."""
        path = self.place(step, reads, name=name, suffix=suffix)
        if not path.exists():
            make_folder(path.parent)
            make(path)
        return path

    def drop_unused(self, step: str) -> None:
        """Delete the files of a step that nothing asked for: for large ones that are soon made again."""
        for path in sorted((self.root / step).glob("*")):
            if path.is_file() and path not in self.used.get(step, set()):
                remove_file(path)


@contextmanager
def working_folder(keep: Path | None) -> Iterator[Path]:
    """Yield the folder of an edit's working state: a user's own, or one that is gone afterwards."""
    if keep is not None:
        prepare_folder(keep)
        yield keep
        return
    with scratch_folder() as folder:
        yield folder / "work"
