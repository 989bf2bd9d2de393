"""The Wan VAEs (2.1 and 2.2) computed faster from the same weights, with the same result up to rounding.

diffusers computes them with 3-D convolutions over padded copies. Here frames lie in memory as pixels of channels, and
every causal 3x3x3 convolution is one 2-D convolution that makes all three of its taps in time, which are then added:

    out[t] = last[t] + middle[t - 1] + first[t - 2] + bias

What a next chunk of frames needs of this one are the taps of its last two frames. Norm, activation, sum and residual
are single functions (`Steps`), which `wan_vae_kernels` has as one kernel each.

Tensors are (B, T, C, H, W) with channels innermost in memory, unless it says otherwise. `past` is the list that
diffusers' AutoencoderKLWan carries from chunk to chunk, None at a clip's start; every layer has its own place in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, product
from typing import Any

import torch
from diffusers import AutoencoderKLWan
from diffusers.models.autoencoders import autoencoder_kl_wan as reference
from torch import Tensor, nn
from torch.nn.functional import conv2d, linear, pad, scaled_dot_product_attention, silu

Past = list[Any]
# Tensor cores take channels by eights.
CHANNEL_STEP = 8


def quicken(vae: AutoencoderKLWan, steps: Steps) -> None:
    """Let `vae` encode and decode by the modules of this file, in place; its weights move into them.

    steps: `TORCH_STEPS`, which is slow, or those of `wan_vae_kernels`. Everything else of the VAE (chunks, tiles,
    hooks) stays. A VAE that was done already stays as it is. It cannot be saved any more.
    """
    if isinstance(vae.encoder, _Encoder):
        return
    vae.encoder = _Encoder(vae.encoder, steps)
    vae.decoder = _Decoder(vae.decoder, steps)


def norm_activate(values: Tensor, gamma: Tensor) -> Tensor:
    """Divide by the root mean square over channels, scale by `gamma` (C,), and apply SiLU; computed in float32."""
    return silu(_normed(values, gamma)).to(values.dtype)


def join(taps: Tensor, earlier: Tensor, bias: Tensor) -> Tensor:
    """Add the taps (B, T, 3, C, H, W) of a causal convolution; `earlier` (B, 3, C, H, W): see `_later`."""
    frames = taps.shape[1]
    first = torch.cat([earlier[:, :2], taps[:, :, 0]], dim=1)[:, :frames]
    middle = torch.cat([earlier[:, 2:], taps[:, :, 1]], dim=1)[:, :frames]
    return taps[:, :, 2] + middle + first + bias.view(-1, 1, 1)


def join_norm_activate(taps: Tensor, earlier: Tensor, bias: Tensor, gamma: Tensor) -> Tensor:
    """`join`, then `norm_activate`."""
    return norm_activate(join(taps, earlier, bias), gamma)


def join_add(taps: Tensor, earlier: Tensor, bias: Tensor, residual: Tensor) -> Tensor:
    """`join`, and add the residual."""
    return join(taps, earlier, bias) + residual


@dataclass(frozen=True, slots=True)
class Steps:
    """What lies between convolutions."""

    norm_activate: Callable[..., Tensor]
    join: Callable[..., Tensor]
    join_norm_activate: Callable[..., Tensor]
    join_add: Callable[..., Tensor]


TORCH_STEPS = Steps(norm_activate, join, join_norm_activate, join_add)


class _Flat(nn.Module):
    """A convolution in space alone, or in time alone where the frames are laid side by side as channels."""

    def __init__(self, conv: nn.Module, weight: Tensor, **options: Any) -> None:
        super().__init__()
        outputs = weight.shape[0]
        self.outputs, self.options = outputs, options
        self.weight = _parameter(_to_steps(_to_steps(weight, 0), 1))
        self.bias = _parameter(_to_steps(conv.bias.detach(), 0))

    def forward(self, values: Tensor) -> Tensor:
        return _by_frame(_convolved, values, self.weight, self.bias, **self.options)[:, :, : self.outputs]


class _Doubled(nn.Module):
    """Twice the sides by repeated pixels, then a 3x3 convolution: computed before the pixels are repeated.

    Of the three rows that such a convolution sees, two are the same: it sees two rows of the small picture, and so for
    columns. One 2x2 convolution gives the four kinds of large pixels, with 4/9 of the products.
    """

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.outputs = conv.out_channels
        whole = conv.weight.detach().double()
        # Large row 0 of two sees rows -1, 0, 0 of the small picture and row 1 sees 0, 0, 1.
        rows = [_summed(whole, 2, (1, 2)), _summed(whole, 2, (2, 1))]
        kinds = [_summed(row, 3, parts) for row in rows for parts in ((1, 2), (2, 1))]
        weight = torch.cat([_to_steps(kind, 0) for kind in kinds]).to(conv.weight.dtype)
        self.weight = _parameter(_to_steps(weight, 1))
        self.bias = _parameter(torch.cat([_to_steps(conv.bias.detach(), 0)] * 4))

    def forward(self, values: Tensor) -> Tensor:
        batch, frames, _, height, width = values.shape
        kinds = _by_frame(_convolved, values, self.weight, self.bias, padding=1).unflatten(2, (4, -1))
        kinds = kinds[:, :, :, : self.outputs].movedim(3, 5)
        large = values.new_empty(batch, frames, height, 2, width, 2, self.outputs)
        for row in range(2):
            for column in range(2):
                large[:, :, :, row, :, column] = kinds[
                    :, :, 2 * row + column, row : row + height, column : column + width
                ]
        return large.flatten(4, 5).flatten(2, 3).movedim(4, 2)


def _summed(weight: Tensor, side: int, parts: tuple[int, int]) -> Tensor:
    """Sum a weight's first and last entries of one side: as many as `parts` says."""
    return torch.cat([part.sum(dim=side, keepdim=True) for part in weight.split(parts, dim=side)], dim=side)


