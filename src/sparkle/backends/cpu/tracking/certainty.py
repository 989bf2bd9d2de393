"""How good a mask is likely to be, from signs that need no truth.

A logistic model of the IoU with the truth, fitted on one half of the evaluation set (`benchmarks/eyes`, half "choose",
13 trials); docs/benchmarks.md has its correlation on the other half. It orders masks; as a number it is too kind to
bad ones.
"""

from __future__ import annotations

import math

INTERCEPT = 1.0
# Subject and background share their colours; below this they are told apart, and nothing more is known.
LIKENESS_WEIGHT, UNLIKE = -2.3, 0.5
WHOLENESS_WEIGHT = 1.4


def expected_iou(likeness: float, wholeness: float) -> float:
    """Return the IoU with the truth, in [0, 1], that masks with such signs had.

    likeness: how far the colour models of subject and background agree (Bhattacharyya coefficient); wholeness: the
    mean of `measure.wholeness`, in [0, 1].
    """
    odds = INTERCEPT + LIKENESS_WEIGHT * max(likeness - UNLIKE, 0.0) + WHOLENESS_WEIGHT * wholeness
    return 1 / (1 + math.exp(-odds))
