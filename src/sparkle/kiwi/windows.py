"""Long clips: overlapping windows over the latent frames, whose predicted flows are blended at every step.

All windows denoise the same latents, so that they agree on what is in the overlap while it takes shape, and the clip
is decoded once: there is no cut to hide, and no cross-fade between two different backgrounds.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def split(frames: int, length: int, overlap: int) -> list[slice]:
    """Return windows of `length` over `frames` latent frames, at least `overlap` in common; one if all fit.

    Windows are spread evenly, so that the last one is as long as the others.
    """
    if frames <= length:
        return [slice(0, frames)]
    count = -(-(frames - overlap) // (length - overlap))
    last = frames - length
    starts = [round(index * last / (count - 1)) for index in range(count)]
    return [slice(start, start + length) for start in starts]


def blend(windows: list[slice], like: Tensor, predict: Callable[[int, slice], Tensor]) -> Tensor:
    """Return the flow of the whole clip, shaped as `like` (1, C, F, H, W); `predict(i, window)` returns a window's.

    Weights rise and fall linearly across what a window has in common with its neighbours.
    """
    if len(windows) == 1:
        return predict(0, windows[0])
    total = torch.zeros_like(like, dtype=torch.float32)
    weights = torch.zeros(like.shape[2], device=like.device)
    for index, window in enumerate(windows):
        weight = _weight(windows, index).to(like.device)
        total[:, :, window] += predict(index, window).float() * weight.view(1, 1, -1, 1, 1)
        weights[window] += weight
    return (total / weights.view(1, 1, -1, 1, 1)).to(like.dtype)


def _weight(windows: list[slice], index: int) -> Tensor:
    window = windows[index]
    weight = torch.ones(window.stop - window.start)
    if index > 0:
        shared = windows[index - 1].stop - window.start
        weight[:shared] = torch.arange(1, shared + 1) / (shared + 1)
    if index + 1 < len(windows):
        shared = window.stop - windows[index + 1].start
        fall = torch.arange(shared, 0, -1) / (shared + 1)
        weight[len(weight) - shared :] = torch.minimum(weight[len(weight) - shared :], fall)
    return weight