class _Causal(nn.Module):
    """A 3 x k x k convolution that looks back two frames; gives its taps in time, to be joined."""

    def __init__(self, conv: reference.WanCausalConv3d, place: int) -> None:
        super().__init__()
        self.place, self.outputs = place, conv.out_channels
        self.padding = conv._padding[2], conv._padding[0]
        taps = [_to_steps(_to_steps(conv.weight.detach()[:, :, tap], 0), 1) for tap in range(3)]
        self.weight = _parameter(torch.cat(taps))
        self.bias = _parameter(conv.bias.detach())

    def forward(self, values: Tensor, past: Past) -> tuple[Tensor, Tensor, Tensor]:
        """Return taps, those of earlier frames, and the bias, as `join` takes them; keep what the next chunk needs."""
        taps = _by_frame(_convolved, values, self.weight, padding=self.padding)
        taps = taps.unflatten(2, (3, -1))[:, :, :, : self.outputs]
        earlier = self.nothing(values) if past[self.place] is None else past[self.place]
        past[self.place] = _later(taps, earlier)
        return taps, earlier, self.bias

    def nothing(self, values: Tensor) -> Tensor:
        """Return what stands for the frames before the first."""
        batch, _, _, height, width = values.shape
        return _channels_last(values.new_zeros(batch, 3, self.outputs, height, width))


def _later(taps: Tensor, earlier: Tensor) -> Tensor:
    """Return what the next frames need: the first taps of the last two frames, and the middle one of the last."""
    before = taps[:, -2, 0] if taps.shape[1] > 1 else earlier[:, 1]
    batch, channels, height, width = before.shape
    kept = before.new_empty(batch, 3, height, width, channels).movedim(4, 2)
    for place, each in enumerate((before, taps[:, -1, 0], taps[:, -1, 1])):
        kept[:, place] = each  # a copy: the taps themselves can go
    return kept


