"""Edits of the held-out sources with checkpoints of three moments, through the pipeline that `sparkle edit` uses."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch
from benchmarks.kiwi_small.pairs import held_out_pairs
from benchmarks.kiwi_small.sources import FPS

from sparkle.kiwi.checkpoint import read_checkpoint
from sparkle.kiwi.loading import load_pipeline
from sparkle.kiwi.settings import EditSettings
from sparkle.kiwi.training.checkpoints import CHECKPOINTS
from sparkle.kiwi.training.settings import TrainingSettings
from sparkle.video import read_clip, write_video

MOMENTS = (0.1, 0.35, 1.0)  # of the updates that were made


def moments(training: Path) -> list[Path]:
    """Return the checkpoints nearest to MOMENTS, in order and without repetition."""
    found = sorted((training / CHECKPOINTS).glob("step-*"))
    if not found:
        sys.exit(f"{training}: no checkpoint yet; run the phase `train` first")
    last = step_of(found[-1])
    wanted = [share * last for share in MOMENTS]
    return sorted({min((abs(step_of(path) - step), path) for path in found)[1] for step in wanted})


def step_of(path: Path) -> int:
    """Return the update after which a checkpoint, or the folder of its edits, was made."""
    return int(path.name.removeprefix("step-"))


def edit_held_out(out: Path, settings: TrainingSettings, steps: int) -> None:
    """Write OUT/edits/step-NNNNNN/FOLDER_ID.mp4 for every held-out pair that has none yet.

    A process for each checkpoint: with so small a model a GPU mostly waits for the host.
    """
    checkpoints = moments(settings.output)
    with ProcessPoolExecutor(len(checkpoints), multiprocessing.get_context("spawn")) as pool:
        for edited in [pool.submit(_edit_all, out, settings, steps, path) for path in checkpoints]:
            print(edited.result(), file=sys.stderr, flush=True)


def _edit_all(out: Path, settings: TrainingSettings, steps: int, checkpoint: Path) -> str:
    """Edit with one checkpoint; return what was done."""
    waiting = [
        (pair, path)
        for folder, pair in held_out_pairs(out)
        if not (path := edit_path(out / "edits" / checkpoint.name, folder, pair.id)).exists()
    ]
    if waiting:
        frames = settings.data.datasets[0].frames
        chosen = EditSettings(
            steps=steps,
            max_pixels=settings.data.max_pixels,
            encoder_max_pixels=settings.data.encoder_max_pixels,
            tiled_vae=settings.data.tiled_vae,
        )
        pipeline = load_pipeline(read_checkpoint(checkpoint), None, checkpoint / "vae", torch.float32)
        pipeline.set_progress_bar_config(disable=True)
        if settings.device == "auto" and torch.cuda.is_available():
            pipeline.to("cuda")
        for pair, path in waiting:
            edited = pipeline(pair.instruction, read_clip(pair.source, frames=frames).frames, settings=chosen)
            write_video(path, edited, FPS, crf=12)
    return f"{checkpoint.name}: {len(waiting)} clips edited"


def edit_path(edits: Path, folder: Path, id: str) -> Path:
    """Return where the edit of a held-out pair lies."""
    return edits / f"{folder.name}_{id}.mp4"
