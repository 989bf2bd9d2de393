"""GMFlow's attention: two pictures' features look at themselves and at each other, in shifted windows (Swin)."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

LAYERS = 6
OTHER_WINDOW = -100.0  # added to the score of places that are neighbours only because the picture was rolled


class AttentionLayer(nn.Module):
    """Single-head attention in windows, merged and normalised; with a feed-forward network after cross-attention."""

    def __init__(self, channels: int, feed_forward: bool) -> None:
        super().__init__()
        self.q_proj = nn.Linear(channels, channels, bias=False)
        self.k_proj = nn.Linear(channels, channels, bias=False)
        self.v_proj = nn.Linear(channels, channels, bias=False)
        self.merge = nn.Linear(channels, channels, bias=False)
        self.norm1 = nn.LayerNorm(channels)
        if feed_forward:
            self.mlp = nn.Sequential(
                nn.Linear(2 * channels, 8 * channels, bias=False),
                nn.GELU(),
                nn.Linear(8 * channels, channels, bias=False),
            )
            self.norm2 = nn.LayerNorm(channels)
        self._feed_forward = feed_forward

    def forward(
        self, source: torch.Tensor, target: torch.Tensor, splits: int, shifted_mask: torch.Tensor | None
    ) -> torch.Tensor:
        """Return `source` (N, H, W, C) with what it found in `target`, of the same shape."""
        query, key, value = self.q_proj(source), self.k_proj(target), self.v_proj(target)
        message = window_attention(query, key, value, splits, shifted_mask)
        message = self.norm1(self.merge(message))
        if self._feed_forward:
            message = self.norm2(self.mlp(torch.cat([source, message], dim=-1)))
        return source + message


class Block(nn.Module):
    """Self-attention, then cross-attention."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.self_attn = AttentionLayer(channels, feed_forward=False)
        self.cross_attn_ffn = AttentionLayer(channels, feed_forward=True)

    def forward(
        self, source: torch.Tensor, target: torch.Tensor, splits: int, shifted_mask: torch.Tensor | None
    ) -> torch.Tensor:
        """Return `source`, enriched."""
        source = self.self_attn(source, source, splits, shifted_mask)
        enriched: torch.Tensor = self.cross_attn_ffn(source, target, splits, shifted_mask)
        return enriched


class Transformer(nn.Module):
    """Six blocks; every second one has its windows shifted by half."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Block(channels) for _ in range(LAYERS))

    def forward(
        self, first: torch.Tensor, second: torch.Tensor, splits: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return both feature maps (N, C, H, W), each aware of the other."""
        height, width = first.shape[-2:]
        shifted_mask = shifted_window_mask(height, width, splits).to(first)
        both = torch.cat([first, second]).permute(0, 2, 3, 1)
        for index, layer in enumerate(self.layers):
            others = torch.cat(both.chunk(2)[::-1])
            both = layer(both, others, splits, shifted_mask if index % 2 else None)
        first, second = both.permute(0, 3, 1, 2).contiguous().chunk(2)
        return first, second


def window_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    splits: int,
    shifted_mask: torch.Tensor | None,
) -> torch.Tensor:
    """Attend within each of splits x splits windows of (N, H, W, C), shifted by half a window if a mask is given."""
    batch, height, width, _ = query.shape
    shift = height // splits // 2, width // splits // 2
    parts = [query, key, value]
    if shifted_mask is not None:
        parts = [torch.roll(part, (-shift[0], -shift[1]), (1, 2)) for part in parts]
        shifted_mask = shifted_mask.repeat(batch, 1, 1)
    query, key, value = (split(part, splits).flatten(1, 2) for part in parts)
    found = functional.scaled_dot_product_attention(query, key, value, shifted_mask)
    joined = join(found.unflatten(1, (height // splits, width // splits)), splits)
    return joined if shifted_mask is None else torch.roll(joined, shift, (1, 2))


def split(features: torch.Tensor, splits: int) -> torch.Tensor:
    """Cut (N, H, W, C) into (N * splits^2, H / splits, W / splits, C)."""
    rows = features.unflatten(2, (splits, -1)).unflatten(1, (splits, -1))
    return rows.transpose(2, 3).flatten(0, 2)


def join(windows: torch.Tensor, splits: int) -> torch.Tensor:
    """Undo `split`."""
    grid = windows.unflatten(0, (-1, splits, splits)).transpose(2, 3)
    return grid.flatten(3, 4).flatten(1, 2)


def shifted_window_mask(height: int, width: int, splits: int) -> torch.Tensor:
    """Return what to add to the scores (splits^2, L, L) of windows that were rolled by half a window."""
    regions = torch.zeros(1, height, width, 1)
    rows, columns = (_regions(side, side // splits) for side in (height, width))
    regions[0, :, :, 0] = 3 * rows[:, None] + columns
    parts = split(regions, splits).flatten(1)
    return (parts[:, None] != parts[:, :, None]) * OTHER_WINDOW


def _regions(side: int, window: int) -> torch.Tensor:
    """Return 0, 1 or 2 for each place: before the last window, in its part that stays, in its part rolled over."""
    place = torch.arange(side)
    return (place >= side - window).float() + (place >= side - window // 2).float()


def add_window_positions(features: torch.Tensor, splits: int) -> torch.Tensor:
    """Add sine positions within each window to (N, C, H, W)."""
    channels, height, width = features.shape[1:]
    code = sine_positions(height // splits, width // splits, channels).to(features)
    return features + code.repeat(1, splits, splits)


def sine_positions(height: int, width: int, channels: int) -> torch.Tensor:
    """Return (channels, height, width): sines and cosines of the row, then of the column, each scaled to 2 pi."""
    half = channels // 2
    period = 10000 ** (2 * (torch.arange(half) // 2) / half)
    rows, columns = (
        torch.arange(1, side + 1)[:, None] / (side + 1e-6) * 2 * math.pi / period for side in (height, width)
    )
    even = torch.arange(half) % 2 == 0
    rows, columns = (torch.where(even, phase.sin(), phase.cos()) for phase in (rows, columns))
    return torch.cat(
        [rows[:, None].expand(-1, width, -1), columns[None].expand(height, -1, -1)], dim=-1
    ).permute(2, 0, 1)
