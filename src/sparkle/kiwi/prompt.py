"""The words around an instruction: Qwen's chat template, a vision block, and room for the learnable queries at the end.

    system turn | user turn: <video or image> instruction [reference suffix <reference image>] queries | end of turn

Everything of the user turn follows without separators. The instruction is tokenised as plain text, so that a special
token spelled out in it stays text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import torch

from sparkle.core.errors import SampleError
from sparkle.kiwi.vision import Patches

Mode = Literal["image", "video", "reference"]

# A functional constant: the weights were trained with exactly these words.
SYSTEM = (
    "You will be given an image and instruction. Please describe the content of the image in detail "
    "based on instruction in your own words."
)
REFERENCE_SUFFIX = " Use the reference input from last frame."


@dataclass(frozen=True, slots=True)
class PromptTokens:
    """Token ids of the template. `prefix` is everything before the vision block, `ending` follows the queries."""

    prefix: tuple[int, ...]
    ending: tuple[int, ...]
    vision_start: int
    vision_end: int
    image: int
    video: int
    query: int

    @classmethod
    def from_tokenizer(cls, tokenizer: Any) -> PromptTokens:
        """Look the ids up in Qwen's tokenizer."""
        opening = f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n"
        special = tokenizer.convert_tokens_to_ids
        return cls(
            prefix=tuple(tokenizer(opening, add_special_tokens=False)["input_ids"]),
            ending=tuple(tokenizer("<|im_end|>\n", add_special_tokens=False)["input_ids"]),
            vision_start=special("<|vision_start|>"),
            vision_end=special("<|vision_end|>"),
            image=special("<|image_pad|>"),
            video=special("<|video_pad|>"),
            query=special("<|object_ref_start|>"),
        )

    def assemble(
        self,
        instruction: list[int],
        queries: int,
        *,
        source: Patches,
        mode: Mode,
        reference: Patches | None = None,
    ) -> list[int]:
        """Return all ids. `instruction` are its ids, in reference mode those of instruction and suffix together."""
        pad = self.image if mode == "image" else self.video
        ids = [*self.prefix, *self._vision(pad, source.tokens), *instruction]
        if reference is not None:
            ids += self._vision(self.image, reference.tokens)
        return [*ids, *[self.query] * queries, *self.ending]

    def _vision(self, pad: int, count: int) -> list[int]:
        return [self.vision_start, *[pad] * count, self.vision_end]


@dataclass(frozen=True, slots=True)
class EncoderInput:
    """One sample for the encoder. The patches may lie on another device than the tensors to compute on.

    ids: int64 (1, L). is_query: bool (1, L), where the learnable queries go.
    """

    mode: Mode
    ids: torch.Tensor
    is_query: torch.Tensor
    source: Patches
    reference: Patches | None = None

    def to(self, device: torch.device) -> EncoderInput:
        """Return the sample to be computed on `device`."""
        return replace(self, ids=self.ids.to(device), is_query=self.is_query.to(device))


def make_input(
    tokenizer: Any,
    instruction: str,
    queries: dict[Mode, int],
    source: Patches,
    mode: Mode,
    reference: Patches | None,
) -> EncoderInput:
    """Tokenise an instruction with its pictures. `queries` says how many each mode has.

    Raises SampleError for an empty instruction, and for a mode that the checkpoint has no queries for.
    """
    if not instruction.strip():
        raise SampleError("the instruction is empty; say what the edit is")
    if mode not in queries:
        raise SampleError(f"this checkpoint has no {mode} queries; use one that was trained for it")
    text = instruction + REFERENCE_SUFFIX if mode == "reference" else instruction
    words = tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    tokens = PromptTokens.from_tokenizer(tokenizer)
    ids = torch.tensor([tokens.assemble(words, queries[mode], source=source, mode=mode, reference=reference)])
    return EncoderInput(mode, ids, ids == tokens.query, source, reference)
