"""Folders of small pairs, and settings of runs that take seconds on a CPU."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from sparkle.config.settings import parse_settings
from sparkle.core.layout import artifact_path, prompts_path, sample_id
from sparkle.kiwi.training.settings import TrainingSettings
from sparkle.video import write_video

HEIGHT, WIDTH, FRAMES = 64, 96, 9
SCRATCH = {
    "width": 32,
    "layers": 1,
    "feed_forward": 32,
    "channels": 8,
    "cell": 16,
    "queries": 2,
    "language_layers": 1,
}


def write_pairs(root: Path, count: int, theme: str = "location", seed: int = 0, frames: int = FRAMES) -> Path:
    """Write pairs of smooth moving patterns in the published layout."""
    rows = []
    for number in range(count):
        id = sample_id(theme, number)
        for kind, shade in (("source_video", 40), ("edited_video", 140)):
            noise = np.random.default_rng([seed, number, shade])
            picture = np.full((frames, HEIGHT, WIDTH, 3), shade, np.uint8)
            picture += noise.integers(0, 80, (1, 1, 1, 3), dtype=np.uint8)
            for time in range(frames):
                picture[time, 8:40, 8 + 4 * time : 40 + 4 * time] = noise.integers(0, 255, 3, dtype=np.uint8)
            write_video(root / artifact_path(kind, theme, id), picture, 16.0)
        rows.append(
            (
                f"put it before pattern {number}",
                f"{theme}/source_video/{id}.mp4",
                f"{theme}/edited_video/{id}.mp4",
                id,
            )
        )
    table = root / prompts_path(theme)
    table.parent.mkdir(parents=True, exist_ok=True)
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("prompt", "src_video", "tgt_video", "task"))
        writer.writerows(rows)
    return root


def tiny_values(output: Path, *folders: Path, **changes: Any) -> dict[str, Any]:
    """Return the values of a run that trains the transformer and the connector on latents that are kept."""
    values: dict[str, Any] = {
        "output": str(output),
        "model": {"scratch": SCRATCH},
        "data": {
            "datasets": [{"folder": str(folder), "frames": 5} for folder in folders],
            "max_pixels": 64 * 32,
            "workers": 0,
        },
        "trainable": "frozen_language",
        "optimizer": {"learning_rate": 1e-3},
        "steps": 4,
        "batch": 2,
        "precision": "float32",
        "device": "cpu",
        "gradient_checkpointing": "none",
        "checkpoints": {"every": 2, "keep": 2},
    }
    data = changes.pop("data", {})
    return values | changes | {"data": values["data"] | data}


def tiny_settings(output: Path, *folders: Path, **changes: Any) -> TrainingSettings:
    return parse_settings(TrainingSettings, tiny_values(output, *folders, **changes), "test")


def losses(output: Path) -> list[dict[str, Any]]:
    """Return what must be equal of two runs: every update's numbers but the seconds."""
    rows = [json.loads(line) for line in (output / "losses.jsonl").read_text().splitlines()]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]
