"""FLUX.2-klein editing several pictures at once."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import Flux2KleinPipeline


class BatchEditPipeline(Flux2KleinPipeline):
    """Flux2KleinPipeline in which every prompt of a batch has its own pictures.

    The stock pipeline shows all pictures to every prompt. Here `image` holds the pictures of the first prompt, then
    those of the second, and so on, equally many for each and of equal sizes; the first one alone is the stock case.
    """

    def prepare_image_latents(
        self, images: list[Any], batch_size: int, generator: Any, device: Any, dtype: Any
    ) -> tuple[Any, Any]:
        """Return the tokens (batch, tokens, channels) of each prompt's pictures, and their coordinates."""
        each = len(images) // batch_size
        latents, coordinates = [], []
        for first in range(0, len(images), each):
            own = super().prepare_image_latents(images[first : first + each], 1, generator, device, dtype)
            latents.append(own[0])
            coordinates.append(own[1])
        return torch.cat(latents), torch.cat(coordinates)
