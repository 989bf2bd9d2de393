"""What a user names on the command line, turned into a list of video files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sparkle.core.errors import SetupError

_NAMES = (
    "3g2 3gp asf avi divx f4v flv gif ivf m2ts m2v m4v mjpeg mkv mov mp4 mpeg mpg mts mxf nut ogm ogv qt rm rmvb "
    "ts vob webm wmv y4m"
)
MEDIA_SUFFIXES = frozenset(f".{name}" for name in _NAMES.split())

_WILDCARDS = frozenset("*?[")


def is_media_name(path: str | Path) -> bool:
    """Tell whether a name looks like a video's; the names of hidden files do not."""
    return Path(path).suffix.lower() in MEDIA_SUFFIXES and not Path(path).name.startswith(".")


def expand(names: Iterable[str | Path], leave_out: Path | None = None) -> list[Path]:
    """Return the videos that `names` stand for, in the order of the names, sorted within each, every path once.

    A name is a file (taken whatever it is called), a folder (its videos at any depth, hidden ones left out) or a
    pattern with *, ? or [ ]. A path that does not exist and is no pattern is kept: it fails as one sample, and
    the others go on. What folders and patterns hold below `leave_out`, a folder of results, is passed over. Raises
    SetupError when a folder or a pattern holds no other video, or when there are no names.
    """
    found: dict[Path, None] = {}
    for name in names:
        found.update(dict.fromkeys(_expand_one(Path(name), leave_out)))
    if not found:
        raise SetupError("no videos were named; give files, folders, or patterns such as 'clips/*.mp4'")
    return list(found)


def _expand_one(path: Path, leave_out: Path | None) -> list[Path]:
    try:
        if path.is_dir() and not is_media_name(path):
            return _videos(path.rglob("*"), f"folder {path}", leave_out)
        if path.exists() or not _is_pattern(path):
            return [path]
        base = next(parent for parent in path.parents if not _is_pattern(parent))
        return _videos(base.glob(str(path.relative_to(base))), f"pattern '{path}'", leave_out)
    except (OSError, ValueError) as error:  # too long a name, a NUL byte, a folder that may not be listed
        raise SetupError(
            f"{path}: cannot be looked for ({getattr(error, 'strerror', None) or error})"
        ) from error


def _is_pattern(path: Path) -> bool:
    return not _WILDCARDS.isdisjoint(str(path))


def _videos(paths: Iterable[Path], where: str, leave_out: Path | None) -> list[Path]:
    videos = sorted(path for path in paths if is_media_name(path) and not path.is_dir())
    if leave_out is not None and videos:
        results = leave_out.resolve()
        videos = [path for path in videos if not path.resolve().is_relative_to(results)]
        if not videos:
            raise SetupError(
                f"the {where} holds no video but those in {leave_out}, where the results go; name another folder"
            )
    if not videos:
        raise SetupError(f"the {where} holds no video; known endings: {' '.join(sorted(MEDIA_SUFFIXES))}")
    return videos
