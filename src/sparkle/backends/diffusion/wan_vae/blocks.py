"""The blocks of Wan's VAEs, each in the place of diffusers' own of the same name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from diffusers.models.autoencoders import autoencoder_kl_wan as reference
from torch import Tensor, nn
from torch.nn.functional import pad, scaled_dot_product_attention

from sparkle.backends.diffusion.wan_vae.convolutions import Causal, Doubled, Flat, Past, by_frame, gamma_of
from sparkle.backends.diffusion.wan_vae.steps import Steps, normed


class Residual(nn.Module):
    """Two convolutions, and what went in added to what comes out."""

    def __init__(self, block: reference.WanResidualBlock, steps: Steps, places: Iterator[int]) -> None:
        super().__init__()
        self.steps = steps
        self.gamma1, self.gamma2 = gamma_of(block.norm1), gamma_of(block.norm2)
        self.conv1, self.conv2 = Causal(block.conv1, next(places)), Causal(block.conv2, next(places))
        shortcut = block.conv_shortcut
        self.shortcut = None
        if not isinstance(shortcut, nn.Identity):
            self.shortcut = Flat(shortcut, shortcut.weight.detach()[:, :, 0])

    def forward(self, values: Tensor, past: Past) -> Tensor:
        """Return frames of the same size."""
        inner = self.steps.norm_activate(values, self.gamma1)
        inner = self.steps.join_norm_activate(*self.conv1(inner, past), self.gamma2)
        residual = values if self.shortcut is None else self.shortcut(values)
        return self.steps.join_add(*self.conv2(inner, past), residual)


class Attention(nn.Module):
    """Attention within each frame, with one head."""

    def __init__(self, block: reference.WanAttentionBlock) -> None:
        super().__init__()
        self.gamma = gamma_of(block.norm)
        self.to_qkv = Flat(block.to_qkv, block.to_qkv.weight.detach())
        self.proj = Flat(block.proj, block.proj.weight.detach())

    def forward(self, values: Tensor, past: Past) -> Tensor:
        """Return frames of the same size."""
        height, width = values.shape[3:]
        even = normed(values, self.gamma).to(values.dtype)
        tokens = self.to_qkv(even).flatten(3).transpose(2, 3)
        attended = scaled_dot_product_attention(*tokens.chunk(3, dim=-1))
        return self.proj(attended.transpose(2, 3).unflatten(3, (height, width))) + values


class Up(nn.Module):
    """Twice the sides, and twice the frames where there is a convolution in time."""

    def __init__(self, block: reference.WanResample, steps: Steps, places: Iterator[int]) -> None:
        super().__init__()
        self.steps = steps
        self.conv = Doubled(block.resample[1])
        self.in_time = Causal(block.time_conv, next(places)) if block.mode == "upsample3d" else None

    def forward(self, values: Tensor, past: Past) -> Tensor:
        """Return frames of twice the sides."""
        if self.in_time is not None:
            # A clip's first frame stays one, and is not seen by those after it.
            if past[self.in_time.place] is None:
                past[self.in_time.place] = self.in_time.nothing(values)
            else:
                values = self.steps.join(*self.in_time(values, past)).movedim(2, 4)
                # B T H W (time C) -> B (T time) H W C
                values = values.unflatten(4, (2, -1)).movedim(4, 2).flatten(1, 2).movedim(4, 2)
        return self.conv(values)


class Down(nn.Module):
    """Half the sides, and half the frames where there is a convolution in time."""

    def __init__(self, block: reference.WanResample, places: Iterator[int]) -> None:
        super().__init__()
        self.conv = Flat(block.resample[1], block.resample[1].weight.detach(), stride=2)
        self.in_time, self.place = None, 0
        if block.mode == "downsample3d":
            weight = block.time_conv.weight.detach()
            self.in_time = Flat(block.time_conv, torch.cat([weight[:, :, tap] for tap in range(3)], dim=1))
            self.place = next(places)

    def forward(self, values: Tensor, past: Past) -> Tensor:
        """Return frames of half the sides."""
        values = self.conv(by_frame(pad, values, (0, 1, 0, 1)))
        if self.in_time is None:
            return values
        inner = values.movedim(2, 4)
        earlier, past[self.place] = past[self.place], inner[:, -1:].clone()
        if earlier is None:  # a clip's first frame stays one
            return values
        inner = torch.cat([earlier, inner], dim=1)
        together = torch.cat([inner[:, :-2:2], inner[:, 1:-1:2], inner[:, 2::2]], dim=4)
        return self.in_time(together.movedim(4, 2))


class DownBlock(nn.Module):
    """A level of the 2.2 encoder: residual blocks beside a mean over what becomes one cell."""

    def __init__(self, block: reference.WanResidualDownBlock, steps: Steps, places: Iterator[int]) -> None:
        super().__init__()
        self.blocks = sequence([*block.resnets, block.downsampler], steps, places)
        mean = block.avg_shortcut
        self.times, self.sides, self.outputs = mean.factor_t, mean.factor_s, mean.out_channels

    def forward(self, values: Tensor, past: Past) -> Tensor:
        """Return what the level makes of a chunk."""
        return self.blocks(values, past) + self._mean(values)

    def _mean(self, values: Tensor) -> Tensor:
        values = torch.cat([values.new_zeros(_missing(values, self.times)), values], dim=1)
        cells = values.unflatten(4, (-1, self.sides)).unflatten(3, (-1, self.sides))
        cells = cells.unflatten(1, (-1, self.times))
        # B T time C H row W column -> B T H W (C time row column)
        cells = cells.permute(0, 1, 4, 6, 3, 2, 5, 7).flatten(4)
        return cells.unflatten(4, (self.outputs, -1)).mean(dim=-1).permute(0, 1, 4, 2, 3)


class UpBlock(nn.Module):
    """A level of a decoder: residual blocks and the step up, in 2.2 beside a plain repetition."""

    def __init__(self, block: Any, steps: Steps, places: Iterator[int]) -> None:
        super().__init__()
        up = block.upsamplers[0] if getattr(block, "upsamplers", None) else getattr(block, "upsampler", None)
        self.blocks = sequence([*block.resnets, up], steps, places)
        self.repeat: Any = getattr(block, "avg_shortcut", None)

    def forward(self, values: Tensor, past: Past, is_first: bool) -> Tensor:
        """Return what the level makes of a chunk; `is_first` of a clip."""
        out = self.blocks(values, past)
        if self.repeat is not None:
            self._add_repeated(out, values, is_first)
        return out

    def _add_repeated(self, out: Tensor, values: Tensor, is_first: bool) -> None:
        """Add to `out` what every input channel is to the cells of an output channel, `repeats` of them in turn."""
        times, sides, repeats = self.repeat.factor_t, self.repeat.factor_s, self.repeat.repeats
        step = times * sides * sides // repeats  # input channels of an output channel
        dropped = times - 1 if is_first else 0
        for cell, (time, row, column) in enumerate(product(range(times), range(sides), range(sides))):
            if time >= dropped:
                out[:, time - dropped :: times, :, row::sides, column::sides] += values[
                    :, :, cell // repeats :: step
                ]


class Sequence(nn.Module):
    """Blocks one after the other."""

    def __init__(self, layers: list[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, values: Tensor, past: Past) -> Tensor:
        """Return what the last block gives."""
        for layer in self.layers:
            values = layer(values, past)
        return values


def sequence(blocks: Any, steps: Steps, places: Iterator[int]) -> Sequence:
    """Return the blocks that stand for diffusers', each with its places."""
    return Sequence([block_of(block, steps, places) for block in blocks if block is not None])


