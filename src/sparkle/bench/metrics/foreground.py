"""The subject: is it there, whole, as sharp and in its own colours, and in its place?"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.bench.metrics.inputs import Pair
from sparkle.bench.metrics.motion import measure_motion
from sparkle.bench.metrics.poses import Poses, compare_poses, inner
from sparkle.measure.agreement import grow, log_lightness, measure_agreement, shrink
from sparkle.roles import Image, Mask

MOMENTS = 12
LOST_CORRELATION = 0.25
# Chroma of less spread than this (Lab units) is noise; half this spread decides nothing about colours.
CHROMA_NOISE = 2.0
TELLING_PATTERN = 0.25
LEAST_PIXELS = 20


def measure_foreground(pair: Pair) -> dict[str, float]:
    """Return the quantities of the subject, by name (see quantities.py).

    What the subject is (integrity) is compared at the moment of the source that looks most like the edit's, so that a
    subject that moves otherwise is not called another subject; how it moves, moment by moment.
    """
    poses = compare_poses(pair)
    best = poses.likeness.max(axis=0)
    sampled = np.maximum(best[pair.some_keys(len(poses.moved_likeness))].mean(), poses.moved_likeness.mean())
    return {
        "subject_found": float(sampled),
        "subject_likeness": float(best.mean()),
        "subject_displacement": float(np.median(poses.displacement)),
        "time_covered": pair.covered,
        **_kept(pair, poses),
        **measure_motion(pair),
    }


def _kept(pair: Pair, poses: Poses) -> dict[str, float]:
    lost: list[float] = []
    details: list[tuple[float, float]] = []
    chroma: list[NDArray[np.complex64]] = []
    for key in pair.some_keys(MOMENTS):
        moment = int(poses.best_moment[key])
        pictures = pair.source[pair.keys[moment]], pair.edited[pair.keys[key]]
        inside = inner(pair.masks[moment])
        if inside.sum() < LEAST_PIXELS:
            continue
        agreement = measure_agreement(*pictures)
        strength = agreement.source_strength[inside]
        weight = np.minimum(strength, np.quantile(strength, 0.9)) + 0.2
        gone = agreement.correlation[inside] < LOST_CORRELATION
        lost.append(float(weight[gone].sum() / weight.sum()))
        chroma.append(np.stack([_chroma(picture)[inside] for picture in pictures]))
        deep = grow(pair.masks[moment], -3)
        if deep.sum() >= LEAST_PIXELS:
            details.append((_detail(pictures[0], deep), _detail(pictures[1], deep)))
    found = {"subject_lost": float(np.mean(lost)), **_colours(np.concatenate(chroma, axis=1))} if lost else {}
    if details:
        source, edited = np.median(details, axis=0)
        found["subject_detail"] = float(edited / max(source, 1e-6))
    return found


def _detail(picture: Image, where: Mask) -> float:
    """Return fine over coarse detail: other light scales both, a blur takes the fine one alone."""
    tone = log_lightness(picture)
    smooth = [np.asarray(cv2.GaussianBlur(tone, (0, 0), sigma)) for sigma in (1.2, 2.0, 5.0)]
    fine, coarse = (tone - smooth[0])[where], (smooth[1] - smooth[2])[where]
    return float(np.sqrt(np.mean(fine**2) / (np.mean(coarse**2) + 1e-3)))


def _chroma(picture: Image) -> NDArray[np.complex64]:
    lab = cv2.cvtColor(shrink(picture).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return np.asarray(lab[..., 1] + 1j * lab[..., 2], np.complex64)


def _colours(chroma: NDArray[np.complex64]) -> dict[str, float]:
    """Compare chroma (a + ib, Lab) of source and edit, (2, N): light moves and scales it, another colour turns it."""
    means = chroma.mean(axis=1)
    source, edited = chroma - means[:, None]
    found = {"subject_colour_cast": float(abs(means[1] - means[0]))}
    spread = [float(np.mean(np.abs(values) ** 2)) for values in (source, edited)]
    if spread[0] < CHROMA_NOISE**2:
        return found
    noise = CHROMA_NOISE**2
    product = complex(np.mean(edited * np.conj(source)))
    product /= float(np.sqrt((spread[0] + noise) * (spread[1] + noise)))
    found["subject_colour_pattern"] = product.real
    if abs(product) > TELLING_PATTERN:
        found["subject_hue_turn"] = float(abs(np.degrees(np.angle(product))))
    return found
