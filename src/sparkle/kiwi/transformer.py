"""The video transformer of Kiwi-Edit: diffusers' Wan2.2-TI2V-5B with a source video and a reference image beside it.

    tokens = patch(noisy) + sigma * source_patch(source)          [+ reference_patch(reference), as one more frame]

The source is strongest where the noise is, and fades with it. The context is the encoder's, already as wide as the
transformer: Wan's own text embedding is part of the checkpoint and is never called.

Axes: B samples, C latent channels, F latent frames, H and W latent cells (16 pixels), N context tokens, D model width.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from diffusers import WanTransformer3DModel
from diffusers.configuration_utils import register_to_config
from diffusers.models.transformers.transformer_wan import WanRotaryPosEmbed
from torch import Tensor, nn


class KiwiTransformer(WanTransformer3DModel):
    """Predicts the flow, noise minus clean latents. The defaults are the sizes of the published 5B model.

    source: whether there is a source embedding (all but Kiwi-Edit's first training stage).
    reference: whether there is a reference embedding (Kiwi-Edit's third stage).
    reference_first: the reference is the frame before the video and moves it by one; otherwise the frame after.
    Both embeddings start at zero, so that a new one changes nothing.
    """

    # One precision for all weights, as the checkpoints have; the blocks' arithmetic around norms is float32 anyway.
    _keep_in_fp32_modules = None
    # Small layers at the edges stay in the compute precision when the blocks' weights are kept in 8 bits.
    _skip_layerwise_casting_patterns = (
        *WanTransformer3DModel._skip_layerwise_casting_patterns,
        "source_embedding",
        "reference_embedding",
    )

    @register_to_config
    def __init__(
        self,
        patch_size: tuple[int, int, int] = (1, 2, 2),
        num_attention_heads: int = 24,
        attention_head_dim: int = 128,
        in_channels: int = 48,
        out_channels: int = 48,
        text_dim: int = 4096,
        freq_dim: int = 256,
        ffn_dim: int = 14336,
        num_layers: int = 30,
        eps: float = 1e-6,
        rope_max_seq_len: int = 1024,
        source: bool = True,
        reference: bool = False,
        reference_first: bool = False,
    ) -> None:
        super().__init__(
            patch_size=patch_size,
            num_attention_heads=num_attention_heads,
            attention_head_dim=attention_head_dim,
            in_channels=in_channels,
            out_channels=out_channels,
            text_dim=text_dim,
            freq_dim=freq_dim,
            ffn_dim=ffn_dim,
            num_layers=num_layers,
            eps=eps,
            rope_max_seq_len=rope_max_seq_len,
        )
        width = num_attention_heads * attention_head_dim
        self.source_embedding = _zero_patches(in_channels, width, patch_size) if source else None
        self.reference_embedding = _zero_patches(in_channels, width, patch_size) if reference else None
        self.reference_first = reference_first

    def forward(
        self,
        noisy: Tensor,
        timestep: Tensor,
        context: Tensor,
        source: Tensor | None = None,
        sigma: Tensor | None = None,
        reference: Tensor | None = None,
    ) -> Tensor:
        """Return the predicted flow, shaped as `noisy`.

        noisy: (B, C, F, H, W) latents, H and W even. timestep: (B,) float, 0..1000, as it is to be embedded; each
        sample may have its own. context: (B, N, D). source: latents shaped as `noisy`, with `sigma` (B,), the noise
        level from the schedule in use. reference: (B, C, 1, H, W) latents of one image.
        """
        tokens, grid = _tokens(self.patch_embedding(noisy))
        if source is not None:
            if self.source_embedding is None or sigma is None:
                raise ValueError("source latents need a checkpoint with a source embedding, and sigma")
            shown, _ = _tokens(self.source_embedding(source))
            # In float32 until after the product: sigma in bfloat16 would keep two digits.
            tokens = tokens + (shown * sigma.float().view(-1, 1, 1)).type_as(tokens)
        frames = noisy.shape[2]
        video = slice(None)
        if reference is not None:
            if self.reference_embedding is None:
                raise ValueError("reference latents need a checkpoint with a reference embedding")
            image, _ = _tokens(self.reference_embedding(reference))
            frames += reference.shape[2]
            both = [image, tokens] if self.reference_first else [tokens, image]
            video = slice(image.shape[1], None) if self.reference_first else slice(0, tokens.shape[1])
            tokens = torch.cat(both, dim=1)
        positions = self.rope(torch.empty(1, 1, frames, *noisy.shape[3:], device="meta"))
        time, modulation = self._embed_time(timestep, tokens.dtype)
        for block in self.blocks:
            if torch.is_grad_enabled() and self.gradient_checkpointing:
                tokens = self._gradient_checkpointing_func(block, tokens, context, modulation, positions)
            else:
                tokens = block(tokens, context, modulation, positions)
        shift, scale = (self.scale_shift_table + time.unsqueeze(1)).chunk(2, dim=1)
        tokens = (self.norm_out(tokens.float()) * (1 + scale) + shift).type_as(tokens)
        return self._unpatch(self.proj_out(tokens[:, video]), grid)

    def _embed_time(self, timestep: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Return the time embedding (B, D), and the six modulations of the blocks made from it (B, 6, D)."""
        embedder = self.condition_embedder
        weights = embedder.time_embedder.linear_1.weight
        time = embedder.time_embedder(sinusoid(timestep, self.config.freq_dim).to(weights.dtype)).to(dtype)
        return time, embedder.time_proj(embedder.act_fn(time)).unflatten(1, (6, -1))

    def _unpatch(self, tokens: Tensor, grid: tuple[int, int, int]) -> Tensor:
        pixels = tokens.unflatten(2, (*self.config.patch_size, -1)).unflatten(1, grid)
        return pixels.permute(0, 7, 1, 4, 2, 5, 3, 6).flatten(6, 7).flatten(4, 5).flatten(2, 3)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> KiwiTransformer:
        """Cast and move all, but make the table of positions anew: it is exact in float32 whatever the weights are,
        and is no part of a checkpoint, so that it would stay empty after the meta device."""
        super()._apply(fn, recurse)
        config = self.config
        fresh = WanRotaryPosEmbed(config.attention_head_dim, config.patch_size, config.rope_max_seq_len)
        device = self.rope.freqs_cos.device
        self.rope.freqs_cos = fresh.freqs_cos.to(device)
        self.rope.freqs_sin = fresh.freqs_sin.to(device)
        return self


def sinusoid(timestep: Tensor, size: int) -> Tensor:
    """Return (B, size) float32 for timesteps (B,): cosines first, from angles in float64, of periods up to 10000."""
    half = size // 2
    powers = torch.arange(half, dtype=torch.float64, device=timestep.device) / half
    angles = torch.outer(timestep.double(), torch.pow(10000.0, -powers))
    return torch.cat([angles.cos(), angles.sin()], dim=1).float()


def _tokens(patches: Tensor) -> tuple[Tensor, tuple[int, int, int]]:
    """Turn (B, D, f, h, w) into (B, f * h * w, D); return the grid too."""
    grid: tuple[Any, ...] = tuple(patches.shape[2:])
    return patches.flatten(2).transpose(1, 2).contiguous(), (grid[0], grid[1], grid[2])


def _zero_patches(channels: int, width: int, patch_size: tuple[int, int, int]) -> nn.Conv3d:
    embedding = nn.Conv3d(channels, width, kernel_size=patch_size, stride=patch_size)
    nn.init.zeros_(embedding.weight)
    nn.init.zeros_(embedding.bias)
    return embedding
