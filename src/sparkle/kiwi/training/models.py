"""The models of a training run: from a checkpoint with its base models, or random and small."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from diffusers import AutoencoderKLWan
from transformers import Qwen2_5_VLModel

from sparkle.backends.weights import Weights
from sparkle.core.errors import SetupError
from sparkle.core.seeds import derive_seed
from sparkle.kiwi.checkpoint import Checkpoint, read_checkpoint
from sparkle.kiwi.config import KiwiConfig
from sparkle.kiwi.cosine_autoencoder import CosineAutoencoder
from sparkle.kiwi.editor import KIWI_FILES, QWEN, QWEN_FILES, VAE_FILES, WAN
from sparkle.kiwi.encoder import KiwiEncoder, add_lora
from sparkle.kiwi.loading import (
    fill,
    load_qwen,
    load_tokenizer,
    load_transformer,
    load_vae,
    own_tokenizer,
    own_vae,
)
from sparkle.kiwi.names import ENCODER_GROUP, is_lora, places
from sparkle.kiwi.training.fingerprint import folder_fingerprint, text_fingerprint
from sparkle.kiwi.training.scratch import ScratchSettings, scratch_tokenizer
from sparkle.kiwi.training.settings import ModelSettings, TrainingSettings
from sparkle.kiwi.training.trainable import prepare
from sparkle.kiwi.transformer import KiwiTransformer


@dataclass(frozen=True, slots=True)
class Models:
    """What is trained, and what stands beside it. All on the CPU, with the trained weights in float32.

    config: of the checkpoints that the run writes. vae_key, encoder_key: change when the weights do that latents and
    encoder states were made with. companions: whether checkpoints need their own VAE and tokenizer.
    """

    transformer: KiwiTransformer
    encoder: KiwiEncoder
    vae: AutoencoderKLWan | CosineAutoencoder
    tokenizer: Any
    config: KiwiConfig
    vae_key: str
    encoder_key: str
    companions: bool


def make_models(settings: TrainingSettings) -> Models:
    """Load or make the models, with the run's LoRA, and mark what is trained. Raises SetupError for what is missing."""
    dtype = torch.bfloat16 if settings.precision == "bfloat16" else torch.float32
    models = (
        _from_scratch(settings.model.scratch, settings.seed)
        if settings.model.scratch is not None
        else _from_checkpoint(settings.model, dtype)
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(settings.seed, "lora"))
        prepare(models.transformer, models.encoder, settings.trainable, settings.lora)
    for model in (models.transformer, models.encoder):
        for parameter in model.parameters():
            # Updates of 1e-5 vanish in bfloat16: what is trained is kept in float32 and cast where it is used.
            parameter.data = parameter.data.to(torch.float32 if parameter.requires_grad else dtype)
    models.vae.requires_grad_(False)
    return Models(
        transformer=models.transformer,
        encoder=models.encoder,
        vae=models.vae,
        tokenizer=models.tokenizer,
        config=_config_to_write(models, settings),
        vae_key=models.vae_key,
        encoder_key=models.encoder_key,
        companions=models.companions,
    )


def _from_scratch(scratch: ScratchSettings, seed: int) -> Models:
    config = KiwiConfig.model_validate(scratch.config_values())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "scratch"))
        transformer = config.new_transformer()
        encoder = config.new_encoder(Qwen2_5_VLModel(config.qwen_config()))
    key = text_fingerprint(f"{seed} {scratch.model_dump_json()}")
    vae = CosineAutoencoder(scratch.channels, scratch.cell, scratch.whitening)
    return Models(
        transformer=transformer,
        encoder=encoder,
        vae=vae,
        tokenizer=scratch_tokenizer(scratch.vocabulary),
        config=config,
        vae_key=vae.key,
        encoder_key=f"scratch-{key}",
        companions=True,
    )