class _Residual(nn.Module):
    def __init__(self, block: reference.WanResidualBlock, steps: Steps, places: Iterator[int]) -> None:
        super().__init__()
        self.steps = steps
        self.gamma1, self.gamma2 = _gamma(block.norm1), _gamma(block.norm2)
        self.conv1, self.conv2 = _Causal(block.conv1, next(places)), _Causal(block.conv2, next(places))
        shortcut = block.conv_shortcut
        self.shortcut = None
        if not isinstance(shortcut, nn.Identity):
            self.shortcut = _Flat(shortcut, shortcut.weight.detach()[:, :, 0])

    def forward(self, values: Tensor, past: Past) -> Tensor:
        inner = self.steps.norm_activate(values, self.gamma1)
        inner = self.steps.join_norm_activate(*self.conv1(inner, past), self.gamma2)
        residual = values if self.shortcut is None else self.shortcut(values)
        return self.steps.join_add(*self.conv2(inner, past), residual)


class _Attention(nn.Module):
    """Attention within each frame, with one head."""

    def __init__(self, block: reference.WanAttentionBlock) -> None:
        super().__init__()
        self.gamma = _gamma(block.norm)
        self.to_qkv = _Flat(block.to_qkv, block.to_qkv.weight.detach())
        self.proj = _Flat(block.proj, block.proj.weight.detach())

    def forward(self, values: Tensor, past: Past) -> Tensor:
        height, width = values.shape[3:]
        normed = _normed(values, self.gamma).to(values.dtype)
        tokens = self.to_qkv(normed).flatten(3).transpose(2, 3)
        attended = scaled_dot_product_attention(*tokens.chunk(3, dim=-1))
        return self.proj(attended.transpose(2, 3).unflatten(3, (height, width))) + values


class _Up(nn.Module):
    """Twice the sides, and twice the frames where there is a convolution in time."""

    def __init__(self, block: reference.WanResample, steps: Steps, places: Iterator[int]) -> None:
        super().__init__()
        self.steps = steps
        self.conv = _Doubled(block.resample[1])
        self.in_time = _Causal(block.time_conv, next(places)) if block.mode == "upsample3d" else None

    def forward(self, values: Tensor, past: Past) -> Tensor:
        if self.in_time is not None:
            # A clip's first frame stays one, and is not seen by those after it.
            if past[self.in_time.place] is None:
                past[self.in_time.place] = self.in_time.nothing(values)
            else:
                values = self.steps.join(*self.in_time(values, past)).movedim(2, 4)
                # B T H W (time C) -> B (T time) H W C
                values = values.unflatten(4, (2, -1)).movedim(4, 2).flatten(1, 2).movedim(4, 2)
        return self.conv(values)


class _Down(nn.Module):
    """Half the sides, and half the frames where there is a convolution in time."""

    def __init__(self, block: reference.WanResample, places: Iterator[int]) -> None:
        super().__init__()
        self.conv = _Flat(block.resample[1], block.resample[1].weight.detach(), stride=2)
        self.in_time, self.place = None, 0
        if block.mode == "downsample3d":
            weight = block.time_conv.weight.detach()
            self.in_time = _Flat(block.time_conv, torch.cat([weight[:, :, tap] for tap in range(3)], dim=1))
            self.place = next(places)

    def forward(self, values: Tensor, past: Past) -> Tensor:
        values = self.conv(_by_frame(pad, values, (0, 1, 0, 1)))
        if self.in_time is None:
            return values
        inner = values.movedim(2, 4)
        earlier, past[self.place] = past[self.place], inner[:, -1:].clone()
        if earlier is None:  # a clip's first frame stays one
            return values
        inner = torch.cat([earlier, inner], dim=1)
        together = torch.cat([inner[:, :-2:2], inner[:, 1:-1:2], inner[:, 2::2]], dim=4)
        return self.in_time(together.movedim(4, 2))


