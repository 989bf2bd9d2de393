"""A small Kiwi with random weights: the same classes and the same checkpoint, sizes for a CPU or for one short lease.

Its tokens are bytes, or pieces of the taxonomy's words; its latents are cosine coefficients
(sparkle.kiwi.cosine_autoencoder). So nothing is downloaded. It shows that data, training, checkpoint and sampling fit
together; it knows nothing but its training data.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from sparkle.config.settings import Settings
from sparkle.core.errors import SettingsError
from sparkle.taxonomy import load_taxonomy

SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
BYTES = 256
HEAD = 32


class ScratchSettings(Settings):
    """Sizes. width, layers, feed_forward: of the transformer, in heads of 32. channels: cosine coefficients per latent
    cell of `cell` x `cell` pixels; whitening: see CosineAutoencoder. language_*: of the encoder's language model.
    queries: of each mode.

    vocabulary: tokens of the language; the first 256 are bytes, the others are learnt from the taxonomy's scenes.
    sharpness: factor on the language model's initial weights. With 1 a random query looks at all tokens alike, and they
        are mostly the clip's; with 3 at a few, and the states of a frozen encoder tell the instructions' scenes apart.
    """

    width: int = Field(default=128, ge=HEAD, multiple_of=HEAD)
    layers: int = Field(default=4, ge=1, le=64)
    feed_forward: int = Field(default=384, ge=8)
    channels: int = Field(default=24, ge=1)
    cell: int = Field(default=8, ge=4, le=16)
    whitening: float = Field(default=1.0, ge=0, le=1)
    queries: int = Field(default=8, ge=1)
    language_width: int = Field(default=64, ge=64, multiple_of=64)
    language_layers: int = Field(default=2, ge=1, le=64)
    vocabulary: int = Field(default=BYTES, ge=BYTES)
    sharpness: float = Field(default=1.0, gt=0)
    vision_width: int = Field(default=32, ge=32, multiple_of=32)
    vision_layers: int = Field(default=1, ge=1, le=32)

    @model_validator(mode="after")
    def _fits(self) -> ScratchSettings:
        if 32 % (2 * self.cell):
            raise ValueError(
                f"cell must be 4, 8 or 16, so that sides of 32 hold whole patches; got {self.cell}"
            )
        if self.channels > 12 * self.cell**2:
            raise ValueError(
                f"a cell of {self.cell} has {12 * self.cell**2} coefficients, not {self.channels}"
            )
        return self

    def config_values(self) -> dict[str, Any]:
        """Return the values of the KiwiConfig. Checkpoints get all weights, since there is nowhere to fetch them."""
        return {
            "num_attention_heads": self.width // HEAD,
            "attention_head_dim": HEAD,
            "in_channels": self.channels,
            "text_dim": 8,
            "ffn_dim": self.feed_forward,
            "num_layers": self.layers,
            "image_queries": self.queries,
            "video_queries": self.queries,
            "reference_queries": self.queries,
            "lora_rank": None,
            "whole_qwen": True,
            "query_slice": "placeholders",  # no published weights to match
            "qwen": self._qwen(),
        }

    def _qwen(self) -> dict[str, Any]:
        # Qwen's own 0.02 fits a width of 2048. In a narrow model it leaves all attention flat, and two instructions for
        # one clip end in states that differ by 2 %; like this by 50 %.
        spread = self.sharpness * self.language_width**-0.5
        return {
            "initializer_range": spread,
            "vision_config": {
                "initializer_range": self.vision_width**-0.5,
                "depth": self.vision_layers,
                "hidden_size": self.vision_width,
                "intermediate_size": 2 * self.vision_width,
                "num_heads": self.vision_width // 32,
                "out_hidden_size": self.language_width,
                "tokens_per_second": 2,
                "fullatt_block_indexes": [self.vision_layers - 1] if self.vision_layers > 1 else [],
            },
            "text_config": {
                "initializer_range": spread,
                "vocab_size": self.vocabulary + len(SPECIAL_TOKENS),
                "hidden_size": self.language_width,
                "intermediate_size": 2 * self.language_width,
                "num_hidden_layers": self.language_layers,
                "num_attention_heads": self.language_width // 32,
                "num_key_value_heads": 1,
                "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [4, 6, 6]},
                "bos_token_id": self._token("<|endoftext|>"),
                "eos_token_id": self._token("<|im_end|>"),
            },
            "image_token_id": self._token("<|image_pad|>"),
            "video_token_id": self._token("<|video_pad|>"),
            "vision_start_token_id": self._token("<|vision_start|>"),
            "vision_end_token_id": self._token("<|vision_end|>"),
            "tie_word_embeddings": True,
        }

    def _token(self, name: str) -> int:
        return self.vocabulary + SPECIAL_TOKENS.index(name)


def scratch_tokenizer(vocabulary: int) -> Any:
    """Return a tokenizer of bytes and of the taxonomy's most frequent pieces of words, Qwen's special tokens behind.

    Raises SettingsError for a vocabulary that is larger than the taxonomy's.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(
        models.BPE(vocab={letter: index for index, letter in enumerate(alphabet)}, merges=[])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    if vocabulary > BYTES:
        trainer = trainers.BpeTrainer(vocab_size=vocabulary, initial_alphabet=alphabet, show_progress=False)
        tokenizer.train_from_iterator(_scene_texts(), trainer)
    if (learnt := tokenizer.get_vocab_size()) != vocabulary:
        raise SettingsError(
            f"vocabulary: {vocabulary}: the taxonomy's scenes yield {learnt}; take at most that"
        )
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL_TOKENS])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=SPECIAL_TOKENS[2])


def _scene_texts() -> list[str]:
    subthemes = [scenes for groups in load_taxonomy().values() for scenes in groups.values()]
    return [f"{scene.name}, where {scene.motion}." for scenes in subthemes for scene in scenes]
