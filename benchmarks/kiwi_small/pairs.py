"""Training and held-out pairs: rendered sources, and the cpu recipe on them, in as many processes as there are cores.

OUT/pairs/{train,held_out}/NNN is one run folder of `sparkle build` with its clips, true masks and manifest beside it.
A folder whose run is complete is left alone, so that rendering can be interrupted, or done on another machine.
"""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np
from benchmarks.kiwi_small.sources import FPS, render_source

from sparkle.core.boxes import BOX_RANGE
from sparkle.core.seeds import generator
from sparkle.dataset import Pair, read_pairs
from sparkle.recipes import load_recipe
from sparkle.roles import Masks
from sparkle.runners.build import build, plan_build
from sparkle.runs import read_run
from sparkle.runs.folder import PLAN_FILE
from sparkle.runs.plan import read_plan
from sparkle.store import write_text
from sparkle.video import read_masks, write_masks, write_video

Part = Literal["held_out", "train"]
PARTS: tuple[Part, ...] = get_args(Part)

# Four of each theme, one theme after the other, so that the first few are as different as all.
SCENES = (
    ("location", "coastal: tropical beach with palm trees"),
    ("season", "winter: open snowfield in a blizzard"),
    ("time", "night: starry sky above dark mountains"),
    ("style", "futuristic: retro synthwave grid with a striped sun"),
    ("location", "wilderness: red desert canyon with dry shrubs"),
    ("season", "spring: cherry blossoms in full bloom"),
    ("time", "sunset: orange sunset over the ocean"),
    ("style", "fantasy: dragon mountain with rivers of lava"),
    ("location", "rural: lavender field under drifting clouds"),
    ("season", "summer: sunflower field under a blue sky"),
    ("time", "day: clear blue sky over green fields"),
    ("style", "cinematic: film noir alley in black and white"),
    ("location", "urban: wet city street with neon signs"),
    ("season", "autumn: maple forest with falling red leaves"),
    ("time", "dawn: pink sunrise over a calm sea"),
    ("style", "fantasy: enchanted forest with glowing mushrooms"),
)
SOURCES_EACH = 4  # of a run folder
HELD_OUT_PAIRS = 2  # of a source
BOXES = 3
# Files are small enough to be carried to another machine, and the last score was calibrated on frames of 832 pixels:
# in small ones fine textures lose it a point.
RECIPE = ("video.crf=23", "synthesize.score_minimum=6.0")
HELD_OUT_SEEDS = 1_000_000


@dataclass(frozen=True, slots=True)
class PairSettings:
    """How many sources of which size, how many of SCENES, and how many of those each training source gets."""

    sources: int
    held_out: int
    width: int
    height: int
    frames: int
    scenes: int
    pairs_each: int


@dataclass(frozen=True, slots=True)
class _Task:
    folder: Path
    part: Part
    seeds: range
    settings: PairSettings


def make_pairs(out: Path, settings: PairSettings, processes: int, report: Callable[[int, int], None]) -> None:
    """Render what is missing; `report` gets how many run folders are complete, and of how many."""
    tasks = [task for part in PARTS for task in _tasks(out, part, settings)]
    waiting = [task for task in tasks if not _complete(task.folder)]
    report(len(tasks) - len(waiting), len(tasks))
    if not waiting:
        return
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(_make, task) for task in waiting]
        for done, future in enumerate(as_completed(futures), 1):
            future.result()
            report(len(tasks) - len(waiting) + done, len(tasks))


def run_folders(out: Path, part: Part) -> list[Path]:
    """Return the complete run folders."""
    return sorted(folder for folder in (out / "pairs" / part).glob("*") if _complete(folder))


def held_out_pairs(out: Path) -> list[tuple[Path, Pair]]:
    """Return the held-out pairs, each with its run folder."""
    return [(folder, pair) for folder in run_folders(out, "held_out") for pair in read_pairs(folder)]


def true_mask(folder: Path, pair: Pair) -> Masks:
    """Return the subject's mask as it was rendered, bool (T, H, W)."""
    videos = {sample.id: Path(sample.inputs.video).stem for sample in read_plan(folder / PLAN_FILE)}
    return read_masks(folder / "clips" / f"{videos[pair.id]}.npz")


def _tasks(out: Path, part: Part, settings: PairSettings) -> list[_Task]:
    first, count = (0, settings.sources) if part == "train" else (HELD_OUT_SEEDS, settings.held_out)
    starts = range(0, count, SOURCES_EACH)
    return [
        _Task(
            out / "pairs" / part / f"{start // SOURCES_EACH:03d}",
            part,
            range(first + start, first + min(start + SOURCES_EACH, count)),
            settings,
        )
        for start in starts
    ]


def _complete(folder: Path) -> bool:
    record = read_run(folder)
    return record is not None and record.get("status") == "complete"


def _make(task: _Task) -> None:
    cv2.setNumThreads(1)
    settings, clips = task.settings, task.folder / "clips"
    count = HELD_OUT_PAIRS if task.part == "held_out" else settings.pairs_each
    rows = []
    for seed in task.seeds:
        source = render_source(seed, settings.width, settings.height, settings.frames)
        write_video(clips / f"{seed:07d}.mp4", source.frames, FPS, crf=12)
        write_masks(clips / f"{seed:07d}.npz", source.mask)
        write_text(clips / f"{seed:07d}.json", _boxes(source.mask))
        chosen = generator(seed, "scenes").permutation(settings.scenes)[:count]
        files = f"clips/{seed:07d}.mp4", f"clips/{seed:07d}.json"
        rows += [(*files, *SCENES[index]) for index in chosen]
    text = io.StringIO()
    csv.writer(text).writerows([("video", "boxes", "theme", "keyword"), *rows])
    write_text(task.folder / "manifest.csv", text.getvalue())
    sizes = [f"video.{name}={getattr(settings, name)}" for name in ("width", "height", "frames")]
    # The recipe's seed decides how a scene is painted: another one for every folder.
    others = [f"video.minimum_frames={settings.frames}", *RECIPE, f"seed={task.seeds.start}"]
    recipe = load_recipe("cpu", [*sizes, *others])
    build(plan_build([str(task.folder / "manifest.csv")], seed=recipe.seed), task.folder, recipe)


def _boxes(mask: Masks) -> str:
    """Return the subject's boxes as a user's boxes file: tracking starts from them, and nothing has to be found."""
    height, width = mask.shape[1:]
    anchors = []
    for frame in sorted({round(position) for position in np.linspace(0, len(mask) - 1, BOXES)}):
        rows, columns = (np.flatnonzero(mask[frame].any(axis)) for axis in (1, 0))
        corners = columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height
        box = [round(BOX_RANGE * corner) for corner in corners]
        anchors.append({"frame": frame, "objects": [{"label": "person", "bbox_2d": box}]})
    return json.dumps({"anchors": anchors})
