"""From a checkpoint to models in memory, tensor by tensor: no second copy of the weights at any time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from accelerate.utils import set_module_tensor_to_device
from diffusers import AutoencoderKLWan
from torch import nn
from transformers import AutoTokenizer, Qwen2_5_VLModel

from sparkle.backends.sound_weights import check_folder, refuse_not_finite, refuse_unused, some
from sparkle.core.errors import SetupError
from sparkle.kiwi.checkpoint import Checkpoint
from sparkle.kiwi.cosine_autoencoder import CosineAutoencoder
from sparkle.kiwi.diffusers_layout import read_json
from sparkle.kiwi.encoder import KiwiEncoder, merged
from sparkle.kiwi.names import ENCODER_GROUP, TRANSFORMER_GROUP, is_lora, places
from sparkle.kiwi.pipeline import KiwiEditPipeline
from sparkle.kiwi.schedule import make_scheduler
from sparkle.kiwi.tensor_files import StoredTensor, read_tensors
from sparkle.kiwi.transformer import KiwiTransformer


def load_pipeline(
    checkpoint: Checkpoint, qwen_folder: Path | None, vae_folder: Path, dtype: torch.dtype = torch.bfloat16
) -> KiwiEditPipeline:
    """Return the pipeline of a checkpoint, on the CPU.

    `qwen_folder` holds Qwen2.5-VL-3B and its tokenizer; it may be None for a checkpoint with its own language model
    and processor. `vae_folder` holds the VAE of Wan2.2-TI2V-5B in diffusers' layout.
    """
    words = own_tokenizer(checkpoint) or qwen_folder
    if words is None:
        raise SetupError(f"{checkpoint.path}: has no tokenizer in processor/; give the folder of Qwen2.5-VL")
    return KiwiEditPipeline(
        transformer=load_transformer(checkpoint, dtype),
        encoder=load_encoder(checkpoint, None if checkpoint.config.whole_qwen else qwen_folder, dtype),
        vae=load_vae(vae_folder, dtype),
        scheduler=make_scheduler(),
        tokenizer=load_tokenizer(words),
    )


def own_tokenizer(checkpoint: Checkpoint) -> Path | None:
    """Return the folder of the tokenizer that came with a checkpoint, or None."""
    folder = checkpoint.path / "processor"
    return folder if (folder / "tokenizer.json").is_file() else None


def own_vae(checkpoint: Checkpoint) -> Path | None:
    """Return the folder of the VAE that came with a checkpoint, or None.

    The authors' releases have one in Wan's own names, which is not read: it is the published VAE, never trained.
    """
    config = checkpoint.path / "vae" / "config.json"
    kind = read_json(config).get("_class_name") if config.is_file() else None
    return config.parent if kind in (AutoencoderKLWan.__name__, CosineAutoencoder.__name__) else None


def load_transformer(checkpoint: Checkpoint, dtype: torch.dtype) -> KiwiTransformer:
    """Return the transformer on the CPU."""
    with init_empty_weights():
        model = checkpoint.config.new_transformer()
    fill(model, _of_group(checkpoint, TRANSFORMER_GROUP), dtype)
    model.eval().requires_grad_(False)
    return model


def load_encoder(checkpoint: Checkpoint, qwen_folder: Path | None, dtype: torch.dtype) -> KiwiEncoder:
    """Return the encoder on the CPU, its LoRA merged in `dtype`, as the reference's inference does.

    `qwen_folder` holds Qwen2.5-VL; None when the checkpoint has the whole language model. Raises SetupError when the
    folder's model is of another size than the LoRA's.
    """
    config = checkpoint.config
    tensors = _of_group(checkpoint, ENCODER_GROUP)
    low_rank = {name: tensor for name, tensor in tensors.items() if is_lora(name)}
    if qwen_folder is None:
        with init_empty_weights():
            encoder = config.new_encoder(Qwen2_5_VLModel(config.qwen_config()))
    else:
        qwen = load_qwen(qwen_folder, dtype)
        with init_empty_weights():
            encoder = config.new_encoder(qwen)
    fill(encoder, {name: tensor for name, tensor in tensors.items() if name not in low_rank}, dtype)
    merge_lora(encoder, low_rank, config.lora_alpha / (config.lora_rank or 1))
    encoder.eval().requires_grad_(False)
    return encoder


def load_qwen(folder: Path, dtype: torch.dtype) -> Qwen2_5_VLModel:
    """Return Qwen2.5-VL without its head. Raises SetupError for a folder without all of it, with tensors of
    another model, or with unusable values."""
    check_folder(folder)
    try:
        qwen, report = Qwen2_5_VLModel.from_pretrained(
            folder, dtype=dtype, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise SetupError(f"{folder}: no usable Qwen2.5-VL ({error}); fetch it again") from error
    if report["missing_keys"]:
        missing = sorted(report["missing_keys"])
        raise SetupError(f"{folder}: {len(missing)} tensors of Qwen2.5-VL are missing ({some(missing)})")
    refuse_unused(folder, "Qwen2.5-VL", report["unexpected_keys"])
    refuse_not_finite(folder, qwen)
    return qwen


def load_vae(folder: Path, dtype: torch.dtype) -> AutoencoderKLWan | CosineAutoencoder:
    """Return the VAE of Wan2.2 from a folder in diffusers' layout, or the stand-in of a small model."""
    cosine = CosineAutoencoder.from_folder(folder)
    if cosine is not None:
        return nn.Module.to(cosine, dtype)  # diffusers' own warns of a cast that is harmless here
    check_folder(folder)
    try:
        vae, report = AutoencoderKLWan.from_pretrained(
            folder,
            torch_dtype=dtype,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise SetupError(f"{folder}: no usable AutoencoderKLWan ({error}); fetch it again") from error
    for fault, names in (
        ("missing", sorted(report["missing_keys"])),
        ("unknown", sorted(report["unexpected_keys"])),
    ):
        if names:
            raise SetupError(
                f"{folder}: {len(names)} tensors of the VAE are {fault} ({some(names)}); fetch it again"
            )
    refuse_not_finite(folder, vae)
    return vae.requires_grad_(False)


def load_tokenizer(folder: Path) -> Any:
    """Return Qwen's tokenizer."""
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise SetupError(f"{folder}: no usable tokenizer ({error}); fetch Qwen2.5-VL again") from error


def fill(model: nn.Module, tensors: Mapping[str, StoredTensor], dtype: torch.dtype) -> None:
    """Put stored tensors into a model on the meta device, by the model's own names."""
    for name, value in read_tensors(tensors.items()):
        set_module_tensor_to_device(model, name, "cpu", value=value, dtype=dtype)


def merge_lora(encoder: KiwiEncoder, tensors: Mapping[str, StoredTensor], scale: float) -> None:
    """Add LoRA matrices, named `<module>.lora_A.default.weight` and `.lora_B.`, to the modules' weights."""
    matrices = dict(read_tensors(tensors.items()))
    for name, down in matrices.items():
        module, found, _ = name.partition(".lora_A.")
        if not found:
            continue
        weight = encoder.get_submodule(module).weight
        up = matrices[name.replace(".lora_A.", ".lora_B.")]
        if (up.shape[0], down.shape[1]) != tuple(weight.shape):
            raise SetupError(
                f"the checkpoint's LoRA of {module} is for {up.shape[0]}x{down.shape[1]}, the language model has "
                f"{weight.shape[0]}x{weight.shape[1]}; give the Qwen2.5-VL that it was trained on"
            )
        weight.data = merged(weight.data, down, up, scale)


def _of_group(checkpoint: Checkpoint, group: str) -> dict[str, StoredTensor]:
    ours = places(checkpoint.config, "sparkle")
    return {
        ours[name].name: tensor for name, tensor in checkpoint.tensors.items() if ours[name].group == group
    }
