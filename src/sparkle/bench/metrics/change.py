"""How much of the background is new, and does it have what the instruction's words let one expect?"""

from __future__ import annotations

import numpy as np

from sparkle.bench.metrics.inputs import Pair
from sparkle.measure.agreement import (
    NOISE_FLOOR,
    Map,
    colour_difference,
    grow,
    measure_agreement,
    shrink,
    shrink_mask,
)
from sparkle.measure.expectations import fits
from sparkle.words.background import background_words

MOMENTS = 7
CLEARANCE = 3  # pixels at the width to which `shrink` brings a picture
SAME_STRUCTURE, OTHER_STRUCTURE = 0.6, 0.2  # correlations
SAME_COLOUR, OTHER_COLOUR = 5.0, 20.0  # Lab units
# What a flat place says, whose colour alone can change, beside a structured one: other light is no other place.
FLAT_WEIGHT = 0.1


def measure_change(pair: Pair, instruction: str) -> dict[str, float]:
    """Return the quantities of what was asked for, by name (see quantities.py)."""
    text = background_words(instruction)
    shares, fitting = [], []
    for key in pair.some_keys(MOMENTS):
        source, edited = (clip[pair.keys[key]] for clip in (pair.source, pair.edited))
        outside = ~grow(shrink_mask(pair.masks[key]), CLEARANCE)
        if not outside.any():
            continue
        agreement = measure_agreement(source, edited)
        strength = np.maximum(agreement.source_strength, agreement.edited_strength)
        structured = np.clip(strength - NOISE_FLOOR, 0, 2)[outside] / 2
        other = _ramp(agreement.correlation, SAME_STRUCTURE, OTHER_STRUCTURE)[outside]
        difference = colour_difference(shrink(source), shrink(edited))
        coloured = _ramp(difference, SAME_COLOUR, OTHER_COLOUR)[outside]
        flat = FLAT_WEIGHT * (1 - structured)
        shares.append(float((structured * other + flat * coloured).sum() / (structured + flat).sum()))
        found = fits(text, edited, outside)
        if found:
            fitting.append(min(fit.share for fit in found))
    measured = {"background_changed": float(np.median(shares))} if shares else {}
    return measured | ({"words_fit": float(np.median(fitting))} if fitting else {})


def _ramp(values: Map, nothing: float, everything: float) -> Map:
    return np.asarray(np.clip((values - nothing) / (everything - nothing), 0, 1), np.float32)
