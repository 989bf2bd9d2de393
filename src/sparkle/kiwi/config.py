"""What a Kiwi checkpoint is the checkpoint of: sizes, queries, what is stored of the language model.

The defaults are the published model, Wan2.2-TI2V-5B with Qwen2.5-VL-3B; a file that says nothing is taken for it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from pydantic import Field
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLModel

from sparkle.backends.sound_weights import refuse_huge
from sparkle.config.settings import Settings
from sparkle.core.errors import SetupError
from sparkle.kiwi.encoder import KiwiEncoder, QuerySlice, add_lora
from sparkle.kiwi.transformer import KiwiTransformer

# What a configuration from a file may ask for, so that a hostile one costs no time or memory.
MOST_LAYERS = 256
WIDEST = 2**20

# What transformers raises for configurations that are none.
_INVALID = (TypeError, ValueError, KeyError, AttributeError, ImportError)
# Beside every "..._implementation".
_HOW = ("dtype", "torch_dtype", "auto_map", "quantization_config")
# Of transformers' classifiers: a number of labels becomes a table of names as long.
_LABELS = ("num_labels", "id2label", "label2id")

# The configuration of Qwen2.5-VL-3B-Instruct, as far as it decides over names and shapes of tensors.
QWEN_CONFIG: Mapping[str, Any] = {
    "vision_config": {
        "depth": 32,
        "hidden_size": 1280,
        "intermediate_size": 3420,
        "num_heads": 16,
        "out_hidden_size": 2048,
        "tokens_per_second": 2,
        "fullatt_block_indexes": [7, 15, 23, 31],
    },
    "text_config": {
        "vocab_size": 151936,
        "hidden_size": 2048,
        "intermediate_size": 11008,
        "num_hidden_layers": 36,
        "num_attention_heads": 16,
        "num_key_value_heads": 2,
        "max_position_embeddings": 128000,
        "rms_norm_eps": 1e-6,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
    },
    "tie_word_embeddings": True,
}


class KiwiConfig(Settings):
    """Sizes of the transformer, numbers of queries, and what the checkpoint holds beside them.

    reference: it has what Kiwi-Edit's third stage adds. reference_first: where the reference's frame goes; no tensor
    tells, and the file that is published for references alone needs True. lora_rank: rank of the unmerged LoRA, None
    without. whole_qwen: the language model's own weights are in it (a LoRA may have been merged into them).
    query_slice: which states were the context in training, see KiwiEncoder; all published weights need "shifted".
    qwen: configuration of Qwen2.5-VL, as in its config.json.
    """

    num_attention_heads: int = Field(default=24, ge=1, le=WIDEST)
    attention_head_dim: int = Field(default=128, ge=8, le=WIDEST)
    in_channels: int = Field(default=48, ge=1, le=WIDEST)
    text_dim: int = Field(default=4096, ge=1, le=WIDEST)
    freq_dim: int = Field(default=256, ge=2, le=WIDEST)
    ffn_dim: int = Field(default=14336, ge=1, le=WIDEST)
    num_layers: int = Field(default=30, ge=1, le=MOST_LAYERS)
    image_queries: int = Field(default=256, ge=1, le=WIDEST)
    video_queries: int = Field(default=512, ge=1, le=WIDEST)
    reference_queries: int = Field(default=768, ge=1, le=WIDEST)
    reference: bool = False
    reference_first: bool = False
    lora_rank: int | None = Field(default=64, ge=1, le=WIDEST)
    lora_alpha: int = Field(default=64, ge=1, le=WIDEST)
    whole_qwen: bool = False
    query_slice: QuerySlice = "shifted"
    qwen: Mapping[str, Any] = QWEN_CONFIG

    @property
    def width(self) -> int:
        """The transformer's width, which is the context's too."""
        return self.num_attention_heads * self.attention_head_dim

    def qwen_config(self) -> Qwen2_5_VLConfig:
        """Return the configuration of the language model. Raises SetupError for values that are none."""
        refuse_huge("the checkpoint's configuration of Qwen2.5-VL", self.qwen)
        _check_layers(self.qwen)
        try:
            return Qwen2_5_VLConfig(**_what_it_is(self.qwen))
        except (*_INVALID, StrictDataclassError) as error:
            raise SetupError(f"the checkpoint's configuration of Qwen2.5-VL is invalid: {error!r}") from error

    def new_transformer(self) -> KiwiTransformer:
        """Return the transformer, randomly initialised."""
        model: KiwiTransformer = KiwiTransformer(
            num_attention_heads=self.num_attention_heads,
            attention_head_dim=self.attention_head_dim,
            in_channels=self.in_channels,
            out_channels=self.in_channels,
            text_dim=self.text_dim,
            freq_dim=self.freq_dim,
            ffn_dim=self.ffn_dim,
            num_layers=self.num_layers,
            reference=self.reference,
            reference_first=self.reference_first,
        )
        return model

    def new_encoder(self, qwen: Qwen2_5_VLModel) -> KiwiEncoder:
        """Return the encoder around a language model, its own parts randomly initialised, without LoRA."""
        return KiwiEncoder(
            qwen,
            context_width=self.width,
            image_queries=self.image_queries,
            video_queries=self.video_queries,
            reference_queries=self.reference_queries if self.reference else None,
            query_slice=self.query_slice,
        )

    def empty_models(self) -> tuple[KiwiTransformer, KiwiEncoder]:
        """Return both models on the meta device, with LoRA where the checkpoint has one: names and shapes only."""
        try:
            with torch.device("meta"):
                encoder = self.new_encoder(Qwen2_5_VLModel(self.qwen_config()))
                if self.lora_rank is not None:
                    add_lora(encoder, self.lora_rank, self.lora_alpha)
                return self.new_transformer(), encoder
        except (*_INVALID, RuntimeError, ZeroDivisionError) as error:
            raise SetupError(f"the checkpoint's configuration describes no model: {error!r}") from error


def _what_it_is(qwen: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy without what says how to compute: a file could name code for it on the Hub. Nor with labels."""
    return {
        key: _what_it_is(value) if isinstance(value, Mapping) else copy.deepcopy(value)
        for key, value in qwen.items()
        if "implementation" not in key and key not in (*_HOW, *_LABELS)
    }


def _check_layers(qwen: Mapping[str, Any]) -> None:
    """Refuse a number of layers that is none, before transformers makes lists of that length."""
    for section, name in (("text_config", "num_hidden_layers"), ("vision_config", "depth")):
        values = qwen.get(section, qwen)
        count = values.get(name, 1) if isinstance(values, Mapping) else None
        if not isinstance(count, int) or not 0 < count <= MOST_LAYERS:
            raise SetupError(f"the checkpoint's configuration of Qwen2.5-VL: {section}.{name} is {count!r}")
