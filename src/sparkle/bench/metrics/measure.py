"""The whole measurement of one edit: everything that is measured, and the six values that it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sparkle.bench.dimensions import SPARKLE
from sparkle.bench.metrics.change import measure_change
from sparkle.bench.metrics.dynamics import measure_dynamics
from sparkle.bench.metrics.foreground import measure_foreground
from sparkle.bench.metrics.harmony import measure_harmony
from sparkle.bench.metrics.inputs import make_pair
from sparkle.bench.metrics.picture import measure_picture
from sparkle.bench.metrics.quantities import MEASUREMENTS
from sparkle.bench.metrics.scale import Scale, scale
from sparkle.bench.metrics.steady import measure_steadiness
from sparkle.core.errors import BackendError
from sparkle.roles import Frames, Masks
from sparkle.words.stillness import wants_stillness

# Where a still picture was asked for, these two say the opposite, or nothing, of the background's motion.
WHEN_STILLNESS_IS_ASKED: Mapping[str, Scale | None] = {
    "background_alive": scale((0.05, 5), (0.5, 1)),
    "background_coherence": None,
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """`values`: one a dimension of Sparkle-Bench, in its order, 1..5, neither rounded nor capped. `measurements`: every
    quantity by name (see MEASUREMENTS); one that cannot be told for this clip is absent. `summary`: what decided."""

    values: tuple[float, ...]
    measurements: Mapping[str, float]
    summary: str


def measure_edit(
    source: Frames,
    edited: Frames,
    fps: float,
    instruction: str,
    mask: Masks | None = None,
    edited_fps: float | None = None,
) -> Measurement:
    """Measure an edit (T', H', W', 3) of a source clip (T, H, W, 3), uint8 RGB; the same pair gives the same numbers.

    fps: of the source; `edited_fps` of the edit, None if it is the same. `mask`: bool (T, H, W), the subject in the
    source, if it is known; else it is found and tracked (see subject.py). inputs.py says how clips of other sizes,
    lengths and rates are compared. Raises BackendError where there is nothing to measure: no subject, no background,
    too short a clip. No score is made up for what cannot be told.
    """
    pair = make_pair(source, edited, fps, edited_fps, mask)
    steadiness, background = measure_steadiness(pair)
    found = {
        **measure_change(pair, instruction),
        **measure_harmony(pair),
        **measure_foreground(pair),
        **measure_dynamics(background),
        **measure_picture(pair),
        **steadiness,
    }
    measured = {quantity.name: found[quantity.name] for quantity in MEASUREMENTS if quantity.name in found}
    scores = _scores(measured, wants_stillness(instruction))
    values = {key: _worst(scores, key) for key in SPARKLE.keys}
    # A broken background is part of the overall impression; the subject has dimensions of its own.
    values["visual"] = _overall([*scores["visual"].values(), values["bg_visual"]])
    return Measurement(
        tuple(values[key] for key in SPARKLE.keys), measured, _summary(scores, measured, values)
    )


def _scores(measured: Mapping[str, float], still: bool) -> dict[str, dict[str, float]]:
    """Return the score of each quantity, by dimension and name."""
    scores: dict[str, dict[str, float]] = {key: {} for key in SPARKLE.keys}
    for quantity in MEASUREMENTS:
        for key, usual in quantity.scales.items():
            used = WHEN_STILLNESS_IS_ASKED.get(quantity.name, usual) if still else usual
            if used is not None and quantity.name in measured:
                scores[key][quantity.name] = used(measured[quantity.name])
    return scores


def _worst(scores: Mapping[str, Mapping[str, float]], key: str) -> float:
    """Return the lowest score: one broken thing breaks the dimension, as it does for a viewer."""
    if not scores[key] and key != "visual":
        raise BackendError(f"nothing of {key} could be measured in this clip; it is too small or too uniform")
    return min(scores[key].values(), default=5.0)


def _overall(scores: list[float]) -> float:
    """Return the overall impression: between the worst part and the average of all."""
    return 0.5 * min(scores) + 0.5 * float(np.mean(scores))


def _summary(
    scores: Mapping[str, Mapping[str, float]], measured: Mapping[str, float], values: Mapping[str, float]
) -> str:
    """Return one line a dimension: its value, and the quantities that decided it, worst first."""
    lines = []
    for dimension in SPARKLE.dimensions:
        ordered = sorted(scores[dimension.key].items(), key=lambda item: item[1])[:3]
        said = ", ".join(f"{name} {measured[name]:.3g} ({score:.1f})" for name, score in ordered)
        lines.append(
            f"{dimension.name}: {values[dimension.key]:.2f} measured: {said or 'background quality alone'}"
        )
    return "\n".join(lines)
