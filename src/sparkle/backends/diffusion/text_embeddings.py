"""Text embeddings of the Wan models (UMT5-XXL), computed once per text, with the text encoder out of the way.

The encoder is larger than some cards, and a clip needs it for a second: its weights stay in host memory and are lent
to the accelerator when a text is new.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sparkle.backends.held_model import HeldModel
from sparkle.backends.placement import Placement
from sparkle.core.extras import require

MAXIMUM_TOKENS = 512
REMEMBERED_TEXTS = 256


@dataclass(frozen=True, slots=True)
class TextEncoder:
    """A tokenizer of transformers and its UMT5EncoderModel."""

    tokenizer: Any
    model: Any


def embed_texts(encoder: TextEncoder, texts: Sequence[str], device: Any, tokens: int = MAXIMUM_TOKENS) -> Any:
    """Return the embeddings of `texts`, a tensor (texts, tokens, width) in the encoder's dtype on `device`.

    Rows past the end of a text are zero, and longer texts are cut. The text goes to the tokenizer untouched, as in
    the models' own code; the encoder must lie on `device`.
    """
    batch = encoder.tokenizer(
        list(texts),
        padding="max_length",
        max_length=tokens,
        truncation=True,
        add_special_tokens=True,
        return_attention_mask=True,
        return_tensors="pt",
    )
    mask = batch.attention_mask.to(device)
    hidden = encoder.model(batch.input_ids.to(device), mask).last_hidden_state
    return hidden.masked_fill(mask.unsqueeze(-1) == 0, 0.0)


class TextEmbeddings:
    """Embeds texts and remembers the latest of them, in host memory (4 MB each). Thread-safe."""

    def __init__(self, load: Callable[[], TextEncoder], placement: Placement, name: str) -> None:
        """`load` returns the encoder on the CPU; `name` is the model's, for messages and the report."""
        self._placement = placement
        self._held = HeldModel(lambda: self._prepared(load()), placement.remedy, name)
        self._known: OrderedDict[str, Any] = OrderedDict()

    def __call__(self, text: str) -> Any:
        """Return the embeddings of one text, a tensor (1, 512, width) on the CPU."""
        found = self._known.get(text)
        if found is None:
            with self._held.use("embedding a text") as encoder, self._placement.lend(encoder.model):
                found = embed_texts(encoder, [text], self._placement.device).cpu()
            self._known[text] = found
            while len(self._known) > REMEMBERED_TEXTS:
                self._known.popitem(last=False)
        return found

    def release(self) -> None:
        """Forget the encoder; what it has embedded stays known."""
        self._held.release()

    def _prepared(self, encoder: TextEncoder) -> TextEncoder:
        torch = require("torch", "models", "text embeddings")
        encoder.model.eval().requires_grad_(False)
        if torch.device(self._placement.device).type == "cuda":
            # From pinned memory 11 GB are lent in a third of a second, from ordinary memory in two.
            for weight in encoder.model.parameters():
                weight.data = weight.data.pin_memory()
        return encoder
