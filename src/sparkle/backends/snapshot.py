"""Is a snapshot in the Hub's cache whole?

The Hub's library says yes to any folder of which it fetched no list of files: after a tokenizer or a config was loaded
on its own, or, with its versions before 2, after a download was interrupted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from sparkle.store import read_text

WEIGHTS = (".safetensors", ".pth")


def is_whole(folder: Path, files: Sequence[str]) -> bool:
    """Whether `folder` has what the glob patterns `files` ask for (nothing: all), as far as it tells by itself.

    Files that are named without a pattern must be there, if all are. Of other lists, which name alternatives, some
    weights must be there, with every shard that an index lists, and every part that is asked for ("vae/*") and that
    `model_index.json` lists.
    """
    if files and not any("*" in name for name in files):
        return all((folder / name).is_file() for name in files)
    here = [
        path
        for path in folder.rglob("*")
        if not files or any(fnmatch(path.relative_to(folder).as_posix(), pattern) for pattern in files)
    ]
    try:
        parts = [folder / name for name in _listed_parts(folder) if f"{name}/*" in files]
        shards = [shard for path in here if path.name.endswith(".index.json") for shard in _shards(path)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    # Of the parts, tokenizers and schedulers have configs by other names, and no weights.
    models = [part for part in parts if (part / "config.json").is_file()] or [folder]
    weights = [path for path in here if path.suffix in WEIGHTS]
    return all(path.exists() for path in (*parts, *shards)) and all(
        any(path.is_relative_to(model) for path in weights) for model in models
    )


def _listed_parts(folder: Path) -> Iterator[str]:
    index = folder / "model_index.json"
    if index.is_file():
        for name, part in json.loads(read_text(index)).items():
            if isinstance(part, list) and part[0] is not None:
                yield name


def _shards(index: Path) -> Iterator[Path]:
    for name in set(json.loads(read_text(index))["weight_map"].values()):
        yield index.parent / name
