"""Decoupled guidance (paper, section 3.5): edges of the source inside the subject, of the background outside."""

from sparkle.guidance.fusion import fuse_edges
from sparkle.guidance.masks import dilate_masks, resample_masks

__all__ = ["dilate_masks", "fuse_edges", "resample_masks"]
