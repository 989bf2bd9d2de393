"""How well the cpu grounder boxes subjects: `python benchmarks/grounding.py CLIPS BOXES`.

CLIPS is a folder with `*_source.mp4` clips, BOXES one with a boxes file of the same stem (without `_source`) per
clip, drawn by hand on 2-fps frames, one subject each. The demo clip, whose true mask is known, comes last.

- round 1: IoU of the box on frame 0; round 2: mean IoU over the 2-fps frames.
- cut off: the most that a box of either round cuts off on one side, in percent of the subject's width or height.
- seconds: processor time of both rounds; OpenCV is held to one thread.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from sparkle.backends.cpu.grounder import EvidenceGrounder
from sparkle.core.boxes import box_to_pixels
from sparkle.demo import render_demo_clip
from sparkle.roles import Frames
from sparkle.video import read_clip

Box = Sequence[float]
WIDTH, HEIGHT = 832, 468


def labelled_clips(clips: Path, boxes: Path) -> Iterator[tuple[str, Frames, Mapping[int, Box]]]:
    for path in sorted(clips.glob("*_source.mp4")):
        name = path.stem.removesuffix("_source")
        clip = read_clip(path, size=(WIDTH, HEIGHT), fps=16.0, frames=81, time_limit_s=120.0)
        height, width = clip.frames.shape[1:3]
        truth = {}
        for anchor in json.loads((boxes / f"{name}.json").read_text())["anchors"]:
            box = box_to_pixels(anchor["objects"][0]["bbox_2d"], width, height)
            if box is not None:
                truth[int(anchor["frame"])] = box
        yield name, clip.frames, truth
    demo = render_demo_clip()
    yield "demo clip", demo.frames, {frame: _bounds(demo.mask[frame]) for frame in range(0, 81, 8)}


def _bounds(mask: np.ndarray) -> Box:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def iou(one: Box, other: Box) -> float:
    width = max(min(one[2], other[2]) - max(one[0], other[0]), 0)
    height = max(min(one[3], other[3]) - max(one[1], other[1]), 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return float(width * height / (sum(areas) - width * height))


def cut_off(found: Box, truth: Box) -> float:
    width, height = truth[2] - truth[0], truth[3] - truth[1]
    sides = (
        (found[0] - truth[0]) / width,
        (found[1] - truth[1]) / height,
        (truth[2] - found[2]) / width,
        (truth[3] - found[3]) / height,
    )
    return 100 * max(*sides, 0.0)


def main(clips: Path, boxes: Path) -> None:
    cv2.setNumThreads(1)
    grounder = EvidenceGrounder()
    print("| clip | found | round 1 | round 2 | cut off | seconds |\n|---|---|---|---|---|---|")
    means = []
    for name, frames, truth in labelled_clips(clips, boxes):
        started = time.process_time()
        first = grounder.first_round(frames, frames[0])
        anchors = grounder.second_round(frames, sorted(truth), first)
        seconds = time.process_time() - started
        found = {anchor.frame: anchor.boxes[0].xyxy for anchor in anchors if anchor.boxes}
        overlaps = [iou(found[frame], box) if frame in found else 0.0 for frame, box in truth.items()]
        lost = [cut_off(found[frame], box) if frame in found else 100.0 for frame, box in truth.items()]
        start = iou(first[0].xyxy, truth[0]) if first else 0.0
        lost.append(cut_off(first[0].xyxy, truth[0]) if first else 100.0)
        means.append(np.mean(overlaps))
        labels = ", ".join(box.label for box in first) or "nothing"
        print(f"| {name} | {labels} | {start:.2f} | {means[-1]:.3f} | {max(lost):.0f} % | {seconds:.1f} |")
    print(f"| mean | | | {np.mean(means):.3f} | | |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
