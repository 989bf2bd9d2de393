"""How good the edits of the held-out clips are, beside the source itself and the cpu recipe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from benchmarks.kiwi_small.edit import edit_path, step_of
from benchmarks.kiwi_small.pairs import held_out_pairs, true_mask
from benchmarks.kiwi_small.scenes import SceneGuess
from benchmarks.kiwi_small.sources import FPS
from numpy.typing import NDArray

from sparkle.bench.dimensions import SPARKLE
from sparkle.bench.metrics import measure_edit
from sparkle.core.errors import BackendError
from sparkle.kiwi.cosine_autoencoder import CosineAutoencoder
from sparkle.kiwi.preprocessing import crop_and_resize, to_frames, to_latent_pixels
from sparkle.kiwi.training.settings import TrainingSettings
from sparkle.roles import Frames, Masks
from sparkle.video import read_clip

EDGE = 2  # pixels of a mask's edge that are neither subject nor background
QUANTITIES = ("subject_db", "background_db", "motion")


@dataclass(frozen=True, slots=True)
class JudgedClip:
    """A held-out pair with all versions of it by name, uint8 (T, H, W, 3) of one size, and what was measured of each.

    scores: by version: subject_db and background_db, PSNR against the source inside and outside the true mask (99 for
    equal); motion, the mean standard deviation of a background pixel over time in grey levels; scene, what the
    background looks like; and the six values of the metrics judge, or why it had none.
    """

    instruction: str
    keyword: str
    versions: dict[str, Frames]
    scores: dict[str, dict[str, Any]] = field(default_factory=dict)


def judge(out: Path, settings: TrainingSettings) -> list[JudgedClip]:
    """Measure every version of every held-out pair."""
    guess = SceneGuess.from_pairs(out)
    scratch = settings.model.scratch
    autoencoder = (
        None if scratch is None else CosineAutoencoder(scratch.channels, scratch.cell, scratch.whitening)
    )
    judged = []
    for clip, mask in _clips(out, settings.data.datasets[0].frames):
        source = clip.versions["source"]
        for name, frames in clip.versions.items():
            clip.scores[name] = _measure(clip.instruction, source, frames, mask, guess)
        if autoencoder is not None:
            rebuilt = _rebuilt(autoencoder, source)
            clip.scores["source through the latents"] = _measure(
                clip.instruction, source, rebuilt, mask, guess
            )
        judged.append(clip)
    return judged


def summary(judged: list[JudgedClip]) -> dict[str, dict[str, float]]:
    """Return by version the medians over the clips, the share whose scene is the instructed one, and counts."""
    table: dict[str, dict[str, float]] = {}
    for version in judged[0].scores:
        rows = [clip.scores[version] for clip in judged]
        values = {name: float(np.median([row[name] for row in rows])) for name in QUANTITIES}
        values["scene"] = float(np.mean([clip.scores[version]["scene"] == clip.keyword for clip in judged]))
        measured = [row["values"] for row in rows if "values" in row]
        for key in SPARKLE.keys:
            values[key] = float(np.median([one[key] for one in measured])) if measured else float("nan")
        table[version] = {**values, "clips": len(rows), "judged": len(measured)}
    return table


def markdown(table: dict[str, dict[str, float]]) -> str:
    """Return the two tables of docs/benchmarks.md."""
    clips = int(next(iter(table.values()))["clips"])
    lines = [
        f"| version, medians over {clips} clips | subject dB | background dB | background motion | scene reached |",
        "|---|---:|---:|---:|---:|",
    ]
    for version, row in table.items():
        lines.append(
            f"| {version} | {row['subject_db']:.1f} | {row['background_db']:.1f} | {row['motion']:.1f} "
            f"| {round(row['scene'] * clips)} of {clips} |"
        )
    names = " | ".join(dimension.name for dimension in SPARKLE.dimensions)
    lines += ["", f"| version | {names} | judged |", "|---|" + "---:|" * (len(SPARKLE.dimensions) + 1)]
    for version, row in table.items():
        values = " | ".join(f"{row[key]:.2f}" for key in SPARKLE.keys)
        lines.append(f"| {version} | {values} | {row['judged']:.0f} |")
    return "\n".join(lines)


def _clips(out: Path, frames: int) -> Iterator[tuple[JudgedClip, Masks]]:
    moments = sorted((out / "edits").glob("step-*"))
    for folder, pair in held_out_pairs(out):
        edits = {
            f"model, {step_of(moment)} updates": read_clip(edit_path(moment, folder, pair.id)).frames
            for moment in moments
        }
        count, height, width = next(iter(edits.values())).shape[:3]
        source, recipe = (
            crop_and_resize(read_clip(path, frames=frames).frames[:count], height, width)
            for path in (pair.source, pair.edited)
        )
        shown = 255 * true_mask(folder, pair)[:count].astype(np.uint8)[..., None].repeat(3, axis=-1)
        mask: Masks = crop_and_resize(shown, height, width)[..., 0] > 127
        versions = {"source": source, "cpu recipe": recipe, **edits}
        yield JudgedClip(pair.instruction, pair.metadata["chosen_keyword"], versions), mask


def _measure(
    instruction: str, source: Frames, edited: Frames, mask: Masks, guess: SceneGuess
) -> dict[str, Any]:
    kernel = np.ones((2 * EDGE + 1, 2 * EDGE + 1), np.uint8)
    subject = np.stack([cv2.erode(frame.astype(np.uint8), kernel) for frame in mask]) > 0
    background = np.stack([cv2.dilate(frame.astype(np.uint8), kernel) for frame in mask]) == 0
    always = background.all(axis=0)
    scores: dict[str, Any] = {
        "subject_db": _psnr(source, edited, subject),
        "background_db": _psnr(source, edited, background),
        "motion": float(edited.astype(np.float32).std(axis=0)[always].mean()),
        "scene": guess(edited[0], background[0]),
    }
    try:
        measured = measure_edit(source, edited, FPS, instruction, mask)
    except BackendError as error:
        return {**scores, "unmeasured": str(error)}
    return {**scores, "values": dict(zip(SPARKLE.keys, measured.values, strict=True))}


def _psnr(first: Frames, second: Frames, where: NDArray[np.bool_]) -> float:
    error = float(np.mean((first.astype(np.float32) - second)[where] ** 2))
    return 99.0 if error == 0 else float(10 * np.log10(255**2 / error))


def _rebuilt(autoencoder: CosineAutoencoder, frames: Frames) -> Frames:
    latents = autoencoder.encode(to_latent_pixels(frames, autoencoder.dtype, "cpu")).latent_dist.mode()
    return to_frames(autoencoder.decode(latents)[0][0])