class _DownBlock(nn.Module):
    """A level of the 2.2 encoder: residual blocks beside a mean over what becomes one cell."""

    def __init__(self, block: reference.WanResidualDownBlock, steps: Steps, places: Iterator[int]) -> None:
        super().__init__()
        self.blocks = _sequence([*block.resnets, block.downsampler], steps, places)
        mean = block.avg_shortcut
        self.times, self.sides, self.outputs = mean.factor_t, mean.factor_s, mean.out_channels

    def forward(self, values: Tensor, past: Past) -> Tensor:
        return self.blocks(values, past) + self._mean(values)

    def _mean(self, values: Tensor) -> Tensor:
        values = torch.cat([values.new_zeros(_missing(values, self.times)), values], dim=1)
        cells = values.unflatten(4, (-1, self.sides)).unflatten(3, (-1, self.sides))
        cells = cells.unflatten(1, (-1, self.times))
        # B T time C H row W column -> B T H W (C time row column)
        cells = cells.permute(0, 1, 4, 6, 3, 2, 5, 7).flatten(4)
        return cells.unflatten(4, (self.outputs, -1)).mean(dim=-1).permute(0, 1, 4, 2, 3)


class _UpBlock(nn.Module):
    """A level of a decoder: residual blocks and the step up, in 2.2 beside a plain repetition."""

    def __init__(self, block: Any, steps: Steps, places: Iterator[int]) -> None:
        super().__init__()
        up = block.upsamplers[0] if getattr(block, "upsamplers", None) else getattr(block, "upsampler", None)
        self.blocks = _sequence([*block.resnets, up], steps, places)
        self.repeat: Any = getattr(block, "avg_shortcut", None)

    def forward(self, values: Tensor, past: Past, is_first: bool) -> Tensor:
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


