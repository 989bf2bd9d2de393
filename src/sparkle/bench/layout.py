"""Where everything of a benchmark lies, as path arithmetic: the published names, and ours beside them.

BENCH/{theme}_bench.csv                 edited_type, prompt, original_video        Sparkle-Bench
BENCH/{theme}_metadata.jsonl            id, prompt, metadata {edit_type, chosen_keyword, original_scene}
BENCH/source_videos/{theme}/{id}.mp4    BENCH/ref_images/{theme}/{id}.png (optional)
BENCH/benchmark_videos.csv              edited_type, prompt, original_video        OpenVE-Bench

SAVE/{theme}/{subtheme}---{scene_key}/{id}_edited.mp4                              results, Sparkle-Bench
SAVE/{id}_edited.mp4                                                               results, OpenVE-Bench
SAVE/{theme}_{judge}_sparkle_score.jsonl       published: one line a judged sample
SAVE/{theme}_{judge}_sparkle_failures.jsonl    ours: one line a sample that has no score, with the reason
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from sparkle.bench.dimensions import Benchmark

OPENVE_TABLE = PurePosixPath("benchmark_videos.csv")

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def table_path(theme: str) -> PurePosixPath:
    """Return the path of a theme's table of tasks, relative to BENCH."""
    return PurePosixPath(f"{theme}_bench.csv")


def metadata_path(theme: str) -> PurePosixPath:
    """Return the path of a theme's metadata, relative to BENCH."""
    return PurePosixPath(f"{theme}_metadata.jsonl")


def source_path(theme: str, id: str) -> PurePosixPath:
    """Return the path of a source video, relative to BENCH; the column `original_video` holds it."""
    return PurePosixPath(f"source_videos/{theme}/{id}.mp4")


def reference_path(theme: str, id: str) -> PurePosixPath:
    """Return the path of a sample's clean background image, relative to BENCH."""
    return PurePosixPath(f"ref_images/{theme}/{id}.png")


def scene_folder(subtheme: str, scene: str) -> str:
    """Return `{subtheme}---{scene_key}`: the scene's name with spaces as `_`."""
    return f"{subtheme}---{scene.replace(' ', '_')}"


def judge_name(model: str) -> str:
    """Return a model's id as it stands in the name of a score file; `gemini-2.5-pro` stays as it is."""
    return _UNSAFE.sub("-", model).strip(".-")


def score_path(save: Path, benchmark: Benchmark, theme: str, judge: str) -> Path:
    """Return the published place of a theme's scores by one judge."""
    return save / f"{theme}_{judge}_{benchmark.key}_score.jsonl"


def failures_path(save: Path, benchmark: Benchmark, theme: str, judge: str) -> Path:
    """Return where the samples without a score are listed."""
    return save / f"{theme}_{judge}_{benchmark.key}_failures.jsonl"


def judges_of(save: Path, benchmark: Benchmark) -> list[str]:
    """Return the judges that have files in SAVE, sorted; one that could judge nothing has failures alone."""
    return sorted({*_judges(save, benchmark, "score"), *_judges(save, benchmark, "failures")})


def _judges(save: Path, benchmark: Benchmark, what: str) -> Iterator[str]:
    suffix = f"_{benchmark.key}_{what}.jsonl"
    for path in save.glob(f"*{suffix}"):
        stem = path.name.removesuffix(suffix)
        for theme in benchmark.themes:
            if stem.startswith(f"{theme}_"):
                yield stem.removeprefix(f"{theme}_")
