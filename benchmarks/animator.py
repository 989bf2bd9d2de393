"""How fast, how lively and how steady the cpu animator is: `python benchmarks/animator.py CLIPS [SCENES]`.

CLIPS is a folder with `*_edited.mp4` clips and a `clips.json` that gives their prompts; frame 5 of each is the still
that is animated. SCENES (default 6) painted scenes of the taxonomy follow. 81 frames at 16 fps, 832x468.

- seconds: wall time of the call; run it on an idle machine.
- step: mean absolute change from frame to frame, grey levels; real: the same for the clip's own background columns.
- alive: share of the pixels that change by more than 8 grey levels within the first second.
- seam: change from the last frame to the first, as a multiple of the largest step.
- start: mean absolute difference of frame 0 from the still.
- camera: movement that the coarse camera check finds, in percent of the width (0.45 and less is a fixed camera).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.animator import Animator, planned_motions
from sparkle.backends.cpu.flow import DenseInverseSearchFlow
from sparkle.camera.movement import check_camera
from sparkle.camera.sampling import sampling_times
from sparkle.core.scene import Scene
from sparkle.painter import paint, plan_scene
from sparkle.roles import AnimationRequest
from sparkle.taxonomy.reader import load_taxonomy

Frames = NDArray[np.uint8]
SIZE, FRAMES, FPS = (832, 468), 81, 16.0


def stills(folder: Path) -> Iterator[tuple[str, NDArray[np.uint8], str, Scene | None, float]]:
    for clip in json.loads((folder / "clips.json").read_text())["clips"]:
        frames = read(next(folder.glob(f"{clip['id']}_edited.mp4")))
        quarter = frames[5:, :, : SIZE[0] // 4].astype(np.int16)
        yield clip["id"], frames[5], clip["prompt"], None, float(np.abs(np.diff(quarter, axis=0)).mean())


def paintings(count: int) -> Iterator[tuple[str, NDArray[np.uint8], str, Scene | None, float]]:
    scenes = [scene for theme in load_taxonomy().values() for group in theme.values() for scene in group]
    for scene in scenes[:: max(1, len(scenes) // max(1, count))][:count]:
        caption = f"{scene.name}, where {scene.motion}"
        yield scene.name[:28], paint(plan_scene(caption, scene), *SIZE, 7), caption, scene, float("nan")


def read(path: Path) -> Frames:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack([cv2.resize(frame, SIZE, interpolation=cv2.INTER_AREA) for frame in frames])


def camera_movement(frames: Frames) -> float:
    times = sampling_times(len(frames) / FPS)
    chosen = frames[[min(round(moment * FPS), len(frames) - 1) for moment in times]]
    small = np.stack([cv2.resize(frame, (384, 216), interpolation=cv2.INTER_AREA) for frame in chosen])
    return check_camera(small, times, DenseInverseSearchFlow()).movement


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 6
    print("| still | seconds | step | real | alive | seam | start | camera | motions |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, image, caption, scene, real in [*stills(folder), *paintings(count)]:
        began = time.perf_counter()
        frames = Animator()(AnimationRequest(image, caption, FRAMES, FPS, 7, scene))
        seconds = time.perf_counter() - began
        signed = frames.astype(np.int16)
        steps = np.abs(np.diff(signed, axis=0)).mean(axis=(1, 2, 3))
        alive = (np.abs(signed[:16] - signed[0]).max(axis=(0, 3)) > 8).mean()
        seam = np.abs(signed[-1] - signed[0]).mean() / max(steps.max(), 1e-6)
        start = np.abs(signed[0] - image).mean()
        kinds = " ".join(
            f"{motion.kind}:{motion.strength:.2f}" for motion in planned_motions(image, caption, scene)
        )
        print(
            f"| {name} | {seconds:.1f} | {steps.mean():.2f} | {real:.2f} | {alive:.0%} | {seam:.2f} | {start:.2f} "
            f"| {camera_movement(frames):.2f} | {kinds} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
