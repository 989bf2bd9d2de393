"""A small dataset by the cpu recipe that takes every way through the stages, and the hashes of its files.

    python -m tests.pipeline.small_dataset        writes tests/fixtures/small_dataset.json anew

Only a change that is meant to change results may do that. Backgrounds are given, so that the painter may improve.
Pixels and floats depend on the libraries, so the list says with which ones it was made.
"""

import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np
from tests.conftest import FPS, FRAMES, HEIGHT, SMALLEST, WIDTH

from sparkle.demo import render_demo_clip
from sparkle.recipes import load_recipe
from sparkle.runners.build import build, library_versions, plan_build
from sparkle.video import write_image, write_video

LIST = Path(__file__).parents[1] / "fixtures" / "small_dataset.json"
NOT_RESULTS = {"run.json", "ledger.jsonl", "ledger.index.npz", ".lock"}

# The third has a subject and no background that anything could be known of: its scene is chosen, its words are written.
ROWS = [
    {
        "video": "clip.mp4",
        "theme": "location",
        "instruction": "Put the woman on a windy hill, where the grass sways.",
        "background": "hill.png",
        "boxes": "boxes.json",
    },
    {"video": "clip.mp4", "instruction": "Put her on a hill in heavy rain.", "background": "hill.png"},
    {"video": "clip.mp4", "theme": "season", "background": "waves.mp4"},
    {"video": "clip.mp4", "theme": "season", "edited_video": "moving.mp4", "background": "hill.png"},
    {"video": "moving.mp4", "theme": "time"},
    {"video": "torn.mp4", "theme": "time"},
]
BOXES = {"anchors": [{"frame": 0, "objects": [{"label": "woman", "bbox_2d": [280, 120, 720, 1000]}]}]}


def make_inputs(folder: Path) -> None:
    """Write everything that ROWS names, and the manifest; the same bytes every time."""
    clip = render_demo_clip(7, WIDTH, HEIGHT, FRAMES, FPS)
    write_video(folder / "clip.mp4", clip.frames, FPS, crf=14)
    write_image(folder / "hill.png", hills(0))
    blocks = np.random.default_rng(5).integers(0, 255, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    wall = np.kron(blocks, np.ones((8, 8, 1), np.uint8))
    moving = np.stack([np.roll(wall, 6 * at, axis=1) for at in range(FRAMES)])
    write_video(folder / "moving.mp4", moving, FPS, crf=14)
    waves = np.stack([hills(at) for at in (0, 3, 6, 8, 9, 8, 6, 3)])
    write_video(folder / "waves.mp4", waves, FPS, crf=14)
    (folder / "torn.mp4").write_bytes((folder / "clip.mp4").read_bytes()[:3000])
    (folder / "boxes.json").write_text(json.dumps(BOXES))
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))


def hills(shift: int) -> np.ndarray:
    """Return soft, bright and dark rounds under grain, uint8 (H, W, 3), moved to the side by `shift` pixels."""
    rows, columns = np.mgrid[:HEIGHT, shift : WIDTH + shift]
    rounds = (rows * (HEIGHT - rows) // 30 + columns % 52 * (52 - columns % 52) // 8) % 256
    grain = np.random.default_rng(5).integers(0, 12, (HEIGHT, WIDTH, 3))
    colour = np.array([3, 4, 2])
    return (40 + rounds[..., None] * colour // 8 + np.roll(grain, shift, axis=1)).astype(np.uint8)


def build_in(folder: Path) -> Path:
    """Build the dataset in `folder`, which is the working directory meanwhile; return the run folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        make_inputs(folder)
        build(plan_build(["rows.jsonl"]), Path("run"), load_recipe("cpu", SMALLEST))
    finally:
        os.chdir(before)
    return folder / "run"


def hashes(run: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that is a result."""
    paths = (path for path in run.rglob("*") if path.is_file())
    files = sorted(path for path in paths if path.relative_to(run).parts[0] not in NOT_RESULTS)
    return {str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = {"made_with": library_versions(), "files": hashes(build_in(Path(folder)))}
    LIST.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
