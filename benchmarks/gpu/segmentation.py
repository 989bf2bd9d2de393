"""SAM 3 and EdgeTAM at full size with random weights: seconds and memory of BAIT's passes over one clip.

    python -m benchmarks.gpu.segmentation --json segmentation.json
    python -m benchmarks.gpu.segmentation --models sam3 --compile --json segmentation_compiled.json

Runs the backends themselves under `track_bait`: every anchor's pass through the whole clip, both ways, frames encoded
once ("shared"), and, for comparison, a session of its own for every pass ("naive"). EdgeTAM is built as transformers
configures it by default, with Hiera-T in place of the published RepViT, which needs timm: its encoder's figures are
not EdgeTAM's. Takes 2 to 3 minutes on an H100 or H200, and starts nothing new after `--limit-s`. `--tiny` runs the
same on a CPU with toy models.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.gpu.pipeline_parts import setting, write_json
from benchmarks.gpu.random_weights import build_on
from benchmarks.gpu.stopwatch import Stopwatch
from transformers import EdgeTamVideoConfig, EdgeTamVideoModel, Sam3TrackerVideoConfig, Sam3TrackerVideoModel

from sparkle.backends.segmentation.edgetam import EdgeTamTracker
from sparkle.backends.segmentation.promptable_video import PromptableVideoTracker
from sparkle.backends.segmentation.sam3 import Sam3Tracker
from sparkle.bait import track_bait
from sparkle.core.boxes import LabelledBox
from sparkle.roles import Anchor, Frames

SIZES = ((832, 480), (1280, 720))
ANCHORS = (1, 4)
OBJECTS = 2

Run = dict[str, Any]


class RandomSam3(Sam3Tracker):
    """The backend with a model that is built instead of loaded."""

    def __init__(self, factory: Callable[[], Any], stopwatch: Stopwatch, **options: Any) -> None:
        super().__init__(**options)
        self.factory, self.stopwatch = factory, stopwatch

    def _load(self) -> Any:
        return build_watched(self, self.factory, self.stopwatch)


class RandomEdgeTam(EdgeTamTracker):
    """The backend with a model that is built instead of loaded."""

    def __init__(self, factory: Callable[[], Any], stopwatch: Stopwatch, **options: Any) -> None:
        super().__init__(**options)
        self.factory, self.stopwatch = factory, stopwatch

    def _load(self) -> Any:
        return build_watched(self, self.factory, self.stopwatch)


def build_watched(tracker: PromptableVideoTracker, factory: Callable[[], Any], stopwatch: Stopwatch) -> Any:
    dtype = tracker._placement.torch_dtype
    model = build_on(tracker._placement.device, dtype, factory)
    # Buffers that belong to a checkpoint are loaded in the model's dtype; computed ones keep theirs.
    for module in model.modules():
        for name, buffer in list(module.named_buffers(recurse=False)):
            if buffer.is_floating_point() and name not in module._non_persistent_buffers_set:
                setattr(module, name, buffer.to(dtype))
    stopwatch.watch_module(model.vision_encoder, "encode")
    return model


def factories(tiny: bool) -> dict[str, tuple[type[Any], Callable[[], Any]]]:
    if tiny:
        from tests.tiny_models.segmentation import edgetam_config, hiera, sam3_tracker

        sam3, edgetam = Sam3TrackerVideoConfig(**sam3_tracker()), edgetam_config(hiera())
    else:
        sam3, edgetam = Sam3TrackerVideoConfig(), EdgeTamVideoConfig()
    return {
        "sam3": (RandomSam3, lambda: Sam3TrackerVideoModel(sam3)),
        "edgetam": (RandomEdgeTam, lambda: EdgeTamVideoModel(edgetam)),
    }


def synthetic_clip(width: int, height: int, count: int) -> tuple[Frames, list[LabelledBox]]:
    """Two squares that move over a gradient; the time that a clip takes does not depend on what is in it."""
    rows, columns = np.mgrid[:height, :width]
    picture = np.stack([rows * 255 // height, columns * 255 // width, (rows + columns) % 256], -1)
    frames = np.repeat(picture.astype(np.uint8)[None], count, axis=0)
    side = height // 4
    boxes = []
    for index in range(OBJECTS):
        top = (1 + index) * height // 4
        for frame in range(count):
            left = (width - side) * frame // count
            frames[frame, top : top + side, left : left + side] = (200, 60 + 120 * index, 40)
        boxes.append(LabelledBox(f"object {index}", (0.0, float(top), float(side), float(top + side))))
    return frames, boxes


def anchors_of(count: int, boxes: Sequence[LabelledBox], number: int) -> list[Anchor]:
    """Spread the anchors evenly; the boxes need not be right for the time to be."""
    return [Anchor(int((index + 0.5) * count / number), tuple(boxes)) for index in range(number)]


def shared(tracker: PromptableVideoTracker, frames: Frames, anchors: Sequence[Anchor]) -> None:
    track_bait(tracker.open(frames, anchors), anchors, *frames.shape[:3])


def naive(tracker: PromptableVideoTracker, frames: Frames, anchors: Sequence[Anchor]) -> None:
    for anchor in anchors:
        for direction in ("forward", "backward"):
            for _ in tracker.open(frames, [anchor]).propagate(anchor, direction):
                pass


def measure(tracker: Any, frames: Frames, anchors: Sequence[Anchor], way: Callable[..., None]) -> Run:
    """Run once; return seconds, the encoder's part of them, and the peak of the device's memory."""
    device = tracker.stopwatch.device
    tracker.stopwatch.seconds()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    started = time.perf_counter()
    way(tracker, frames, anchors)
    total = time.perf_counter() - started
    encoding = tracker.stopwatch.seconds()["encode"]
    steps = sum(len(anchor.boxes) for anchor in anchors) * (len(frames) + 1)
    return {
        "total_s": total,
        "frames_per_s": len(frames) / total,
        "encoded": len(encoding),
        "encode_ms": 1000 * float(np.median(encoding)),
        "encode_share": sum(encoding) / total,
        "object_step_ms": 1000 * (total - sum(encoding)) / steps,
        "peak_memory_gb": torch.cuda.max_memory_allocated(device) / 1e9 if device.type == "cuda" else 0.0,
    }


def print_table(runs: dict[str, Run]) -> None:
    print("| run | all s | clip frames/s | encoded | encode ms | encoding | one object's step ms | peak GB |")
    print("|---|" + "---:|" * 7)
    for name, run in runs.items():
        print(
            f"| {name} | {run['total_s']:.2f} | {run['frames_per_s']:.1f} | {run['encoded']} | "
            f"{run['encode_ms']:.1f} | {run['encode_share']:.0%} | {run['object_step_ms']:.1f} | "
            f"{run['peak_memory_gb']:.2f} |"
        )


def main() -> None:
    """Build, run, print and write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=["sam3", "edgetam"], default=["sam3", "edgetam"])
    parser.add_argument("--frames", type=int, default=81)
    parser.add_argument("--compile", action="store_true", help="also with SAM 3's vision encoder compiled")
    parser.add_argument("--limit-s", type=float, default=200.0, help="start no run after so many seconds")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="toy models and clips, on the CPU")
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args()
    began = time.perf_counter()
    device, dtype, sizes, count = arguments.device, "bfloat16", SIZES, arguments.frames
    if arguments.tiny:
        device, sizes, count = "cpu", ((64, 48), (90, 60)), 5

    runs: dict[str, Run] = {}
    skipped: list[str] = []

    def run(tracker: Any, name: str, size: tuple[int, int], number: int, way: Callable[..., None]) -> None:
        title = f"{name}, {size[0]}x{size[1]}, {number} anchor{'s' * (number > 1)}, {way.__name__}"
        if time.perf_counter() - began > arguments.limit_s:
            skipped.append(title)
            return
        frames, boxes = synthetic_clip(*size, count)
        runs[title] = measure(tracker, frames, anchors_of(count, boxes, number), way)
        print(f"{title}: {runs[title]['total_s']:.1f} s", file=sys.stderr, flush=True)

    for name in arguments.models:
        kind, factory = factories(arguments.tiny)[name]
        options = {"device": device, "dtype": dtype, "feature_memory_gb": 4.0}
        tracker = kind(factory, Stopwatch(device), **options)
        frames, boxes = synthetic_clip(*sizes[0], 3)
        shared(tracker, frames, anchors_of(3, boxes, 1))
        for size in sizes:
            for number in ANCHORS:
                run(tracker, name, size, number, shared)
        for number in ANCHORS:
            run(tracker, name, sizes[0], number, naive)
        tracker.release()
        frugal = kind(factory, Stopwatch(device), **{**options, "feature_memory_gb": 0.0})
        shared(frugal, frames, anchors_of(3, boxes, 1))
        run(frugal, f"{name} (features in host memory)", sizes[0], ANCHORS[-1], shared)
        if arguments.compile and name == "sam3":
            with frugal._held.use("compiling") as model:
                model.vision_encoder.compile()
            compiling = time.perf_counter()
            shared(frugal, frames, anchors_of(3, boxes, 1))
            print(f"compiled in {time.perf_counter() - compiling:.0f} s", file=sys.stderr, flush=True)
            run(frugal, f"{name} (encoder compiled)", sizes[0], ANCHORS[-1], shared)
        frugal.release()

    figures = {"frames": count, "objects": OBJECTS, **setting(device)}
    print(f"\n{', '.join(f'{name} {value}' for name, value in figures.items())}\n")
    print_table(runs)
    if skipped:
        print(f"\nNot run, out of time: {'; '.join(skipped)}.")
    figures |= {"runs": runs, "skipped": skipped, "script_s": time.perf_counter() - began}
    print(f"\nThe whole script took {figures['script_s']:.0f} s.")
    write_json(arguments.json, figures)


if __name__ == "__main__":
    main()
