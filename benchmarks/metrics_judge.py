"""What the metrics judge says of real edits, and of the same edits after one thing in them was broken.

    python benchmarks/metrics_judge.py CLIPS_FOLDER [CLIPS]

The folder holds NAME_source.mp4, NAME_edited.mp4, where there is one NAME_edited_older.mp4 (any NAME_edited_*.mp4),
and, if there are prompts, clips.json with a list `clips` of {"id": NAME, "prompt"}. CLIPS limits how many are used.
Subjects are damaged inside their mask and set back into the edit, whose hole is painted over; backgrounds are
damaged around them. Prints markdown tables of the six values before rounding and cap (median, lowest and highest
over the clips), and what a clip takes.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.bench.dimensions import SPARKLE
from sparkle.bench.metrics import MEASUREMENTS, Measurement, measure_edit, work_size
from sparkle.bench.metrics.subject import find_subject
from sparkle.roles import Frames, Image, Mask, Masks
from sparkle.video import probe, read_clip, resize_frames, write_video

DYNAMICS = SPARKLE.keys.index("bg_dynamics")
SEEN_THROUGH = 2.5  # halfway between broken and doubtful

Damage = Callable[["Case"], Frames]


@dataclass(frozen=True)
class Case:
    """One real pair at the judge's size; `empty` is the edit with its subject painted over."""

    source: Frames
    edited: Frames
    empty: Frames
    mask: Masks
    other: Frames
    other_mask: Masks
    fps: float
    prompt: str

    @property
    def unit(self) -> float:
        """One pixel of a 1280 wide clip, in pixels of this one."""
        return self.edited.shape[2] / 1280

    def with_subject(self, frames: Frames, mask: Masks) -> Frames:
        return each(lambda f, b, m: blend(f, b, m, 1.5 * self.unit), frames, self.empty, mask)

    def with_background(self, frames: Frames) -> Frames:
        return each(lambda e, b, m: blend(e, b, grow(m, 2), 1.5 * self.unit), self.edited, frames, self.mask)


def main() -> None:
    folder = Path(sys.argv[1])
    limit = int(sys.argv[2]) if len(sys.argv) > 2 else None
    names = sorted(path.name.removesuffix("_source.mp4") for path in folder.glob("*_source.mp4"))[:limit]
    prompts = read_prompts(folder)
    rows: dict[str, list[Measurement]] = defaultdict(list)
    seconds = []
    clips = {}
    for name in names:
        start = time.perf_counter(), time.process_time()
        source, edited, fps = read_pair(folder / f"{name}_source.mp4", folder / f"{name}_edited.mp4")
        rows["as made"].append(measure_edit(source, edited, fps, prompts.get(name, "")))
        seconds.append((time.perf_counter() - start[0], time.process_time() - start[1]))
        clips[name] = source, edited, fps, whole_mask(source, fps)
        print(f"{name}: {seconds[-1][0]:.1f} s, {said(rows['as made'][-1])}", file=sys.stderr, flush=True)
    for number, name in enumerate(names):
        source, edited, fps, mask = clips[name]
        _, other, _, other_mask = clips[names[(number + 3) % len(names)]]
        where = np.minimum(np.arange(len(edited)), len(other) - 1)
        empty = each(painted_over, edited, mask)
        prompt = prompts.get(name, "")
        case = Case(source, edited, empty, mask, other[where], other_mask[where], fps, prompt)
        for title, damage in DAMAGES.items():
            rows[title].append(measure_edit(source, damage(case), fps, prompt, mask))
        rows["half as many frames, by time"].append(
            measure_edit(source, edited[::2], fps, prompt, mask, fps / 2)
        )
        for path in sorted(folder.glob(f"{name}_edited_*.mp4")):
            older = read_pair(folder / f"{name}_source.mp4", path)[1]
            rows[f"older edit of {name}"].append(measure_edit(source, older, fps, prompt, mask))
        print(name, file=sys.stderr, flush=True)
    print_table(rows)
    print_quantities(rows)
    print_order(rows, names)
    wall, processor = np.array(seconds).T
    print(
        f"\n{len(names)} clips. A clip takes, with decoding and its mask, {np.median(wall):.1f} s (median, at most "
        f"{wall.max():.1f} s) on the clock and {np.median(processor):.1f} s of the processor."
    )


