"""The pairs of all datasets of a run, found in their tables and shards, here or remote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sparkle.core.errors import SetupError
from sparkle.dataset import Collection, open_dataset
from sparkle.kiwi.training.settings import DatasetSettings
from sparkle.video import StoredClip


@dataclass(frozen=True, slots=True)
class TrainingPair:
    """One pair. `label`: dataset and id, as logs call it. `frames`: the most that are used of it."""

    label: str
    dataset: int
    instruction: str
    source: StoredClip
    edited: StoredClip
    frames: int


def find_pairs(datasets: list[DatasetSettings], kept: Path) -> list[TrainingPair]:
    """Return the pairs of all datasets, in the order of their tables. `kept`: a folder for indexes of shards.

    Only tables and the shards' headers are read. A sample without an instruction, since its theme's table was not
    downloaded, is no pair. Raises SetupError for a folder without tables, a hostile or broken shard, and a dataset
    without pairs.
    """
    found = []
    for number, dataset in enumerate(datasets):
        pairs = [
            TrainingPair(
                f"{dataset.label}/{sample.id}",
                number,
                sample.prompt,
                sample.source,
                sample.edited,
                dataset.frames,
            )
            for sample in _samples_of(dataset, kept)
            if sample.prompt is not None
        ]
        if not pairs:
            raise SetupError(f"{dataset.folder}: has no pairs; check its prompts/*_train.csv and `themes`")
        found += pairs
    return found


def _samples_of(dataset: DatasetSettings, kept: Path) -> Collection:
    samples = open_dataset(dataset.folder, kept)
    return samples if dataset.themes is None else samples.of_themes(dataset.themes)
