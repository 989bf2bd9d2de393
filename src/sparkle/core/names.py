"""Names by which people can tell files apart, and that fit into a table."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

LONGEST_LABEL = 40


def telling_names(paths: Iterable[str]) -> dict[str, str]:
    """Return for each path its shortest tail that no other file has: `clip.mp4`, or `a/clip.mp4` beside `b/clip.mp4`.

    Files can so be told apart, and a dataset says no more than that of the folders of whoever made it.
    """
    parts = {path: PurePosixPath(os.path.normpath(Path(path).absolute())).parts for path in paths}
    names: dict[str, str] = {}
    waiting, length = set(parts), 1
    while waiting:
        files: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
        for path in waiting:
            files.setdefault(parts[path][-length:], set()).add(parts[path])
        told = {path for path in waiting if len(files[parts[path][-length:]]) == 1}
        names |= {path: _printable("/".join(parts[path][-length:])) for path in told}
        waiting, length = waiting - told, length + 1
    return names


def short_label(label: str, taken: Iterable[str] = ()) -> str:
    """Return a label of at most 40 characters that is not `taken`: its middle is left out where it is longer."""
    others, number, short = set(taken), 1, label
    while len(short) > LONGEST_LABEL or short in others:
        end = "" if number == 1 else f" #{number}"
        room = LONGEST_LABEL - len(end) - 1
        cut = label if len(label) <= room else f"{label[: room * 2 // 3]}…{label[-(room - room * 2 // 3) :]}"
        short, number = f"{cut}{end}", number + 1
    return short


def _printable(name: str) -> str:
    """Spell out bytes of a file name that are no UTF-8; Python hands them over as lone surrogates."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
