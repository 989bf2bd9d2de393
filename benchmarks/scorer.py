"""How well the heuristic scorer tells good edits and removals from broken ones, on real pairs.

    python benchmarks/scorer.py CLIPS_FOLDER

The folder holds pairs NAME_source.mp4 and NAME_edited.mp4 and, if there are prompts, clips.json with a list
`clips` of {"id": NAME, "prompt"}. Where source and edited frame agree lies the subject. Each broken variant
damages one thing; removals are made by pasting the subject into another clip's edited frame. Prints markdown
tables, and the time.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.scorer import Scorer
from sparkle.measure.agreement import fit_mask, grow, kept_region, measure_agreement
from sparkle.roles import Image, Mask, ScoreRequest
from sparkle.video import fit_size, probe, read_clip

FRAMES = (1, 26, 51, 66)
THRESHOLD = 7.0
NIGHT = "Put the subject in front of a starry sky at night."


@dataclass(frozen=True)
class Case:
    """One pair of frames; `mask` is the subject, `other` another clip's edited frame."""

    source: Image
    edited: Image
    mask: Mask
    prompt: str
    other: Image
    other_mask: Mask


def main() -> None:
    cv2.setNumThreads(1)
    cases = list(read_cases(Path(sys.argv[1])))
    print(f"{len(cases)} pairs of {cases[0].source.shape[1]}x{cases[0].source.shape[0]}\n")
    scorer, seconds = Scorer(), []

    def overall(request: ScoreRequest) -> float:
        start = time.process_time()
        score = scorer(request)
        seconds.append(time.process_time() - start)
        return score.overall

    edits, removals = defaultdict(list), defaultdict(list)
    for case in cases:
        for name, (picture, prompt) in edit_variants(case).items():
            known = ScoreRequest("video_frame", case.source, picture, prompt, case.mask)
            unknown = ScoreRequest("edit", case.source, picture, prompt)
            edits[name].append((overall(known), overall(unknown)))
        pasted = paste(case.source, case.other, case.mask, 1.5)
        for name, picture in removal_variants(case, pasted).items():
            removals[name].append(
                [
                    overall(ScoreRequest("removal", pasted, picture, "Remove the subject.", mask))
                    for mask in (case.mask, box_of(case.mask), None)
                ]
            )
    print_table("edit", ("mask known", "mask unknown"), edits)
    print_table("removal", ("mask known", "box known", "nothing known"), removals)
    print(f"processor time per score: median {1000 * float(np.median(seconds)):.0f} ms")


def read_cases(folder: Path) -> Iterator[Case]:
    sources = sorted(folder.glob("*_source.mp4"))
    listing = folder / "clips.json"
    clips = json.loads(listing.read_text())["clips"] if listing.exists() else []
    prompts = {clip["id"]: clip["prompt"] for clip in clips}
    pairs = []
    for path in sources:
        name = path.name.removesuffix("_source.mp4")
        pairs.append((name, frames_of(path), frames_of(folder / f"{name}_edited.mp4")))
    masks = [
        [subject_of(*frames) for frames in zip(source, edited, strict=True)] for _, source, edited in pairs
    ]
    for number, (name, source, edited) in enumerate(pairs):
        other = (number + 3) % len(pairs)
        for index in range(min(len(source), len(pairs[other][2]))):
            yield Case(
                source[index],
                edited[index],
                masks[number][index],
                prompts.get(name, ""),
                pairs[other][2][index],
                masks[other][index],
            )


def frames_of(path: Path) -> list[Image]:
    info = probe(path)
    frames = read_clip(path, size=fit_size(info.width, info.height, 832, 480)).frames
    return [frames[index] for index in FRAMES if index < len(frames)]


