"""The whole clip: processor seconds a picture, peak memory, and seams where pieces meet.

python benchmarks/whole_clip.py [seams|speed]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from pipeline import CHILD, FPS, INSTRUCTION
from sparkle.demo import render_demo_clip
from sparkle.recipes import load_recipe
from sparkle.runners.assemble import BackendPool
from sparkle.runners.backdrop import Backdrop
from sparkle.runners.beginning import Work, inputs_of, study_beginning, study_folder
from sparkle.runners.follow import Tracking
from sparkle.runners.kept import Kept
from sparkle.runners.study import STUDY
from sparkle.runners.whole_clip import WholeClip, edited_pictures
from sparkle.store import Folder, prepare_folder
from sparkle.video import WHOLE, probe, stream_pictures, write_video

SEAM_SIZE, SEAM_FRAMES, SEAM_PIECE = (416, 240), 120, 24
SIZES = ((832, 480, 81), (1920, 1080, 41), (1920, 1080, 81), (3840, 2160, 25))


def main() -> None:
    """Print the tables that are asked for, or both."""
    wanted = sys.argv[1:] or ["seams", "speed"]
    with tempfile.TemporaryDirectory() as folder:
        if "seams" in wanted:
            print_seams(Path(folder))
        if "speed" in wanted:
            print_speed(Path(folder))


def print_seams(folder: Path) -> None:
    """Compose a clip in one piece and in several, with the same masks, and compare the pictures at the borders."""
    clip = folder / "clip.mp4"
    rendered = render_demo_clip(7, *SEAM_SIZE, SEAM_FRAMES, FPS)
    write_video(clip, rendered.frames, FPS, crf=14)
    video = [f"video.width={SEAM_SIZE[0]}", f"video.height={SEAM_SIZE[1]}"]
    recipe, pool, info = load_recipe("cpu", video), BackendPool(), probe(clip)
    prepare_folder(folder / "work")
    kept = Kept(folder / "work")
    work = Work(clip, info, WHOLE, INSTRUCTION, recipe, pool, kept, folder / "s.png", lambda event: None)
    sample = study_beginning(work, inputs_of(work, None, None, None, None), STUDY).sample
    masks = Tracking(sample, recipe, pool, info.fps, kept, kept.content(clip)).run(stream_pictures(clip))
    backdrop = Backdrop(
        sample, Folder.at(study_folder(work, sample.inputs, STUDY)), recipe, pool, kept, SEAM_SIZE, info.fps
    )
    whole = WholeClip(clip, info, WHOLE, sample, recipe)
    one, several = (
        np.stack([each.composed.picture for each in edited_pictures(whole, masks, backdrop, pool, length)])
        for length in (10**6, SEAM_PIECE)
    )
    borders = range(SEAM_PIECE, SEAM_FRAMES, SEAM_PIECE)
    apart = np.abs(one.astype(int) - several).max(axis=3)
    steps = [np.abs(np.diff(each.astype(int), axis=0)).mean(axis=(1, 2, 3)) for each in (one, several)]
    print(
        "| pieces | largest difference, levels | pixels above 2 levels | step at borders, in one piece | in pieces |"
    )
    print("|---|---:|---:|---:|---:|")
    at_borders = [number for border in borders for number in (border - 1, border)]
    for name, numbers in (("at borders", at_borders), ("anywhere", list(range(SEAM_FRAMES)))):
        there = apart[numbers]
        row = [f"{there.max()}", f"{100 * (there > 2).mean():.3f} %"]
        row += [f"{np.mean([each[border - 1] for border in borders]):.3f}" for each in steps]
        print(f"| {name} | " + " | ".join(row) + " |")


def print_speed(folder: Path) -> None:
    """Edit clips of some sizes and lengths, each in a process of its own."""
    print("| clip | processor s | of them a picture | peak MB |")
    print("|---|---:|---:|---:|")
    for width, height, frames in SIZES:
        clip = folder / f"{width}_{frames}.mp4"
        rendered = render_demo_clip(7, width, height, frames, FPS)
        write_video(clip, rendered.frames, FPS, crf=14)
        del rendered
        command = ["sparkle", "edit", str(clip), INSTRUCTION, "-o", str(folder / "out.mp4"), "--json"]
        done = subprocess.run(
            [sys.executable, "-c", CHILD, *command], capture_output=True, text=True, check=True
        )
        peak, processor = map(float, done.stderr.split()[-2:])
        each = processor / json.loads(done.stdout)["frames"]
        print(
            f"| {width}x{height}, {frames} pictures | {processor:.1f} | {each:.2f} | {peak:.0f} |", flush=True
        )


if __name__ == "__main__":
    main()
