"""Encoder and decoder of Wan's VAEs, called as diffusers' own are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import torch
from diffusers import AutoencoderKLWan
from diffusers.models.autoencoders import autoencoder_kl_wan as reference
from torch import Tensor, nn

from sparkle.backends.diffusion.wan_vae.blocks import UpBlock, middle_of, sequence
from sparkle.backends.diffusion.wan_vae.convolutions import Causal, Past, channels_last, gamma_of
from sparkle.backends.diffusion.wan_vae.steps import Steps


def quicken(vae: AutoencoderKLWan, steps: Steps) -> None:
    """Let `vae` encode and decode by this package, in place; its weights move into it.

    steps: `TORCH_STEPS`, which is slow, or those of `kernels`. Everything else of the VAE (chunks, tiles,
    hooks) stays. A VAE that was done already stays as it is. It cannot be saved any more.
    """
    if isinstance(vae.encoder, Encoder):
        return
    vae.encoder = Encoder(vae.encoder, steps)
    vae.decoder = Decoder(vae.decoder, steps)


class Head(nn.Module):
    """The last norm and convolution."""

    def __init__(self, coder: Any, steps: Steps, places: Iterator[int]) -> None:
        super().__init__()
        self.steps, self.gamma = steps, gamma_of(coder.norm_out)
        self.conv = Causal(coder.conv_out, next(places))

    def forward(self, values: Tensor, past: Past) -> Tensor:
        """Return the coder's output, (B, T, C, H, W)."""
        return self.steps.join(*self.conv(self.steps.norm_activate(values, self.gamma), past))


class Encoder(nn.Module):
    """Stands for diffusers' WanEncoder3d, called as it is."""

    def __init__(self, encoder: reference.WanEncoder3d, steps: Steps) -> None:
        super().__init__()
        places = count()
        self.steps = steps
        self.conv_in = Causal(encoder.conv_in, next(places))
        self.down = sequence(encoder.down_blocks, steps, places)
        self.middle = middle_of(encoder.mid_block, steps, places)
        self.head = Head(encoder, steps, places)

    def forward(self, x: Tensor, feat_cache: Past, feat_idx: Any = None) -> Tensor:
        """Encode a chunk (B, 3 or 12, T, H, W): one frame first, then fours."""
        with _tried_convolutions():
            values = self.steps.join(*self.conv_in(_frames(x), feat_cache))
            values = self.middle(self.down(values, feat_cache), feat_cache)
            return _clip(self.head(values, feat_cache))


class Decoder(nn.Module):
    """Stands for diffusers' WanDecoder3d, called as it is."""

    def __init__(self, decoder: reference.WanDecoder3d, steps: Steps) -> None:
        super().__init__()
        places = count()
        self.steps = steps
        self.conv_in = Causal(decoder.conv_in, next(places))
        self.middle = middle_of(decoder.mid_block, steps, places)
        self.up = nn.ModuleList(UpBlock(block, steps, places) for block in decoder.up_blocks)
        self.head = Head(decoder, steps, places)

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


def _frames(clip: Tensor) -> Tensor:
    """(B, C, T, H, W) as diffusers has it -> (B, T, C, H, W)."""
    return channels_last(clip.transpose(1, 2))


def _clip(values: Tensor) -> Tensor:
    return values.transpose(1, 2).contiguous()
