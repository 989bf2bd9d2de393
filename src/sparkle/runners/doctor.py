"""`sparkle doctor`: is everything there that a recipe needs? Answers in seconds and loads nothing big."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import av
import cv2

from sparkle.recipes import Recipe
from sparkle.runners.assemble import BackendPool, gpu_size_gb
from sparkle.runners.readiness import gpu_fault, stage_memory_gb
from sparkle.store import free_bytes, scratch_place


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    good: bool
    detail: str


def examine(recipe: Recipe, pool: BackendPool) -> Iterator[Finding]:
    """Yield what was found: Python, codecs, detectors, disk, GPU. What fills the roles: `readiness.report_roles`."""
    version = platform.python_version()
    yield Finding("Python", sys.version_info >= (3, 11), f"{version}, {os.cpu_count()} processors")
    yield _codec("H.264 encoder", "libx264", "w")
    yield _codec("H.264 decoder", "h264", "r")
    cascade = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"
    remedy = "install opencv-contrib-python-headless 4.x" if not cascade.exists() else ""
    yield Finding("OpenCV's detectors", cascade.exists(), f"OpenCV {cv2.__version__} {remedy}".strip())
    free = free_bytes(scratch_place()) / 1e9
    yield Finding("temporary disk", free > 2, f"{free:.0f} GB free in {scratch_place()}")
    if any(stage_memory_gb(recipe, pool).values()):  # asking for the GPU imports torch, which takes seconds
        fault = gpu_fault(recipe, pool)
        yield Finding("GPU", fault is None, fault or f"{gpu_size_gb():.0f} GB")


def _codec(what: str, name: str, mode: Literal["r", "w"]) -> Finding:
    try:
        av.codec.Codec(name, mode)
    except ValueError:
        return Finding(what, False, f"this build of PyAV has no {name}; reinstall av from its wheel")
    return Finding(what, True, f"{name}, PyAV {av.__version__}")
