"""Self-attention of Wan's transformers by another kernel than torch's own."""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.transformers.transformer_wan import WanAttention
from torch import Tensor

from sparkle.backends.attention_gradient import attention_with_gradient
from sparkle.backends.attention_kernels import Attend, attention_kernel, sdpa
from sparkle.backends.diffusion.sharing import SharedTokens
from sparkle.core.errors import SettingsError


class KernelAttention:
    """What a WanAttention does between its projections, as diffusers' own processor does it, with a given kernel."""

    def __init__(self, attend: Attend) -> None:
        self.attend = attend

    def __call__(
        self,
        attn: WanAttention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        rotary_emb: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        """Attend from (B, N, D) to itself, or to `encoder_hidden_states`; positions are turned by `rotary_emb`."""
        if attention_mask is not None:
            raise ValueError("no kernel takes a mask; use attention: sdpa")
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key = attn.norm_q(attn.to_q(hidden_states)), attn.norm_k(attn.to_k(context))
        value = attn.to_v(context)
        query, key, value = (each.unflatten(2, (attn.heads, -1)) for each in (query, key, value))
        if rotary_emb is not None:
            query, key = _turned(query, *rotary_emb), _turned(key, *rotary_emb)
        # Attention to the text is less than a hundredth of the work: it stays exact.
        attend = self.attend if encoder_hidden_states is None else sdpa
        out = attend(query, key, value).flatten(2, 3).type_as(query)
        projected: Tensor = attn.to_out[1](attn.to_out[0](out))
        return projected


def use_kernel(transformer: Any, name: str, dtype: torch.dtype, device: torch.device | str) -> None:
    """Let a Wan transformer's self-attention run by the kernel `name`, after its check.

    Raises SetupError for a kernel that is not here or not right, SettingsError for a model that attends to pictures.
    """
    attentions = _attentions(transformer, name)
    config = transformer.config
    attend = attention_kernel(name, config.num_attention_heads, config.attention_head_dim, dtype, device)
    for each in attentions:
        each.set_processor(KernelAttention(attend))


def learn_by_kernel(transformer: Any, device: torch.device | str) -> None:
    """Let a Wan transformer's self-attention be learnt through by FlashAttention 4. Raises as `use_kernel`."""
    attentions = _attentions(transformer, "fa4")
    config = transformer.config
    attend = attention_with_gradient(config.num_attention_heads, config.attention_head_dim, device)
    for each in attentions:
        each.set_processor(KernelAttention(attend))


def _attentions(transformer: Any, name: str) -> list[WanAttention]:
    found = [module for module in transformer.modules() if isinstance(module, WanAttention)]
    if any(each.add_k_proj is not None for each in found):
        raise SettingsError(f"attention: {name}: this model attends to a picture, too; set attention: sdpa")
    return found


def share_attention(transformer: Any, shared: SharedTokens) -> None:
    """Let a Wan transformer's self-attention, by whichever kernel it has, see the tokens of all devices."""
    for module in transformer.modules():
        if isinstance(module, WanAttention):
            processor = module.processor
            attend = processor.attend if isinstance(processor, KernelAttention) else sdpa
            module.set_processor(KernelAttention(shared.attention(attend)))


def share_tokens(transformer: Any, shared: SharedTokens) -> None:
    """Let diffusers' own Wan transformer pass this device's part of the tokens, and return what all have made.

    Its blocks are left as they are, so that they may be compiled. Not for models whose tokens have a time each.
    """

    def own_positions(_: Any, given: Any, table: tuple[Tensor, Tensor]) -> tuple[Tensor, ...]:
        return tuple(shared.part(*table))

    def own_patches(_: Any, given: Any, patches: Tensor) -> Tensor:
        # (B, width, frames, rows, columns) -> (B, width, own tokens, 1, 1), which the model flattens in the same order.
        (tokens,) = shared.part(patches.flatten(2).transpose(1, 2))
        return tokens.transpose(1, 2)[..., None, None]

    def all_tokens(_: Any, given: tuple[Tensor]) -> tuple[Tensor]:
        return (shared.whole(given[0]),)

    transformer.rope.register_forward_hook(own_positions)
    transformer.patch_embedding.register_forward_hook(own_patches)
    transformer.norm_out.register_forward_pre_hook(all_tokens)
    share_attention(transformer, shared)


def _turned(heads: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turn (B, N, heads, head size) by the rotary table, pair by pair."""
    even, odd = heads.unflatten(-1, (-1, 2)).unbind(-1)
    cosine, sine = cosine[..., 0::2], sine[..., 1::2]
    turned = torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), dim=-1)
    return turned.flatten(-2).type_as(heads)
