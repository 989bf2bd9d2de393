"""How good a mask is likely to be, from signs that need no truth.

A logistic model of the IoU with the truth, fitted on one half of the evaluation set (`benchmarks/eyes`, half "choose");
docs/benchmarks.md has its correlation on the other half, which it never saw.
"""

from __future__ import annotations

import math

import numpy as np

from sparkle.backends.cpu.tracking.clip_model import ClipModel

INTERCEPT = 1.0
# Subject and background of one colour; boxes that are not filled; an area that hangs on the bias.
LIKENESS_WEIGHT, FIT_WEIGHT, BIAS_WEIGHT = -4.0, 2.0, -1.0


def expected_iou(model: ClipModel) -> float:
    """Return the IoU with the truth, in [0, 1], that masks of such models had."""
    areas = [max(run.area, 1e-4) for run in model.runs]
    spread = abs(math.log(areas[-1] / areas[0]))
    odds = (
        INTERCEPT
        + LIKENESS_WEIGHT * model.models.likeness
        + FIT_WEIGHT * float(np.mean(model.models.fit))
        + BIAS_WEIGHT * min(spread, 2.0)
    )
    return 1 / (1 + math.exp(-odds))
