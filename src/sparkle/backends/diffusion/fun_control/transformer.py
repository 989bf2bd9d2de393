"""The transformer of Wan2.2-Fun-Control: diffusers' Wan blocks, 52 input channels, reference tokens.

Tensor axes: B samples, C channels, F latent frames, H and W latent rows and columns, N = F * H/2 * W/2 video tokens.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import WanTransformer3DModel
from diffusers.configuration_utils import register_to_config
from diffusers.models.modeling_outputs import Transformer2DModelOutput

from sparkle.backends.diffusion.sharing import SharedTokens


class WanFunControlTransformer3DModel(WanTransformer3DModel):
    """A Wan transformer that also sees one reference image.

    The reference latent is cut into tokens by a convolution of its own (`ref_conv`) and goes in front of the video's
    tokens: it takes temporal position 0 and the video 1..F, it shares the sample's timestep, takes part in all
    attention, and is dropped after the output head.

    Parameters are those of `WanTransformer3DModel` (without its image cross-attention), and `reference_channels`: the
    channels of the reference latent, or None for a model without `ref_conv`. The defaults are the released A14B's.
    shared: who else computes the same pass; its attention must know, too (`wan_attention.share_attention`).
    """

    shared: SharedTokens | None = None

    _skip_layerwise_casting_patterns = (*WanTransformer3DModel._skip_layerwise_casting_patterns, "ref_conv")

    @register_to_config
    def __init__(
        self,
        patch_size: tuple[int, ...] = (1, 2, 2),
        num_attention_heads: int = 40,
        attention_head_dim: int = 128,
        in_channels: int = 52,
        out_channels: int = 16,
        text_dim: int = 4096,
        freq_dim: int = 256,
        ffn_dim: int = 13824,
        num_layers: int = 40,
        cross_attn_norm: bool = True,
        qk_norm: str | None = "rms_norm_across_heads",
        eps: float = 1e-6,
        image_dim: None = None,
        added_kv_proj_dim: None = None,
        rope_max_seq_len: int = 1024,
        pos_embed_seq_len: None = None,
        reference_channels: int | None = 16,
    ) -> None:
        if image_dim is not None or added_kv_proj_dim is not None:
            raise ValueError("this transformer has no image cross-attention: `image_dim` must be None")
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
            cross_attn_norm=cross_attn_norm,
            qk_norm=qk_norm,
            eps=eps,
            rope_max_seq_len=rope_max_seq_len,
        )
        self.ref_conv: Any = None
        if reference_channels is not None:
            width = num_attention_heads * attention_head_dim
            spatial = patch_size[1:]
            self.ref_conv = torch.nn.Conv2d(reference_channels, width, kernel_size=spatial, stride=spatial)

    def rotary_table(
        self, num_frames: int, height: int, width: int, device: torch.device, with_reference: bool
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return cosine and sine of the rotary positions of a latent of this size, float32 (1, tokens, 1, head size).

        It is the same at every step, so a pipeline computes it once and gives it to `forward`. A reference latent
        comes first, as a frame of its own.
        """
        frames = num_frames + self.config.patch_size[0] if with_reference else num_frames
        of_this_shape = torch.zeros((), device=device).expand(1, 1, frames, height, width)
        cosine, sine = self.rope(of_this_shape)
        return cosine.to(device), sine.to(device)

    def forward(
        self,
        hidden_states: torch.Tensor,
        timestep: torch.Tensor,
        encoder_hidden_states: torch.Tensor,
        reference_hidden_states: torch.Tensor | None = None,
        rotary_table: tuple[torch.Tensor, torch.Tensor] | None = None,
        return_dict: bool = True,
    ) -> Any:
        """Predict the velocity of noisy latents.

        hidden_states: (B, in_channels, F, H, W), noise first, then the conditioning channels.
        timestep: (B,), 0..1000, neither divided nor rounded.
        encoder_hidden_states: (B, 512, text_dim) text embeddings, zero past the prompt's end; no mask is used.
        reference_hidden_states: (B, reference_channels, H, W), all zero where a sample has no reference image;
            None leaves the reference tokens out, which the released weights have not seen.
        rotary_table: what `rotary_table` returned for this size; computed when not given.

        Returns (B, out_channels, F, H, W) as `Transformer2DModelOutput.sample`, or in a tuple.
        """
        if reference_hidden_states is not None and self.ref_conv is None:
            raise ValueError("this transformer has no `ref_conv`: `reference_hidden_states` must be None")
        batch, _, frames, height, width = hidden_states.shape
        if rotary_table is None:
            with_reference = reference_hidden_states is not None
            rotary_table = self.rotary_table(frames, height, width, hidden_states.device, with_reference)

        tokens = self.patch_embedding(hidden_states).flatten(2).transpose(1, 2)
        reference_tokens = 0
        if reference_hidden_states is not None:
            reference = self.ref_conv(reference_hidden_states).flatten(2).transpose(1, 2)
            reference_tokens = reference.shape[1]
            tokens = torch.cat([reference, tokens], dim=1)
        tokens = tokens.contiguous()

        time, time_projection, text, _ = self.condition_embedder(timestep, encoder_hidden_states)
        time_projection = time_projection.unflatten(1, (6, -1))
        if self.shared is not None:
            tokens, cosine, sine = self.shared.part(tokens, *rotary_table)
            rotary_table = cosine, sine
        for block in self.blocks:
            if torch.is_grad_enabled() and self.gradient_checkpointing:
                tokens = self._gradient_checkpointing_func(block, tokens, text, time_projection, rotary_table)
            else:
                tokens = block(tokens, text, time_projection, rotary_table)

        shift, scale = (self.scale_shift_table.to(time.device) + time.unsqueeze(1)).chunk(2, dim=1)
        shift, scale = shift.to(tokens.device), scale.to(tokens.device)
        tokens = (self.norm_out(tokens.float()) * (1 + scale) + shift).type_as(tokens)
        tokens = self.proj_out(tokens)
        if self.shared is not None:
            tokens = self.shared.whole(tokens)
        tokens = tokens[:, reference_tokens:]

        sample = self._unpatchify(tokens, batch, frames, height, width)
        return Transformer2DModelOutput(sample=sample) if return_dict else (sample,)

    def _unpatchify(
        self, tokens: torch.Tensor, batch: int, frames: int, height: int, width: int
    ) -> torch.Tensor:
        """(B, N, patch volume * C) -> (B, C, F, H, W)."""
        patch_t, patch_h, patch_w = self.config.patch_size
        grid = tokens.reshape(
            batch, frames // patch_t, height // patch_h, width // patch_w, patch_t, patch_h, patch_w, -1
        )
        return grid.permute(0, 7, 1, 4, 2, 5, 3, 6).flatten(6, 7).flatten(4, 5).flatten(2, 3)
