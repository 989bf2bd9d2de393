"""Is the background alive, all through the clip, and by motion rather than by noise, flicker or trembling?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sparkle.bench.metrics.steady import SteadyBackground

STEP_S = 0.5
AVERAGED_FRAMES = 3
VISIBLE_CHANGE = 3.0  # grey levels within STEP_S, after averaging over three frames
# Share of the area that changes visibly at a moment, and how alive that is. One candle or a few drifting petals
# change a percent of a picture, trees or water a tenth and more; beyond that, more motion is hardly better.
MOVING_SHARES, ALIVE = (0.002, 0.01, 0.04, 0.12, 0.3), (0.0, 0.25, 0.5, 0.85, 1.0)
LEAST_VARIANCE = 0.04  # grey levels squared: what changes less is a still, and has no kind of motion


def measure_dynamics(background: SteadyBackground) -> dict[str, float]:
    """Return the quantities of the background's motion, by name (see quantities.py)."""
    series = background.grey[:, background.area]
    series = series - series.mean(axis=0)
    variance = float((series**2).mean())
    # Noise and trembling do not go on from one frame to the next, so they cancel out in this; motion stays.
    lasting = float((series[1:] * series[:-1]).mean())
    shares = _moving_shares(series, background.slack[background.area], background.fps)
    return {
        "background_alive": float(np.interp(shares, MOVING_SHARES, ALIVE).mean()),
        "background_coherence": lasting / variance if variance > LEAST_VARIANCE else 1.0,
        "background_moving_share": float(np.median(shares)),
        "background_moving_strength": float(np.sqrt(max(lasting, 0.0))),
    }


def _moving_shares(
    series: NDArray[np.float32], slack: NDArray[np.float32], fps: float
) -> NDArray[np.float64]:
    """Return the share of the area that changes visibly within STEP_S, for each moment of the clip."""
    averaged = np.stack(
        [series[start : len(series) + 1 - AVERAGED_FRAMES + start] for start in range(AVERAGED_FRAMES)]
    ).mean(axis=0)
    step = min(max(1, round(STEP_S * fps)), len(averaged) - 1)
    changed = np.abs(averaged[step:] - averaged[:-step]) > VISIBLE_CHANGE + slack
    return np.asarray(changed.mean(axis=1), np.float64)