def middle_of(block: reference.WanMidBlock, steps: Steps, places: Iterator[int]) -> Sequence:
    """Return what stands for the blocks between encoder and latents, or latents and decoder."""
    first, *others = block.resnets
    alternating = [each for pair in zip(block.attentions, others, strict=True) for each in pair]
    return sequence([first, *alternating], steps, places)


def block_of(block: nn.Module, steps: Steps, places: Iterator[int]) -> nn.Module:
    """Return the module of this file that does what diffusers' `block` does."""
    if isinstance(block, reference.WanResidualBlock):
        return Residual(block, steps, places)
    if isinstance(block, reference.WanAttentionBlock):
        return Attention(block)
    if isinstance(block, reference.WanResidualDownBlock):
        return DownBlock(block, steps, places)
    if isinstance(block, reference.WanResample) and block.mode.startswith("up"):
        return Up(block, steps, places)
    if isinstance(block, reference.WanResample) and block.mode.startswith("down"):
        return Down(block, places)
    raise TypeError(f"the VAE has a {type(block).__name__} where none is known")


def _missing(values: Tensor, times: int) -> tuple[int, ...]:
    """Return the shape of the frames that are missing to a multiple of `times`."""
    batch, frames, *rest = values.shape
    return (batch, -frames % times, *rest)
