"""Latents without a trained VAE: the lowest cosine coefficients of every cell, of unit variance.

For small runs from scratch. It has the interface of AutoencoderKLWan that the pipeline uses, and no weights. What the
dropped coefficients held is lost: about 25 dB at 160x96 and 29 dB at 320x192 with 24 and 32 channels of 8-pixel cells.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from pydantic import Field
from torch import Tensor

from sparkle.config.settings import Settings, parse_settings
from sparkle.kiwi.diffusers_layout import read_json

FRAMES = 4

# Luma-like, then two colour differences; rows are orthonormal.
_COLOURS = torch.nn.functional.normalize(torch.tensor([[1.0, 1, 1], [1, 0, -1], [-0.5, 1, -0.5]]))
# Standard deviations on natural clips in [-1, 1], measured on eight; a law in closed form fits within a third.
_COLOUR_SPREAD = (1.0, 0.4, 0.15)
_FLAT, _SPATIAL, _TEMPORAL = 0.95, 0.17, 0.035


@dataclass(frozen=True, slots=True)
class _Latents:
    """Has the one method that callers use of a latent distribution."""

    latents: Tensor

    def mode(self) -> Tensor:
        return self.latents


@dataclass(frozen=True, slots=True)
class _Encoded:
    latent_dist: _Latents


class _Stated(Settings):
    """What a file may say of one: a number too large would be a table too large."""

    channels: int = Field(ge=1, le=4096)
    scale_factor_spatial: int = Field(ge=1, le=64)
    whitening: float = Field(default=1.0, ge=0, le=1)


class CosineAutoencoder(ModelMixin, ConfigMixin):
    """A cell of 4 frames and `scale_factor_spatial` pixels each way becomes `channels` numbers.

    The first frame is a latent frame of its own, as in Wan's VAE.
    whitening: 1 gives every coefficient the same variance; 0 leaves their proportions as they are in clips. Below 1 the
        coarse ones stand out of the noise before the fine ones do, and count for more in a loss. Latents have unit
        variance on the average in either case.
    """

    @register_to_config
    def __init__(
        self,
        channels: int = 24,
        scale_factor_spatial: int = 8,
        whitening: float = 1.0,
        latents_mean: list[float] | None = None,
        latents_std: list[float] | None = None,
    ) -> None:
        super().__init__()
        kept = sorted(_coefficients(scale_factor_spatial), key=_spread, reverse=True)[:channels]
        # Normalisation is part of the coefficients here; the pipeline's own finds nothing left to do.
        self.register_to_config(latents_mean=[0.0] * channels, latents_std=[1.0] * channels)
        basis = torch.stack([_pattern(place, scale_factor_spatial) for place in kept])
        spreads = torch.tensor([_spread(place) for place in kept])
        units = spreads**whitening
        units = units * ((spreads / units) ** 2).mean().sqrt() * math.sqrt(FRAMES * scale_factor_spatial**2)
        self.register_buffer("analysis", basis / units.view(-1, 1), persistent=False)
        self.register_buffer("synthesis", basis * units.view(-1, 1), persistent=False)

    @property
    def key(self) -> str:
        """What the latents depend on, for a cache of them."""
        config = self.config
        return f"cosine-{config.channels}-{config.scale_factor_spatial}-{config.whitening:g}"

    @classmethod
    def from_folder(cls, folder: Path) -> CosineAutoencoder | None:
        """Return the autoencoder that a checkpoint's vae/config.json describes, or None when it describes another.

        Raises SettingsError for numbers that none has.
        """
        if not (folder / "config.json").is_file():
            return None
        config = read_json(folder / "config.json")
        if config.get("_class_name") != cls.__name__:
            return None
        stated = {name: config[name] for name in _Stated.model_fields if name in config}
        values = parse_settings(_Stated, stated, str(folder / "config.json"))
        made: CosineAutoencoder = cls(values.channels, values.scale_factor_spatial, values.whitening)
        return made

    def encode(self, pixels: Tensor) -> _Encoded:
        """Encode (B, 3, 4k + 1, H, W) in [-1, 1] to (B, C, k + 1, H / cell, W / cell)."""
        cell = self.config.scale_factor_spatial
        repeated = torch.cat([pixels[:, :, :1].expand(-1, -1, FRAMES - 1, -1, -1), pixels], dim=2)
        cells = repeated.unflatten(2, (-1, FRAMES)).unflatten(4, (-1, cell)).unflatten(6, (-1, cell))
        # B colour f 4 h cell w cell -> B f h w (colour 4 cell cell)
        flat = cells.permute(0, 2, 4, 6, 1, 3, 5, 7).flatten(4)
        return _Encoded(_Latents((flat @ self.analysis.to(flat).T).movedim(-1, 1)))

    def decode(self, latents: Tensor, return_dict: bool = False) -> tuple[Tensor]:
        """Decode (B, C, k + 1, h, w) to (B, 3, 4k + 1, h * cell, w * cell)."""
        cell = self.config.scale_factor_spatial
        flat = latents.movedim(1, -1) @ self.synthesis.to(latents)
        cells = flat.unflatten(-1, (3, FRAMES, cell, cell)).permute(0, 4, 1, 5, 2, 6, 3, 7)
        pixels = cells.flatten(6, 7).flatten(4, 5).flatten(2, 3)
        first = pixels[:, :, :FRAMES].mean(dim=2, keepdim=True)
        return (torch.cat([first, pixels[:, :, FRAMES:]], dim=2),)


_Place = tuple[int, int, int, int]


def _coefficients(cell: int) -> list[_Place]:
    """Return (colour, time, row, column) of all coefficients."""
    return list(itertools.product(range(3), range(FRAMES), range(cell), range(cell)))


def _spread(place: _Place) -> float:
    """Return the standard deviation that a coefficient is taken to have."""
    colour, time, row, column = place
    frequency = row + column
    if time:
        return _COLOUR_SPREAD[colour] * _TEMPORAL / (time * (1 + frequency))
    return _COLOUR_SPREAD[colour] * (_SPATIAL / frequency if frequency else _FLAT)


def _pattern(place: _Place, cell: int) -> Tensor:
    """Return the orthonormal pattern of a coefficient, flat over (colour, time, row, column)."""
    colour, time, row, column = place
    block = torch.einsum(
        "c,t,h,w->cthw", _COLOURS[colour], _cosine(time, FRAMES), _cosine(row, cell), _cosine(column, cell)
    )
    return block.flatten()


def _cosine(frequency: int, length: int) -> Tensor:
    wave = torch.cos(math.pi * (torch.arange(length) + 0.5) * frequency / length)
    return wave / wave.norm()
