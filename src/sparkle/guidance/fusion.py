"""The control video: which edges the final generator follows, and where."""

from __future__ import annotations

import numpy as np

from sparkle.core.errors import SampleError
from sparkle.guidance.masks import dilate_masks, resample_masks
from sparkle.roles import EdgeMaps, Masks


def fuse_edges(
    source_edges: EdgeMaps, background_edges: EdgeMaps | None, mask: Masks, *, dilation: int = 0
) -> EdgeMaps:
    """Return the source's edges inside the mask and the background's outside, uint8 (T, H, W).

    `background_edges` None is the paper's ablation with guidance of the foreground alone: black outside the mask.
    `mask` may have another size than the edges (same aspect ratio), and is grown by `dilation` pixels of the edge
    maps. An edge detector draws the subject's outline within a pixel or two of the contour, on either side;
    dilation keeps the outer part of that line at the price of a seam in the background's edges. Pixels are chosen,
    never blended, so that no line appears which neither map has. Raises SampleError when the clips do not fit.
    """
    _require_edge_maps("source", source_edges)
    if mask.ndim != 3 or len(mask) != len(source_edges):
        raise SampleError(
            f"the mask has shape {mask.shape}, but the source's edges have {source_edges.shape}; "
            "give one mask per frame"
        )
    inside = dilate_masks(resample_masks(mask, *source_edges.shape[1:]), dilation)
    if background_edges is None:
        return np.where(inside, source_edges, np.uint8(0))
    _require_edge_maps("background", background_edges)
    if background_edges.shape != source_edges.shape:
        raise SampleError(
            f"the background's edges have shape {background_edges.shape}, the source's {source_edges.shape}; "
            "animate the background at the source's size and length"
        )
    return np.where(inside, source_edges, background_edges)


def _require_edge_maps(name: str, edges: EdgeMaps) -> None:
    if edges.ndim != 3 or edges.dtype != np.uint8:
        raise SampleError(f"the {name}'s edges must be uint8 (T, H, W), got {edges.dtype} {edges.shape}")
