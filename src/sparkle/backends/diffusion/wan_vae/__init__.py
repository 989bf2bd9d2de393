"""The Wan VAEs (2.1 and 2.2) computed faster from the same weights, with the same result up to rounding.

diffusers computes them with 3-D convolutions over padded copies. Here frames lie in memory as pixels of channels, and
convolutions are 2-D. Tensors are (B, T, C, H, W) with channels innermost in memory, unless it says otherwise.
"""

from sparkle.backends.diffusion.wan_vae.coders import quicken
from sparkle.backends.diffusion.wan_vae.steps import TORCH_STEPS, Steps

__all__ = ["TORCH_STEPS", "Steps", "quicken"]
