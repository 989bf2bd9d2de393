"""What a small network costs a picture: python benchmarks/networks.py [VIDEO]

U2-Netp through ONNX Runtime on one thread and on two, and through OpenCV's dnn, in turns on the same pictures: medians
on the clock and of processor time. Without VIDEO the pictures are those of the demo clip. Fetch the network first:
sparkle models fetch --recipe desk
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from sparkle.backends.onnx.network import IMAGENET_DEVIATION, IMAGENET_MEAN, normalised, resized
from sparkle.backends.onnx.network_files import NetworkFiles
from sparkle.backends.onnx.u2netp import FILE, SIDE, U2Netp
from sparkle.demo import render_demo_clip
from sparkle.roles import Image, Matte
from sparkle.video import read_clip

PICTURES = 15


def through_opencv(threads: int) -> Callable[[Image], Matte]:
    content = np.frombuffer(NetworkFiles("u2netp", (FILE,)).read(FILE), np.uint8)
    network = cv2.dnn.readNetFromONNX(content)

    def look(image: Image) -> Matte:
        cv2.setNumThreads(threads)
        white = max(1.0, float(image.max()))
        network.setInput(normalised(resized(image, SIDE, SIDE), IMAGENET_MEAN, IMAGENET_DEVIATION, white))
        answer = network.forward("1959")[0, 0]
        return cv2.resize(answer, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)

    return look


def main() -> None:
    frames = (
        read_clip(Path(sys.argv[1])).frames
        if len(sys.argv) > 1
        else render_demo_clip(7, 832, 480, 17, 16.0).frames
    )
    pictures = [frames[index] for index in np.linspace(0, len(frames) - 1, PICTURES).round().astype(int)]
    ways: dict[str, Callable[[Image], Matte]] = {
        "ONNX Runtime, 1 thread": U2Netp(threads=1),
        "ONNX Runtime, 2 threads": U2Netp(threads=2),
        "OpenCV dnn, 1 thread": through_opencv(1),
        "OpenCV dnn, 2 threads": through_opencv(2),
    }
    first = {name: look(pictures[0]) for name, look in ways.items()}  # loads it
    reference = first["ONNX Runtime, 1 thread"]
    clock: dict[str, list[float]] = {name: [] for name in ways}
    processor: dict[str, list[float]] = {name: [] for name in ways}
    for picture in pictures:
        for name, look in ways.items():
            started, busy = time.perf_counter(), time.process_time()
            look(picture)
            clock[name].append(time.perf_counter() - started)
            processor[name].append(time.process_time() - busy)
    print("| U2-Netp | ms | processor ms | largest difference |\n|---|---:|---:|---:|")
    for name in ways:
        on_clock, used = (1000 * statistics.median(times[name]) for times in (clock, processor))
        print(f"| {name} | {on_clock:.0f} | {used:.0f} | {np.abs(first[name] - reference).max():.0e} |")


if __name__ == "__main__":
    main()
