import shutil
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from diffusers import WanImageToVideoPipeline  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from tests.tiny_models.wan import save_wan_i2v  # noqa: E402
from transformers import UMT5EncoderModel  # noqa: E402

from sparkle.backends.diffusion.diffusers_folder import load_pipeline, load_text_model  # noqa: E402
from sparkle.backends.diffusion.wan_prompts import load_text_encoder  # noqa: E402
from sparkle.backends.placement import Placement  # noqa: E402
from sparkle.core.errors import SetupError  # noqa: E402

CPU = Placement(device="cpu", dtype="float32")
NO_TEXT = {"text_encoder": None, "tokenizer": None}
TRANSFORMER = "transformer/diffusion_pytorch_model.safetensors"
TEXT_ENCODER = "text_encoder/model.safetensors"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_wan_i2v(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def checkpoint(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "checkpoint"))


def change(file: Path, name: str, tensor: "torch.Tensor | None") -> None:
    tensors = load_file(file)
    del tensors[name]
    save_file(tensors if tensor is None else {**tensors, name: tensor}, file, {"format": "pt"})


def test_a_whole_checkpoint_loads_in_the_wanted_precision(checkpoint: Path) -> None:
    pipeline = load_pipeline(WanImageToVideoPipeline, checkpoint, Placement(device="cpu"), **NO_TEXT)
    assert pipeline.transformer.blocks[0].attn1.to_q.weight.dtype == torch.bfloat16
    assert pipeline.vae.dtype == torch.bfloat16


def test_a_folder_without_a_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="sparkle models fetch") as error:
        load_pipeline(WanImageToVideoPipeline, tmp_path, CPU)
    assert str(tmp_path) in str(error.value)


def test_a_missing_weight_is_an_error(checkpoint: Path) -> None:
    change(checkpoint / TRANSFORMER, "blocks.1.attn1.to_q.weight", None)
    with pytest.raises(SetupError, match=r"blocks\.1\.attn1\.to_q\.weight"):
        load_pipeline(WanImageToVideoPipeline, checkpoint, CPU, **NO_TEXT)
    change(checkpoint / TEXT_ENCODER, "encoder.block.1.layer.0.SelfAttention.q.weight", None)
    with pytest.raises(SetupError, match=r"SelfAttention\.q\.weight"):
        load_text_model(UMT5EncoderModel, checkpoint, CPU)


def test_a_weight_of_another_shape_is_an_error(checkpoint: Path) -> None:
    change(checkpoint / TRANSFORMER, "blocks.1.attn1.to_q.weight", torch.zeros(5, 24))
    with pytest.raises(SetupError, match=r"to_q\.weight"):
        load_pipeline(WanImageToVideoPipeline, checkpoint, CPU, **NO_TEXT)
    change(checkpoint / TEXT_ENCODER, "encoder.block.1.layer.0.SelfAttention.q.weight", torch.zeros(5, 16))
    with pytest.raises(SetupError, match="text_encoder"):
        load_text_model(UMT5EncoderModel, checkpoint, CPU)


def test_a_file_that_is_cut_off_is_an_error(checkpoint: Path) -> None:
    file = checkpoint / TRANSFORMER
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(SetupError, match="sparkle models fetch"):
        load_pipeline(WanImageToVideoPipeline, checkpoint, CPU, **NO_TEXT)


def test_pickled_weights_are_not_read(checkpoint: Path) -> None:
    tensors = load_file(checkpoint / TRANSFORMER)
    (checkpoint / TRANSFORMER).unlink()
    torch.save(tensors, checkpoint / "transformer" / "diffusion_pytorch_model.bin")
    with pytest.raises(SetupError, match="sparkle models fetch"):
        load_pipeline(WanImageToVideoPipeline, checkpoint, CPU, **NO_TEXT)


def test_the_token_embedding_is_stored_once_and_used(checkpoint: Path) -> None:
    """Some versions of transformers leave the encoder's own copy empty for these checkpoints."""
    stored = load_file(checkpoint / TEXT_ENCODER)
    assert "encoder.embed_tokens.weight" not in stored
    model = load_text_encoder(checkpoint, CPU).model
    torch.testing.assert_close(model.get_input_embeddings().weight, stored["shared.weight"])
    torch.testing.assert_close(model.encoder.embed_tokens.weight, stored["shared.weight"])


def test_a_missing_tokenizer_is_an_error(checkpoint: Path) -> None:
    shutil.rmtree(checkpoint / "tokenizer")
    with pytest.raises(SetupError, match="tokenizer"):
        load_text_encoder(checkpoint, CPU)
