"""How well, and how fast, the camera checks tell fixed from moving cameras.

    python benchmarks/camera.py CLIPS [WORK] [SEED]

CLIPS is a folder of real fixed-camera clips (`*_source.mp4`, and `*_edited*.mp4` with living backgrounds). The
labelled set (camera_set.py) is made under WORK, which may be kept. SEED (7) draws directions, phases and places of
cuts; the settings were chosen on seed 7.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
from camera_models import MODELS, corner_movement, points_that_left
from camera_set import build, read_frames

from sparkle.backends.cpu.camera_judge import EVEN_ODDS, StillWindowJudge
from sparkle.backends.cpu.flow import DenseInverseSearchFlow
from sparkle.camera import FRAME_WIDTH, CameraSettings, check_camera, measure_liveliness, sampling_bursts
from sparkle.camera.models import corners
from sparkle.camera.movement import match_pairs
from sparkle.camera.sampling import comparison_pairs
from sparkle.video import glance, sample_frames

SETTINGS = CameraSettings()
PROCESSES = 2


@dataclass(frozen=True)
class Task:
    path: Path
    clip: str
    kind: str
    amount: str
    moving: bool


@dataclass(frozen=True)
class Result:
    task: Task
    movement: float
    kind: str
    decidable: bool
    confidence: float
    others: dict[str, float]


def measure(task: Task) -> Result:
    cv2.setNumThreads(1)
    frames, times = sparse_frames(task.path)
    flow = DenseInverseSearchFlow()
    found = check_camera(frames, times, flow)
    matches = match_pairs(frames, comparison_pairs(times), flow, SETTINGS).values()
    places, tolerance = corners(*frames.shape[1:3]), SETTINGS.tolerance
    others = {
        name: max(corner_movement(name, pair, places, tolerance) for pair in matches) for name in MODELS
    }
    others["similarity, biased towards rest"] = max(pair.movement for pair in found.pairs)
    others["share of points that left their place"] = max(
        points_that_left(pair, tolerance) for pair in matches
    )
    others["biased similarity + camera path (used)"] = found.movement
    confidence = StillWindowJudge()(read_frames(task.path), 16.0).confidence
    return Result(task, found.movement, found.kind, found.decidable, confidence, others)


def sparse_frames(path: Path) -> tuple[np.ndarray, list[float]]:
    frames, times = glance(path, sampling_bursts, side=FRAME_WIDTH)
    return frames, times.tolist()


def least_decoding(path: Path) -> None:
    """What no reading of all moments of a long group can go below: every frame that others refer to."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        stream.codec_context.options = {"skip_loop_filter": "all"}
        stream.codec_context.skip_frame = "NONREF"
        for _ in container.decode(stream):
            pass


# --- counting --------------------------------------------------------------------------------------------------


def f1(scores: Sequence[float], moving: Sequence[bool], threshold: float) -> float:
    said = np.asarray(scores) > threshold
    truth = np.asarray(moving)
    hits = int((said & truth).sum())
    return 2 * hits / max(2 * hits + int((said != truth).sum()), 1)


def best_threshold(scores: Sequence[float], moving: Sequence[bool]) -> float:
    """The middle of the widest range of thresholds with the best F1."""
    values = np.unique(scores)
    candidates = (values[:-1] + values[1:]) / 2
    ratings = np.array([f1(scores, moving, threshold) for threshold in candidates])
    best = np.flatnonzero(ratings == ratings.max())
    return float(candidates[best[np.argmax(values[best + 1] / np.maximum(values[best], 1e-6))]])


def left_out_f1(results: Sequence[Result], score: Callable[[Result], float]) -> float:
    """F1 when the threshold for each clip is chosen on the other clips alone (a clip and its edits go together)."""
    said, truth = [], []
    scenes = [result.task.clip.split("_source")[0].split("_edited")[0] for result in results]
    for scene in sorted(set(scenes)):
        rest = [result for result, other in zip(results, scenes, strict=True) if other != scene]
        threshold = best_threshold([score(r) for r in rest], [r.task.moving for r in rest])
        mine = [result for result, other in zip(results, scenes, strict=True) if other == scene]
        said += [float(score(result) > threshold) for result in mine]
        truth += [result.task.moving for result in mine]
    return f1(said, truth, 0.5)


# --- tables ----------------------------------------------------------------------------------------------------


def print_kinds(results: Sequence[Result]) -> None:
    print(
        "| clip is | kind | clips | coarse right | movement, % of width | named | judge right | confidence |"
    )
    print("|---|---|---|---|---|---|---|---|")
    groups = defaultdict(list)
    for result in results:
        groups[not result.task.moving, result.task.kind, result.task.amount].append(result)
    for (fixed, kind, amount), group in groups.items():
        movements = [result.movement for result in group]
        right = sum((result.kind == "still") == fixed for result in group)
        judged = sum((result.confidence >= 0.5) == fixed for result in group)
        confidences = [result.confidence for result in group]
        names = defaultdict(int)
        for result in group:
            names[result.kind] += 1
        print(
            f"| {'fixed' if fixed else 'moving'} | {kind} {amount} | {len(group)} | {right} | "
            f"{min(movements):.2f} to {max(movements):.2f} | "
            f"{', '.join(f'{name} {count}' for name, count in sorted(names.items()))} | {judged} | "
            f"{min(confidences):.2f} to {max(confidences):.2f} |"
        )


