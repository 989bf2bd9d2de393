"""UniMatch and the line art network with random weights: milliseconds per frame, and memory.

    python -m benchmarks.gpu.flow_edges --json flow_edges.json

Both networks have one size; only their weights are random. Runs the backends themselves, copies to and from the device
and resizing on the host included. Takes half a minute on an H100 or H200. `--tiny` runs the same on a CPU, once and on
small pictures.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.gpu.pipeline_parts import setting, write_json

from sparkle.backends.edges.lineart import FINE, LineArt
from sparkle.backends.edges.lineart_generator import LineArtGenerator
from sparkle.backends.flow.gmflow import GMFlow
from sparkle.backends.flow.unimatch import CHECKPOINT, UniMatchFlow
from sparkle.roles import Frames

FLOW_SIZES = ((320, 180), (832, 480))
FLOW_KINDS = {"scale1": (1, False), "scale2": (2, False), "scale2-regrefine6": (2, True)}
EDGE_SIZES = ((832, 480), (1280, 720))


def clip(width: int, height: int, count: int) -> Frames:
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3), np.uint8)


def measure(device: str, work: Callable[[], Any], frames: int, rounds: int) -> dict[str, float]:
    """Return the best of some rounds, in milliseconds a frame, after one that is not counted."""
    work()
    if device != "cpu":
        torch.cuda.reset_peak_memory_stats()
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        work()  # both backends return arrays, so their work is done
        best = min(best, time.perf_counter() - started)
    peak = torch.cuda.max_memory_allocated() / 1e9 if device != "cpu" else 0.0
    return {"ms_per_frame": 1000 * best / frames, "peak_memory_gb": peak}


def measure_flow(device: str, folder: Path, sizes: Any, rounds: int) -> dict[str, dict[str, float]]:
    found = {}
    for kind, (scales, refined) in FLOW_KINDS.items():
        torch.save({"model": GMFlow(scales, refined).state_dict()}, folder / CHECKPOINT)
        flow = UniMatchFlow(model=str(folder), device=device)
        for width, height in sizes:
            first, second = clip(width, height, 2)
            name = f"UniMatch {kind}, {width}x{height}"
            found[name] = measure(device, lambda pair=(first, second), flow=flow: flow(*pair), 1, rounds)
        flow.release()
    return found


def measure_edges(
    device: str, folder: Path, sizes: Any, count: int, rounds: int
) -> dict[str, dict[str, float]]:
    torch.save(LineArtGenerator().state_dict(), folder / FINE)
    found = {}
    for dtype in ("float32", "bfloat16") if device != "cpu" else ("float32",):
        lineart = LineArt(
            model=str(folder), device=device, dtype=dtype, detect_resolution=64 if count < 4 else 512
        )
        for width, height in sizes:
            frames = clip(width, height, count)
            name = f"line art, {width}x{height}, {count} frames, {dtype}"
            found[name] = measure(
                device, lambda frames=frames, lineart=lineart: lineart(frames), count, rounds
            )
        lineart.release()
    return found


def main() -> None:
    """Write random checkpoints, run, print and write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=81, help="of the clip whose edges are drawn")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="small pictures, on the CPU")
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args()
    began = time.perf_counter()
    torch.manual_seed(0)
    device, count, rounds, flow_sizes, edge_sizes = (
        arguments.device,
        arguments.frames,
        5,
        FLOW_SIZES,
        EDGE_SIZES,
    )
    if arguments.tiny:
        device, count, rounds, flow_sizes, edge_sizes = "cpu", 2, 1, ((64, 48),), ((90, 60),)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = measure_flow(device, folder, flow_sizes, rounds)
        print(f"flow done after {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        runs |= measure_edges(device, folder, edge_sizes, count, rounds)

    figures: dict[str, Any] = setting(device)
    print(f"\n{', '.join(f'{name} {value}' for name, value in figures.items())}\n")
    print("| run | ms a frame | peak GB |\n|---|---:|---:|")
    for title, run in runs.items():
        print(f"| {title} | {run['ms_per_frame']:.2f} | {run['peak_memory_gb']:.2f} |")
    figures |= {"runs": runs, "script_s": time.perf_counter() - began}
    print(f"\nThe whole script took {figures['script_s']:.0f} s.")
    write_json(arguments.json, figures)


if __name__ == "__main__":
    main()
