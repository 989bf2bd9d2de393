"""How far a value has come from its worst to its best."""

from __future__ import annotations


def ramp(value: float, worst: float, best: float) -> float:
    """Map a value linearly to [0, 1]: 0 at `worst` and beyond, 1 at `best` and beyond; either may be the larger."""
    return float(min(max((value - worst) / (best - worst), 0.0), 1.0))
