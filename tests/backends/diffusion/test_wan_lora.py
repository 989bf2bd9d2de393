from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from safetensors.torch import load_file, save_file  # noqa: E402
from tests.tiny_models.wan import SMALL_TRANSFORMER, save_official_lora  # noqa: E402

from sparkle.backends.diffusion.lora_weights import lora_file  # noqa: E402
from sparkle.backends.diffusion.wan_lora import merge_lora  # noqa: E402
from sparkle.core.errors import SettingsError, SetupError  # noqa: E402


def transformer(channels: int = 36) -> "torch.nn.Module":
    from diffusers import WanTransformer3DModel

    torch.manual_seed(0)
    return WanTransformer3DModel(in_channels=channels, out_channels=16, **SMALL_TRANSFORMER)


def test_every_named_weight_grows_by_alpha_over_rank_times_up_times_down(tmp_path: Path) -> None:
    lora = load_file(save_official_lora(tmp_path / "lora.safetensors", rank=4, alpha=0.5))
    model = transformer()
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    merge_lora(model, tmp_path / "lora.safetensors", strength=0.5)
    after = dict(model.named_parameters())
    key = "diffusion_model.blocks.1.cross_attn.o"
    grown = 0.5 * (0.5 / 4) * lora[f"{key}.lora_up.weight"] @ lora[f"{key}.lora_down.weight"]
    name = "blocks.1.attn2.to_out.0.weight"
    torch.testing.assert_close(after[name] - before[name], grown, atol=1e-5, rtol=1e-5)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert len(changed) == 2 * 10
    assert changed == {
        name
        for name in before
        if name.endswith("weight") and ("attn" in name or "ffn" in name) and "norm" not in name
    }


def test_it_agrees_with_diffusers_where_diffusers_knows_the_keys(tmp_path: Path) -> None:
    pytest.importorskip("peft")
    from diffusers.loaders.lora_conversion_utils import _convert_non_diffusers_wan_lora_to_diffusers

    file = save_official_lora(tmp_path / "lora.safetensors")
    ours, theirs = transformer(), transformer()
    merge_lora(ours, file)
    theirs.load_lora_adapter(
        _convert_non_diffusers_wan_lora_to_diffusers(load_file(file)), prefix="transformer"
    )
    theirs.fuse_lora()
    for name, weight in ours.named_parameters():
        fused = dict(theirs.named_parameters())
        other = fused.get(name, fused.get(name.replace(".weight", ".base_layer.weight")))
        if other is None:
            other = fused[name.replace(".bias", ".base_layer.bias")]
        torch.testing.assert_close(weight, other, atol=1e-5, rtol=1e-5)


def test_differences_of_norms_biases_and_modulations_are_added(tmp_path: Path) -> None:
    save_file(
        {
            "diffusion_model.blocks.0.norm3.diff": torch.ones(24),
            "diffusion_model.blocks.0.norm3.diff_b": torch.ones(24),
            "diffusion_model.blocks.0.ffn.0.diff_b": torch.ones(32),
            "diffusion_model.blocks.1.diff_m": torch.ones(1, 6, 24),
        },
        tmp_path / "lora.safetensors",
    )
    model, base = transformer(), dict(transformer().named_parameters())
    merge_lora(model, tmp_path / "lora.safetensors")
    for name, weight in model.named_parameters():
        grown = name in {
            "blocks.0.norm2.weight",
            "blocks.0.norm2.bias",
            "blocks.0.ffn.net.0.proj.bias",
            "blocks.1.scale_shift_table",
        }
        torch.testing.assert_close(weight, base[name] + (1.0 if grown else 0.0))


@pytest.mark.parametrize(
    "tensors",
    [
        {"diffusion_model.blocks.7.self_attn.q.diff": torch.ones(24, 24)},
        {"diffusion_model.blocks.0.self_attn.q.lora_down.weight": torch.ones(4, 24)},
        {"diffusion_model.blocks.0.self_attn.q.diff": torch.ones(48, 24)},
        {"diffusion_model.patch_embedding.diff": torch.ones(24, 16, 1, 2, 2)},
        {
            "diffusion_model.blocks.0.self_attn.q.lora_down.weight": torch.ones(4, 24),
            "diffusion_model.blocks.0.self_attn.q.lora_up.weight": torch.ones(24, 8),
        },
        {"diffusion_model.img_emb.proj.1.lora_down.weight": torch.ones(4, 24)},
        {"lora_unet_blocks_0_self_attn_q.hada_w1_a": torch.ones(4, 24)},
    ],
    ids=["no such block", "half", "shape", "other channels", "ranks", "no such part", "other kind"],
)
def test_a_lora_that_does_not_fit_is_refused_and_nothing_is_changed(
    tmp_path: Path, tensors: dict[str, "torch.Tensor"]
) -> None:
    file = save_official_lora(tmp_path / "lora.safetensors")
    save_file({**_without_same_weights(load_file(file), tensors), **tensors}, file)
    model, base = transformer(), dict(transformer().named_parameters())
    with pytest.raises(SetupError, match=r"lora\.safetensors"):
        merge_lora(model, file)
    assert all(torch.equal(weight, base[name]) for name, weight in model.named_parameters())


def _without_same_weights(
    lora: dict[str, "torch.Tensor"], others: dict[str, "torch.Tensor"]
) -> dict[str, "torch.Tensor"]:
    """Leave out of a fitting LoRA what the others say of the same weights."""
    names = {key.rsplit(".", 1)[0].partition(".lora_")[0] for key in others}
    return {key: tensor for key, tensor in lora.items() if not key.startswith(tuple(names))}


def test_an_empty_lora_is_refused(tmp_path: Path) -> None:
    save_file({}, tmp_path / "lora.safetensors")
    with pytest.raises(SetupError, match="empty"):
        merge_lora(transformer(), tmp_path / "lora.safetensors")


def test_a_file_that_is_no_safetensors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lora.safetensors").write_bytes(b"PK\x03\x04 not tensors")
    with pytest.raises(SetupError, match="cannot be read"):
        merge_lora(transformer(), tmp_path / "lora.safetensors")


def test_a_lora_is_a_file_here_or_a_file_in_a_repository(tmp_path: Path) -> None:
    file = save_official_lora(tmp_path / "lora.safetensors")
    assert lora_file(str(file), "main").path() == file
    published = lora_file("lightx2v/Wan2.2-Lightning/folder/high.safetensors", "abc")
    assert (published.weights.model, published.weights.revision) == ("lightx2v/Wan2.2-Lightning", "abc")
    assert published.weights.files == ("folder/high.safetensors",)
    for wrong in ("lora.ckpt", "/nowhere/lora.safetensors", "lora.safetensors", "./a/b/lora.safetensors"):
        with pytest.raises(SettingsError, match="lora"):
            lora_file(wrong, "main")