class _Sequence(nn.Module):
    def __init__(self, layers: list[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, values: Tensor, past: Past) -> Tensor:
        for layer in self.layers:
            values = layer(values, past)
        return values


class _Head(nn.Module):
    def __init__(self, coder: Any, steps: Steps, places: Iterator[int]) -> None:
        super().__init__()
        self.steps, self.gamma = steps, _gamma(coder.norm_out)
        self.conv = _Causal(coder.conv_out, next(places))

    def forward(self, values: Tensor, past: Past) -> Tensor:
        return self.steps.join(*self.conv(self.steps.norm_activate(values, self.gamma), past))


class _Encoder(nn.Module):
    """Stands for diffusers' WanEncoder3d, called as it is."""

    def __init__(self, encoder: reference.WanEncoder3d, steps: Steps) -> None:
        super().__init__()
        places = count()
        self.steps = steps
        self.conv_in = _Causal(encoder.conv_in, next(places))
        self.down = _sequence(encoder.down_blocks, steps, places)
        self.middle = _middle(encoder.mid_block, steps, places)
        self.head = _Head(encoder, steps, places)

    def forward(self, x: Tensor, feat_cache: Past, feat_idx: Any = None) -> Tensor:
        """Encode a chunk (B, 3 or 12, T, H, W): one frame first, then fours."""
        with _tried_convolutions():
            values = self.steps.join(*self.conv_in(_frames(x), feat_cache))
            values = self.middle(self.down(values, feat_cache), feat_cache)
            return _clip(self.head(values, feat_cache))


class _Decoder(nn.Module):
    """Stands for diffusers' WanDecoder3d, called as it is."""

    def __init__(self, decoder: reference.WanDecoder3d, steps: Steps) -> None:
        super().__init__()
        places = count()
        self.steps = steps
        self.conv_in = _Causal(decoder.conv_in, next(places))
        self.middle = _middle(decoder.mid_block, steps, places)
        self.up = nn.ModuleList(_UpBlock(block, steps, places) for block in decoder.up_blocks)
        self.head = _Head(decoder, steps, places)

    def forward(self, x: Tensor, feat_cache: Past, feat_idx: Any = None, first_chunk: bool = False) -> Tensor:
        """Decode one latent frame (B, 16 or 48, 1, h, w), or several after the first."""
        with _tried_convolutions():
            values = self.steps.join(*self.conv_in(_frames(x), feat_cache))
            values = self.middle(values, feat_cache)
            for block in self.up:
                values = block(values, feat_cache, first_chunk)
            return _clip(self.head(values, feat_cache))


@contextmanager
def _tried_convolutions() -> Iterator[None]:
    """Let cuDNN try its ways for every size that is new: 13 % faster, for a second or two at the first clip."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before


def _sequence(blocks: Any, steps: Steps, places: Iterator[int]) -> _Sequence:
    return _Sequence([_flat(block, steps, places) for block in blocks if block is not None])


def _middle(block: reference.WanMidBlock, steps: Steps, places: Iterator[int]) -> _Sequence:
    first, *others = block.resnets
    alternating = [each for pair in zip(block.attentions, others, strict=True) for each in pair]
    return _sequence([first, *alternating], steps, places)


def _flat(block: nn.Module, steps: Steps, places: Iterator[int]) -> nn.Module:
    """Return the module of this file that does what diffusers' `block` does."""
    if isinstance(block, reference.WanResidualBlock):
        return _Residual(block, steps, places)
    if isinstance(block, reference.WanAttentionBlock):
        return _Attention(block)
    if isinstance(block, reference.WanResidualDownBlock):
        return _DownBlock(block, steps, places)
    if isinstance(block, reference.WanResample) and block.mode.startswith("up"):
        return _Up(block, steps, places)
    if isinstance(block, reference.WanResample) and block.mode.startswith("down"):
        return _Down(block, places)
    raise TypeError(f"the VAE has a {type(block).__name__} where none is known")


def _normed(values: Tensor, gamma: Tensor) -> Tensor:
    """Normalise over channels as WanRMS_norm does; float32 or wider."""
    wide = values.float() if values.dtype in (torch.float16, torch.bfloat16) else values
    length = wide.square().sum(dim=2, keepdim=True).sqrt().clamp(min=1e-12)
    return wide / length * (values.shape[2] ** 0.5 * gamma.to(wide.dtype).view(-1, 1, 1))


def _convolved(frames: Tensor, weight: Tensor, bias: Tensor | None = None, **options: Any) -> Tensor:
    missing = weight.shape[1] - frames.shape[1]
    if missing:
        frames = _channels_last(pad(frames, (0, 0, 0, 0, 0, missing)))
    if weight.shape[2:] == (1, 1):  # a plain product; whose layout conv2d would have to guess
        return linear(frames.movedim(1, 3), weight.flatten(1), bias).movedim(3, 1)
    return conv2d(frames, weight, bias, **options).contiguous(memory_format=torch.channels_last)


def _by_frame(run: Callable[..., Tensor], values: Tensor, *arguments: Any, **options: Any) -> Tensor:
    """Run what takes pictures (N, C, H, W) on every frame."""
    return run(values.flatten(0, 1), *arguments, **options).unflatten(0, values.shape[:2])


def _channels_last(values: Tensor) -> Tensor:
    return values.movedim(-3, -1).contiguous().movedim(-1, -3)


def _frames(clip: Tensor) -> Tensor:
    """(B, C, T, H, W) as diffusers has it -> (B, T, C, H, W)."""
    return _channels_last(clip.transpose(1, 2))


def _clip(values: Tensor) -> Tensor:
    return values.transpose(1, 2).contiguous()


def _missing(values: Tensor, times: int) -> tuple[int, ...]:
    """Return the shape of the frames that are missing to a multiple of `times`."""
    batch, frames, *rest = values.shape
    return (batch, -frames % times, *rest)


def _gamma(norm: reference.WanRMS_norm) -> nn.Parameter:
    return _parameter(norm.gamma.detach().flatten())


def _to_steps(weight: Tensor, side: int) -> Tensor:
    """Extend one side of a weight with zeros to a multiple of CHANNEL_STEP."""
    missing = -weight.shape[side] % CHANNEL_STEP
    if not missing:
        return weight
    shape = list(weight.shape)
    shape[side] = missing
    return torch.cat([weight, weight.new_zeros(shape)], dim=side)


def _parameter(values: Tensor) -> nn.Parameter:
    if values.ndim == 4:
        values = values.contiguous(memory_format=torch.channels_last)
    return nn.Parameter(values, requires_grad=False)