def print_totals(results: Sequence[Result]) -> None:
    truth = [result.task.moving for result in results]
    movements = [result.movement for result in results]
    fixed = sorted(result.movement for result in results if not result.task.moving)
    moving = sorted(result.movement for result in results if result.task.moving)
    doubts = [1 - result.confidence for result in results]
    both = [max(m / SETTINGS.threshold, d / 0.5) for m, d in zip(movements, doubts, strict=True)]
    print(
        f"\ncoarse: F1 {f1(movements, truth, SETTINGS.threshold):.3f} at the threshold {SETTINGS.threshold:g} %; "
        f"leave one scene out {left_out_f1(results, lambda r: r.movement):.3f}"
    )
    print(
        f"margin: largest fixed {', '.join(f'{m:.2f}' for m in fixed[:-4:-1])}; "
        f"smallest moving {', '.join(f'{m:.2f}' for m in moving[:3])}"
    )
    print(
        f"judge: F1 {f1(doubts, truth, 0.5):.3f} at confidence 0.5 (share {EVEN_ODDS:g}); "
        f"leave one scene out {left_out_f1(results, lambda r: 1 - r.confidence):.3f}; "
        f"a clip must pass both: F1 {f1(both, truth, 1.0):.3f}"
    )
    for result in results:
        if (result.movement > SETTINGS.threshold) != result.task.moving:
            print(f"coarse is wrong: {result.task.path.stem}: {result.movement:.2f} ({result.kind})")
    for result in results:
        if (result.confidence < 0.5) != result.task.moving:
            print(f"judge is wrong: {result.task.path.stem}: {result.confidence:.2f}")


def print_sweep(results: Sequence[Result]) -> None:
    truth = [result.task.moving for result in results]
    scores = [result.movement for result in results]
    print("\n| threshold, % of width | false alarms | missed | F1 |\n|---|---|---|---|")
    for threshold in (0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8):
        said = [score > threshold for score in scores]
        alarms = sum(s and not t for s, t in zip(said, truth, strict=True))
        missed = sum(t and not s for s, t in zip(said, truth, strict=True))
        print(f"| {threshold:g} | {alarms} | {missed} | {f1(scores, truth, threshold):.3f} |")


def print_models(results: Sequence[Result]) -> None:
    truth = [result.task.moving for result in results]
    print("\n| movement read off | best threshold | F1 there | leave one scene out |\n|---|---|---|---|")
    for name in results[0].others:
        scores = [result.others[name] for result in results]
        threshold = best_threshold(scores, truth)
        left_out = left_out_f1(results, lambda result, name=name: result.others[name])
        print(f"| {name} | {threshold:.2f} | {f1(scores, truth, threshold):.3f} | {left_out:.3f} |")


def print_speed(clips: Path) -> None:
    """Times are processor seconds on one core, so that other work on the machine does not count.

    Even so a busy machine slows them: the best of three, side by side, then the median over the clips.
    """
    cv2.setNumThreads(1)
    rows = np.array(
        [np.min([speeds(path) for _ in range(3)], axis=0) for path in sorted(clips.glob("*_source.mp4"))]
    )
    decode, farneback, floor, sparse, check = np.median(rows, axis=0)
    print(f"\nFarneback at full size, 2 fps: decode {decode:.3f} s, flow {farneback:.3f} s")
    print(f"camera check: read {sparse:.3f} s (of that pure decoding {floor:.3f} s), check {check:.3f} s")
    ratios = np.median((rows[:, 0] + rows[:, 1]) / (rows[:, 3] + rows[:, 4]))
    print(
        f"Farneback with its decoding takes {ratios:.1f} times as long as the check with its own, "
        f"its flow alone {np.median(rows[:, 1] / rows[:, 4]):.1f} times as long as the check alone"
    )


def speeds(path: Path) -> np.ndarray:
    marks = [time.process_time()]
    large, _ = sample_frames(path, fps=2.0)
    greys = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in large]
    marks.append(time.process_time())
    for first, second in pairwise(greys):
        cv2.calcOpticalFlowFarneback(first, second, None, 0.5, 3, 15, 3, 5, 1.2, 0)
    marks.append(time.process_time())
    least_decoding(path)
    marks.append(time.process_time())
    frames, times = sparse_frames(path)
    marks.append(time.process_time())
    check_camera(frames, times, DenseInverseSearchFlow())
    marks.append(time.process_time())
    return np.diff(marks)


def print_liveliness(clips: Path) -> None:
    print("\n| clip | moving area | strength | frozen: moving area | strength |\n|---|---|---|---|---|")
    for path in sorted(clips.glob("*_edited.mp4")):
        frames = read_frames(path)
        start = time.process_time()
        alive = measure_liveliness(frames)
        took = time.process_time() - start
        noise = np.random.default_rng(7).normal(0, 6, frames.shape).astype(np.float32)
        frozen = measure_liveliness(np.clip(frames[10] + noise, 0, 255).astype(np.uint8))
        print(
            f"| {path.stem} | {alive.share_of_area_moving:.2f} | {alive.strength:.3f} | "
            f"{frozen.share_of_area_moving:.3f} | {frozen.strength:.4f} |"
        )
    print(f"\nliveliness of the last clip: {took:.2f} s")


def main() -> None:
    clips = Path(sys.argv[1])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 7
    work = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(f"camera-set-{seed}")
    tasks = [Task(path, clip, v.kind, v.amount, v.moving) for path, clip, v in build(clips, work, seed)]
    with ProcessPoolExecutor(PROCESSES) as pool:
        results = list(pool.map(measure, tasks, chunksize=4))
    print(f"{len(results)} clips, {sum(task.moving for task in tasks)} with a moving camera, seed {seed}\n")
    print_kinds(results)
    print_totals(results)
    print_sweep(results)
    print_models(results)
    print_liveliness(clips)
    print_speed(clips)


if __name__ == "__main__":
    main()
