"""GMFlow's matching: where a feature is found again, over the whole picture or nearby, as an expectation."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

NOWHERE = -1e9


class Propagation(nn.Module):
    """Carries flow from where it is known to where features look alike (occluded and textureless places)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.q_proj = nn.Linear(channels, channels)
        self.k_proj = nn.Linear(channels, channels)

    def forward(self, features: torch.Tensor, flow: torch.Tensor, radius: int | None) -> torch.Tensor:
        """Return the flow (N, 2, H, W) averaged over similar places: everywhere, or within `radius`."""
        height, width = flow.shape[-2:]
        places = features.flatten(2).transpose(1, 2)
        query = self.q_proj(places)
        if radius is None:
            # Key of the projected query, not of the features: so the published weights were trained.
            found = functional.scaled_dot_product_attention(
                query, self.k_proj(query), flow.flatten(2).transpose(1, 2)
            )
            return found.transpose(1, 2).unflatten(2, (height, width))
        key = self.k_proj(places).transpose(1, 2).unflatten(2, (height, width))
        near_keys, near_flow = neighbours(key, radius), neighbours(flow, radius)
        scores = torch.einsum("nlc,nckl->nkl", query, near_keys) / query.shape[-1] ** 0.5
        carried = torch.einsum("nkl,nckl->ncl", scores.softmax(1), near_flow)
        return carried.unflatten(2, (height, width))


def neighbours(picture: torch.Tensor, radius: int) -> torch.Tensor:
    """Return (N, C, K, H * W): what lies in the (2 radius + 1)^2 = K places around each; zeros outside."""
    side = 2 * radius + 1
    return functional.unfold(picture, side, padding=radius).unflatten(1, (-1, side * side))


def match_everywhere(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the flow (N, 2, H, W) to where features (N, C, H, W) of the first are found in the second."""
    batch, _, height, width = first.shape
    grid = places(height, width).to(first)
    found = functional.scaled_dot_product_attention(
        first.flatten(2).transpose(1, 2),
        second.flatten(2).transpose(1, 2),
        grid.flatten(1).T.expand(batch, -1, -1),
    )
    return found.transpose(1, 2).unflatten(2, (height, width)) - grid


def match_nearby(first: torch.Tensor, second: torch.Tensor, radius: int) -> torch.Tensor:
    """Return the flow (N, 2, H, W) to where features are found within `radius` of their own place."""
    height, width = first.shape[-2:]
    grid = places(height, width).to(first)
    window = window_offsets(radius).to(first)
    scores = correlate_nearby(first, second, torch.zeros_like(grid)[None], radius)
    target = grid[None] + window[:, :, None, None]
    size = torch.tensor([width, height], device=grid.device)[None, :, None, None]
    inside = ((target >= 0) & (target < size)).all(1)
    likely = scores.masked_fill(~inside, NOWHERE).softmax(1)
    return torch.einsum("nkhw,kc->nchw", likely, window)


def correlate_nearby(
    first: torch.Tensor, second: torch.Tensor, flow: torch.Tensor, radius: int
) -> torch.Tensor:
    """Return (N, K, H, W): likeness of each feature to those of the K places around where its flow points."""
    batch, channels, height, width = first.shape
    target = places(height, width).to(first) + flow
    around = target[:, None] + window_offsets(radius).to(first)[None, :, :, None, None]
    near = sample(second, around.transpose(1, 2).flatten(3).expand(batch, -1, -1, -1))
    return torch.einsum("nchw,nckhw->nkhw", first, near.unflatten(3, (height, width))) / channels**0.5


def warp(features: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
    """Return features (N, C, H, W) of the places that the flow points to; zeros outside."""
    return sample(features, places(*flow.shape[-2:]).to(flow) + flow)


def sample(picture: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the picture (N, C, H, W) at places (N, 2, A, B) in pixels, bilinear; zeros outside."""
    height, width = picture.shape[-2:]
    centre = torch.tensor([(width - 1) / 2, (height - 1) / 2], device=target.device, dtype=target.dtype)
    relative = (target.permute(0, 2, 3, 1) - centre) / centre
    return functional.grid_sample(picture, relative, align_corners=True)


def places(height: int, width: int) -> torch.Tensor:
    """Return (2, height, width): each place's x and y."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([x, y])


def window_offsets(radius: int) -> torch.Tensor:
    """Return the K offsets (x, y) of a window, row by row: (K, 2)."""
    return places(2 * radius + 1, 2 * radius + 1).flatten(1).T - radius


def upsample_convex(flow: torch.Tensor, weights: torch.Tensor, factor: int) -> torch.Tensor:
    """Return the flow `factor` times larger: each fine place a convex mix of its 3x3 coarse neighbours (RAFT).

    weights: (N, 9 * factor^2, H, W), before softmax.
    """
    height, width = flow.shape[-2:]
    mix = weights.unflatten(1, (9, factor, factor)).softmax(1)
    around = neighbours(factor * flow, 1).unflatten(3, (height, width))
    return torch.einsum("nkyxhw,nckhw->nchywx", mix, around).flatten(4, 5).flatten(2, 3)
