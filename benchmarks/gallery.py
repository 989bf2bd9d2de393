"""Paint every scene of the taxonomy: one sheet of thumbnails per theme, and how long each picture takes.

    python benchmarks/gallery.py OUT [WIDTH HEIGHT SEED]

Writes OUT/{theme}.png (416x234 thumbnails, five in a row, in the order of the taxonomy) and prints one line per
scene; then times pictures of WIDTH x HEIGHT (default 832x468) on one core.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.core.scene import Scene
from sparkle.painter import paint, plan_scene
from sparkle.taxonomy.reader import load_taxonomy

THUMBNAIL = (416, 234)
COLUMNS = 5


def picture(scene: Scene, width: int, height: int, seed: int) -> NDArray[np.uint8]:
    return paint(
        plan_scene(f"Put the subject in {scene.name}, where {scene.motion}.", scene), width, height, seed
    )


def sheet(scenes: list[Scene], seed: int) -> NDArray[np.uint8]:
    tiles = [picture(scene, *THUMBNAIL, seed) for scene in scenes]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % COLUMNS)
    return np.vstack([np.hstack(tiles[first : first + COLUMNS]) for first in range(0, len(tiles), COLUMNS)])


def main() -> None:
    out = Path(sys.argv[1])
    width, height, seed = map(int, sys.argv[2:5]) if len(sys.argv) > 4 else (832, 468, 7)
    out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    seconds = []
    for theme, subthemes in load_taxonomy().items():
        scenes = [scene for group in subthemes.values() for scene in group]
        cv2.imwrite(str(out / f"{theme}.png"), sheet(scenes, seed)[..., ::-1])
        for scene in scenes:
            start = time.process_time()
            picture(scene, width, height, seed)
            seconds.append(time.process_time() - start)
            print(f"{seconds[-1]:5.2f} s  {scene.keyword}", flush=True)
    low, middle, high = np.quantile(seconds, (0.1, 0.5, 0.9))
    print(
        f"{len(seconds)} scenes at {width}x{height}, CPU seconds: 10% {low:.2f}, median {middle:.2f}, "
        f"90% {high:.2f}, slowest {max(seconds):.2f}"
    )


if __name__ == "__main__":
    main()
