"""Labelled clips for the tracker: subjects composited over backgrounds, so that the true mask is known exactly.

Some subjects are drawn, some are cut from real clips; all are moved, lit, grained and re-encoded by H.264 after the
compositing, because a tracker that only ever sees clean pixels learns nothing about real ones.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from bait_boxes import REAL_BOXES
from numpy.typing import NDArray

from sparkle.backends.cpu.tracker import JointTracker
from sparkle.bait import anchor_frames, track_bait
from sparkle.core.boxes import LabelledBox, box_to_pixels
from sparkle.core.seeds import generator
from sparkle.roles import Anchor, Frames, Masks

WIDTH, HEIGHT, FRAMES, FPS = 640, 360, 81, 16.0
Picture = NDArray[np.float32]


@dataclass(frozen=True)
class Labelled:
    """A clip with its truth: frames (T, H, W, 3) uint8, one mask video (T, H, W) bool per subject."""

    name: str
    frames: Frames
    subjects: list[Masks]

    @property
    def mask(self) -> Masks:
        return np.logical_or.reduce(self.subjects)


@dataclass(frozen=True)
class Layer:
    """A subject on its way: colours (T, H, W, 3) float32 and alpha (T, H, W) float32 in [0, 1]."""

    colour: Picture
    alpha: Picture


# --- backgrounds -----------------------------------------------------------------------------------------------


def fractal(shape: tuple[int, int], rng: np.random.Generator, octaves: int = 6, start: int = 3) -> Picture:
    """Return smooth noise in [0, 1] with detail at several scales."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        cells = start * 2**octave
        grid = rng.random((cells, cells * 2), dtype=np.float32)
        total += cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC) / 1.7**octave
    return cv2.normalize(total, None, 0, 1, cv2.NORM_MINMAX)


def drawn_room(rng: np.random.Generator, base: Sequence[float], contrast: float) -> Picture:
    """Return a wall with shelves, frames and stains: edges of all strengths behind the subject."""
    wall = np.array(base, np.float32) * (0.75 + 0.5 * fractal((HEIGHT, WIDTH), rng))[..., None]
    for _ in range(26):
        x, y = rng.integers(0, WIDTH), rng.integers(0, HEIGHT)
        w, h = rng.integers(15, 110), rng.integers(10, 90)
        colour = np.clip(np.array(base) + contrast * rng.normal(0, 60, 3), 0, 255)
        cv2.rectangle(wall, (x, y), (x + w, y + h), colour.tolist(), -1 if rng.random() < 0.7 else 3)
    grain = fractal((HEIGHT, WIDTH), rng, octaves=7, start=12)[..., None]
    return np.clip(wall * (0.85 + 0.3 * grain), 0, 255).astype(np.float32)


