"""How alive every scene of the taxonomy is, and whether what is solid stays where it is.

`python -m benchmarks.living [--size 416x240] [--frames 33] [--strips FOLDER] [--all] [WORDS ...]`: the first scene of
each place, scenes whose name has one of the words, or all; painted and animated by the cpu backends, as a build does.

- moving: share of the picture that moves, as `animate.liveliness` measures it (the recipe's least is 0.01).
- strength: how strongly, relative to the picture's own contrast.
- edges: by how many pixels of a picture 832 wide strong edges of solid things and of dry land are displaced,
  but for cars and others that go their way: the median over nine frames (rain and flakes pass), the 95th percentile of
  all edges; dense inverse search from the first frame, on pictures of evened light.
- seconds: processor time of painting and animating.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.animator import Animator
from sparkle.camera.liveliness import measure_liveliness
from sparkle.core.scene import Scene
from sparkle.core.seeds import derive_seed
from sparkle.painter import Kind, Painted, ScenePlan, paint_scene, plan_scene
from sparkle.roles import AnimationRequest
from sparkle.taxonomy.reader import load_taxonomy

FPS, SEED, STRONG_EDGE = 16.0, 7, 60.0


def edge_displacement(frames: NDArray[np.uint8], painted: Painted) -> float:
    """95th percentile of how far strong edges of solid things move, in pixels of a picture 832 wide."""
    solid = cv2.erode(painted.share(Kind.SOLID, Kind.LIGHT, Kind.LAND), np.ones((3, 3), np.uint8)) > 0.99
    greys = [
        cv2.cvtColor(frames[i], cv2.COLOR_RGB2GRAY)
        for i in np.linspace(0, len(frames) - 1, 10).round().astype(int)
    ]
    first = cv2.GaussianBlur(greys[0].astype(np.float32), (0, 0), 0.8)
    edges = np.hypot(cv2.Sobel(first, cv2.CV_32F, 1, 0), cv2.Sobel(first, cv2.CV_32F, 0, 1)) > STRONG_EDGE
    shore = round(0.06 * frames.shape[2]) | 1
    washed = cv2.dilate(painted.share(Kind.WATER), np.ones((shore, shore), np.uint8)) > 0.5
    edges &= solid & ~(washed & (painted.share(Kind.LAND) > 0.5))
    passing = (painted.picture != painted.plate).any(axis=2).astype(np.uint8)
    edges &= cv2.dilate(passing, np.ones((5, 5), np.uint8)) == 0
    if edges.sum() < 50:
        return float("nan")
    finder = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    even = [evened(grey) for grey in greys]
    moved = [np.hypot(*np.moveaxis(finder.calc(even[0], grey, None), 2, 0))[edges] for grey in even[1:]]
    return float(np.percentile(np.median(moved, axis=0), 95)) * 832 / frames.shape[2]


def evened(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture with its light made even: a lamp that flickers moves no edge."""
    light = grey.astype(np.float32)
    around = cv2.GaussianBlur(light, (0, 0), 6)
    spread = np.sqrt(cv2.GaussianBlur((light - around) ** 2, (0, 0), 6)) + 2
    return np.clip(128 + 40 * (light - around) / spread, 0, 255).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("words", nargs="*")
    parser.add_argument("--size", default="416x240")
    parser.add_argument("--frames", type=int, default=33)
    parser.add_argument("--strips", type=Path)
    parser.add_argument(
        "--all", action="store_true", help="every scene, and not the first of each place alone"
    )
    parser.add_argument(
        "--guess", action="store_true", help="find regions in the picture, without the painter's layers"
    )
    options = parser.parse_args()
    scenes: list[Scene] = [
        scene for theme in load_taxonomy().values() for group in theme.values() for scene in group
    ]
    seen: set[str] = set()
    print("| place | scene | moving | strength | edges | seconds |\n|---|---|---|---|---|---|")
    for scene in scenes:
        text = f"{scene.name}, where {scene.motion}"
        plan = plan_scene(text, scene)
        if (
            any(word in scene.name for word in options.words)
            if options.words
            else options.all or plan.setting not in seen
        ):
            seen.add(plan.setting)
            row(scene, text, plan, options)


def row(scene: Scene, text: str, plan: ScenePlan, options: argparse.Namespace) -> None:
    width, height = map(int, options.size.split("x"))
    began = time.process_time()
    painted = paint_scene(plan, width, height, derive_seed(SEED, "scene"))
    told = "" if options.guess else text
    request = AnimationRequest(painted.picture, text, options.frames, FPS, SEED, scene, instruction=told)
    frames = Animator()(request)
    seconds = time.process_time() - began
    alive, edges = measure_liveliness(frames), edge_displacement(frames, painted)
    print(
        f"| {plan.setting} | {scene.name} | {alive.share_of_area_moving:.2f} | {alive.strength:.3f} | {edges:.2f} "
        f"| {seconds:.1f} |",
        flush=True,
    )
    if options.strips is not None:
        show(frames, options.strips / f"{scene.name.replace(' ', '_')}.png")


def show(frames: NDArray[np.uint8], path: Path) -> None:
    """Write a strip: five frames, and below them their difference from the first, threefold."""
    chosen = frames[np.linspace(0, len(frames) * 0.8, 5).astype(int)]
    change = np.clip(np.abs(chosen.astype(np.int16) - frames[0]) * 3, 0, 255).astype(np.uint8)
    strip = np.concatenate([np.concatenate(list(row), axis=1) for row in (chosen, change)])
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), strip[..., ::-1])


if __name__ == "__main__":
    main()