def _from_checkpoint(settings: ModelSettings, dtype: torch.dtype) -> Models:
    checkpoint = read_checkpoint(_checkpoint_path(settings))
    tokenizer_folder = own_tokenizer(checkpoint)
    complete = checkpoint.config.whole_qwen and tokenizer_folder is not None
    qwen = None
    if not complete:
        qwen = _weights(settings.qwen, settings.qwen_revision, QWEN_FILES, settings).folder()
    vae, vae_key, companions = _find_vae(checkpoint, settings, dtype)
    words = tokenizer_folder or qwen
    if words is None:
        raise SetupError(f"{checkpoint.path}: no tokenizer; set model.qwen to a folder of Qwen2.5-VL")
    base = None if checkpoint.config.whole_qwen else qwen
    keys = [folder_fingerprint(path) for path in (checkpoint.path, base) if path is not None]
    return Models(
        transformer=load_transformer(checkpoint, dtype),
        encoder=load_unmerged_encoder(checkpoint, base, dtype),
        vae=vae,
        tokenizer=load_tokenizer(words),
        config=checkpoint.config,
        vae_key=vae_key,
        encoder_key="-".join(keys),
        companions=companions,
    )


def load_unmerged_encoder(
    checkpoint: Checkpoint, qwen_folder: Path | None, dtype: torch.dtype
) -> KiwiEncoder:
    """Return the encoder with its LoRA beside the weights, where training can reach it."""
    config = checkpoint.config
    ours = places(config, "sparkle")
    tensors = {
        ours[name].name: tensor
        for name, tensor in checkpoint.tensors.items()
        if ours[name].group == ENCODER_GROUP
    }
    low_rank = {name: tensor for name, tensor in tensors.items() if is_lora(name)}
    qwen = None if qwen_folder is None else load_qwen(qwen_folder, dtype)
    with init_empty_weights():
        encoder = config.new_encoder(qwen or Qwen2_5_VLModel(config.qwen_config()))
    fill(encoder, {name: tensor for name, tensor in tensors.items() if name not in low_rank}, dtype)
    if config.lora_rank is not None:
        add_lora(encoder, config.lora_rank, config.lora_alpha)
        fill(encoder, low_rank, dtype)
    return encoder


def _checkpoint_path(settings: ModelSettings) -> Path:
    local = Path(str(settings.checkpoint)).expanduser()
    if local.exists():
        return local
    return _weights(str(settings.checkpoint), settings.revision, KIWI_FILES, settings).folder()


def _weights(model: str, revision: str, files: tuple[str, ...], settings: ModelSettings) -> Weights:
    """Return weights that know the command that fetches what this run needs."""
    options = f" --model {settings.checkpoint}"
    for name, chosen, usual in (("qwen", settings.qwen, QWEN), ("wan", settings.wan, WAN)):
        options += "" if chosen == usual else f" --set {name}={chosen}"
    return Weights(
        model,
        revision,
        files,
        f"fetch it with: sparkle models fetch --editor kiwi{options}; or name a folder",
    )


def _find_vae(
    checkpoint: Checkpoint, settings: ModelSettings, dtype: torch.dtype
) -> tuple[AutoencoderKLWan | CosineAutoencoder, str, bool]:
    """Return the VAE, its key, and whether it belongs to the checkpoint."""
    own = own_vae(checkpoint)
    folder = own or _weights(settings.wan, settings.wan_revision, VAE_FILES, settings).folder() / "vae"
    vae = load_vae(folder, dtype)
    key = vae.key if isinstance(vae, CosineAutoencoder) else folder_fingerprint(folder)
    return vae, key, own is not None


def _config_to_write(models: Models, settings: TrainingSettings) -> KiwiConfig:
    """Return what the run's checkpoints are checkpoints of: the start's, with the LoRA that was added."""
    config = models.config
    has_lora = any(".lora_" in name for name, _ in models.encoder.named_parameters())
    if has_lora and config.lora_rank is None:
        config = config.model_copy(
            update={"lora_rank": settings.lora.rank, "lora_alpha": settings.lora.alpha}
        )
    return config
