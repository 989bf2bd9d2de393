"""Checks of what a user gives to the pipeline: each error states the rule, the name and the value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch


def check_size(height: int, width: int, num_frames: int, size_step: int, frame_step: int) -> None:
    """Raise ValueError unless the sides are multiples of `size_step` and the frames are `frame_step` * k + 1."""
    for name, side in (("height", height), ("width", width)):
        if side < size_step or side % size_step:
            lower = max(size_step, side // size_step * size_step)
            raise ValueError(
                f"`{name}` must be a multiple of {size_step}, got {side}; "
                f"nearest valid: {lower} or {lower + size_step}"
            )
    if num_frames < 1 or num_frames % frame_step != 1:
        lower = max(0, num_frames - 1) // frame_step * frame_step + 1
        raise ValueError(
            f"`num_frames` must be {frame_step}k + 1, got {num_frames}; "
            f"nearest valid: {lower} or {lower + frame_step}"
        )


def check_texts(
    prompt: Any,
    negative_prompt: Any,
    prompt_embeds: torch.Tensor | None,
    negative_prompt_embeds: torch.Tensor | None,
    guided: bool,
    has_text_encoder: bool,
) -> None:
    """Raise ValueError or TypeError unless each text is given once, as text or as embeddings."""
    for name, text, embeds in (
        ("prompt", prompt, prompt_embeds),
        ("negative_prompt", negative_prompt, negative_prompt_embeds),
    ):
        if text is not None and embeds is not None:
            raise ValueError(f"give `{name}` or `{name}_embeds`, not both")
        is_texts = isinstance(text, list) and bool(text) and all(isinstance(one, str) for one in text)
        if text is not None and not isinstance(text, str) and not is_texts:
            raise TypeError(f"`{name}` must be a string or a list of strings, got {type(text).__name__}")
        if embeds is not None and embeds.ndim != 3:
            raise ValueError(f"`{name}_embeds` must be (batch, tokens, width), got {tuple(embeds.shape)}")
        if text is not None and not has_text_encoder:
            raise ValueError(f"this pipeline has no text encoder: pass `{name}_embeds`, not `{name}`")
    if prompt is None and prompt_embeds is None:
        raise ValueError("give `prompt` or `prompt_embeds`")
    if guided and negative_prompt_embeds is None and not has_text_encoder:
        raise ValueError("guidance above 1 without a text encoder needs `negative_prompt_embeds`")


def check_videos(
    control_video: Any, image: Any, last_image: Any, video: Any, mask: Any, num_frames: int
) -> None:
    """Raise ValueError or TypeError unless the pictures go together and are in [0, 1] by their type."""
    if (video is None) != (mask is None):
        raise ValueError("`video` and `mask` say together what is known: give both or none")
    if video is not None and (image is not None or last_image is not None):
        raise ValueError("give `image` and `last_image`, or `video` and `mask`, not both pairs")
    if last_image is not None and num_frames < 2:
        raise ValueError("`last_image` needs at least 5 frames")
    named = {"control_video": control_video, "image": image, "last_image": last_image, "video": video}
    for name, given in named.items():
        for one in given if isinstance(given, list) else [given]:
            integral = isinstance(one, np.ndarray) and not np.issubdtype(one.dtype, np.floating)
            if integral or (isinstance(one, torch.Tensor) and not one.is_floating_point()):
                raise TypeError(
                    f"`{name}` must be PIL images or floating-point values in [0, 1], got {one.dtype}"
                )


def check_frames(name: str, video: torch.Tensor | None, num_frames: int, batch: int) -> None:
    """Raise ValueError unless a preprocessed video (B, C, T, H, W) has the clip's frames and serves the batch."""
    if video is None:
        return
    if video.shape[2] != num_frames:
        raise ValueError(
            f"`{name}` has {video.shape[2]} frames, `num_frames` is {num_frames}: make them equal"
        )
    if video.shape[0] not in (1, batch):
        raise ValueError(f"`{name}` holds {video.shape[0]} videos for {batch} prompts; give 1 or {batch}")


def check_callback(names: Sequence[str], known: Sequence[str]) -> None:
    """Raise ValueError for tensors that the loop does not have."""
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"`callback_on_step_end_tensor_inputs`: {', '.join(unknown)} not known; choose of {', '.join(known)}"
        )
