"""The cpu final generator against copy-paste on clips whose true matte is known, and its speed.

    python benchmarks/compositor.py CLIPS

CLIPS is a folder of videos. Each clip in turn lends the texture of a drawn figure (head, hair, body, fingers)
with an exact soft matte; the next clip is its old background, the one after that the new place. The mask that
both generators get is off by up to two pixels and trembles from frame to frame, as tracked masks do. Relighting
and grain are off here, so that the ideal composite is known exactly. Errors are mean absolute differences in
levels (0..255); "rim" is where the true matte lies between 0.02 and 0.98, and two pixels around.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from pathlib import Path

import av
import cv2
import numpy as np

from sparkle.backends.cpu.compositor import Compositor
from sparkle.backends.cpu.copy_paste import CopyPaste
from sparkle.core.seeds import generator
from sparkle.roles import Frames, GenerationRequest

WIDTH, HEIGHT, FRAMES = 832, 468, 24
FULL_FRAMES = 81
OVERSAMPLING = 4


def read_frames(path: Path, count: int) -> Frames:
    frames = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            picture = frame.to_ndarray(format="rgb24")
            frames.append(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))
            if len(frames) == count:
                break
    return np.stack([frames[i % len(frames)] for i in range(count)])


def figure(t: int) -> np.ndarray:
    """The true matte of frame t, float32 (H, W): a swaying bust with loose hair and a waving hand."""
    k = OVERSAMPLING
    canvas = np.zeros((HEIGHT * k, WIDTH * k), np.uint8)
    sway, wave = 14 * np.sin(t / 9), 0.5 * np.sin(t / 4)

    def at(x: float, y: float) -> tuple[int, int]:
        return round((x + sway) * k), round(y * k)

    cv2.ellipse(canvas, at(416, 470), (150 * k, 210 * k), 0, 0, 360, 255, -1)
    cv2.ellipse(canvas, at(416, 170), (62 * k, 84 * k), 0, 0, 360, 255, -1)
    for angle in np.linspace(-2.9, -0.25, 26):
        root, tip = (
            at(416 + r * np.cos(angle), 165 + 1.3 * r * np.sin(angle)) for r in (58, 70 + 6 * (t % 2))
        )
        cv2.line(canvas, root, tip, 255, 2 * k - 2)
    palm = (600 + 30 * wave, 260 - 20 * wave)
    cv2.line(canvas, at(540, 400), at(*palm), 255, 34 * k)
    for finger in range(5):
        angle = -2.2 + 0.35 * finger + 0.3 * wave
        cv2.line(
            canvas, at(*palm), at(palm[0] + 62 * np.cos(angle), palm[1] + 62 * np.sin(angle)), 255, 9 * k
        )
    matte = cv2.resize(canvas, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return cv2.GaussianBlur(matte, (0, 0), 0.7)


def trembling(matte: np.ndarray, t: int) -> np.ndarray:
    """A tracker's mask: the matte's majority, too wide or too narrow by up to two pixels, in patches."""
    random = generator(7, "tremble", t)
    patches = cv2.resize(random.normal(0, 1, (12, 20)).astype(np.float32), (WIDTH, HEIGHT))
    inside = (matte > 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 5) - cv2.distanceTransform(
        1 - inside, cv2.DIST_L2, 5
    )
    return distance + np.clip(1.4 * patches, -2, 2) > 0


def composite(subject: Frames, behind: Frames, mattes: np.ndarray) -> Frames:
    share = mattes[..., None]
    return np.rint(share * subject + (1 - share) * behind).astype(np.uint8)


def request_for(source: Frames, background: Frames, mask: np.ndarray) -> GenerationRequest:
    return GenerationRequest(
        first_frame=source[0],
        control=np.zeros(mask.shape, np.uint8),
        instruction="",
        source=source,
        clean_background=background[0],
        background=background,
        mask=mask,
        confidence=mask.astype(np.float32),
        fps=16.0,
        seed=7,
    )


def errors(edited: Frames, ideal: Frames, mattes: np.ndarray) -> tuple[float, float, float]:
    """Error on the rim, deep inside, and of the change from frame to frame on the rim."""
    soft = (mattes > 0.02) & (mattes < 0.98)
    rim = np.stack([cv2.dilate(frame.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0 for frame in soft])
    difference = edited.astype(np.float32) - ideal
    change = np.diff(difference, axis=0)
    return (
        float(np.abs(difference[rim]).mean()),
        float(np.abs(difference[(mattes > 0.98) & ~rim]).mean()),
        float(np.abs(change[rim[1:]]).mean()),
    )


def quality(clips: list[Path]) -> None:
    mattes = np.stack([figure(t) for t in range(FRAMES)])
    mask = np.stack([trembling(matte, t) for t, matte in enumerate(mattes)])
    treatments_off = {"relight": 0.0, "directional": 0.0, "wrap": 0.0, "grain": 0.0, "shadow": 0.0}
    print(
        "| subject's texture | old background | generator | rim | inside | trembling |\n|---|---|---|---|---|---|"
    )
    totals: dict[str, list[tuple[float, float, float]]] = {"compositor": [], "copy_paste": []}
    for index, clip in enumerate(clips):
        texture, old, new = (read_frames(clips[(index + k) % len(clips)], FRAMES) for k in (0, 1, 2))
        still = np.repeat(texture[:1], FRAMES, axis=0)
        request = request_for(composite(still, old, mattes), new, mask)
        ideal = composite(still, new, mattes)
        backends = {"compositor": Compositor(**treatments_off), "copy_paste": CopyPaste()}
        for name, backend in backends.items():
            measured = errors(backend(request), ideal, mattes)
            totals[name].append(measured)
            cells = " | ".join(f"{value:.2f}" for value in measured)
            print(f"| {clip.stem} | {clips[(index + 1) % len(clips)].stem} | {name} | {cells} |", flush=True)
    for name, rows in totals.items():
        print(f"| mean | | {name} | " + " | ".join(f"{value:.2f}" for value in np.mean(rows, axis=0)) + " |")


def speed(clips: list[Path]) -> None:
    mattes = np.stack([figure(t) for t in range(FULL_FRAMES)])
    texture, old, new = (read_frames(clips[k % len(clips)], FULL_FRAMES) for k in (0, 1, 2))
    request = request_for(composite(texture, old, mattes), new, mattes > 0.5)
    del texture, old
    for name, backend in (("copy_paste", CopyPaste()), ("compositor", Compositor())):
        wall, cpu = time.perf_counter(), time.process_time()
        backend(request)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        tracemalloc.start()
        edited = backend(request)
        beyond = (tracemalloc.get_traced_memory()[1] - edited.nbytes) / 2**20
        tracemalloc.stop()
        print(
            f"{name}: {FULL_FRAMES} frames of {WIDTH}x{HEIGHT} in {wall:.1f} s, {cpu:.1f} s of processor time,"
        )
        print(f"  at most {beyond:.0f} MiB beyond the clips that go in and out")


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit("usage: python benchmarks/compositor.py CLIPS")
    clips = sorted(path for path in Path(sys.argv[1]).glob("*.mp4") if "edited" not in path.name)
    if not clips:
        raise SystemExit(f"no .mp4 clip in {sys.argv[1]}")
    speed(clips)
    quality(clips)


if __name__ == "__main__":
    main()