def subject_of(source: Image, edited: Image) -> Mask:
    """Return the subject: where the two agree, cut along colours of the source."""
    kept = fit_mask(kept_region(measure_agreement(source, edited)), source.shape)
    labels = np.where(grow(kept, 30), cv2.GC_PR_BGD, cv2.GC_BGD).astype(np.uint8)
    labels[kept] = cv2.GC_PR_FGD
    labels[grow(kept, -10)] = cv2.GC_FGD
    cv2.setRNGSeed(1)
    cv2.grabCut(source, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    found = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    return cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8)) > 0


def edit_variants(case: Case) -> dict[str, tuple[Image, str]]:
    edited, mask, prompt = case.edited, case.mask, case.prompt
    height, width = mask.shape
    left_half = mask & (np.arange(width) < np.flatnonzero(mask.any(axis=0)).mean())
    small = cv2.resize(edited, (width // 8, height // 8), interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(0).normal(0, 25, edited.shape)
    tint = case.source * np.array([1.2, 0.8, 0.6]) + np.array([20, 0, 0])
    pictures = {
        "as published": edited,
        "unchanged": case.source,
        "source tinted": as_image(tint),
        "subject shifted by 1 %": np.roll(edited, round(width / 100), axis=1),
        "subject shifted by 2.5 %": np.roll(edited, round(width / 40), axis=1),
        "subject blurred": paste(cv2.GaussianBlur(edited, (0, 0), 4), edited, mask, 2),
        "subject replaced": paste(case.other, edited, mask, 2),
        "half the subject": paste(case.other, edited, mask & ~left_half, 2),
        "another clip": case.other,
        "rim of old background": paste(case.source, edited, grow(mask, 8), 0.3),
        "noise of 25 levels": as_image(edited + noise),
        "shrunk to 1/8": cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC),
        "black": np.zeros_like(edited),
    }
    variants = {name: (picture, prompt) for name, picture in pictures.items()}
    if cv2.cvtColor(edited, cv2.COLOR_RGB2GRAY)[~mask].mean() > 110:
        variants["bright, night was asked"] = edited, NIGHT
    return variants


def removal_variants(case: Case, pasted: Image) -> dict[str, Image]:
    clean, mask, wide = case.other, case.mask, grow(case.mask, 7)
    right_half = mask & (np.arange(mask.shape[1]) > np.flatnonzero(mask.any(axis=0)).mean())
    mean = pasted[grow(wide, 15) & ~wide].mean(axis=0)
    return {
        "clean": clean,
        "left in place": pasted,
        "half left": paste(pasted, clean, right_half, 0.5),
        "ghost of 50 %": as_image(0.5 * clean + 0.5 * pasted),
        "outline left": paste(pasted, clean, mask & ~grow(mask, -7), 0.5),
        "blurred patch": paste(cv2.GaussianBlur(clean, (0, 0), 12), clean, wide, 4),
        "one colour": paste(as_image(np.ones_like(clean) * mean), pasted, wide, 0.5),
        "another scene": case.edited,
        "black": np.zeros_like(clean),
    }


def paste(front: Image, back: Image, mask: Mask, softness: float) -> Image:
    alpha = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), softness)[..., None]
    return as_image(alpha * front + (1 - alpha) * back)


def box_of(mask: Mask) -> Mask:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.zeros_like(mask)
    box[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return box


def as_image(values: NDArray[np.floating]) -> Image:
    return np.clip(values, 0, 255).astype(np.uint8)


def print_table(kind: str, columns: tuple[str, ...], scores: dict[str, list]) -> None:
    print(f"| {kind} | n | " + " | ".join(f"{column}: median (range), passing" for column in columns) + " |")
    print("|---|" + "---|" * (len(columns) + 1))
    for name, values in scores.items():
        cells = []
        for column in np.array(values).T:
            passing = np.mean(column >= THRESHOLD)
            cells.append(f"{np.median(column):.1f} ({column.min():.1f} to {column.max():.1f}), {passing:.0%}")
        print(f"| {name} | {len(values)} | " + " | ".join(cells) + " |")
    print()


if __name__ == "__main__":
    main()
