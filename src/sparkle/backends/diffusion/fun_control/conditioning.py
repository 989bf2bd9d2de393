"""What the transformer sees besides noise and text: 36 channels, and one reference latent.

Channels 0..15 are the control video's latents, 16..19 the mask, 20..35 the masked video's latents. Axes: B samples,
T frames, F = (T - 1) / 4 + 1 latent frames, H and W in pixels, h and w in latent cells (a cell is 8 x 8 pixels).
Pixels are in [-1, 1]; in a mask 1 is to be generated, 0 is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import interpolate


def known_frames(
    pieces: Sequence[tuple[int, torch.Tensor]], frames: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a video and a mask that say: these pieces are known, all the rest is to be generated.

    A piece is the number of its first frame, and its pixels (B, 3, n, H, W). The results are (B, 3, T, H, W) and
    (B, 1, T, H, W).
    """
    batch, channels, _, height, width = pieces[0][1].shape
    video = pieces[0][1].new_zeros(batch, channels, frames, height, width)
    mask = video.new_ones(batch, 1, frames, height, width)
    for start, pixels in pieces:
        video[:, :, start : start + pixels.shape[2]] = pixels
        mask[:, :, start : start + pixels.shape[2]] = 0
    return video, mask


def encode_video(vae: Any, video: torch.Tensor) -> torch.Tensor:
    """Encode (B, 3, T, H, W) pixels into normalised latents (B, 16, F, h, w), float32; deterministic."""
    moments = vae.encode(video.to(vae.dtype)).latent_dist
    mean, std = _statistics(vae, video.device)
    return (moments.mode().float() - mean) / std


def decode_latents(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    """Decode normalised latents (B, 16, F, h, w) into pixels (B, 3, T, H, W) in [-1, 1], in the VAE's dtype."""
    mean, std = _statistics(vae, latents.device)
    decoded: torch.Tensor = vae.decode((latents.float() * std + mean).to(vae.dtype), return_dict=False)[0]
    return decoded


def mask_latents(mask: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Return (B, 4, F, h, w) of a mask (B, 1, T, H, W): 1 where known.

    The four channels are the four frames of a latent frame; the first latent frame stands for frame 0 alone, which
    is repeated. Latent cells take the bilinear average of their pixels.
    """
    batch, _, frames, _, _ = mask.shape
    known = (1.0 - mask).flatten(0, 2).unsqueeze(1)
    cells = interpolate(known, size=(height, width), mode="bilinear", align_corners=False)
    cells = cells.view(batch, frames, height, width)
    cells = torch.cat([cells[:, :1].expand(-1, 4, -1, -1), cells[:, 1:]], dim=1)
    return cells.view(batch, (frames + 3) // 4, 4, height, width).transpose(1, 2)


def build_condition(
    vae: Any,
    size: tuple[int, int, int, int],
    control: torch.Tensor | None,
    video: torch.Tensor | None,
    mask: torch.Tensor | None,
    device: torch.device,
) -> torch.Tensor:
    """Return the 36 conditioning channels (B, 36, F, h, w), float32, on `device`.

    size: (B, F, h, w) of the result. `control` and `video` are (B or 1, 3, T, H, W), `mask` (B or 1, 1, T, H, W);
    what is not given leaves exact zeros, which is not the same as an encoded black or grey video. So does a mask
    without any known pixel.
    """
    batch, frames, height, width = size
    condition = torch.zeros(batch, 36, frames, height, width, device=device)
    # Asked first: the answer takes a wait for the device, which has nothing to do yet.
    anything_known = mask is not None and not bool((mask > 0).all())
    if control is not None:
        condition[:, :16] = encode_video(vae, control.to(device))
    if video is not None and mask is not None and anything_known:
        mask = mask.to(device)
        condition[:, 16:20] = mask_latents(mask, height, width)
        condition[:, 20:] = encode_video(vae, video.to(device) * (1.0 - mask))
    return condition


def encode_reference(vae: Any, image: torch.Tensor) -> torch.Tensor:
    """Encode a reference image (B, 3, H, W) into (B, 16, h, w), float32."""
    return encode_video(vae, image.unsqueeze(2)).squeeze(2)


def _statistics(vae: Any, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    def per_channel(values: list[float]) -> torch.Tensor:
        return torch.tensor(values, device=device).view(1, -1, 1, 1, 1)

    return per_channel(vae.config.latents_mean), per_channel(vae.config.latents_std)
