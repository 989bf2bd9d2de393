"""`sparkle demo`: build a pair from a clip with a known mask, and compare the tracker with the truth."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sparkle.core.errors import SampleError
from sparkle.core.layout import artifact_path
from sparkle.core.sample import Inputs
from sparkle.demo import render_demo_clip
from sparkle.recipes import Recipe
from sparkle.roles import Masks
from sparkle.runners.books import Report
from sparkle.runners.build import RunSummary, build
from sparkle.runners.sheets import write_sheets
from sparkle.runs import Wish, make_plan, refuse_run_folder
from sparkle.store import prepare_folder
from sparkle.video import read_masks, write_masks, write_video

INSTRUCTION = (
    "Put the subject on a windy beach at sunset, with waves rolling onto the sand, palms swaying "
    "and clouds drifting in the glowing sky."
)


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo came to. `iou` compares the tracked mask with the true one, over the whole clip."""

    summary: RunSummary
    instruction: str
    iou: float
    seconds: float
    sheet: Path
    edited: Path


def run_demo(out: Path, recipe: Recipe, report: Report) -> DemoResult:
    """Run all five stages on the demo clip, below `out`. Raises SampleError if the clip did not come through."""
    started = time.monotonic()
    refuse_run_folder(out)
    prepare_folder(out)
    clip, truth = _render(out, recipe)
    plan = make_plan([Wish(Inputs(str(clip)), INSTRUCTION)], (), 1, recipe.seed)
    run = out / "run"
    summary = build(plan, run, recipe, report=report)
    sheet = write_sheets(run)
    sample = plan[0]
    if summary.accepted != 1 or sheet is None:
        raise SampleError(f"{run}: the demo clip was not accepted; see the ledger there")
    found = read_masks(run / artifact_path("source_video_mask", sample.theme, sample.id))
    return DemoResult(
        summary=summary,
        instruction=INSTRUCTION,
        iou=mask_iou(found, truth),
        seconds=time.monotonic() - started,
        sheet=sheet,
        edited=run / artifact_path("edited_video", sample.theme, sample.id),
    )


def mask_iou(first: Masks, second: Masks) -> float:
    """Return intersection over union of two masks (T, H, W); 1 where both are empty."""
    union = np.count_nonzero(first | second)
    return 1.0 if union == 0 else float(np.count_nonzero(first & second) / union)


def _render(out: Path, recipe: Recipe) -> tuple[Path, Masks]:
    video = recipe.video
    rendered = render_demo_clip(recipe.seed, video.width, video.height, video.frames, video.fps)
    clip = out / "demo_source.mp4"
    write_video(clip, rendered.frames, video.fps, crf=video.crf)
    write_masks(out / "demo_true_mask.npz", rendered.mask)
    return clip, rendered.mask
