"""Latents, and states of a frozen encoder, kept on disk: one safetensors file a pair.

A file is named by what it was made of: both clips' content, the models, the sizes, and for states the instruction. So a
changed clip or model is simply another file, and several runs may share a folder. A 704x1280 pair of 81 frames takes
2 x 7.1 MB of latents in bfloat16 and 2.1 MB of states; at 480x832 2 x 3.1 MB.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from sparkle.core.errors import MediaError
from sparkle.kiwi.training.fingerprint import text_fingerprint
from sparkle.kiwi.training.order import Bucket
from sparkle.kiwi.training.samples import TrainingPair
from sparkle.kiwi.training.settings import DataSettings
from sparkle.store import whole_file

VERSION = "1"


@dataclass(frozen=True, slots=True)
class StoredPair:
    """source, target: latents (C, F, H, W). states: (queries, hidden) of a frozen encoder, before the connector."""

    source: Tensor
    target: Tensor
    states: Tensor | None


@dataclass(frozen=True, slots=True)
class LatentCache:
    """A folder of stored pairs. `vae_key`, `encoder_key`: what they are made with; no encoder_key, no states."""

    folder: Path
    data: DataSettings
    vae_key: str
    encoder_key: str | None
    dtype: Literal["bfloat16", "float32"]

    def path(self, pair: TrainingPair) -> Path:
        """Return where the pair is, or will be. Raises MediaError for clips that are not there."""
        parts = {
            "version": VERSION,
            "source": pair.source.fingerprint(),
            "edited": pair.edited.fingerprint(),
            "frames": pair.frames,
            "sizes": [self.data.max_pixels, self.data.side_step, self.data.length_step],
            "vae": [self.vae_key, self.data.tiled_vae, self.dtype],
        }
        if self.encoder_key is not None:
            parts["states"] = [self.encoder_key, pair.instruction, self.data.encoder_max_pixels]
        key = text_fingerprint(json.dumps(parts))
        return self.folder / key[:2] / f"{key}.safetensors"

    def write(self, path: Path, stored: StoredPair) -> None:
        """Keep a pair, whole or not at all."""
        tensors = {"source": stored.source, "target": stored.target}
        if stored.states is not None:
            tensors["states"] = stored.states
        dtype: torch.dtype = getattr(torch, self.dtype)
        with whole_file(path) as temporary:
            save_file(
                {name: tensor.to("cpu", dtype).contiguous() for name, tensor in tensors.items()}, temporary
            )

    def read(self, path: Path) -> StoredPair:
        """Return a pair. Raises MediaError for a file that has been damaged since the run began."""
        try:
            tensors = load_file(path)
            return StoredPair(tensors["source"], tensors["target"], tensors.get("states"))
        except (OSError, SafetensorError, KeyError) as error:
            raise MediaError(
                f"{path}: is damaged ({error}); delete it, and the next start makes it anew"
            ) from error

    def bucket(self, path: Path) -> Bucket | None:
        """Return the size of the latents, from the header; None for a file that is missing, cut off or no such file."""
        try:
            with safe_open(path, "pt") as opened:
                shapes = [tuple(opened.get_slice(name).get_shape()) for name in ("source", "target")]
                whole = self.encoder_key is None or "states" in opened.keys()  # noqa: SIM118 - no dict
        except (OSError, SafetensorError):
            return None
        if not whole or shapes[0] != shapes[1] or len(shapes[0]) != 4:
            return None
        return shapes[0][1], shapes[0][2], shapes[0][3]
