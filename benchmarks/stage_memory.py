"""Main memory that each stage takes at its peak, each in a process of its own; one clip at the recipe's size.

    python -m benchmarks.stage_memory [RECIPE] [section.key=value ...]

The demo clip is edited once; then every stage is sent to a new process, which makes it, calls it on what the stages
before it left, and says how far its memory grew above what its imports took (VmHWM of /proc, so Linux alone).
"""

import multiprocessing
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from sparkle.core.outcome import Outcome
from sparkle.core.sample import Inputs, Sample
from sparkle.demo import render_demo_clip
from sparkle.recipes import STAGES, load_recipe
from sparkle.runners.perform import perform
from sparkle.runners.recipe_stage import RecipeStage
from sparkle.runs import Wish, make_plan
from sparkle.store import Folder
from sparkle.video import write_video

INSTRUCTION = "Put the woman on a beach, where waves roll in and palms sway."


def measure(stage: RecipeStage, sample: Sample, folder: Folder) -> tuple[Outcome, float, float]:
    """Return the outcome, and memory in GB before the call and at its peak."""
    _ = stage.resources  # makes the backends
    Path("/proc/self/clear_refs").write_text(
        "5"
    )  # the peak begins anew; a process inherits that of its parent
    before = peak_gb()
    outcome = perform(stage, sample, folder)
    return outcome, before, peak_gb()


def peak_gb() -> float:
    (line,) = [
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")
    ]
    return int(line.split()[1]) * 1024 / 1e9


def main(name: str = "cpu", *overrides: str) -> None:
    recipe = load_recipe(name, overrides)
    video = recipe.video
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as place:
        clip = Path(place) / "clip.mp4"
        frames = render_demo_clip(7, video.width, video.height, video.frames, video.fps).frames
        write_video(clip, frames, video.fps)
        gigabytes = frames.nbytes / 1e9
        print(
            f"recipe {name}, {video.width}x{video.height}, {video.frames} frames: the clip is {gigabytes:.3f} GB"
        )
        (sample,) = make_plan([Wish(Inputs(str(clip)), INSTRUCTION)], (), 1, recipe.seed)
        sample = replace(sample, advisory=True)
        print(f"{'stage':12} {'before':>8} {'peak':>8} {'clips':>6}")
        for stage in STAGES:
            with spawn.Pool(1) as pool:
                call = RecipeStage(stage, recipe), sample, Folder.at(Path(place) / "run")
                outcome, before, peak = pool.apply(measure, call)
            if outcome.error is not None:
                raise SystemExit(f"{stage}: {outcome.error}")
            sample = outcome.applied_to(sample, {})
            print(f"{stage:12} {before:8.3f} {peak:8.3f} {(peak - before) / gigabytes:6.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
