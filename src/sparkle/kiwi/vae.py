"""The VAE of Wan2.2 (diffusers' AutoencoderKLWan) as the reference runs it: no sampling, normalised, tiled.

16 pixels and 4 frames make one latent cell of 48 channels; the first frame is a latent frame of its own. Tiles lie
30x52 cells large every 15x26 cells and are blended with linear ramps. diffusers' own tiling is not used: it measures
tiles of this VAE in other units when it encodes than when it decodes. Nor is its `decode`, which limits what it returns
to [-1, 1]: the reference limits once, after the blending, which makes a difference of up to 0.34.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

import torch
from diffusers import AutoencoderKLWan
from diffusers.models.autoencoders.autoencoder_kl_wan import unpatchify
from diffusers.utils.accelerate_utils import apply_forward_hook
from torch import Tensor

Tile = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Tiling:
    """Tiles in latent cells (height, width). The defaults are the reference's; None in their place means whole frames,
    as in the reference's training."""

    size: tuple[int, int] = (30, 52)
    stride: tuple[int, int] = (15, 26)

    def tiles(self, rows: int, columns: int) -> Iterator[Tile]:
        """Yield the tiles of a frame of rows x columns cells; the last ones may be smaller."""
        for top in _starts(rows, self.size[0], self.stride[0]):
            for left in _starts(columns, self.size[1], self.stride[1]):
                yield (
                    slice(top, min(top + self.size[0], rows)),
                    slice(left, min(left + self.size[1], columns)),
                )


def encode(vae: AutoencoderKLWan, pixels: Tensor, tiling: Tiling | None) -> Tensor:
    """Return normalised latents (1, 48, (T - 1) / 4 + 1, H / 16, W / 16) of pixels (1, 3, T, H, W) in [-1, 1]."""
    cell = vae.config.scale_factor_spatial
    rows, columns = pixels.shape[3] // cell, pixels.shape[4] // cell

    def encode_tile(tile: Tile) -> Tensor:
        height, width = (_times(cells, cell) for cells in tile)
        return vae.encode(pixels[:, :, :, height, width]).latent_dist.mode()

    moments = _tiled(encode_tile, rows, columns, 1, tiling)
    mean, inverse_std = _statistics(vae, moments)
    return (moments - mean) * inverse_std


def decode(vae: AutoencoderKLWan, latents: Tensor, tiling: Tiling | None) -> Tensor:
    """Return pixels (1, 3, 4 * (F - 1) + 1, H * 16, W * 16) in [-1, 1] of normalised latents (1, 48, F, H, W)."""
    latents = latents.to(vae.dtype)
    mean, inverse_std = _statistics(vae, latents)
    moments = latents / inverse_std + mean

    def decode_tile(tile: Tile) -> Tensor:
        return _unlimited(vae, moments[:, :, :, tile[0], tile[1]])

    rows, columns = latents.shape[3:]
    return _tiled(decode_tile, rows, columns, vae.config.scale_factor_spatial, tiling).clamp(-1, 1)


@apply_forward_hook  # brings an offloaded VAE to the device, as its own `decode` does
def _unlimited(vae: AutoencoderKLWan, moments: Tensor) -> Tensor:
    """Return what `vae.decode` returns, not limited to [-1, 1]."""
    if not isinstance(vae, AutoencoderKLWan):  # the stand-in of small models limits nothing
        return vae.decode(moments, return_dict=False)[0]
    vae.clear_cache()
    cache = vae._feat_map
    latents = vae.post_quant_conv(moments)
    pixels = torch.cat(
        [
            vae.decoder(
                latents[:, :, frame : frame + 1], feat_cache=cache, feat_idx=[0], first_chunk=frame == 0
            )
            for frame in range(latents.shape[2])
        ],
        dim=2,
    )
    vae.clear_cache()
    return pixels if vae.config.patch_size is None else unpatchify(pixels, vae.config.patch_size)


def _statistics(vae: AutoencoderKLWan, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and 1 / std (1, 48, 1, 1, 1) in the latents' dtype, where the reference rounds them too."""
    mean = torch.tensor(vae.config.latents_mean).view(1, -1, 1, 1, 1)
    std = torch.tensor(vae.config.latents_std).view(1, -1, 1, 1, 1)
    return mean.to(like), (1 / std).to(like)


def _tiled(
    run: Callable[[Tile], Tensor], rows: int, columns: int, cell: int, tiling: Tiling | None
) -> Tensor:
    """Run `run` on every tile and blend what comes back, `cell` units of it per latent cell."""
    if tiling is None:
        return run((slice(0, rows), slice(0, columns)))
    tiles = list(tiling.tiles(rows, columns))
    if len(tiles) == 1:
        return run(tiles[0])
    overlap = [(size - stride) * cell for size, stride in zip(tiling.size, tiling.stride, strict=True)]
    first = run(tiles[0])
    total = first.new_zeros(*first.shape[:3], rows * cell, columns * cell, dtype=torch.float32)
    weights = total.new_zeros(rows * cell, columns * cell)
    for tile, result in chain([(tiles[0], first)], ((tile, run(tile)) for tile in tiles[1:])):
        height, width = (_times(cells, cell) for cells in tile)
        down, across = _ramp(height, rows * cell, overlap[0]), _ramp(width, columns * cell, overlap[1])
        weight = torch.minimum(down[:, None], across[None, :]).to(total)
        total[..., height, width] += result * weight
        weights[height, width] += weight
    return total.div_(weights).to(first.dtype)


def _ramp(span: slice, length: int, overlap: int) -> Tensor:
    """Return weights of a tile along one side: rising from and falling to its neighbours, flat at the frame's edges."""
    weight = torch.ones(span.stop - span.start)
    rising = (torch.arange(min(overlap, len(weight))) + 1) / overlap
    if span.start > 0:
        weight[: len(rising)] = rising
    if span.stop < length:
        weight[len(weight) - len(rising) :] = rising.flip(0)
    return weight


def _starts(length: int, size: int, stride: int) -> Iterator[int]:
    """Yield where tiles begin, up to the first one that reaches the end."""
    for start in range(0, length, stride):
        yield start
        if start + size >= length:
            return


def _times(cells: slice, factor: int) -> slice:
    return slice(cells.start * factor, cells.stop * factor)
