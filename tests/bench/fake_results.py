"""A benchmark of 60 samples and the score files of two invented models, the same on every machine; no videos."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from sparkle.bench.dimensions import SPARKLE, capped
from sparkle.bench.layout import failures_path, metadata_path, score_path, table_path
from sparkle.bench.results import Results, load_results
from sparkle.bench.scores import Judge, JudgeRun, ScoreRecord, append_line, record_to_json
from sparkle.bench.tasks import BenchSample, read_tasks

JUDGE = "gemini-2.5-pro"
SETTINGS = Judge(JUDGE, "evaluate.py:PROMPT", "ab" * 32, temperature=0.0, seed=42)

SCENES = {
    "location": ("rural: vineyard rows", "rural: open prairie", "urban: rooftop", "landmark: stone ruins"),
    "season": ("spring: melting snow", "winter: frozen lake", "autumn: falling leaves"),
    "style": ("era: medieval village", "cinematic: neon city"),
    "time": ("dusk: fading sun", "dawn: morning mist", "night: lit street"),
}
COUNTS = {"location": 20, "season": 16, "style": 12, "time": 12}
AS_MANY_AS_PUBLISHED = {"location": 200, "season": 100, "style": 100, "time": 58}

# Mean score before the cap, in the order of the dimensions.
STRONG = (4.1, 3.4, 3.8, 4.1, 3.5, 4.0)
WEAK = (2.9, 2.2, 2.9, 2.9, 1.6, 2.8)


def make_bench(root: Path, counts: Mapping[str, int] = COUNTS) -> list[BenchSample]:
    """Write the tables of the benchmark and return its tasks."""
    root.mkdir(parents=True)
    for theme, count in counts.items():
        with (
            (root / table_path(theme)).open("w", newline="") as table,
            (root / metadata_path(theme)).open("w") as meta,
        ):
            rows = csv.writer(table)
            rows.writerow(("edited_type", "prompt", "original_video"))
            for number in range(count):
                id = f"Sparkle_{theme}_{number:06d}"
                keyword = SCENES[theme][number % len(SCENES[theme])]
                prompt = (
                    f"Move the subject to {keyword.partition(': ')[2]}, with things that move in the wind."
                )
                rows.writerow((theme, prompt, f"source_videos/{theme}/{id}.mp4"))
                metadata = {"edit_type": theme, "chosen_keyword": keyword, "original_scene": "a room"}
                meta.write(json.dumps({"id": id, "prompt": prompt, "metadata": metadata}) + "\n")
    return read_tasks(root)


def judge_save(
    save: Path,
    samples: Sequence[BenchSample],
    means: Sequence[float],
    *,
    judge: Judge | None = SETTINGS,
    seed: int = 0,
    runs: int = 1,
    missing: int = 0,
    text: str = "Reasoning: plausible.",
) -> Results:
    """Write score files for all samples but the last `missing`, of which the model made no clip, and load them."""
    save.mkdir(parents=True, exist_ok=True)
    draws = np.random.default_rng(seed)
    name = judge.model if judge else JUDGE
    for place, sample in enumerate(samples):
        quality = draws.normal(0, 0.6)
        raw = [
            tuple(
                int(v) for v in np.clip(np.round(np.array(means) + quality + draws.normal(0, 0.6, 6)), 1, 5)
            )
            for _ in range(runs)
        ]
        if place >= len(samples) - missing:
            failure = {"id": sample.id, "kind": "missing", "reason": f"{sample.result} is not there"}
            append_line(failures_path(save, SPARKLE, sample.theme, name), failure)
            continue
        answers = tuple(JudgeRun(42 + run, scores, text) for run, scores in enumerate(raw))
        scores = tuple(float(v) for v in np.mean([capped(scores) for scores in raw], axis=0))
        record = ScoreRecord(
            id=sample.id,
            prompt=sample.instruction,
            edit_type=sample.theme,
            subtheme=sample.subtheme,
            scene=sample.scene,
            scores=scores,
            result=text,
            judge=judge,
            runs=answers if judge else (),
        )
        append_line(score_path(save, SPARKLE, sample.theme, name), record_to_json(record))
    return load_results(samples, SPARKLE, save, name)
