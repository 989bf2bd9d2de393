"""What is trained: the published set on the full-size model, by name; LoRA sets on a small one."""

import pytest

torch = pytest.importorskip("torch")

from accelerate import init_empty_weights  # noqa: E402
from transformers import Qwen2_5_VLModel  # noqa: E402

from sparkle.kiwi.config import KiwiConfig  # noqa: E402
from sparkle.kiwi.names import checkpoint_tensors, official_encoder_name, official_transformer_name  # noqa: E402
from sparkle.kiwi.training.scratch import ScratchSettings  # noqa: E402
from sparkle.kiwi.training.settings import LoraSettings  # noqa: E402
from sparkle.kiwi.training.trainable import SETS, keeps_encoder, prepare  # noqa: E402


def models(config):
    with init_empty_weights():
        return config.new_transformer(), config.new_encoder(Qwen2_5_VLModel(config.qwen_config()))


def trained(name, config=None):
    transformer, encoder = models(config or KiwiConfig.model_validate(ScratchSettings().config_values()))
    prepare(transformer, encoder, name, LoraSettings())
    return [
        {parameter for parameter, value in model.named_parameters() if value.requires_grad}
        for model in (transformer, encoder)
    ]


def test_the_published_set_is_the_published_checkpoint_without_what_has_no_gradient():
    transformer, encoder = trained("published", KiwiConfig(lora_rank=None))
    names = {official_transformer_name(name) for name in transformer}
    names |= {official_encoder_name(name) for name in encoder}
    published = set(checkpoint_tensors(KiwiConfig()))
    unused = {name for name in published if name.startswith("dit.text_embedding.")}
    assert len(published) == 1121
    assert len(unused) == 4
    assert names == published - unused


def test_the_published_lora_is_of_rank_64_on_q_k_v_o_of_36_layers():
    _, encoder = models(KiwiConfig(lora_rank=None))
    transformer = models(KiwiConfig(lora_rank=None))[0]
    prepare(transformer, encoder, "published", LoraSettings())
    low_rank = {name: value for name, value in encoder.named_parameters() if ".lora_" in name}
    assert len(low_rank) == 36 * 4 * 2
    assert all(64 in value.shape for value in low_rank.values())
    assert not any("visual" in name for name in low_rank)


@pytest.mark.parametrize("name", ["lora", "transformer_lora"])
def test_lora_sets_train_nothing_but_lora(name):
    transformer, encoder = trained(name)
    assert transformer
    assert all(".lora_" in parameter for parameter in transformer | encoder)
    assert bool(encoder) == (name == "lora")
    assert len(transformer) == 4 * 2 * 4 * 2  # layers, attentions, projections, matrices


def test_a_kept_encoder_has_no_trained_weight_but_the_connector_s():
    for name in SETS:
        if keeps_encoder(name):
            assert all(parameter.startswith("connector.") for parameter in trained(name)[1])


def test_everything_is_everything_but_what_has_no_gradient():
    transformer, encoder = models(KiwiConfig.model_validate(ScratchSettings().config_values()))
    prepare(transformer, encoder, "everything", LoraSettings())
    left = {
        name
        for model in (transformer, encoder)
        for name, value in model.named_parameters()
        if not value.requires_grad
    }
    assert {name.rpartition("text_embedder")[1] for name in left} == {"text_embedder"}
