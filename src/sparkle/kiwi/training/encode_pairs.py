"""What the frozen models make of a pair: latents, and the states of a frozen encoder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from sparkle.kiwi.encoder import KiwiEncoder
from sparkle.kiwi.preprocessing import scale_pixels
from sparkle.kiwi.prompt import EncoderInput
from sparkle.kiwi.training.models import Models
from sparkle.kiwi.vae import Tiling, encode


@torch.no_grad()
def encode_frames(models: Models, frames: Tensor, device: torch.device, tiled: bool) -> Tensor:
    """Return latents (C, F, H, W) on the device, of uint8 frames (T, H, W, 3) on any device."""
    pixels = scale_pixels(frames.to(device), models.vae.dtype)
    latents: Tensor = encode(models.vae, pixels, Tiling() if tiled else None)[0]
    return latents


@torch.no_grad()
def encoder_states(encoder: KiwiEncoder, sample: EncoderInput) -> Tensor:
    """Return what the connector is given, (queries, hidden)."""
    sample = sample.to(encoder.device)
    hidden = encoder.hidden_states(sample)[0]
    if encoder.query_slice == "placeholders":
        return hidden[sample.is_query[0]]
    return hidden[len(hidden) - len(encoder.queries[sample.mode]) :]


@contextmanager
def on_device(models: Models, device: torch.device, *, language_model: bool) -> Iterator[None]:
    """Hold the VAE, and where asked for the language model, on the device; back where they were afterwards.

    The connector is left where it is: it may be in training there.
    """
    homes = models.vae.device, models.encoder.device
    _move(models, device, device if language_model else homes[1])
    try:
        yield
    finally:
        _move(models, *homes)
        if device.type == "cuda":
            torch.cuda.empty_cache()


def _move(models: Models, vae: torch.device, language_model: torch.device) -> None:
    models.vae.to(vae)
    encoder = models.encoder
    if encoder.device == language_model:
        return
    encoder.qwen.to(language_model)
    for queries in encoder.queries.values():
        queries.data = queries.data.to(language_model)
