"""One clip on several GPUs: seconds of a step and of a clip beside one GPU's, and whether the clip is the same.

    python -m benchmarks.gpu.shared_clip --gpus 2 --size 1280x720
    python -m benchmarks.gpu.shared_clip --gpus 2 --size 1280x720 --guidance 6

Wan2.2-Fun-A14B-Control at full size with random weights, the backend's option `gpus`. A step's time is the difference
between clips of many and of few steps; its efficiency is one GPU's time over all GPUs' times together. `--tiny` runs
the same with toy models in processes on a CPU.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.gpu.fun_control import FULL, TINY, RandomFunControl, synthetic_request
from benchmarks.gpu.pipeline_parts import setting, write_json
from benchmarks.gpu.stopwatch import Stopwatch

from sparkle.roles import Frames, GenerationRequest

FEW, MANY = 2, 6


class FullFunControl(RandomFunControl):
    """At full size; every process builds it by its options."""

    def __init__(self, **options: Any) -> None:
        super().__init__(FULL, Stopwatch(options["device"]), **options)


class TinyFunControl(RandomFunControl):
    """A toy."""

    def __init__(self, **options: Any) -> None:
        super().__init__(TINY, Stopwatch(options["device"]), **options)


def measure(
    kind: type[RandomFunControl], request: GenerationRequest, **options: Any
) -> tuple[float, float, Frames]:
    """Return seconds of a step, seconds of a clip of MANY steps, and that clip."""
    seconds = {}
    for steps in (FEW, MANY):
        backend = kind(**options, steps=steps)
        try:
            backend(request)  # builds and compiles
            started = time.perf_counter()
            clip = backend(request)
            seconds[steps] = time.perf_counter() - started
        finally:
            backend.release()
    return (seconds[MANY] - seconds[FEW]) / (MANY - FEW), seconds[MANY], clip


def main() -> None:
    """Measure one GPU and several, print and write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gpus", type=int, default=2)
    parser.add_argument("--size", default="1280x720", help="width x height")
    parser.add_argument(
        "--guidance", type=float, default=1.0, help="above 1, half of the GPUs make each pass"
    )
    parser.add_argument("--attention", default="sdpa")
    parser.add_argument("--tiny", action="store_true", help="toy models, 48x32, 5 frames, on the CPU")
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args()
    width, height = (int(side) for side in arguments.size.split("x"))
    kind: type[RandomFunControl] = FullFunControl
    frames = 81
    options: dict[str, Any] = {"device": "cuda", "compile": True, "attention": arguments.attention}
    if arguments.tiny:
        kind, width, height, frames = TinyFunControl, 48, 32, 5
        options = {"device": "cpu", "dtype": "float32"}
    options["guidance_scale"] = arguments.guidance
    request = synthetic_request(width, height, frames, "a clip for several")
    rows: list[dict[str, Any]] = []
    clips = []
    print(
        "| GPUs | a step s | a clip of 6 steps s | efficiency of a step | largest difference of a pixel, of 255 |"
    )
    print("|---:|---:|---:|---:|---:|")
    for gpus in (1, arguments.gpus):
        step, whole, clip = measure(kind, request, gpus=gpus, **options)
        clips.append(clip.astype(np.int16))
        row = {
            "gpus": gpus,
            "step_s": step,
            "clip_s": whole,
            "efficiency": rows[0]["step_s"] / step / gpus if rows else 1.0,
            "difference": int(np.abs(clips[-1] - clips[0]).max()),
        }
        rows.append(row)
        shown = (f"{value:.3g}" if isinstance(value, float) else str(value) for value in row.values())
        print(f"| {' | '.join(shown)} |", flush=True)
    device = "cpu" if arguments.tiny else "cuda"
    write_json(
        arguments.json, {**setting(device), "size": f"{width}x{height}", "frames": frames, "rows": rows}
    )


if __name__ == "__main__":
    main()
