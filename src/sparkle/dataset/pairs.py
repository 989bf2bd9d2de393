"""Reads a dataset in the published layout, one pair after the other, for training and for statistics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from sparkle.core.errors import SetupError
from sparkle.core.layout import artifact_path, metadata_path, prompts_path
from sparkle.dataset.index import CSV_COLUMNS, PROVENANCE_FILE
from sparkle.dataset.tables import read_csv, read_jsonl, usable


@dataclass(frozen=True, slots=True)
class Pair:
    """One training pair. `metadata` has edit_type, original_scene and, for known scenes, chosen_keyword."""

    id: str
    theme: str
    instruction: str
    source: Path
    edited: Path
    metadata: Mapping[str, Any]


def read_pairs(root: Path, themes: Sequence[str] | None = None) -> Iterator[Pair]:
    """Return the pairs of a dataset in the order of its tables; without `themes`, all that it has.

    Only the tables are read: whether the videos are there and sound is what `verify` says. Raises SetupError at
    once for what is no folder of a dataset and for a theme without tables, and for a row that cannot be used when it
    is reached.
    """
    found = themes_of(root)
    if not root.is_dir():
        raise SetupError(f"{root}: no such folder; name the folder that holds prompts/ and the themes")
    # A run that accepted nothing has no tables, and says in its provenance that it is a dataset all the same.
    if not found and not (root / PROVENANCE_FILE).is_file():
        raise SetupError(f"{root}: holds no prompts/{{theme}}_train.csv, so this is no dataset")
    for theme in themes if themes is not None else ():
        if not (root / prompts_path(theme)).is_file():
            raise SetupError(f"{root} has no {prompts_path(theme)}; themes found there: {', '.join(found)}")
    return chain.from_iterable(
        _pairs_of_theme(root, theme) for theme in (found if themes is None else themes)
    )


def themes_of(root: Path) -> list[str]:
    """Return the themes that have a table of prompts, sorted."""
    suffix = "_train.csv"
    return sorted(
        path.name.removesuffix(suffix) for path in (root / "prompts").glob(f"*{suffix}") if path.is_file()
    )


def _pairs_of_theme(root: Path, theme: str) -> Iterator[Pair]:
    metadata = {}
    if (root / metadata_path(theme)).is_file():
        for row in map(usable, read_jsonl(root, metadata_path(theme), theme)):
            metadata[row.id] = row.value.get("metadata", {})
    for row in map(usable, read_csv(root, prompts_path(theme), theme, CSV_COLUMNS)):
        yield Pair(
            id=row.id,
            theme=theme,
            instruction=row.value["prompt"],
            source=root / artifact_path("source_video", theme, row.id),
            edited=root / artifact_path("edited_video", theme, row.id),
            metadata=metadata.get(row.id, {}),
        )
