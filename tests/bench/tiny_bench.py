"""A benchmark of a few tiny clips, with real videos."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from sparkle.bench.tasks import BenchSample, read_tasks
from sparkle.video import write_video

SIZE = (64, 48)
KEYWORDS = {
    "location": ("rural: open prairie with tall grass", "urban: rooftop at dusk"),
    "time": ("night: lit street",),
}


def tiny_clip(path: Path, level: int = 90, frames: int = 4, size: tuple[int, int] = SIZE) -> Path:
    pixels = np.full((frames, size[1], size[0], 3), level, np.uint8)
    pixels[:, 10:30, 10:30] = 220
    write_video(path, pixels, 16.0)
    return path


def make_bench(root: Path, keywords: Mapping[str, Sequence[str]] = KEYWORDS) -> list[BenchSample]:
    """Write a benchmark of one sample a keyword, with its source videos, and return its tasks."""
    for theme, of_theme in keywords.items():
        rows, lines = [], []
        for number, keyword in enumerate(of_theme):
            id = f"Sparkle_{theme}_{number:06d}"
            prompt = f"Put the subject in {keyword.partition(': ')[2]}, in the wind."
            source = f"source_videos/{theme}/{id}.mp4"
            tiny_clip(root / source, 60 + 20 * number)
            rows.append((theme, prompt, source))
            metadata = {"edit_type": theme, "chosen_keyword": keyword, "original_scene": "A room."}
            lines.append(json.dumps({"id": id, "prompt": prompt, "metadata": metadata}) + "\n")
        with (root / f"{theme}_bench.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("edited_type", "prompt", "original_video"), *rows])
        (root / f"{theme}_metadata.jsonl").write_text("".join(lines))
    return read_tasks(root)


def make_results(save: Path, samples: Sequence[BenchSample]) -> Path:
    """Write an edited clip for every sample."""
    for sample in samples:
        tiny_clip(save / sample.result, 150)
    return save
