"""Convolutions of Wan's VAEs as 2-D ones, channels innermost.

A causal 3x3x3 convolution is one 2-D convolution that makes all three of its taps in time, which are then added:

    out[t] = last[t] + middle[t - 1] + first[t - 2] + bias

What a next chunk of frames needs of this one are the taps of its last two frames. `past` is the list that diffusers'
AutoencoderKLWan carries from chunk to chunk, None at a clip's start; every layer has its own place in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from diffusers.models.autoencoders import autoencoder_kl_wan as reference
from torch import Tensor, nn
from torch.nn.functional import conv2d, linear, pad

Past = list[Any]
# Tensor cores take channels by eights.
CHANNEL_STEP = 8


class Flat(nn.Module):
    """A convolution in space alone, or in time alone where the frames are laid side by side as channels."""

    def __init__(self, conv: nn.Module, weight: Tensor, **options: Any) -> None:
        super().__init__()
        outputs = weight.shape[0]
        self.outputs, self.options = outputs, options
        self.weight = frozen(to_steps(to_steps(weight, 0), 1))
        self.bias = frozen(to_steps(conv.bias.detach(), 0))

    def forward(self, values: Tensor) -> Tensor:
        """Return (B, T, outputs, h, w)."""
        return by_frame(convolved, values, self.weight, self.bias, **self.options)[:, :, : self.outputs]


class Doubled(nn.Module):
    """Twice the sides by repeated pixels, then a 3x3 convolution: computed before the pixels are repeated.

    Of the three rows that such a convolution sees, two are the same: it sees two rows of the small picture, and so for
    columns. One 2x2 convolution gives the four kinds of large pixels, with 4/9 of the products.
    """

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.outputs = conv.out_channels
        whole = conv.weight.detach().double()
        # Large row 0 of two sees rows -1, 0, 0 of the small picture and row 1 sees 0, 0, 1.
        rows = [summed(whole, 2, (1, 2)), summed(whole, 2, (2, 1))]
        kinds = [summed(row, 3, parts) for row in rows for parts in ((1, 2), (2, 1))]
        weight = torch.cat([to_steps(kind, 0) for kind in kinds]).to(conv.weight.dtype)
        self.weight = frozen(to_steps(weight, 1))
        self.bias = frozen(torch.cat([to_steps(conv.bias.detach(), 0)] * 4))

    def forward(self, values: Tensor) -> Tensor:
        """Return (B, T, outputs, 2 H, 2 W)."""
        batch, frames, _, height, width = values.shape
        kinds = by_frame(convolved, values, self.weight, self.bias, padding=1).unflatten(2, (4, -1))
        kinds = kinds[:, :, :, : self.outputs].movedim(3, 5)
        large = values.new_empty(batch, frames, height, 2, width, 2, self.outputs)
        for row in range(2):
            for column in range(2):
                large[:, :, :, row, :, column] = kinds[
                    :, :, 2 * row + column, row : row + height, column : column + width
                ]
        return large.flatten(4, 5).flatten(2, 3).movedim(4, 2)


def summed(weight: Tensor, side: int, parts: tuple[int, int]) -> Tensor:
    """Sum a weight's first and last entries of one side: as many as `parts` says."""
    return torch.cat([part.sum(dim=side, keepdim=True) for part in weight.split(parts, dim=side)], dim=side)


class Causal(nn.Module):
    """A 3 x k x k convolution that looks back two frames; gives its taps in time, to be joined."""

    def __init__(self, conv: reference.WanCausalConv3d, place: int) -> None:
        super().__init__()
        self.place, self.outputs = place, conv.out_channels
        self.padding = conv._padding[2], conv._padding[0]
        taps = [to_steps(to_steps(conv.weight.detach()[:, :, tap], 0), 1) for tap in range(3)]
        self.weight = frozen(torch.cat(taps))
        self.bias = frozen(conv.bias.detach())

    def forward(self, values: Tensor, past: Past) -> tuple[Tensor, Tensor, Tensor]:
        """Return taps, those of earlier frames, and the bias, as `join` takes them; keep what the next chunk needs."""
        taps = by_frame(convolved, values, self.weight, padding=self.padding)
        taps = taps.unflatten(2, (3, -1))[:, :, :, : self.outputs]
        earlier = self.nothing(values) if past[self.place] is None else past[self.place]
        past[self.place] = later(taps, earlier)
        return taps, earlier, self.bias

    def nothing(self, values: Tensor) -> Tensor:
        """Return what stands for the frames before the first."""
        batch, _, _, height, width = values.shape
        return channels_last(values.new_zeros(batch, 3, self.outputs, height, width))


def later(taps: Tensor, earlier: Tensor) -> Tensor:
    """Return what the next frames need: the first taps of the last two frames, and the middle one of the last."""
    before = taps[:, -2, 0] if taps.shape[1] > 1 else earlier[:, 1]
    batch, channels, height, width = before.shape
    kept = before.new_empty(batch, 3, height, width, channels).movedim(4, 2)
    for place, each in enumerate((before, taps[:, -1, 0], taps[:, -1, 1])):
        kept[:, place] = each  # a copy: the taps themselves can go
    return kept


def convolved(frames: Tensor, weight: Tensor, bias: Tensor | None = None, **options: Any) -> Tensor:
    """Convolve (N, C, H, W); channels that the weight has beyond those of the pictures are zeros."""
    missing = weight.shape[1] - frames.shape[1]
    if missing:
        frames = channels_last(pad(frames, (0, 0, 0, 0, 0, missing)))
    if weight.shape[2:] == (1, 1):  # a plain product; whose layout conv2d would have to guess
        return linear(frames.movedim(1, 3), weight.flatten(1), bias).movedim(3, 1)
    return conv2d(frames, weight, bias, **options).contiguous(memory_format=torch.channels_last)


def by_frame(run: Callable[..., Tensor], values: Tensor, *arguments: Any, **options: Any) -> Tensor:
    """Run what takes pictures (N, C, H, W) on every frame."""
    return run(values.flatten(0, 1), *arguments, **options).unflatten(0, values.shape[:2])


def channels_last(values: Tensor) -> Tensor:
    """Return the same numbers with the channels, third from last, innermost in memory."""
    return values.movedim(-3, -1).contiguous().movedim(-1, -3)


def gamma_of(norm: reference.WanRMS_norm) -> nn.Parameter:
    """Return a norm's scale, (C,)."""
    return frozen(norm.gamma.detach().flatten())


def to_steps(weight: Tensor, side: int) -> Tensor:
    """Extend one side of a weight with zeros to a multiple of CHANNEL_STEP."""
    missing = -weight.shape[side] % CHANNEL_STEP
    if not missing:
        return weight
    shape = list(weight.shape)
    shape[side] = missing
    return torch.cat([weight, weight.new_zeros(shape)], dim=side)


def frozen(values: Tensor) -> nn.Parameter:
    """Return a parameter that nobody trains; of a convolution, with channels innermost."""
    if values.ndim == 4:
        values = values.contiguous(memory_format=torch.channels_last)
    return nn.Parameter(values, requires_grad=False)
