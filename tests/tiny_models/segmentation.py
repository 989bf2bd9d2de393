"""Tiny random SAM 3 and EdgeTAM checkpoints, as transformers saves the published ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    EdgeTamVideoConfig,
    EdgeTamVideoModel,
    PreTrainedModel,
    Sam3TrackerVideoConfig,
    Sam3TrackerVideoModel,
    Sam3VideoConfig,
    Sam3VideoModel,
)

SAM3_SIDE = 112
EDGETAM_SIDE = 128
WIDTH = 128
MEMORY_WIDTH = 64  # fixed in the memory attention of transformers
OBJECT_IS_THERE = 2.0

TRANSFORMER = {"hidden_size": WIDTH, "num_layers": 1, "num_attention_heads": 2, "intermediate_size": 48}
# Pointers reach no further back than memories, so that short clips show what is forgotten.
MEMORY = {
    "max_object_pointers_in_encoder": 7,
    "memory_attention_hidden_size": WIDTH,
    "memory_attention_num_layers": 1,
    "memory_encoder_hidden_size": WIDTH,
    "memory_encoder_output_channels": MEMORY_WIDTH,
    "mask_downsampler_embed_dim": WIDTH,
    "memory_fuser_embed_dim": WIDTH,
    "memory_fuser_intermediate_dim": 48,
}
MASK_DECODER = {"hidden_size": WIDTH, "mlp_dim": 48, "num_attention_heads": 2, "iou_head_hidden_dim": WIDTH}


def write_tiny_sam3(folder: Path, presence: float = OBJECT_IS_THERE) -> Path:
    """Write the whole SAM 3, detector and tracker, as `facebook/sam3` has it; `presence` is how sure it is to see
    an object."""
    with same_buffers():
        save(Sam3VideoModel(sam3_config()), folder, presence)
    return folder


def write_tiny_sam3_tracker(folder: Path) -> Path:
    """Write the tracker alone."""
    with same_buffers():
        save(Sam3TrackerVideoModel(Sam3TrackerVideoConfig(**sam3_tracker())), folder)
    return folder


def write_tiny_edgetam(folder: Path, vision: dict[str, object] | None = None) -> Path:
    """Write an EdgeTAM; without `vision` the published one's RepViT, which needs timm, gives way to a tiny Hiera."""
    with same_buffers():
        save(EdgeTamVideoModel(edgetam_config(vision or hiera())), folder)
    return folder


def sam3_config() -> Sam3VideoConfig:
    detector = {
        "vision_config": sam3_vision(),
        "text_config": {
            "hidden_size": WIDTH,
            "intermediate_size": 48,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "projection_dim": WIDTH,
            "vocab_size": 100,
            "bos_token_id": 1,
            "eos_token_id": 2,
        },
        "geometry_encoder_config": TRANSFORMER,
        "detr_encoder_config": TRANSFORMER,
        "detr_decoder_config": {**TRANSFORMER, "num_queries": 4},
        "mask_decoder_config": {"hidden_size": WIDTH, "num_attention_heads": 2},
    }
    return Sam3VideoConfig(
        detector_config=detector, tracker_config=sam3_tracker(), image_size=SAM3_SIDE, initializer_range=0.1
    )


def sam3_tracker() -> dict[str, object]:
    return {
        "vision_config": sam3_vision(),
        "image_size": SAM3_SIDE,
        "prompt_encoder_config": {"hidden_size": WIDTH, "image_size": SAM3_SIDE},
        "mask_decoder_config": MASK_DECODER,
        "memory_attention_feed_forward_hidden_size": 48,
        "memory_attention_rope_feat_sizes": [SAM3_SIDE // 14] * 2,
        **MEMORY,
    }


def sam3_vision() -> dict[str, object]:
    patches = SAM3_SIDE // 14
    return {
        "model_type": "sam3_vision_model",
        "backbone_config": {
            "model_type": "sam3_vit_model",
            "hidden_size": WIDTH,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": SAM3_SIDE,
            "window_size": 3,
            "global_attn_indexes": [1],
            "pretrain_image_size": 56,
        },
        "fpn_hidden_size": WIDTH,
        "backbone_feature_sizes": [[4 * patches] * 2, [2 * patches] * 2, [patches] * 2],
    }


def edgetam_config(vision: dict[str, object]) -> EdgeTamVideoConfig:
    return EdgeTamVideoConfig(
        vision_config=vision,
        image_size=EDGETAM_SIDE,
        prompt_encoder_config={"hidden_size": WIDTH, "image_size": EDGETAM_SIDE},
        mask_decoder_config=MASK_DECODER,
        memory_attention_mlp_hidden_size=48,
        memory_attention_rope_feat_sizes=[EDGETAM_SIDE // 16] * 2,
        memory_attention_rope_k_sizes=[4, 4],
        perceiver_resampler_num_latents=16,
        perceiver_resampler_num_latents_2d=16,
        perceiver_resampler_hidden_size=MEMORY_WIDTH,
        perceiver_resampler_attention_head_dim=MEMORY_WIDTH,
        perceiver_resampler_mlp_intermediate_size=32,
        perceiver_resampler_num_layers=1,
        **MEMORY,
    )


def hiera() -> dict[str, object]:
    return {"model_type": "sam2_vision_model", **tiny_backbone(), **levels()}


def tiny_backbone() -> dict[str, object]:
    return {
        "backbone_config": {
            "model_type": "sam2_hiera_det_model",
            "hidden_size": 8,
            "num_attention_heads": 1,
            "image_size": [EDGETAM_SIDE, EDGETAM_SIDE],
            "blocks_per_stage": [1, 1, 1, 1],
            "embed_dim_per_stage": [8, 16, 32, 64],
            "num_attention_heads_per_stage": [1, 1, 2, 2],
            "window_size_per_stage": [4, 4, 4, 4],
            "window_positional_embedding_background_size": [4, 4],
            "global_attention_blocks": [],
        },
        "backbone_channel_list": [64, 32, 16, 8],
    }


def levels() -> dict[str, object]:
    cells = EDGETAM_SIDE // 16
    return {
        "backbone_feature_sizes": [[4 * cells] * 2, [2 * cells] * 2, [cells] * 2],
        "fpn_hidden_size": WIDTH,
    }


@contextmanager
def same_buffers() -> Iterator[None]:
    """What a model draws when it is made, as its prompt encoder's frequencies, does not depend on what ran before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def save(model: PreTrainedModel, folder: Path, presence: float = OBJECT_IS_THERE) -> None:
    """Save with weights large enough that masks have shapes; as initialised, they would all be empty or full.

    Key names are the modules' own, as published; `save_pretrained` would write SAM 3's in another way.
    """
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                fan_in = parameter[0].numel()
                parameter.normal_(0, fan_in**-0.5, generator=generator)
            elif name.endswith("pred_obj_score_head.proj_out.bias"):
                parameter.fill_(presence)
            else:
                parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(model.state_dict(), folder / "model.safetensors", metadata={"format": "pt"})
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
