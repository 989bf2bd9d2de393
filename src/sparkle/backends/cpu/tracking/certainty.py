"""How good a mask is likely to be, from signs that need no truth.

A logistic model of the IoU with the truth, fitted on one half of the evaluation set (`benchmarks/eyes`, half "choose");
docs/benchmarks.md has its correlation on the other half, which it never saw.
"""

from __future__ import annotations

import math

from sparkle.backends.cpu.tracking.clip_model import ClipModel

INTERCEPT = 2.6
# Subject and background have one colour: by far the strongest sign.
LIKENESS_WEIGHT = -3.5
# The area hangs on the bias: there is no edge that holds it.
STEP_WEIGHT, MOST_STEP = -0.6, 1.0
SMALLEST_AREA = 1e-4


def expected_iou(model: ClipModel) -> float:
    """Return the IoU with the truth, in [0, 1], that masks of such models had."""
    areas = [math.log(max(run.area, SMALLEST_AREA)) for run in model.runs]
    place = [run.bias for run in model.runs].index(model.models.bias)
    beside = [other for other in (place - 1, place + 1) if 0 <= other < len(areas)]
    step = sum(abs(areas[other] - areas[place]) for other in beside) / len(beside)
    odds = INTERCEPT + LIKENESS_WEIGHT * model.models.likeness + STEP_WEIGHT * min(step, MOST_STEP)
    return 1 / (1 + math.exp(-odds))