def strip_of(frames: Frames, left: float, right: float) -> Picture:
    """Return a background made of an empty vertical strip of a clip and its mirror images."""
    width = frames.shape[2]
    strip = np.median(frames[::8, :, int(left * width) : int(right * width)], axis=0).astype(np.float32)
    tiled = np.concatenate([strip, strip[:, ::-1]] * 3, axis=1)
    return cv2.resize(
        tiled[:, : int(strip.shape[0] * WIDTH / HEIGHT)], (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA
    )


# --- subjects --------------------------------------------------------------------------------------------------

Path2D = Callable[[float], tuple[float, float]]


def drawn_person(
    rng: np.random.Generator, where: Path2D, size: float, shirt: Sequence[float], busy: float = 1.0
) -> Layer:
    """Return a textured person of `size` pixels whose arms, fingers and head move; `where` (of time) is the neck."""
    cloth = [fractal((HEIGHT * 2, WIDTH * 2), rng, start=10) for _ in range(2)]
    skin = np.array([205, 160, 135], np.float32)
    colours = [
        np.array(shirt, np.float32),
        skin,
        np.array([60, 42, 30], np.float32),
        np.array([50, 55, 75], np.float32),
    ]
    phase = rng.uniform(0, 6.28, 6)
    frames = [_draw_person(where(t), t, size, colours, cloth, phase, busy) for t in range(FRAMES)]
    return Layer(np.stack([f[0] for f in frames]), np.stack([f[1] for f in frames]))


def _draw_person(
    neck: tuple[float, float],
    t: float,
    size: float,
    colours: Sequence[NDArray[np.float32]],
    cloth: Sequence[Picture],
    phase: NDArray[np.float64],
    busy: float,
) -> tuple[Picture, Picture]:
    zoom = 2
    canvas = np.zeros((HEIGHT * zoom, WIDTH * zoom), np.uint8)

    def at(x: float, y: float) -> tuple[int, int]:
        return int((neck[0] + x * size) * zoom * 16), int((neck[1] + y * size) * zoom * 16)

    def line(points: list[tuple[int, int]], part: int, width: float) -> None:
        cv2.polylines(
            canvas, [np.array(points)], False, part, max(2, int(width * size * zoom)), cv2.LINE_8, 4
        )

    def wave(index: int, period: float) -> float:
        return float(np.sin(phase[index] + 2 * np.pi * t / period))

    sway = 0.03 * wave(0, 50)
    for side in (-1, 1):
        line([at(side * 0.12, 1.0), at(side * 0.14, 1.9)], 4, 0.2)
    body = [at(-0.3, 0.1), at(0.3, 0.1), at(0.24, 1.1), at(-0.24, 1.1)]
    cv2.fillPoly(canvas, [np.array(body)], 1, cv2.LINE_8, 4)
    line([at(-0.26, 0.14), at(0.26, 0.14)], 1, 0.12)
    for side, index in ((-1, 1), (1, 2)):
        lift = 0.5 + busy * 0.5 * wave(index, 23 + 8 * index)
        elbow = (side * (0.48 + 0.06 * lift), 0.55 - 0.15 * lift)
        hand = (elbow[0] + side * 0.12 * (1 - lift), elbow[1] + 0.4 - 0.75 * lift)
        line([at(side * 0.28, 0.16), at(*elbow)], 1, 0.15)
        line([at(*elbow), at(*hand)], 2, 0.1)
        for finger in range(5):
            angle = -np.pi / 2 + (finger - 2) * 0.3 + 0.3 * busy * wave(3, 17)
            tip = (hand[0] + 0.19 * np.cos(angle), hand[1] + 0.19 * np.sin(angle))
            line([at(*hand), at(*tip)], 2, 0.025)
    line([at(0, 0.12), at(sway, -0.1)], 2, 0.14)
    head = at(sway * 2, -0.28)
    axes = (int(0.16 * size * zoom * 16), int(0.21 * size * zoom * 16))
    tilt = 8 * wave(4, 40)
    cv2.ellipse(canvas, head, axes, tilt, 0, 360, 3, -1, cv2.LINE_8, 4)
    face = (head[0], head[1] + int(0.06 * size * zoom * 16))
    cv2.ellipse(canvas, face, (int(axes[0] * 0.86), int(axes[1] * 0.8)), tilt, 0, 360, 2, -1, cv2.LINE_8, 4)
    return _paint(canvas, neck, colours, cloth, zoom)


def _paint(
    canvas: NDArray[np.uint8],
    neck: tuple[float, float],
    colours: Sequence[NDArray[np.float32]],
    cloth: Sequence[Picture],
    zoom: int,
) -> tuple[Picture, Picture]:
    shift = np.float32([[1, 0, (neck[0] - WIDTH / 2) * zoom], [0, 1, (neck[1] - HEIGHT / 2) * zoom]])
    texture = [cv2.warpAffine(c, shift, canvas.shape[::-1], borderMode=cv2.BORDER_REFLECT) for c in cloth]
    painted = np.zeros((*canvas.shape, 3), np.float32)
    for part, colour in enumerate(colours, start=1):
        pattern = 0.55 + 0.9 * texture[0] if part in (1, 4) else 0.85 + 0.3 * texture[1]
        chosen = canvas == part
        painted[chosen] = np.clip(colour * pattern[chosen][:, None], 0, 255)
    alpha = (canvas > 0).astype(np.float32)
    size = (WIDTH, HEIGHT)
    small_alpha = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    small = cv2.resize(painted * alpha[..., None], size, interpolation=cv2.INTER_AREA)
    return small / np.maximum(small_alpha, 1e-3)[..., None], small_alpha


def real_subject(frames: Frames, boxes: list[list[int]]) -> Layer:
    """Cut the subject from a real clip along its tracked mask, a little inside, with a soft edge.

    Errors of that mask do not matter here: whatever is cut out is the subject of the composite, exactly.
    """
    count, height, width = frames.shape[:3]
    anchors = [
        Anchor(frame, (LabelledBox("subject", box_to_pixels(box, width, height)),))  # type: ignore[arg-type]
        for frame, box in zip(anchor_frames(count, FPS), boxes, strict=True)
    ]
    mask = track_bait(JointTracker().open(frames, anchors), anchors, count, height, width).mask
    kernel = np.ones((3, 3), np.uint8)
    cut = [cv2.erode(_largest(m).astype(np.uint8), kernel, borderValue=1) for m in mask]
    alpha = np.stack([cv2.GaussianBlur(c.astype(np.float32), (0, 0), 0.7) for c in cut])
    return Layer(frames.astype(np.float32), alpha)


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if len(stats) < 2:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return np.isin(labels, np.flatnonzero(areas > 0.05 * areas.max())) & mask


def moved(layer: Layer, where: Path2D, scale: float = 1.0, flip: bool = False, speed: float = 1.0) -> Layer:
    """Return the layer carried along a path (offset in pixels of each time), scaled about its lower middle."""
    colours, alphas = [], []
    count = len(layer.alpha)
    for t in range(FRAMES):
        index = int(t * speed) % (2 * count - 2)
        index = min(index, 2 * count - 2 - index)
        dx, dy = where(t)
        size = layer.alpha.shape[:0:-1]
        matrix = np.float32(
            [[scale, 0, size[0] / 2 * (1 - scale) + dx], [0, scale, size[1] * (1 - scale) + dy]]
        )
        colour, alpha = layer.colour[index], layer.alpha[index]
        if flip:
            colour, alpha = colour[:, ::-1].copy(), alpha[:, ::-1].copy()
        colours.append(
            cv2.warpAffine(
                colour, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT
            )
        )
        alphas.append(cv2.warpAffine(alpha, matrix, (WIDTH, HEIGHT)))
    return Layer(np.stack(colours), np.stack(alphas))


# --- compositing -----------------------------------------------------------------------------------------------


def composite(
    name: str,
    background: Picture,
    layers: list[Layer],
    rng: np.random.Generator,
    noise: float = 3.0,
    drift: float = 0.0,
    crf: int = 23,
    living: float = 0.0,
) -> Labelled:
    """Put the layers over the background, then drift of exposure, sensor noise and H.264."""
    waves = fractal((HEIGHT * 2, WIDTH * 2), rng)
    frames = []
    for t in range(FRAMES):
        picture = background if background.ndim == 3 else background[t]
        if living:
            patch = waves[2 * t : 2 * t + HEIGHT, t : t + WIDTH]
            picture = picture + living * (patch - 0.5)[..., None] * _living_area()[..., None]
        for layer in layers:
            alpha = layer.alpha[t][..., None]
            picture = alpha * layer.colour[t] + (1 - alpha) * picture
        gain = 1.0 + drift * (np.exp(-t / 4.0) - 0.3 * t / FRAMES)
        picture = (picture - 128 * drift * np.exp(-t / 4.0)) * gain + rng.normal(0, noise, (HEIGHT, WIDTH, 1))
        frames.append(np.clip(picture, 0, 255).astype(np.uint8))
    visible = [np.ones((FRAMES, HEIGHT, WIDTH), bool) for _ in layers]
    masks = [layer.alpha > 0.5 for layer in layers]
    for index in range(len(layers)):
        for above in masks[index + 1 :]:
            visible[index] &= ~above
    return Labelled(
        name, encoded(np.stack(frames), crf), [m & v for m, v in zip(masks, visible, strict=True)]
    )


def _living_area() -> Picture:
    y = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None]
    return np.repeat(np.clip((0.75 - y) * 4, 0, 1), WIDTH, axis=1)


