"""How far off the camera's path is, on synthetic moves over real clips of a fixed camera, whose truth is known.

`python benchmarks/camera_path.py CLIP ...`: a window of half the width moves over each clip as a hand-held or turning
camera would, with sensor noise; the subject goes on moving inside. Prints the largest and the middle distance over the
frames by which the path misses a corner, in percent of the window's width, and the error that the path itself states.
With `--masks` the path is told where something moves (pixels that differ from the clip's median). `--photographs` takes
photographs instead of clips, before which a face as wide as 30 % of the window sways.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.camera.homography import corner_errors, scaled
from sparkle.camera.path import follow_camera
from sparkle.video import stream_pictures

WIDTH, HEIGHT, FRAMES, NOISE = 480, 270, 60, 2.0
PLACES = ("temple", "flower", "cup", "launch pad", "motorcycle", "gravel", "grass")
MOVES = ("still", "pan", "round", "zoom", "turn", "shake", "walk", "tilt")
Array = NDArray[np.float64]


def window(move: str, share: float, frame: int) -> Array:
    """Return the homography from the window to the clip, in units of the window's width from the clip's centre."""
    x, y, zoom, angle, left, up = 0.0, 0.0, 1.0, 0.0, 0.0, 0.0
    round_ = 2 * np.pi * share
    if move in ("pan", "walk"):
        x = 0.4 * (2 * share - 1)
    if move == "round":
        x, y = 0.4 * np.sin(round_), 0.04 * np.cos(round_)
    if move == "zoom":
        zoom = 0.75 + 0.6 * share
    if move == "turn":
        angle = 20 * np.sin(round_)
    if move == "tilt":
        left, up = 0.25 * np.sin(round_), 0.1 * np.sin(2 * round_)
    if move in ("shake", "walk"):
        x += (6 * np.sin(1.7 * frame) + 4 * np.sin(2.9 * frame)) / WIDTH
        y += 6 * np.cos(1.3 * frame) / WIDTH
        angle += np.sin(0.9 * frame)
        zoom *= 1 + 0.02 * np.sin(0.31 * frame)
    cosine, sine = zoom * np.cos(np.radians(angle)), zoom * np.sin(np.radians(angle))
    look = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [left, up, 1.0]])
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]]) @ look


def main() -> None:
    """Print a line for every clip and move."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="*", type=Path)
    parser.add_argument("--photographs", action="store_true")
    parser.add_argument("--masks", action="store_true")
    arguments = parser.parse_args()
    print(
        "| clip | move | worst | middle | stated, worst | frames seen | ms a frame |\n|---|---|---|---|---|---|---|"
    )
    filmed = [(clip.stem, _pictures(clip)) for clip in arguments.clips]
    filmed += [(name, _before(name)) for name in PLACES if arguments.photographs]
    for name, frames in filmed:
        middle = np.median(np.stack(frames[:: max(1, len(frames) // 24)]), axis=0)
        changed = [(np.abs(each - middle) > 25).astype(np.uint8) for each in frames]
        for move in MOVES:
            _print_move(name, move, frames, changed if arguments.masks else None)


def _pictures(clip: Path) -> list[NDArray[np.uint8]]:
    """Return the grey frames of a clip, twice as wide and as high as the window."""
    return [_resized(cv2.cvtColor(each.frame, cv2.COLOR_RGB2GRAY)) for each in stream_pictures(clip)]


def _before(name: str) -> list[NDArray[np.uint8]]:
    """Return grey frames of a photograph before whose middle a face sways."""
    from benchmarks.eyes.photographs import photograph

    grey, face = (cv2.cvtColor(photograph(each), cv2.COLOR_RGB2GRAY) for each in (name, "astronaut"))
    height, width = grey.shape
    cut = round(width * HEIGHT / WIDTH)
    place = _resized(grey[(height - cut) // 2 :][:cut].astype(np.uint8))
    across = round(0.3 * WIDTH)
    face = cv2.resize(face[:256, 96:352], (across, across), interpolation=cv2.INTER_AREA)
    cover = np.zeros((across, across), np.uint8)
    cv2.ellipse(cover, (across // 2, across // 2), (across // 2 - 4, across // 2 - 4), 0, 0, 360, 1, -1)
    frames = []
    for number in range(FRAMES):
        left = WIDTH - across // 2 + round(0.06 * WIDTH * np.sin(0.3 * number))
        frame = place.copy()
        region = frame[HEIGHT - across // 3 :, left:][:across, :across]
        region[cover > 0] = face[cover > 0]
        frames.append(frame)
    return frames


def _resized(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    size = (2 * WIDTH, 2 * HEIGHT)
    shrinks = grey.shape[1] > size[0]
    return np.asarray(
        cv2.resize(grey, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC), np.uint8
    )


def _print_move(
    name: str, move: str, frames: list[NDArray[np.uint8]], changed: list[NDArray[np.uint8]] | None
) -> None:
    random = np.random.default_rng(7)
    truth = [window(move, number / (FRAMES - 1), number) for number in range(FRAMES)]
    units = np.array([[1, 0, -(WIDTH - 1) / 2], [0, 1, -(HEIGHT - 1) / 2], [0, 0, WIDTH]]) / WIDTH
    pixels = np.array([[WIDTH, 0, WIDTH - 0.5], [0, WIDTH, HEIGHT - 0.5], [0, 0, 1]])
    seen: list[NDArray[np.uint8]] = []
    hidden: list[NDArray[np.bool_]] = []
    for number, view in enumerate(truth):
        there = number % (2 * len(frames) - 2)
        index = min(there, 2 * len(frames) - 2 - there)  # the clip runs forth and back
        matrix = np.linalg.inv(pixels @ view @ units)
        picture = cv2.warpPerspective(
            frames[index], matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
        )
        noisy = picture + random.normal(0, NOISE, picture.shape)
        seen.append(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))
        if changed is not None:
            hidden.append(cv2.warpPerspective(changed[index], matrix, (WIDTH, HEIGHT)) > 0)
    began = time.process_time()
    path = follow_camera(seen, hidden if changed is not None else None)
    spent = 1000 * (time.process_time() - began) / FRAMES
    misses = [
        corner_errors(scaled(np.linalg.inv(view) @ truth[0] @ found), np.eye(3), HEIGHT / WIDTH).max()
        for view, found in zip(truth, path.homographies, strict=False)
    ]
    print(
        f"| {name} | {move} | {max(misses):.2f} | {np.median(misses):.2f} | {path.errors.max():.2f} | "
        f"{path.seen.sum()} of {FRAMES} | {spent:.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