def read_prompts(folder: Path) -> dict[str, str]:
    listing = folder / "clips.json"
    clips = json.loads(listing.read_text())["clips"] if listing.exists() else []
    return {clip["id"]: clip["prompt"] for clip in clips}


def read_pair(source: Path, edited: Path) -> tuple[Frames, Frames, float]:
    info = probe(source)
    size = work_size(info.width, info.height)
    clip = read_clip(source, size=size)
    return clip.frames, read_clip(edited, size=size).frames, clip.fps


def whole_mask(source: Frames, fps: float) -> Masks:
    """Return the subject's mask on every frame, from masks on every second one."""
    height, width = source.shape[1:3]
    found = find_subject(source[::2], fps / 2)
    masks = [cv2.resize(mask.astype(np.uint8) * 255, (width, height)) > 127 for mask in found]
    return np.stack([masks[index // 2] for index in range(len(source))])


def each(function: Callable[..., NDArray], *clips: NDArray) -> NDArray:
    return np.stack([function(*frames) for frames in zip(*clips, strict=True)])


def blend(front: Image, back: Image, mask: Mask, softness: float) -> Image:
    alpha = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), softness)[..., None]
    return as_image(alpha * front + (1 - alpha) * back)


def grow(mask: Mask, pixels: int) -> Mask:
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * pixels + 1,) * 2, np.uint8)) > 0


def as_image(values: NDArray) -> Image:
    return np.clip(values, 0, 255).astype(np.uint8)


def painted_over(frame: Image, mask: Mask) -> Image:
    size = frame.shape[1] // 4, frame.shape[0] // 4
    hole = cv2.resize(grow(mask, 8).astype(np.uint8), size, interpolation=cv2.INTER_AREA)
    small = cv2.inpaint(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), hole, 3, cv2.INPAINT_TELEA)
    return blend(cv2.resize(small, frame.shape[1::-1]), frame, grow(mask, 4), 2.0)


def moved(frame: NDArray, x: float, y: float = 0.0) -> NDArray:
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return cv2.warpAffine(frame, matrix, frame.shape[1::-1], borderMode=cv2.BORDER_REFLECT)


def random(*key: int) -> np.random.Generator:
    return np.random.default_rng(key)


# --- the subject ---------------------------------------------------------------------------------------------


def shifted(case: Case, share: float) -> Frames:
    x = share * case.edited.shape[2]
    frames = each(lambda frame: moved(frame, x), case.edited)
    masks = each(lambda mask: moved(mask.astype(np.uint8), x) > 0, case.mask)
    return case.with_subject(frames, masks)


def blurred(case: Case, pixels: float) -> Frames:
    return case.with_subject(
        each(lambda f: cv2.GaussianBlur(f, (0, 0), pixels * case.unit), case.edited), case.mask
    )


def hue_turned(case: Case, degrees: int) -> Frames:
    def turned(frame: Image) -> Image:
        hsv = cv2.cvtColor(frame, cv2.COLOR_RGB2HSV)
        hsv[..., 0] = (hsv[..., 0].astype(int) + degrees // 2) % 180
        return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)

    return case.with_subject(each(turned, case.edited), case.mask)


def in_time(case: Case, order: NDArray) -> Frames:
    return case.with_subject(case.edited[order], case.mask[order])


def half_missing(case: Case) -> Frames:
    right = np.arange(case.mask.shape[2]) > np.median(np.flatnonzero(case.mask.any(axis=(0, 1))))
    return case.with_subject(case.edited, case.mask & right)


def pasted(case: Case, softness: float) -> Frames:
    return each(lambda s, b, m: blend(s, b, grow(m, 1), softness), case.source, case.empty, case.mask)


# --- the background ------------------------------------------------------------------------------------------


