"""The files of a run's samples: where they lie, moved in and out of the dataset, and held against the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sparkle.core.layout import ARTIFACTS
from sparkle.core.sample import Sample
from sparkle.runs.index import ARTIFACT_NAMES, LARGEST_SIZE, STATUSES
from sparkle.runs.progress import Progress
from sparkle.runs.state import RunState
from sparkle.store import Folder, Place

Aside = Literal["rejected", "failed"]

ASIDES: tuple[Aside, ...] = ("rejected", "failed")


def artifact_folders(theme: str) -> list[str]:
    """Return the folders of a theme's artifacts, those of samples that are not in the dataset included."""
    return [_prefix(None, name, theme) for name in ARTIFACTS] + [
        _prefix(aside, name, theme) for aside in ASIDES for name in ARTIFACTS
    ]


def check_artifacts(folder: Folder, state: RunState) -> None:
    """Hold the files of a run against its ledger: what lies elsewhere is moved, what is not there is forgotten.

    Each folder is listed once, a theme's files of one kind at a time. `state.strays` are the samples of which there
    is more than the ledger knows.
    """
    sizes = state.index.artifacts()
    _, status = state.index.counted()
    rejected = status == STATUSES.index("rejected")
    there = np.zeros(sizes.shape, bool)
    for aside in (None, *ASIDES):
        wanted = rejected if aside == "rejected" else ~rejected if aside is None else np.zeros_like(rejected)
        for theme in state.themes:
            for column, name in enumerate(ARTIFACT_NAMES):
                rows, found = _listed(folder, state, aside, name, theme)
                known = wanted[rows] & (found > 0) & (sizes[rows, column] == found)
                there[rows[known], column] = True
                state.strays[rows[~known]] = True
    for row in map(int, np.flatnonzero(((sizes > 0) & ~there).any(axis=1))):
        place: Aside | None = "rejected" if rejected[row] else None
        missing = np.flatnonzero((sizes[row] > 0) & ~there[row])
        wrong = [
            column
            for column in map(int, missing)
            if not _put_in_place(
                folder, state.plan[row], ARTIFACT_NAMES[column], int(sizes[row, column]), place
            )
        ]
        if wrong:
            state.index.cut(row, state.stages[min(int(state.index.writers[column]) for column in wrong)])
            state.strays[row] = True


def take_up(root: Place, state: Progress) -> None:
    """Make a sample's files those that its state says, before a stage works on it: they lie in the dataset's place,
    and what a killed process or void results left is removed."""
    folder = Folder.at(root)
    for name in ARTIFACTS:
        if name not in state.artifacts:
            for aside in (None, *ASIDES):
                folder.remove(artifact_key(aside, name, state.sample))
    if state.artifacts:
        place_artifacts(folder, state.sample, None)


def place_artifacts(root: Place, sample: Sample, aside: Aside | None) -> None:
    """Move a sample's artifacts into the dataset (`aside` None), or out of it; may be called again at any time."""
    folder = Folder.at(root)
    for name in ARTIFACTS:
        for place in (None, *ASIDES):
            if place != aside and folder.exists(artifact_key(place, name, sample)):
                folder.move(artifact_key(place, name, sample), artifact_key(aside, name, sample))


def artifact_key(aside: Aside | None, artifact: str, sample: Sample) -> str:
    """Return the key of an artifact in the run folder. The sample is one of a plan, whose ids were looked at."""
    key = ARTIFACTS[artifact].format(theme=sample.theme, id=sample.id)
    return key if aside is None else f"{aside}/{key}"


def _prefix(aside: Aside | None, artifact: str, theme: str) -> str:
    folder = ARTIFACTS[artifact].partition("{id}")[0].format(theme=theme).rstrip("/")
    return folder if aside is None else f"{aside}/{folder}"


def _listed(
    folder: Folder, state: RunState, aside: Aside | None, artifact: str, theme: str
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Return the rows of the samples that have a file of a kind in a place, and the files' sizes."""
    found = list(
        _files(folder, state, _prefix(aside, artifact, theme), ARTIFACTS[artifact].partition("{id}")[2])
    )
    return np.array([row for row, _ in found], np.int64), np.array([size for _, size in found], np.uint32)


def _files(folder: Folder, state: RunState, place: str, suffix: str) -> Iterator[tuple[int, int]]:
    for entry in folder.files(f"{place}/"):
        row = state.rows.find(entry.key[len(place) + 1 : -len(suffix)])
        if row is not None and entry.key.endswith(suffix):
            yield row, min(entry.size, LARGEST_SIZE)


def _put_in_place(folder: Folder, sample: Sample, artifact: str, size: int, aside: Aside | None) -> bool:
    """Return whether an artifact of that size is there, moved to its place if need be."""
    for place in (None, *ASIDES):
        found = folder.stat(artifact_key(place, artifact, sample))
        if place != aside and found is not None and min(found.size, LARGEST_SIZE) == size:
            folder.move(artifact_key(place, artifact, sample), artifact_key(aside, artifact, sample))
            return True
    return False
