"""Training on the rendered pairs, for so many minutes."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.kiwi_small.pairs import run_folders

from sparkle.dataset import read_pairs
from sparkle.kiwi.training.files import load_settings
from sparkle.kiwi.training.loss_log import Update
from sparkle.kiwi.training.run import Outcome, Reports, train
from sparkle.kiwi.training.settings import DatasetSettings, TrainingSettings

REPORTED_EVERY = 100


def training_settings(out: Path, config: str, overrides: Sequence[str]) -> TrainingSettings:
    """Return the configuration with every run folder as a dataset, weighted by its pairs."""
    settings = load_settings(config, overrides)
    frames = settings.data.datasets[0].frames
    datasets = [
        DatasetSettings(folder=str(folder), frames=frames, weight=count)
        for folder in run_folders(out, "train")
        if (count := sum(1 for _ in read_pairs(folder)))
    ]
    if not datasets:
        sys.exit(f"{out}: no pairs are rendered yet; run the phase `pairs` first")
    data = settings.data.model_copy(update={"datasets": datasets})
    return settings.model_copy(update={"output": out / "training", "data": data})


def train_for(settings: TrainingSettings, minutes: float) -> Outcome:
    """Train to the last update or for `minutes` from the first on, whichever comes first; a later call continues.

    The time ends as a SIGTERM would end it: after an update, with a checkpoint.
    """
    began = previous = 0.0

    def show(update: Update) -> None:
        nonlocal began, previous
        now = time.monotonic()
        began, previous = began or now, previous or now
        if update.step % REPORTED_EVERY == 0:
            rate = REPORTED_EVERY / max(now - previous, 1e-9)
            previous = now
            line = f"update {update.step}: loss {update.loss:.4f}, {rate:.1f} updates/s, {now - began:.0f} s"
            print(line, file=sys.stderr, flush=True)
        if now - began > 60 * minutes and not stopping:
            stopping.append(update.step)
            signal.raise_signal(signal.SIGTERM)

    stopping: list[int] = []
    return train(settings, reports=Reports(update=show))