def still(case: Case) -> Frames:
    return np.repeat(case.empty[len(case.empty) // 2][None], len(case.empty), axis=0)


def flickering(frames: Frames, strength: float) -> Frames:
    gains = 1 + strength * random(1).standard_normal(len(frames))
    return as_image(frames * gains[:, None, None, None])


def noisy(frames: Frames, strength: float) -> Frames:
    return np.stack(
        [as_image(f + strength * random(2, i).standard_normal(f.shape)) for i, f in enumerate(frames)]
    )


def shaken(case: Case, frames: Frames) -> Frames:
    steps = random(3).normal(0, 6 * case.unit, (len(frames), 2))
    return np.stack([moved(frame, *step) for frame, step in zip(frames, steps, strict=True)])


def panned(case: Case, frames: Frames) -> Frames:
    width = case.edited.shape[2]
    return np.stack([moved(frame, 0.05 * width * i / len(frames)) for i, frame in enumerate(frames)])


def zoomed(case: Case, frames: Frames) -> Frames:
    height, width = case.edited.shape[1:3]

    def nearer(index: int, frame: Image) -> Image:
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0, 1 + 0.08 * index / len(frames))
        return cv2.warpAffine(frame, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)

    return np.stack([nearer(index, frame) for index, frame in enumerate(frames)])


def jelly(case: Case, trembling: bool) -> Frames:
    height, width = case.mask.shape[1:]
    y, x = np.mgrid[:height, :width].astype(np.float32)

    def bent(index: int, frame: Image) -> Image:
        if trembling:
            knots = random(4, index).normal(0, 8 * case.unit, (6, 10, 2)).astype(np.float32)
            dx, dy = cv2.split(cv2.resize(knots, (width, height), interpolation=cv2.INTER_CUBIC))
        else:
            phase = index / case.fps
            dx = 8 * case.unit * np.sin(2 * np.pi * (5 * y / height + phase))
            dy = 8 * case.unit * np.sin(2 * np.pi * (5 * x / width + 1.3 * phase))
        return cv2.remap(
            frame,
            (x + dx).astype(np.float32),
            (y + dy).astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )

    return case.with_background(np.stack([bent(i, f) for i, f in enumerate(case.empty)]))


def mosaic(case: Case, pixels: int) -> Frames:
    height, width = case.mask.shape[1:]
    side = round(pixels * case.unit)

    def coarse(frame: Image) -> Image:
        small = cv2.resize(frame, (width // side, height // side), interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)

    return case.with_background(each(coarse, case.empty))


def jpeg(case: Case, quality: int) -> Frames:
    def compressed(frame: Image) -> Image:
        return cv2.imdecode(cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)

    return case.with_background(each(compressed, case.empty))


# --- the whole clip ------------------------------------------------------------------------------------------


def encoded(case: Case, crf: int) -> Frames:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        write_video(path, case.edited, case.fps, crf=crf)
        return read_clip(path).frames


def times(case: Case) -> NDArray:
    return np.arange(len(case.edited))


def one_picture(case: Case) -> Frames:
    return np.repeat(case.edited[:1], len(case.edited), axis=0)


# One picture shown for the whole clip, with something added that could pass for life.
TRAPS: dict[str, Damage] = {
    "whole clip frozen, flickering": lambda c: flickering(one_picture(c), 0.1),
    "whole clip frozen, with noise": lambda c: noisy(one_picture(c), 6),
    "whole clip frozen, zooming": lambda c: zoomed(c, one_picture(c)),
    "whole clip frozen, panning": lambda c: panned(c, one_picture(c)),
}

DAMAGES: dict[str, Damage] = {
    "set back, not damaged": lambda c: c.with_subject(c.edited, c.mask),
    "encoded at crf 30": lambda c: encoded(c, 30),
    "of 416x240": lambda c: resize_frames(c.edited, (416, 240)),
    "source itself": lambda c: c.source,
    "source, tinted": lambda c: as_image(c.source * np.array([1.2, 0.8, 0.6]) + np.array([20, 0, 0])),
    "subject shifted by 3 px of 1280": lambda c: shifted(c, 3 / 1280),
    "subject shifted by 2 %": lambda c: shifted(c, 0.02),
    "subject shifted by 5 %": lambda c: shifted(c, 0.05),
    "subject blurred by 2 px": lambda c: blurred(c, 2),
    "subject blurred by 4 px": lambda c: blurred(c, 4),
    "subject's hue turned by 60°": lambda c: hue_turned(c, 60),
    "subject's hue turned by 180°": lambda c: hue_turned(c, 180),
    "subject's red and blue swapped": lambda c: c.with_subject(c.edited[..., ::-1], c.mask),
    "subject reversed in time": lambda c: in_time(c, times(c)[::-1]),
    "subject frozen": lambda c: in_time(c, 0 * times(c)),
    "subject at half speed": lambda c: in_time(c, times(c) // 2),
    "subject half a second late": lambda c: in_time(c, np.maximum(times(c) - round(c.fps / 2), 0)),
    "half the subject missing": half_missing,
    "subject removed": lambda c: c.empty,
    "subject of another clip": lambda c: c.with_subject(c.other, c.other_mask),
    "source's subject pasted, hard": lambda c: pasted(c, 0.3),
    "source's subject pasted, soft": lambda c: pasted(c, 2 * c.unit),
    "whole clip frozen": one_picture,
    **TRAPS,
    "whole clip reversed": lambda c: c.edited[::-1],
    "background frozen": lambda c: c.with_background(still(c)),
    "background frozen, with noise": lambda c: c.with_background(noisy(still(c), 6)),
    "background frozen, flickering": lambda c: c.with_background(flickering(still(c), 0.1)),
    "background frozen, shaking": lambda c: c.with_background(shaken(c, still(c))),
    "background frozen, panning": lambda c: c.with_background(panned(c, still(c))),
    "background frozen, zooming": lambda c: c.with_background(zoomed(c, still(c))),
    "background stops after a quarter": lambda c: c.with_background(
        c.empty[np.minimum(times(c), len(c.edited) // 4)]
    ),
    "background flickers by 10 %": lambda c: c.with_background(flickering(c.empty, 0.1)),
    "background with noise of 15": lambda c: c.with_background(noisy(c.empty, 15)),
    "background blurred by 3 px": lambda c: c.with_background(
        each(lambda f: cv2.GaussianBlur(f, (0, 0), 3 * c.unit), c.empty)
    ),
    "background blurred by 6 px": lambda c: c.with_background(
        each(lambda f: cv2.GaussianBlur(f, (0, 0), 6 * c.unit), c.empty)
    ),
    "background of jelly, trembling": lambda c: jelly(c, True),
    "background of jelly, waving": lambda c: jelly(c, False),
    "background in blocks of 16 px": lambda c: mosaic(c, 16),
    "background as JPEG of quality 5": lambda c: jpeg(c, 5),
}


def said(measurement: Measurement) -> str:
    return " ".join(f"{value:.1f}" for value in measurement.values)


def print_table(rows: dict[str, list[Measurement]]) -> None:
    print("| edit | n | " + " | ".join(dimension.name for dimension in SPARKLE.dimensions) + " |")
    print("|---|---:|" + "---:|" * len(SPARKLE.dimensions))
    for title, measurements in rows.items():
        values = np.array([measurement.values for measurement in measurements])
        cells = [
            f"{np.median(column):.1f} ({column.min():.1f}..{column.max():.1f})"
            if len(column) > 1
            else f"{column[0]:.1f}"
            for column in values.T
        ]
        print(f"| {title} | {len(values)} | " + " | ".join(cells) + " |")
    print()


def print_order(rows: dict[str, list[Measurement]], names: list[str]) -> None:
    """Print for how many pairs the edit as made is above its source, its traps and an older edit, all scores capped."""
    for title in ("source itself", *TRAPS):
        below = [
            overall(broken) < overall(made) for broken, made in zip(rows[title], rows["as made"], strict=True)
        ]
        still = [broken.values[DYNAMICS] < SEEN_THROUGH for broken in rows[title]]
        print(f"- {title}: below the edit in {sum(below)} of {len(below)} pairs, no life in {sum(still)}")
    for name, made in zip(names, rows["as made"], strict=True):
        for older in rows.get(f"older edit of {name}", []):
            print(f"- older edit of {name}: {overall(older):.2f}, the edit {overall(made):.2f}")


def overall(measurement: Measurement) -> float:
    return float(np.mean(SPARKLE.as_published(measurement.values)))


def print_quantities(rows: dict[str, list[Measurement]]) -> None:
    """Print the range of every quantity over the edits as made, with its scale."""
    print("| quantity | as made: lowest, median, highest | scales |\n|---|---|---|")
    for quantity in MEASUREMENTS:
        values = [m.measurements[quantity.name] for m in rows["as made"] if quantity.name in m.measurements]
        found = f"{min(values):.3g}, {np.median(values):.3g}, {max(values):.3g}" if values else "not told"
        scales = "; ".join(f"{key}: {scale}" for key, scale in quantity.scales.items()) or "reported only"
        print(f"| {quantity.name} | {found} | {scales} |")


if __name__ == "__main__":
    main()
