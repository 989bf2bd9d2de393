"""The labelled clips of the camera benchmark: virtual cameras and disturbances applied to real fixed-camera clips.

A virtual camera looks at 88 % of the real picture and moves inside it, so that every pixel stays real. Every variant
is encoded again with x264. Amounts are in percent of the width (pans, shake), percent of the size (zooms) or degrees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.core.seeds import generator

Frames = NDArray[np.uint8]
VIEW = 0.88  # share of the picture's width that the virtual camera sees
SIZE = (832, 468)
FPS = 16


@dataclass(frozen=True)
class Pose:
    """Where the virtual camera looks: shift in shares of the width, scale, angle in degrees."""

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    angle: float = 0.0


@dataclass(frozen=True)
class Variant:
    """One labelled clip to be made: `apply(frames, random)` returns its frames."""

    kind: str
    amount: str
    moving: bool
    apply: Callable[[Frames, np.random.Generator], Frames]
    crf: int = 23

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.amount}" if self.amount else self.kind


def read_frames(path: Path) -> Frames:
    """Decode a whole clip at its own size, uint8 (T, H, W, 3)."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def write_frames(path: Path, frames: Frames, crf: int) -> None:
    """Encode with x264, preset veryfast, 16 fps."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": str(crf), "preset": "veryfast"})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


def look(
    frames: Frames, poses: list[Pose], centre: tuple[float, float] = (0.5, 0.5), view: float = VIEW
) -> Frames:
    """Render what a camera with these poses sees; `centre` and `view` say where its resting picture lies."""
    height, width = frames.shape[1:3]
    out_width, out_height = SIZE
    rendered = []
    for frame, pose in zip(frames, poses, strict=True):
        factor = view * width / out_width / pose.scale
        sine, cosine = np.sin(np.radians(pose.angle)) * factor, np.cos(np.radians(pose.angle)) * factor
        x = (centre[0] + pose.x * view) * width
        y = centre[1] * height + pose.y * view * width
        matrix = np.array(
            [
                [cosine, -sine, x - cosine * out_width / 2 + sine * out_height / 2],
                [sine, cosine, y - sine * out_width / 2 - cosine * out_height / 2],
            ]
        )
        flags = (cv2.INTER_AREA if factor > 2 else cv2.INTER_CUBIC) | cv2.WARP_INVERSE_MAP
        rendered.append(cv2.warpAffine(frame, matrix, SIZE, flags=flags, borderMode=cv2.BORDER_REFLECT))
    return np.stack(rendered)


def rest(frames: Frames) -> Frames:
    """The camera stands still."""
    return look(frames, [Pose()] * len(frames))


# --- moving cameras --------------------------------------------------------------------------------------------


def pan(percent: float, start: float = 0.0) -> Callable[[Frames, np.random.Generator], Frames]:
    """Travel `percent` of the width at an even speed, in a random direction, from share `start` of the clip on."""

    def apply(frames: Frames, random: np.random.Generator) -> Frames:
        angle = random.choice([0.0, np.pi, 0.35, -2.6, np.pi / 2])
        path = percent / 100 * (_progress(len(frames), start) - 0.5)
        return look(frames, [Pose(x=d * np.cos(angle), y=d * np.sin(angle)) for d in path])

    return apply


def zoom(percent: float, start: float = 0.0) -> Callable[[Frames, np.random.Generator], Frames]:
    """Enlarge or shrink by `percent` over the clip."""

    def apply(frames: Frames, random: np.random.Generator) -> Frames:
        path = _progress(len(frames), start)
        path = path if random.random() < 0.5 else 1 - path
        return look(frames, [Pose(scale=1 + percent / 100 * p) for p in path])

    return apply


def rotation(degrees: float, start: float = 0.0) -> Callable[[Frames, np.random.Generator], Frames]:
    """Turn about the optical axis by `degrees` over the clip."""

    def apply(frames: Frames, random: np.random.Generator) -> Frames:
        sign = random.choice([-1.0, 1.0])
        return look(frames, [Pose(angle=sign * degrees * (p - 0.5)) for p in _progress(len(frames), start)])

    return apply


def shake(percent: float) -> Callable[[Frames, np.random.Generator], Frames]:
    """Tremble like a hand at 2 to 6 Hz; `percent` of the width is the largest distance from the resting place."""

    def apply(frames: Frames, random: np.random.Generator) -> Frames:
        times = np.arange(len(frames)) / FPS
        hertz, phases = random.uniform(2, 6, (2, 3)), random.uniform(0, 2 * np.pi, (2, 3))
        path = np.sin(2 * np.pi * hertz[..., None] * times + phases[..., None]).sum(axis=1)
        path *= percent / 100 / np.hypot(*path).max()
        return look(frames, [Pose(x=x, y=y) for x, y in path.T])

    return apply


def reframe(frames: Frames, random: np.random.Generator) -> Frames:
    """Cut to another framing of the same scene: 8 % aside and 10 % closer."""
    at = int(len(frames) * random.uniform(0.3, 0.8))
    return look(frames, [Pose(x=-0.02)] * at + [Pose(x=0.02, y=0.01, scale=1.1)] * (len(frames) - at))


def cut_to(other: Path) -> Callable[[Frames, np.random.Generator], Frames]:
    """Cut to another clip."""

    def apply(frames: Frames, random: np.random.Generator) -> Frames:
        at = int(len(frames) * random.uniform(0.3, 0.8))
        return np.concatenate([rest(frames[:at]), rest(read_frames(other)[at : len(frames)])])

    return apply


def _progress(count: int, start: float) -> NDArray[np.float64]:
    return np.clip((np.linspace(0, 1, count) - start) / (1 - start), 0, 1)


# --- fixed cameras ---------------------------------------------------------------------------------------------


def flicker(frames: Frames, random: np.random.Generator) -> Frames:
    """A lamp that flickers: brightness jumps by up to 12 % from frame to frame."""
    return _gain(rest(frames), random.uniform(0.88, 1.12, len(frames)))


def exposure(frames: Frames, random: np.random.Generator) -> Frames:
    """The exposure drifts from 65 % to 125 %, or back."""
    path = np.linspace(0.65, 1.25, len(frames))
    return _gain(rest(frames), path if random.random() < 0.5 else path[::-1])


def noise(frames: Frames, random: np.random.Generator) -> Frames:
    """Sensor noise with a standard deviation of 10 grey levels."""
    noisy = rest(frames).astype(np.float32)
    noisy += random.normal(0, 10, noisy.shape).astype(np.float32)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def close_subject(frames: Frames, random: np.random.Generator) -> Frames:
    """A crop of half the width around the place where most moves: the subject fills most of the picture."""
    small = np.stack([cv2.resize(frame, (160, 90), interpolation=cv2.INTER_AREA) for frame in frames[4:]])
    energy = cv2.GaussianBlur(np.abs(np.diff(small.mean(axis=3), axis=0)).mean(axis=0), (0, 0), 12)
    y, x = np.unravel_index(np.argmax(energy), energy.shape)
    centre = (float(np.clip(x / 160, 0.28, 0.72)), float(np.clip(y / 90, 0.28, 0.72)))
    return look(frames, [Pose()] * len(frames), centre, view=0.52)


def waving(frames: Frames, random: np.random.Generator) -> Frames:
    """Foliage in the wind: blobs over half of the picture sway by up to 1.5 % of the width, each in its own phase."""
    still = rest(frames)
    height, width = still.shape[1:3]
    strength, phase = _blobs(random, height, width), 4 * np.pi * _blobs(random, height, width)
    strength = np.clip(strength - 0.5, 0, None) * 2 * 0.015 * width
    grid_x, grid_y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    swayed = []
    for index, frame in enumerate(still):
        turn = 2 * np.pi * 0.6 * index / FPS + phase
        map_x = grid_x + strength * np.sin(turn)
        map_y = grid_y + 0.4 * strength * np.cos(1.3 * turn)
        swayed.append(cv2.remap(frame, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT))
    return np.stack(swayed)


def clouds(frames: Frames, random: np.random.Generator) -> Frames:
    """Clouds over the upper 45 % of the picture drift by 6 % of the width over the clip."""
    still = rest(frames).astype(np.float32)
    height, width = still.shape[1:3]
    sky = sum(
        _blobs(random, height, 2 * width, cells) / 2**octave for octave, cells in enumerate((6, 12, 24, 48))
    )
    cover = np.clip((np.asarray(sky) - 0.9) * 2.2, 0, 0.85)
    cover *= np.clip((0.5 - np.linspace(0, 1, height)) / 0.1, 0, 1)[:, None]
    for index in range(len(still)):
        left = width / 2 + 0.06 * width * index / len(still)
        window = cv2.getRectSubPix(
            cover.astype(np.float32), (width, height), (left + width / 2, height / 2 - 0.5)
        )
        still[index] = still[index] * (1 - window[..., None]) + 225 * window[..., None]
    return still.astype(np.uint8)


def water(frames: Frames, random: np.random.Generator) -> Frames:
    """The lower 40 % of the picture ripples and mirrors, with waves that run to one side."""
    still = rest(frames)
    height, width = still.shape[1:3]
    grid_x, grid_y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    depth = np.clip((grid_y / height - 0.58) / 0.06, 0, 1)
    rippled = []
    for index, frame in enumerate(still):
        turn = 2 * np.pi * (grid_y / (0.05 * height) + grid_x / (0.2 * width) - 0.8 * index / FPS)
        offset = 0.012 * width * depth
        map_x, map_y = grid_x + offset * np.sin(turn), grid_y + 0.6 * offset * np.sin(0.7 * turn)
        rippled.append(cv2.remap(frame, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT))
    return np.stack(rippled)


def _gain(frames: Frames, gains: NDArray[np.float64]) -> Frames:
    return np.clip(frames * gains[:, None, None, None].astype(np.float32), 0, 255).astype(np.uint8)


def _blobs(random: np.random.Generator, height: int, width: int, cells: int = 5) -> NDArray[np.float32]:
    coarse = random.random((cells, cells * width // height)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


# --- the set ---------------------------------------------------------------------------------------------------


def source_variants(other: Path) -> list[Variant]:
    """Everything that is made of one source clip; `other` is the clip that the cut goes to."""
    moving = [Variant("pan", f"{p:g}%", True, pan(p)) for p in (1, 2, 3, 5)]
    moving += [Variant("zoom", f"{p:g}%", True, zoom(p)) for p in (2, 3.5, 5)]
    moving += [Variant("rotation", f"{d:g}deg", True, rotation(d)) for d in (1, 2)]
    moving += [Variant("shake", f"{p:g}%", True, shake(p)) for p in (0.5, 0.75, 1)]
    moving += [
        Variant("late", "pan3%", True, pan(3, start=0.75)),
        Variant("late", "zoom3.5%", True, zoom(3.5, start=0.75)),
        Variant("late", "rotation2deg", True, rotation(2, start=0.75)),
        Variant("cut", "clip", True, cut_to(other)),
        Variant("cut", "reframe", True, reframe),
    ]
    fixed = [
        Variant("flicker", "", False, flicker),
        Variant("exposure", "", False, exposure),
        Variant("noise", "", False, noise),
        Variant("compression", "crf38", False, lambda frames, random: rest(frames), crf=38),
        Variant("close subject", "", False, close_subject),
        Variant("living", "waving", False, waving),
        Variant("living", "clouds", False, clouds),
        Variant("living", "water", False, water),
    ]
    return [*moving, *fixed]


def living_variants() -> list[Variant]:
    """What is made of a clip whose background lives: cameras that move over it, and one that does not."""
    return [
        Variant("living pan", "1%", True, pan(1)),
        Variant("living pan", "2%", True, pan(2)),
        Variant("living zoom", "3.5%", True, zoom(3.5)),
        Variant("living rotation", "1deg", True, rotation(1)),
        Variant("living shake", "0.75%", True, shake(0.75)),
        Variant("living", "real, cropped", False, lambda frames, random: rest(frames)),
        Variant("living", "real, close subject", False, close_subject),
    ]


def build(clips: Path, work: Path, seed: int) -> Iterator[tuple[Path, str, Variant]]:
    """Make every clip that is not there yet; yield (file, original clip's name, variant)."""
    work.mkdir(parents=True, exist_ok=True)
    sources = sorted(clips.glob("*_source.mp4"))
    for index, source in enumerate(sources):
        yield source, source.stem, Variant("original", "", False, rest)
        other = sources[(index + 3) % len(sources)]
        yield from _build_clip(source, source_variants(other), work, seed)
    for edited in sorted(clips.glob("*_edited*.mp4")):
        yield edited, edited.stem, Variant("living", "real", False, rest)
        yield from _build_clip(edited, living_variants(), work, seed)


def _build_clip(
    clip: Path, variants: list[Variant], work: Path, seed: int
) -> Iterator[tuple[Path, str, Variant]]:
    frames: Frames | None = None
    for variant in variants:
        path = work / f"{clip.stem}--{variant.name.replace(' ', '_').replace(',', '')}.mp4"
        if not path.exists():
            frames = read_frames(clip) if frames is None else frames
            partial = path.with_suffix(".part.mp4")
            write_frames(
                partial, variant.apply(frames, generator(seed, clip.stem, variant.name)), variant.crf
            )
            partial.replace(path)
        yield path, clip.stem, variant
