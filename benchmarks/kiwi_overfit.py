"""Eight pairs learnt by heart: the cpu recipe makes them, `tiny.yaml` trains on them, the pipeline edits them.

    python -m benchmarks.kiwi_overfit OUT

Renders four demo clips, gives each two backgrounds (so that only the instruction tells what is wanted), trains the
configuration `tiny` on them, loads its last checkpoint as `sparkle edit` would, edits the eight sources, and
compares source and edit with the target by their PSNR in the background. Writes OUT/overfit.png.
Some ten minutes on two cores, of which training takes three. Not a test of generalisation: there is none. The figure
needs matplotlib, which the extra `dev` brings.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from matplotlib import pyplot
from numpy.typing import NDArray

from sparkle.core.layout import artifact_path
from sparkle.dataset import Pair, read_pairs
from sparkle.demo import render_demo_clip
from sparkle.kiwi.checkpoint import read_checkpoint
from sparkle.kiwi.loading import load_pipeline
from sparkle.kiwi.pipeline import KiwiEditPipeline
from sparkle.kiwi.preprocessing import crop_and_resize
from sparkle.kiwi.settings import EditSettings
from sparkle.kiwi.training.files import load_settings
from sparkle.kiwi.training.run import LOSSES_FILE, Outcome, Reports, train
from sparkle.recipes import load_recipe
from sparkle.runners.build import build, plan_build
from sparkle.video import read_clip, read_masks, resize_image, write_video

CLIPS, PAIRS_EACH = 4, 2
WIDTH, HEIGHT, FRAMES, FPS = 320, 192, 17, 16.0
STEPS = 20
SHOWN_FRAME = 4


def make_pairs(out: Path) -> Path:
    """Render the clips and run the cpu recipe on them; return the run folder."""
    clips = out / "clips"
    for seed in range(CLIPS):
        rendered = render_demo_clip(seed, WIDTH, HEIGHT, FRAMES, FPS)
        write_video(clips / f"clip{seed}.mp4", rendered.frames, FPS, crf=14)
    sizes = [f"video.width={WIDTH}", f"video.height={HEIGHT}", f"video.frames={FRAMES}"]
    recipe = load_recipe("cpu", [*sizes, "video.minimum_frames=9"])
    plan = plan_build([str(clips)], themes=["location"], pairs_per_source=PAIRS_EACH)
    summary = build(plan, out / "run", recipe)
    if summary.accepted != CLIPS * PAIRS_EACH:
        sys.exit(f"the recipe accepted {summary.accepted} pairs of {CLIPS * PAIRS_EACH}: {summary.rejected}")
    return out / "run"


def load(folder: Path) -> KiwiEditPipeline:
    """Return the pipeline of a checkpoint that brings its own VAE and tokenizer."""
    pipeline = load_pipeline(read_checkpoint(folder), None, folder / "vae", torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def edit(pipeline: KiwiEditPipeline, run: Path, pair: Pair) -> dict[str, Any]:
    """Edit one source; return the frames that are shown and the PSNR of source and edit in the background, in dB."""
    data = load_settings("tiny").data
    frames = data.datasets[0].frames
    source, target = (read_clip(path, frames=frames).frames for path in (pair.source, pair.edited))
    settings = EditSettings(steps=STEPS, max_pixels=data.max_pixels, tiled_vae=False)
    edited = pipeline(pair.instruction, source, settings=settings)
    height, width = edited.shape[1:3]
    source, target = (crop_and_resize(clip, height, width) for clip in (source, target))
    masks = read_masks(run / artifact_path("source_video_mask", pair.theme, pair.id))[:frames]
    background = np.stack([resize_image(mask.astype(np.uint8) * 255, (width, height)) == 0 for mask in masks])
    return {
        "pictures": [clip[SHOWN_FRAME] for clip in (source, target, edited)],
        "source_db": psnr(source, target, background),
        "edit_db": psnr(edited, target, background),
        "instruction": pair.instruction,
    }


def psnr(first: NDArray[np.uint8], second: NDArray[np.uint8], where: NDArray[np.bool_]) -> float:
    """Return the PSNR in dB of (T, H, W, 3) where (T, H, W) is true."""
    error = (first.astype(np.float64) - second)[where]
    return float(10 * np.log10(255**2 / np.mean(error**2)))


def draw(rows: list[dict[str, Any]], losses: list[float], path: Path) -> None:
    """Draw source, target and edit of every pair, and the loss."""
    mpl.use("Agg")
    figure = pyplot.figure(figsize=(11, 7.6), layout="constrained")
    pictures, curve = figure.subfigures(2, 1, height_ratios=(2.6, 1))
    axes = pictures.subplots(4, 6)
    for place, row in enumerate(rows):
        names = ("source", "target", "edit")
        figures = (f"{row['source_db']:.1f} dB", "", f"{row['edit_db']:.1f} dB")
        for part in range(3):
            axis = axes[place // 2, 3 * (place % 2) + part]
            axis.imshow(row["pictures"][part])
            axis.set_title(f"{names[part]}  {figures[part]}", fontsize=9)
            axis.axis("off")
    axis = curve.subplots()
    window = 20
    axis.semilogy(losses, color="#b9cde0", linewidth=0.8)
    axis.semilogy(
        range(window - 1, len(losses)),
        np.convolve(losses, np.full(window, 1 / window), "valid"),
        color="#2f5f8f",
    )
    axis.set(xlabel="update", ylabel="training loss", title="single updates, and the mean of 20")
    figure.savefig(path, dpi=110)


def train_tiny(out: Path, run: Path) -> Outcome:
    """Train the shipped configuration on the run."""
    settings = load_settings("tiny", [f"output={out / 'training'}", f"data.datasets.0.folder={run}"])

    def show(update: Any) -> None:
        if update.step % 50 == 0:
            print(f"update {update.step}: loss {update.loss:.3f}", file=sys.stderr, flush=True)

    return train(settings, reports=Reports(update=show))


def main() -> None:
    """Make, train, edit, print, draw."""
    out = Path(sys.argv[1])
    began = time.perf_counter()
    run = make_pairs(out)
    made = time.perf_counter()
    outcome = train_tiny(out, run)
    trained = time.perf_counter()
    if outcome.checkpoint is None:
        sys.exit("stopped before the first checkpoint")
    pipeline = load(outcome.checkpoint)
    rows = [edit(pipeline, run, pair) for pair in read_pairs(run)]
    losses = [json.loads(line)["loss"] for line in (out / "training" / LOSSES_FILE).open()]
    draw(rows, losses, out / "overfit.png")
    print("| instruction | source dB | edit dB |\n|---|---:|---:|")
    for row in rows:
        print(f"| {row['instruction'][:60]} ... | {row['source_db']:.1f} | {row['edit_db']:.1f} |")
    first, last = np.mean(losses[:10]), np.mean(losses[-50:])
    print(f"\nloss {first:.3f} (first 10 updates) to {last:.3f} (last 50), {first / last:.1f} times lower")
    print(
        f"pairs {made - began:.0f} s, training {trained - made:.0f} s, all {time.perf_counter() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
