"""Do actors of the Ray runner share one GPU? A run whose animator is a tiny random model there, and who did what.

    python -m benchmarks.shared_gpu [PAIRS]

The recipe is the cpu one with `diffusion.wan_i2v` as animator, on a checkpoint of random weights. The runner takes
the real model's measured memory for it, so that as many actors as would fit share the GPU; each notes every call of its
own, with what it holds of the GPU's memory. The same run by the local runner says whether the bytes are the same.
Needs a GPU and the extras `models` and `ray`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

import torch
from tests.conftest import FPS, FRAMES, HEIGHT, SMALL, WIDTH
from tests.pipeline.small_dataset import hashes
from tests.tiny_models.wan import save_official_lora, save_wan_i2v

from sparkle.core.outcome import Outcome
from sparkle.core.sample import Sample
from sparkle.demo import render_demo_clip
from sparkle.recipes import load_recipe
from sparkle.runners import ray as ray_runner
from sparkle.runners.assemble import BackendPool
from sparkle.runners.build import build, plan_build
from sparkle.runners.local import run_local
from sparkle.runners.recipe_stage import RecipeStage
from sparkle.store import Folder
from sparkle.video import write_video

NOTES = "NOTES_OF_CALLS"


class Noting(RecipeStage):
    """A stage that notes which process performed each of its calls."""

    def __call__(self, sample: Sample, folder: Folder) -> Outcome:
        outcome = super().__call__(sample, folder)
        if torch.cuda.is_initialized():
            held = torch.cuda.memory_reserved() / 1e6
            device = os.environ.get("CUDA_VISIBLE_DEVICES")
            with Path(os.environ[NOTES]).open("a") as file:
                file.write(f"{self.name} by process {os.getpid()} on GPU {device}, {held:.0f} MB held\n")
        return outcome


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        notes = folder / "notes"
        os.environ[NOTES] = str(notes)
        model, high, low = (
            save_wan_i2v(folder / "wan"),
            folder / "high.safetensors",
            folder / "low.safetensors",
        )
        save_official_lora(high, seed=1)
        save_official_lora(low, seed=2)
        write_video(folder / "clip.mp4", render_demo_clip(7, WIDTH, HEIGHT, FRAMES, FPS).frames, FPS, crf=14)
        options = {"model": model, "lora_high": high, "lora_low": low, "device": "cuda", "offload": "none"}
        settings = [*SMALL, "animate.animator.key=diffusion.wan_i2v", "concurrency=1"]
        # What random weights draw passes no check of a camera and of life.
        settings += ["animate.camera.threshold=1e9", "animate.liveliness_minimum=0"]
        settings += ["synthesize.background_motion_minimum=0", "synthesize.score_minimum=0"]
        settings += [f"animate.animator.options.{key}={value}" for key, value in options.items()]
        recipe = load_recipe("cpu", settings)
        for pool in ray_runner.pools_of(recipe, BackendPool()) if ray_runner.ray.is_initialized() else ():
            print(pool)
        plan = plan_build([str(folder / "clip.mp4")], pairs_per_source=pairs)
        ray_runner.RecipeStage = Noting  # type: ignore[misc,attr-defined]
        summary = build(plan, folder / "ray" / "run", recipe, runner=ray_runner.run_ray)
        for line, count in sorted(Counter(notes.read_text().splitlines()).items()):
            print(f"{count:4} x {line}")
        alone = build(plan, folder / "local" / "run", recipe, runner=run_local)
        same = hashes(folder / "ray" / "run") == hashes(folder / "local" / "run")
        print(
            f"accepted {summary.accepted} of {pairs} by Ray, {alone.accepted} by local; files equal: {same}"
        )
        print(f"failed: {[each['message'] for each in summary.failed][:2]}; rejected: {summary.rejected}")


if __name__ == "__main__":
    main()
