"""Whether the new place moves as the old one did: from each picture of an edited clip to the next.

`python benchmarks/followed.py CLIP`: edits the clip of a moving camera and follows points of the old place (outside the
masks) and of the new background; prints by how much the new place moves otherwise than the old one, in pixels of the
clip: the medians over the points of a picture, as root mean square, 90th percentile and largest over the pictures.
The first path only brings points of different parts of the picture together.
"""

from __future__ import annotations

import json
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.camera.path import in_pixels
from sparkle.recipes import load_recipe
from sparkle.runners.edit import edit
from sparkle.runners.kept_masks import noted_masks
from sparkle.video import delivery_for, stream_pictures

POINTS = {"maxCorners": 120, "qualityLevel": 0.01, "minDistance": 10}
RETURN = 0.5  # pixels
NEAR_SUBJECT = 25  # pixels
Grey = NDArray[np.uint8]


def main() -> None:
    """Print the table for one clip."""
    clip = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        output = folder / "behind.mkv"
        edit(
            clip,
            "put the subject in a forest",
            output,
            load_recipe("cpu"),
            keep=folder / "work",
            camera="follow",
            layer="background",
            delivery=delivery_for(output, crf=4),
            announce=print,
        )
        (path,) = (folder / "work" / "camera").glob("path_*.json")
        places = np.array(json.loads(path.read_text())["path"][0])
        masks = noted_masks(folder / "work")
        old, new = greys(clip), greys(output)
        size = old[0].shape[1::-1]
        hidden = [cv2.resize(masks.at(each).astype(np.float32), size) > 0.1 for each in range(len(old))]
    reach = np.ones((2 * NEAR_SUBJECT + 1,) * 2, np.uint8)
    clear = [255 - 255 * cv2.dilate(each.astype(np.uint8), reach) for each in hidden]
    whole = [np.full(old[0].shape, 255, np.uint8)] * len(old)
    apart = misses(new, whole, places) - misses(old, clear, places)
    far = np.linalg.norm(apart, axis=1)
    summed = np.linalg.norm(np.cumsum(apart, axis=0), axis=1).max()
    print("| rms | 90th percentile | largest | added up over the clip, largest |\n|---:|---:|---:|---:|")
    figures = (np.sqrt(np.mean(far**2)), np.quantile(far, 0.9), far.max(), summed)
    print("| " + " | ".join(f"{each:.2f}" for each in figures) + " |")


def greys(path: Path) -> list[Grey]:
    """Return a clip's pictures in grey."""
    return [
        np.asarray(cv2.cvtColor(each.frame, cv2.COLOR_RGB2GRAY), np.uint8) for each in stream_pictures(path)
    ]


def misses(frames: list[Grey], clear: list[Grey], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (T - 1, 2): by how much points move from each frame to the next otherwise than its path says."""
    size = frames[0].shape[1::-1]
    views = [in_pixels(each, size) for each in places]
    found = []
    for number, (first, second) in enumerate(pairwise(frames)):
        start = cv2.goodFeaturesToTrack(first, mask=clear[number], **POINTS)
        there, ok, _ = cv2.calcOpticalFlowPyrLK(first, second, start, None, winSize=(21, 21))
        back, again, _ = cv2.calcOpticalFlowPyrLK(second, first, there, None, winSize=(21, 21))
        kept = (ok[:, 0] > 0) & (again[:, 0] > 0) & (np.linalg.norm((back - start)[:, 0], axis=1) < RETURN)
        step = np.linalg.solve(views[number + 1], views[number])
        told = cv2.perspectiveTransform(start[kept].astype(np.float64).reshape(1, -1, 2), step)[0]
        found.append(np.median(there[kept][:, 0] - told, axis=0))
    return np.array(found)


if __name__ == "__main__":
    main()
