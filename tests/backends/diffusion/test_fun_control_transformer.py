"""The transformer equals the published one, keeps its parts in the right precision, and compiles by blocks."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from accelerate import init_empty_weights  # noqa: E402
from diffusers.loaders.single_file_utils import convert_wan_transformer_to_diffusers  # noqa: E402
from tests.tiny_models.fun_control import full_size_names, relative_error, vectors, write_release  # noqa: E402

from sparkle.backends.diffusion.fun_control.checkpoint import load_transformer  # noqa: E402
from sparkle.backends.diffusion.fun_control.transformer import WanFunControlTransformer3DModel  # noqa: E402

TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def transformer(release: Path) -> WanFunControlTransformer3DModel:
    return load_transformer(release, "transformer_2", torch.float32)


@pytest.fixture(scope="module")
def cases() -> dict[str, torch.Tensor]:
    return vectors("transformer_cases")


def padded(*texts: torch.Tensor) -> torch.Tensor:
    rows = torch.zeros(len(texts), 512, texts[0].shape[1])
    for row, text in zip(rows, texts, strict=True):
        row[: len(text)] = text
    return rows


def run(model, x, y, time, text, reference=None) -> torch.Tensor:
    with torch.no_grad():
        return model(torch.cat([x, y], dim=1), time, text, reference, return_dict=False)[0]


@pytest.mark.parametrize("time", ["high", "low"])
@pytest.mark.parametrize("reference", ["ref", "zero"])
def test_output_with_reference_tokens_is_the_published_one(transformer, cases, reference, time):
    latent = cases["full_ref" if reference == "ref" else "full_ref_zero"]
    found = run(transformer, cases["x"], cases["y"], cases[f"t_{time}"], padded(cases["context_pos"]), latent)
    assert relative_error(found, cases[f"{reference}_{time}.out"]) < TOLERANCE


def test_output_without_reference_tokens_is_the_published_one(transformer, cases):
    found = run(transformer, cases["x"], cases["y"], cases["t_high"], padded(cases["context_pos"]))
    assert relative_error(found, cases["none_high.out"]) < TOLERANCE


@pytest.mark.parametrize("time", ["high", "low"])
def test_guided_batch_is_the_published_one(transformer, cases, time):
    twice = [cases[name].repeat_interleave(2, dim=0) for name in ("x", "y", f"t_{time}", "full_ref")]
    text = padded(cases["context_neg"], cases["context_pos"])
    found = run(transformer, *twice[:3], text, twice[3])
    assert relative_error(found, cases[f"cfg_{time}.out"]) < TOLERANCE


def test_samples_of_a_batch_have_their_own_timestep_text_and_reference(transformer, cases):
    text = padded(cases["context_neg"], cases["context_pos"])
    found = run(
        transformer, cases["mixed.x"], cases["mixed.y"], cases["mixed.t"], text, cases["mixed.full_ref"]
    )
    assert relative_error(found, cases["mixed.out"]) < TOLERANCE


def test_rotary_table_given_once_changes_nothing(transformer, cases):
    arguments = (
        torch.cat([cases["x"], cases["y"]], 1),
        cases["t_high"],
        padded(cases["context_pos"]),
        cases["full_ref"],
    )
    table = transformer.rotary_table(*cases["x"].shape[2:], device=torch.device("cpu"), with_reference=True)
    with torch.no_grad():
        found = transformer(*arguments, rotary_table=table).sample
        assert relative_error(found, transformer(*arguments).sample) < 1e-6


def test_saved_and_loaded_by_diffusers_it_is_the_same_model(transformer, cases, tmp_path):
    transformer.save_pretrained(tmp_path)
    loaded = WanFunControlTransformer3DModel.from_pretrained(tmp_path)
    assert loaded.config.reference_channels == 16
    arguments = (
        cases["x"],
        cases["y"],
        cases["t_high"],
        padded(cases["context_pos"]),
        cases["full_ref"],
    )
    assert relative_error(run(loaded, *arguments), run(transformer, *arguments)) < 1e-6


def test_a_model_without_reference_convolution_refuses_a_reference(transformer, cases):
    small = WanFunControlTransformer3DModel(
        num_attention_heads=1,
        attention_head_dim=12,
        text_dim=48,
        ffn_dim=8,
        num_layers=1,
        freq_dim=8,
        reference_channels=None,
    )
    with pytest.raises(ValueError, match="ref_conv"):
        run(small, cases["x"], cases["y"], cases["t_high"], padded(cases["context_pos"]), cases["full_ref"])


def test_full_size_names_and_shapes_are_those_of_the_release():
    with init_empty_weights():
        model = WanFunControlTransformer3DModel()
    released = convert_wan_transformer_to_diffusers(full_size_names()["transformer"])
    assert {name: list(tensor.shape) for name, tensor in model.state_dict().items()} == released
    assert sum(tensor.numel() for tensor in model.parameters()) == 14_289_561_664


def test_half_precision_load_keeps_time_embedding_tables_and_norms_in_float32(release, cases):
    model = load_transformer(release, "transformer_2", torch.bfloat16)
    dtypes = {name: tensor.dtype for name, tensor in model.named_parameters()}
    assert dtypes["condition_embedder.time_embedder.linear_1.weight"] == torch.float32
    assert dtypes["blocks.0.scale_shift_table"] == torch.float32
    assert dtypes["blocks.1.norm2.weight"] == torch.float32
    assert dtypes["blocks.1.attn1.to_q.weight"] == torch.bfloat16
    assert dtypes["ref_conv.weight"] == torch.bfloat16
    assert model.dtype == torch.bfloat16
    halves = [cases[name].bfloat16() for name in ("x", "y", "full_ref")]
    text = padded(cases["context_pos"]).bfloat16()
    found = run(model, halves[0], halves[1], cases["t_high"], text, halves[2]).float()
    difference = (found - cases["ref_high.out"]).abs().mean() / cases["ref_high.out"].abs().mean()
    assert difference < 0.05


def test_blocks_compile_without_graph_breaks_to_the_same_result(release, cases):
    model = load_transformer(release, "transformer_2", torch.float32)
    model.compile_repeated_blocks(fullgraph=True, backend="aot_eager")
    found = run(
        model, cases["x"], cases["y"], cases["t_high"], padded(cases["context_pos"]), cases["full_ref"]
    )
    assert relative_error(found, cases["ref_high.out"]) < TOLERANCE


def test_eight_bit_storage_leaves_the_reference_convolution_alone_and_computes_nearly_the_same(
    release, cases
):
    model = load_transformer(release, "transformer_2", torch.float32)
    model.enable_layerwise_casting(torch.float8_e4m3fn, torch.float32)
    assert model.blocks[0].attn1.to_q.weight.dtype == torch.float8_e4m3fn
    assert model.ref_conv.weight.dtype == torch.float32
    found = run(
        model, cases["x"], cases["y"], cases["t_high"], padded(cases["context_pos"]), cases["full_ref"]
    )
    expected = cases["ref_high.out"]
    assert 0 < (found - expected).abs().mean() / expected.abs().mean() < 0.2
