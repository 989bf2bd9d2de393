"""Clean plates and fillers against known truth: python benchmarks/plates.py [choose|report] [SHEETS_FOLDER]

On the drawn clips of the evaluation set (benchmarks/eyes), whose places are also known without their subjects, with
the subjects' true masks. Plate: what of the subject's place on frame 0 the clip shows later, and its mean error in
levels, beside the mean that the compositor uses. Fill: the subject's place on frame 0 taken out of the true picture
and filled, by PSNR and SSIM over the hole. With a folder, the fills are left there side by side. SSIM needs the extra
`eyes`, the patches the extra `inpaint`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.eyes import choose, report
from benchmarks.eyes.compose import composed, make_clip, through_camera
from benchmarks.eyes.scene import SEED, Scene, Stage
from benchmarks.eyes.store import file_name

from sparkle.backends.cpu.patch_filling import fill_with_patches
from sparkle.core.seeds import generator
from sparkle.measure.clean_plate import clean_plate
from sparkle.measure.shapes import grown
from sparkle.roles import Frames, Image, Mask, Masks
from sparkle.video import write_image

WIDTH, HEIGHT, FRAMES = 448, 252, 25
MARGIN = 6  # pixels
SEEN_BY_SUBJECT = 0.02  # alpha
IN_THE_PICTURE = (
    6.0  # levels: a subject that its background's own photograph shows has no place known without it
)


def telea(picture: Image, hole: Mask) -> Image:
    return cv2.inpaint(picture, hole.astype(np.uint8), 5, cv2.INPAINT_TELEA).astype(np.uint8)


def navier_stokes(picture: Image, hole: Mask) -> Image:
    return cv2.inpaint(picture, hole.astype(np.uint8), 5, cv2.INPAINT_NS).astype(np.uint8)


def frequencies(picture: Image, hole: Mask) -> Image:
    """Frequency selective reconstruction at a quarter of the size: at full size it takes minutes."""
    height, width = hole.shape
    size = width // 4, height // 4
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    known = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) == 0
    filled = np.zeros_like(small)
    cv2.xphoto.inpaint(small, known.astype(np.uint8) * 255, filled, cv2.xphoto.INPAINT_FSR_FAST)
    full = cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.where(hole[..., None], full, picture).astype(np.uint8)


FILLERS: dict[str, Callable[[Image, Mask], Image]] = {
    "Telea": telea,
    "Navier-Stokes": navier_stokes,
    "xphoto FSR": frequencies,
    "patches (ours)": lambda picture, hole: fill_with_patches(picture, hole, SEED),
}


def empty_place(scene: Scene) -> Image:
    """Frame 0 without the subjects and their shadows, without noise."""

    def scenery(rng: np.random.Generator) -> list:
        return [actor for actor in scene.actors(rng) if actor.subject is None]

    stage = Stage(WIDTH, HEIGHT, frames=2, fps=scene.stage.fps)
    light, _, _ = composed(replace(scene, actors=scenery), stage)
    camera = replace(scene.camera, noise=0.0, crf=10)
    return through_camera(light, camera, stage, generator(SEED, "plates", scene.name))[0]


def quality(picture: Image, truth: Image, where: Mask) -> tuple[float, float]:
    """PSNR in dB and SSIM over `where`."""
    squared = float(((picture[where].astype(float) - truth[where]) ** 2).mean())
    grey = [cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in (picture, truth)]
    return 10 * np.log10(255**2 / squared), float(structural_similarity(*grey, full=True)[1][where].mean())


def level_error(picture: np.ndarray, truth: Image, where: Mask) -> float:
    return float(np.abs(picture.astype(float) - truth)[where].mean()) if where.any() else float("nan")


def mean_plate(frames: Frames, covered: Masks) -> NDArray[np.float64]:
    """Return the mean of a place's sightings, (H, W, 3): what the median plate is held against."""
    free = ~np.stack([grown(mask, MARGIN) for mask in covered])[..., None]
    return (frames * free).sum(axis=0) / np.maximum(free.sum(axis=0), 1)


def main() -> None:
    half = sys.argv[1] if len(sys.argv) > 1 else "report"
    sheets = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    plates, fills = [], {name: [] for name in FILLERS}
    print(f"half: {half}\n\n| clip | uncovered | error | mean plate |\n|---|---:|---:|---:|")
    for scene in (choose if half == "choose" else report).SCENES:
        clip = make_clip(scene, Stage(WIDTH, HEIGHT, FRAMES, scene.stage.fps))
        truth = empty_place(scene)
        covered = (clip.alphas > SEEN_BY_SUBJECT).any(axis=0)
        if level_error(clip.frames[0], truth, covered[0]) < IN_THE_PICTURE:
            continue
        plate = clean_plate(clip.frames, covered)
        later = covered[0] & plate.seen
        averaged = mean_plate(clip.frames, covered)
        plates.append(
            (
                later.sum() / max(covered[0].sum(), 1),
                level_error(plate.picture, truth, later),
                level_error(averaged, truth, later),
            )
        )
        print(
            f"| {scene.name} | {plates[-1][0]:.0%} | {plates[-1][1]:.1f} | {plates[-1][2]:.1f} |", flush=True
        )
        hole = grown(covered[0], MARGIN)
        if not hole.any():
            continue
        holed = np.where(hole[..., None], np.uint8(128), truth)
        pictures = [holed]
        for name, fill in FILLERS.items():
            started = time.perf_counter()
            pictures.append(fill(holed, hole))
            fills[name].append((*quality(pictures[-1], truth, hole), time.perf_counter() - started))
        if sheets is not None:
            sheet = np.vstack([np.hstack(pictures[:3]), np.hstack([*pictures[3:], truth])])
            write_image(sheets / f"{file_name(scene.name)}.png", sheet)
    middle = np.median([row for row in plates if row[0] > 0], axis=0)
    print(f"| median of those uncovered | {middle[0]:.0%} | {middle[1]:.1f} | {middle[2]:.1f} |")
    print("\n| filler | PSNR | SSIM | seconds |\n|---|---:|---:|---:|")
    for name, rows in fills.items():
        psnr, ssim, seconds = np.median(rows, axis=0)
        print(f"| {name} | {psnr:.1f} | {ssim:.3f} | {seconds:.1f} |")


if __name__ == "__main__":
    main()
