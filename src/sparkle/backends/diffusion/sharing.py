"""One clip on several devices, in step: each passes a part of its tokens, or one of the two passes of guidance.

Tokens (DeepSpeed-Ulysses, arXiv 2309.14509): everything in a block but self-attention looks at one token, so every
device has its own; for self-attention they exchange queries, keys and values, so that each has all tokens of some
heads, and change back after it. Guidance: half of the devices pass with the prompt, the others with the negative one.

Every device has all weights, and the same latents after each step. torch.distributed must be set up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as distributed
from torch import Tensor
from torch.nn.functional import pad

from sparkle.backends.attention_kernels import Attend, opaque
from sparkle.core.errors import SettingsError


class SharedTokens:
    """The tokens of one pass over the devices of a group: in equal parts, zeros after the last."""

    def __init__(self, group: Any) -> None:
        self.group = group
        self.size = distributed.get_world_size(group)
        self.rank = distributed.get_rank(group)
        self._tokens = 0
        self._exchange = opaque(f"exchange_{self.rank}", "tokens", self._all_to_all, inputs=1)

    def part(self, *each: Tensor) -> list[Tensor]:
        """Return this device's part of tensors (B, N, ...): tokens, and what goes with every token."""
        self._tokens = each[0].shape[1]
        length = -(-self._tokens // self.size)
        parts = []
        for values in each:
            own = values[:, self.rank * length : (self.rank + 1) * length]
            parts.append(_lengthened(own, length).contiguous())
        return parts

    def whole(self, own: Tensor) -> Tensor:
        """Return (B, N, ...) of all parts."""
        parts = [torch.empty_like(own) for _ in range(self.size)]
        distributed.all_gather(parts, own.contiguous(), self.group)
        return torch.cat(parts, dim=1)[:, : self._tokens]

    def attention(self, attend: Attend) -> Attend:
        """Return `attend`, over all tokens, for queries, keys and values (B, part, heads, head size) of own ones."""

        def shared(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            batch, length, heads, size = query.shape
            mine = heads // self.size
            # (3 B, part, heads, size) -> one block of heads for every device
            own = torch.cat([query, key, value]).unflatten(2, (self.size, mine)).movedim(2, 0)
            # from every device, its tokens of our heads
            ours = self._exchange(own.contiguous()).movedim(0, 1).flatten(1, 2)[:, : self._tokens]
            out = attend(*(each.contiguous() for each in ours.chunk(3)))
            blocks = _lengthened(out, length * self.size).unflatten(1, (self.size, length)).movedim(1, 0)
            back: Tensor = (
                self._exchange(blocks.contiguous()).movedim(0, 2).reshape(batch, length, heads, size)
            )
            return back

        return shared

    def _all_to_all(self, blocks: Tensor) -> Tensor:
        """Give block i of `blocks` (devices, ...) to device i, and return what all give to this one."""
        found = torch.empty_like(blocks)
        distributed.all_to_all_single(found, blocks, group=self.group)
        return found


@dataclass(frozen=True, slots=True)
class SharedGuidance:
    """The two passes of guidance, side 0 with the prompt and side 1 with the negative one. `group`: one of each."""

    side: int
    group: Any

    def both(self, own: Tensor) -> tuple[Tensor, Tensor]:
        """Return what side 0 and side 1 have predicted, of which this device has its own."""
        sides = [torch.empty_like(own) for _ in range(2)]
        distributed.all_gather(sides, own.contiguous(), self.group)
        return sides[0], sides[1]


def share(
    size: int, rank: int, heads: int, guided: bool
) -> tuple[SharedTokens | None, SharedGuidance | None]:
    """Divide a pass among `size` devices: of an even number, each half makes one pass of a guided step.

    guided: whether all steps make two passes. Collective: all devices call it alike. Raises SettingsError for
    attention heads that cannot be divided.
    """
    guidance = None
    length = size
    if guided and size % 2 == 0:
        length = size // 2
        pairs = [distributed.new_group([first, first + length]) for first in range(length)]
        guidance = SharedGuidance(rank // length, pairs[rank % length])
    if heads % length:
        raise SettingsError(
            f"gpus: {heads} attention heads cannot be divided among {length}; set another number"
        )
    if length == 1:
        return None, guidance
    halves = [distributed.new_group(list(range(start, start + length))) for start in range(0, size, length)]
    return SharedTokens(halves[rank // length]), guidance


def _lengthened(values: Tensor, length: int) -> Tensor:
    """(B, N, ...) with zeros after its tokens up to `length`."""
    missing = length - values.shape[1]
    return pad(values, (0, 0) * (values.ndim - 2) + (0, missing)) if missing else values
