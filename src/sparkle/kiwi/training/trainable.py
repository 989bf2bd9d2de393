"""Which weights are trained, by name of the set.

published: the transformer with its source embedding, queries, connector, and LoRA in the language model; what
    Kiwi-Edit's second stage and Kiwi-Sparkle train.
lora: LoRA in the language model and in the transformer's attention, nothing else.
transformer_lora: LoRA in the transformer's attention. The encoder does not change, so that its states can be kept
    like the latents, and neither the language model nor the VAE is in memory: for one 24 GB GPU.
frozen_language: the transformer and the connector; the encoder's states can be kept.
everything: the language model and its vision tower too; for models from scratch, which have learnt nothing yet.
"""

from __future__ import annotations

from typing import get_args

from peft import LoraConfig, inject_adapter_in_model

from sparkle.core.errors import SetupError
from sparkle.kiwi.encoder import KiwiEncoder, add_lora
from sparkle.kiwi.training.settings import LoraSettings, Trainable
from sparkle.kiwi.transformer import KiwiTransformer

SETS: tuple[Trainable, ...] = get_args(Trainable)

TRANSFORMER_LORA_TARGETS = ("to_q", "to_k", "to_v", "to_out.0")

_LORA = ".lora_"
_QWEN = "qwen."
_CONNECTORS = ("connector.", "reference_connector.")
# Part of every checkpoint and never called, so that it has no gradient.
_UNUSED = "condition_embedder.text_embedder."


def keeps_encoder(name: Trainable) -> bool:
    """Tell whether the language model and the queries stay as they are, so that their states can be computed once."""
    return name in ("transformer_lora", "frozen_language")


def wants_language_lora(name: Trainable) -> bool:
    """Tell whether the language model gets LoRA."""
    return name in ("published", "lora")


def prepare(transformer: KiwiTransformer, encoder: KiwiEncoder, name: Trainable, lora: LoraSettings) -> None:
    """Add the LoRA that the set needs and the models have not, and mark exactly the set's parameters as trained.

    `encoder` already has LoRA when its checkpoint had one.
    """
    if wants_language_lora(name) and not _has_lora(encoder):
        add_lora(encoder, lora.rank, lora.alpha)
    if name in ("lora", "transformer_lora"):
        _add_transformer_lora(transformer, lora)
    for parameter_name, parameter in transformer.named_parameters():
        parameter.requires_grad_(_in_transformer(parameter_name, name))
    for parameter_name, parameter in encoder.named_parameters():
        parameter.requires_grad_(_in_encoder(parameter_name, name))


def _in_transformer(parameter: str, name: Trainable) -> bool:
    if name in ("lora", "transformer_lora"):
        return _LORA in parameter
    return not parameter.startswith(_UNUSED)


def _in_encoder(parameter: str, name: Trainable) -> bool:
    match name:
        case "published":
            return _LORA in parameter or not parameter.startswith(_QWEN)
        case "lora":
            return _LORA in parameter
        case "transformer_lora":
            return False
        case "frozen_language":
            return parameter.startswith(_CONNECTORS)
        case "everything":
            return True


def _has_lora(encoder: KiwiEncoder) -> bool:
    return any(_LORA in name for name, _ in encoder.named_parameters())


def _add_transformer_lora(transformer: KiwiTransformer, lora: LoraSettings) -> None:
    if any(_LORA in name for name, _ in transformer.named_parameters()):
        raise SetupError("the transformer has LoRA already")
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=0.0,
        bias="none",
        target_modules=list(TRANSFORMER_LORA_TARGETS),
    )
    inject_adapter_in_model(config, transformer)
