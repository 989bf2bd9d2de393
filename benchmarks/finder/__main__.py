"""Run the finder alone on real clips with boxes set by hand, and on the halves of benchmarks.eyes.

    python -m benchmarks.finder CLIPS [SET ...] [--cache FOLDER]

CLIPS is a folder with the public clips, at any depth. Sets: `ordinary` (sources and clips that the finder was tuned
on), `living` (the published edits of the sources: the same people before backgrounds that live), `altered` (the
ordinary clips upright, mirrored and backwards at 25 fps, small, dark and noisy at 30 fps), and the halves `choose` and
`report`, whose clips stay in the cache. Prints the IoU of the main subject's box, the mean over its frames; a missing
box counts 0, and the box is the one that fits best among those that the finder takes for subjects. Found is a mean of
at least a half.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import yaml
from benchmarks.eyes.__main__ import scenes
from benchmarks.eyes.boxes import true_box
from benchmarks.eyes.store import stored_clip

from sparkle.bait import anchor_frames
from sparkle.core.box_tracks import box_iou
from sparkle.measure.detections import Box
from sparkle.measure.finder import find_candidates
from sparkle.roles import Frames
from sparkle.video import read_clip, resize_frames

WIDTH, HEIGHT, FRAMES, FPS = 640, 360, 81, 16.0
FOUND_IOU = 0.5
HALVES = ("choose", "report")


@dataclass(frozen=True)
class Boxed:
    """A clip with the true boxes of its main subject, by frame; `together`: the boxes found count as one."""

    name: str
    frames: Frames
    fps: float
    boxes: dict[int, Box]
    together: bool = False
    fits_upright: bool = True


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.finder")
    parser.add_argument("clips", type=Path)
    parser.add_argument("sets", nargs="*", metavar="SET", help=", ".join([*SETS, *HALVES]))
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    folder, known = options.clips, [*SETS, *HALVES]
    if unknown := [name for name in options.sets if name not in known]:
        parser.error(f"no set {unknown[0]!r}; sets: {', '.join(known)}")
    for chosen in options.sets or known:
        clips = half(folder, chosen, options.cache) if chosen in HALVES else SETS[chosen](folder)
        print(f"\nFinder alone, `{chosen}`\n\n| clip | box IoU |\n|---|---:|", flush=True)
        scores = []
        for clip in clips:
            scores.append(score(clip))
            print(f"| {clip.name} | {scores[-1]:.3f} |", flush=True)
        found, good = (sum(value >= least for value in scores) for least in (FOUND_IOU, 0.85))
        print(f"| **mean** | {np.mean(scores):.3f}, found {found} of {len(scores)}, at least 0.85: {good} |")


def score(clip: Boxed) -> float:
    schedule = sorted({*anchor_frames(len(clip.frames), clip.fps), *clip.boxes})
    subjects = [each.boxes for each in find_candidates(clip.frames, schedule) if each.is_subject]
    overlaps = []
    for frame, truth in clip.boxes.items():
        found = [boxes[frame] for boxes in subjects if frame in boxes]
        if clip.together and found:
            corners = np.array(found)
            x1, y1, x2, y2 = *corners[:, :2].min(0).tolist(), *corners[:, 2:].max(0).tolist()
            found = [(x1, y1, x2, y2)]
        overlaps.append(max((box_iou(box, truth) for box in found), default=0.0))
    return float(np.mean(overlaps))


def half(folder: Path, name: str, cache: Path | None) -> Iterator[Boxed]:
    for scene in scenes(folder, name, ""):
        clip = stored_clip(scene, cache)
        main_mask = clip.masks[int(np.argmax(clip.masks.sum(axis=(1, 2, 3))))]
        schedule = anchor_frames(len(clip.frames), clip.fps)
        boxes = {f: box for f in schedule if (box := true_box(main_mask[f])) is not None}
        yield Boxed(clip.name, clip.frames, clip.fps, boxes)


def ordinary(folder: Path) -> Iterator[Boxed]:
    for name in boxes_by_hand():
        yield read(folder, name, f"{name}_source" if name.startswith("Sparkle_") else name)


def living(folder: Path) -> Iterator[Boxed]:
    for name in boxes_by_hand():
        for path in sorted(folder.rglob(f"{name}_edited*.mp4")):
            yield read(folder, name, path.stem)


def altered(folder: Path) -> Iterator[Boxed]:
    for clip in ordinary(folder):
        yield from (change(clip) for change in (backwards, dark))
        if clip.fits_upright:
            yield upright(clip)


SETS: dict[str, Callable[[Path], Iterator[Boxed]]] = {
    "ordinary": ordinary,
    "living": living,
    "altered": altered,
}


def boxes_by_hand() -> dict[str, dict]:
    return dict(yaml.safe_load((Path(__file__).parent / "boxes.yaml").read_text()))


def read(folder: Path, name: str, stem: str) -> Boxed:
    path = next(path for path in sorted(folder.rglob(f"{stem}.m*")) if path.suffix in (".mp4", ".mkv"))
    frames = resize_frames(read_clip(path).frames[:FRAMES], (WIDTH, HEIGHT))
    truth = boxes_by_hand()[name]
    boxes = {frame: tuple(map(float, box)) for frame, box in truth["boxes"].items() if frame < len(frames)}
    return Boxed(stem, frames, FPS, boxes, truth.get("together", False), truth.get("upright", True))


def backwards(clip: Boxed) -> Boxed:
    last = len(clip.frames) - 1
    boxes = {last - at: (WIDTH - x2, y1, WIDTH - x1, y2) for at, (x1, y1, x2, y2) in clip.boxes.items()}
    frames = np.ascontiguousarray(clip.frames[::-1, :, ::-1])
    return Boxed(f"{clip.name}, mirrored and backwards", frames, 25.0, boxes, clip.together)


def dark(clip: Boxed) -> Boxed:
    random = np.random.default_rng(1)
    small = resize_frames(clip.frames, (480, 270)) * 0.55
    frames = np.stack(
        [np.clip(one + random.normal(0, 4, one.shape), 0, 255).astype(np.uint8) for one in small]
    )
    boxes = {at: (0.75 * x1, 0.75 * y1, 0.75 * x2, 0.75 * y2) for at, (x1, y1, x2, y2) in clip.boxes.items()}
    return Boxed(f"{clip.name}, small, dark and noisy", frames, 30.0, boxes, clip.together)


def upright(clip: Boxed) -> Boxed:
    """A window of 9:16 around the boxes, at twice the size."""
    width = HEIGHT * 9 // 16 + 1
    middle = float(np.mean([box[0] + box[2] for box in clip.boxes.values()])) / 2
    left = int(np.clip(middle - width / 2, 0, WIDTH - width))
    frames = np.stack(
        [cv2.resize(one[:, left : left + width], (2 * width, 2 * HEIGHT)) for one in clip.frames]
    )
    boxes = {
        at: (2 * max(x1 - left, 0), 2 * y1, 2 * min(x2 - left, width), 2 * y2)
        for at, (x1, y1, x2, y2) in clip.boxes.items()
    }
    return Boxed(f"{clip.name}, upright", frames, FPS, boxes, clip.together)


if __name__ == "__main__":
    main()
