"""Scores a replaced background: did it change as asked, is the subject still itself, does the picture look sound."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.backends.cpu.scorer.finding import HIGHEST, Finding, rate, worst_of
from sparkle.backends.cpu.scorer.quality import contour_findings, picture_findings, sharpness_finding
from sparkle.core.scene import Scene
from sparkle.measure.agreement import (
    Agreement,
    fit_mask,
    grow,
    kept_region,
    log_lightness,
    measure_agreement,
    shrink_mask,
)
from sparkle.measure.expectations import fits
from sparkle.roles import Image, Mask, ScoreRequest
from sparkle.words.background import background_words

# How much of the score for a changed background a picture keeps that has nothing of what the words let one
# expect.
KEPT_WITHOUT_FIT = 0.3
CLEARANCE = 3
LOST_CORRELATION = 0.25


def score_edit(request: ScoreRequest) -> tuple[Finding, Finding, Finding]:
    """Return prompt following, consistency and perceptual quality of an edit; the mask may be unknown."""
    agreement = measure_agreement(request.source, request.edited)
    quality = picture_findings(request.edited, request.source)
    quality.append(sharpness_finding(request.edited, request.source))
    if request.mask is None:
        subject = kept_region(agreement)
        changed = _changed_at_all(agreement)
        consistency = _kept_at_all(agreement, subject)
        consistency += _kept_detail(request, fit_mask(subject, request.source.shape))
    else:
        subject = shrink_mask(request.mask)
        changed = _changed_outside(agreement, subject)
        consistency = [*_kept_inside(agreement, subject), *_kept_detail(request, request.mask)]
        quality += contour_findings(request.source, request.edited, request.mask)
    outside = ~grow(subject, CLEARANCE)
    text = expected_words(request.instruction, request.scene)
    return _as_asked(changed, text, request.edited, outside), worst_of(consistency), worst_of(quality)


def expected_words(instruction: str, scene: Scene | None) -> str:
    """Return all words about the new background: those of the instruction, and those of the scene if it is known."""
    words = background_words(instruction)
    return words if scene is None else f"{words} {scene.keyword}"


def _as_asked(changed: Finding, text: str, edited: Image, outside: Mask) -> Finding:
    """Lower the score of a changed background by how little it has of what the words let one expect."""
    found = sorted(fits(text, edited, outside), key=lambda fit: fit.share)
    share = found[0].share if found else 1.0
    score = changed.score * (KEPT_WITHOUT_FIT + (1 - KEPT_WITHOUT_FIT) * share)
    said = "; ".join([changed.text, *(fit.text for fit in found)])
    return Finding(score, said[:1].upper() + said[1:] + ".")


def _changed_at_all(agreement: Agreement) -> Finding:
    share = float(agreement.changed.mean())
    return rate(share, 0.08, 0.3, 0.7, f"{share:.0%} of the picture changed")


def _changed_outside(agreement: Agreement, subject: Mask) -> Finding:
    outside = ~grow(subject, CLEARANCE)
    if not outside.any():
        return Finding(0.0, "the mask leaves no background")
    share = float(agreement.changed[outside].mean())
    return rate(share, 0.15, 0.75, 1.0, f"{share:.0%} of the background changed")


def _kept_at_all(agreement: Agreement, subject: Mask) -> list[Finding]:
    """Judge what both pictures share, where no mask says what they should share."""
    area = float(subject.mean())
    found = [rate(area, 0.006, 0.03, 0.05, f"{area:.1%} of the picture is shared with the source")]
    if subject.any():
        weight = agreement.source_strength[subject]
        strength = float((weight * agreement.correlation[subject]).sum() / weight.sum())
        found.append(rate(strength, 0.5, 0.68, 0.95, f"there its structure correlates with {strength:.2f}"))
    return found


def _kept_inside(agreement: Agreement, subject: Mask) -> list[Finding]:
    inside = grow(subject, -1)
    if not inside.any():
        return [Finding(HIGHEST, "no subject in this frame")]
    strength = agreement.source_strength[inside]
    weight = np.minimum(strength, np.quantile(strength, 0.9)) + 0.2
    correlation = agreement.correlation[inside]
    mean = float((weight * correlation).sum() / weight.sum())
    lost = float(weight[correlation < LOST_CORRELATION].sum() / weight.sum())
    return [
        rate(mean, 0.1, 0.5, 0.95, f"the subject's structure correlates with {mean:.2f}"),
        rate(lost, 0.6, 0.2, 0, f"{lost:.0%} of it is lost"),
    ]


def _kept_detail(request: ScoreRequest, mask: Mask) -> list[Finding]:
    """Judge the subject's fine detail relative to its coarse detail, as a multiple of the source's.

    Dividing by coarse detail makes relighting harmless: it scales both, a blur takes the fine one alone.
    """
    inside = grow(mask, -3)
    if not inside.any():
        return []
    rows, columns = _around(inside)
    inside = inside[rows, columns]
    ratios = []
    for picture in (request.source, request.edited):
        tone = log_lightness(picture[rows, columns])
        smooth = [cv2.GaussianBlur(tone, (0, 0), sigma) for sigma in (1.2, 2.0, 5.0)]
        fine, coarse = (tone - smooth[0])[inside], (smooth[1] - smooth[2])[inside]
        ratios.append(float(np.sqrt(np.mean(fine**2) / (np.mean(coarse**2) + 1e-3))))
    detail = ratios[1] / max(ratios[0], 1e-6)
    return [rate(detail, 0.25, 0.65, 0.95, f"{detail:.0%} of its fine detail is left")]


def _around(mask: Mask) -> tuple[slice, slice]:
    """Return the rows and columns that hold the mask, with a margin for blurring."""
    spans = []
    for axis in (1, 0):
        found = np.flatnonzero(mask.any(axis=axis))
        spans.append(slice(max(int(found[0]) - 16, 0), int(found[-1]) + 17))
    return spans[0], spans[1]