def encoded(frames: Frames, crf: int) -> Frames:
    """Return the frames after H.264."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as sink:
        stream = sink.add_stream("libx264", rate=int(FPS), options={"crf": str(crf), "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for frame in frames:
            sink.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        sink.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as source:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in source.decode(video=0)])


def read_clip(path: Path) -> Frames:
    """Return a clip's frames at the benchmark's size."""
    with av.open(str(path)) as source:
        return np.stack(
            [
                cv2.resize(frame.to_ndarray(format="rgb24"), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
                for frame in source.decode(video=0)
            ]
        )


# --- the set ---------------------------------------------------------------------------------------------------


def drawn_clips(seed: int) -> list[Labelled]:
    """Return the clips that need no real footage."""
    clips = []
    rng = generator(seed, "bait", "walk")
    person = drawn_person(rng, lambda t: (60 + 700 * _there_and_back(t), 130), 95, (70, 120, 90))
    clips.append(composite("drawn: leaves and returns", drawn_room(rng, (150, 140, 125), 1.0), [person], rng))
    rng = generator(seed, "bait", "talk")
    person = drawn_person(
        rng, lambda t: (300 + 8 * np.sin(t / 9), 150 + 3 * np.sin(t / 7)), 190, (90, 100, 140)
    )
    clips.append(
        composite(
            "drawn: talking, cut below", drawn_room(rng, (120, 125, 150), 0.8), [person], rng, drift=0.15
        )
    )
    rng = generator(seed, "bait", "two")
    first = drawn_person(rng, lambda t: (120 + 3.5 * t, 130), 90, (150, 60, 50))
    second = drawn_person(rng, lambda t: (520 - 3.0 * t, 150), 100, (50, 60, 60))
    clips.append(
        composite("drawn: two crossing", drawn_room(rng, (110, 130, 110), 1.0), [first, second], rng)
    )
    rng = generator(seed, "bait", "dark")
    person = drawn_person(rng, lambda t: (330 + 25 * np.sin(t / 12), 140), 160, (26, 26, 34), busy=0.6)
    clips.append(
        composite("drawn: dark on dark", drawn_room(rng, (34, 30, 28), 0.4), [person], rng, noise=2.0)
    )
    rng = generator(seed, "bait", "live")
    person = drawn_person(rng, lambda t: (260 + 30 * np.sin(t / 15), 145), 150, (160, 140, 60))
    clips.append(
        composite(
            "drawn: living background", drawn_room(rng, (80, 120, 130), 0.6), [person], rng, living=45.0
        )
    )
    return clips


def real_clips(folder: Path, seed: int) -> list[Labelled]:
    """Return composites of subjects and backgrounds that come from the real clips in `folder`."""
    footage = {name: read_clip(folder / f"Sparkle_{name}_source.mp4") for name in REAL_BOXES}
    cut = {
        name: real_subject(footage[name], REAL_BOXES[name])
        for name in ("openve3m_000006", "season_000111", "location_000223", "style_000298", "season_000029")
    }
    room = strip_of(footage["openve3m_000030"], 0.0, 0.47)
    shelf = strip_of(footage["season_000029"], 0.52, 1.0)
    cartoon = strip_of(footage["location_000223"], 0.0, 0.33)
    forest = strip_of(footage["style_000298"], 0.0, 0.235)
    cabin = strip_of(footage["location_000598"], 0.0, 0.35)
    rng = generator(seed, "bait", "real")
    return [
        composite("talking man, forest", forest, [moved(cut["openve3m_000006"], lambda t: (60, 0))], rng),
        composite(
            "trumpet walks in, room",
            room,
            [moved(cut["season_000111"], lambda t: (420 - 6 * t, 0))],
            rng,
            crf=28,
        ),
        composite(
            "young man, cabin",
            cabin,
            [moved(cut["location_000223"], lambda t: (8 * np.sin(t / 8), 60), 1.2)],
            rng,
            drift=0.2,
        ),
        composite(
            "man leaves and returns, cartoon",
            cartoon,
            [moved(cut["style_000298"], lambda t: (700 * _there_and_back(t) - 60, 0), 0.8)],
            rng,
        ),
        composite(
            "bald man, dark shelf",
            shelf,
            [moved(cut["season_000029"], lambda t: (-60, 0), 1.0, flip=True)],
            rng,
            noise=2.0,
        ),
        composite(
            "two subjects, room",
            room,
            [
                moved(cut["season_000111"], lambda t: (-150 + 1.2 * t, 0), 0.8),
                moved(cut["openve3m_000006"], lambda t: (190 + 10 * np.sin(t / 10), 0), 0.7),
            ],
            rng,
        ),
    ]


def _there_and_back(t: float) -> float:
    """Away by half time, and back."""
    return 1.0 - abs(2.0 * t / (FRAMES - 1) - 1.0)
