"""From the roles' arrays to the pipeline's tensors; bytes cross to the device, not floats."""

from __future__ import annotations

import numpy as np
import torch

from sparkle.roles import EdgeMaps, Image


def to_control(edges: EdgeMaps, device: str) -> torch.Tensor:
    """Return edge maps (T, H, W) as a grey video (1, T, 3, H, W), float32 in [0, 1] on `device`."""
    grey = torch.from_numpy(np.ascontiguousarray(edges)).to(device).float() / 255.0
    return grey[None, :, None].expand(-1, -1, 3, -1, -1)


def to_picture(image: Image, device: str) -> torch.Tensor:
    """Return an image (H, W, 3) as (1, 3, H, W), float32 in [0, 1] on `device`."""
    pixels = torch.from_numpy(np.ascontiguousarray(image)).to(device).float() / 255.0
    return pixels.permute(2, 0, 1)[None]
