"""LoRA files of Wan transformers, merged into the weights, wholly or not at all.

diffusers' own loader drops the keys that it does not know, with a warning at most, and knows neither the norm nor the
modulation differences that the distilled files hold. A distilled model with a part of its LoRA missing still makes
videos, worse ones; so whatever does not fit is an error here.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import torch
from diffusers.loaders.single_file_utils import convert_wan_transformer_to_diffusers
from safetensors import SafetensorError
from safetensors.torch import load_file

from sparkle.backends.sound_weights import finite, refuse_dtypes, stored_dtypes
from sparkle.core.errors import SetupError
from sparkle.store import check_plain

PREFIXES = ("diffusion_model.", "transformer.", "")
# Ending of a key in the file -> (the part it plays, the ending of the weight that it changes).
PARTS = {
    ".lora_down.weight": ("down", ".weight"),
    ".lora_A.weight": ("down", ".weight"),
    ".lora_up.weight": ("up", ".weight"),
    ".lora_B.weight": ("up", ".weight"),
    ".alpha": ("alpha", ".weight"),
    ".diff": ("difference", ".weight"),
    ".diff_b": ("difference", ".bias"),
    ".diff_m": ("difference", ".modulation"),
}


def merge_lora(transformer: Any, file: Path, strength: float = 1.0) -> None:
    """Add a LoRA to the weights of a WanTransformer3DModel, in place.

    The file has official names (`diffusion_model.blocks.0.self_attn.q.lora_down.weight`, `.lora_up`, `.alpha`,
    `.diff`, `.diff_b`, `.diff_m`) or diffusers' (`transformer.blocks.0.attn1.to_q.lora_A.weight`). A weight grows
    by strength x alpha / rank x up @ down (alpha = rank where the file has none), computed in float32.
    Raises SetupError, and changes nothing, if the file is not readable, any of its keys does not fit, or a value is not
    finite.
    """
    changes = _changes(_read(file), file)
    weights = dict(transformer.named_parameters())
    renamed = {_diffusers_name(name, weights): parts for name, parts in changes.items()}
    faults = [fault for name, parts in renamed.items() if (fault := _fault(name, parts, weights))]
    if faults:
        listed = "; ".join(faults[:3]) + (f"; and {len(faults) - 3} more" if len(faults) > 3 else "")
        raise SetupError(f"{file}: this LoRA does not fit the model: {listed}; take one made for it")
    for name, parts in renamed.items():
        weight = weights[name]
        weight.data = (weight.data.float() + strength * _difference(parts).to(weight.device)).to(weight.dtype)


def _read(file: Path) -> dict[str, Any]:
    try:
        check_plain(file)
        tensors: dict[str, Any] = load_file(file)
    except (OSError, SafetensorError) as error:
        raise SetupError(f"{file}: cannot be read as a safetensors file ({error})") from error
    if not tensors:
        raise SetupError(f"{file}: this LoRA is empty")
    refuse_dtypes(file, stored_dtypes(file))
    return dict(finite(file, tensors.items()))


def _changes(tensors: dict[str, Any], file: Path) -> dict[str, dict[str, Any]]:
    """Return the parts ("down", "up", "alpha", "difference") by the weight that they change."""
    changes: dict[str, dict[str, Any]] = defaultdict(dict)
    for key, tensor in tensors.items():
        ending = next((ending for ending in PARTS if key.endswith(ending)), None)
        if ending is None:
            raise SetupError(f"{file}: what the LoRA's key '{key}' means is not known")
        part, weight_ending = PARTS[ending]
        name = key.removesuffix(ending)
        name = name.removeprefix(next(prefix for prefix in PREFIXES if name.startswith(prefix)))
        changes[name.removesuffix(weight_ending) + weight_ending][part] = tensor
    return changes


def _diffusers_name(name: str, weights: dict[str, Any]) -> str:
    """Return the name that a weight has here, whether the file names it officially or so already."""
    if name in weights:
        return name
    converted: str = next(iter(convert_wan_transformer_to_diffusers({name: torch.empty(0)})))
    return converted


def _fault(name: str, parts: dict[str, Any], weights: dict[str, Any]) -> str | None:
    if name not in weights:
        return f"there is no weight '{name}'"
    if ("down" in parts) != ("up" in parts) or parts.keys() == {"alpha"}:
        return f"one half of the change of '{name}' is missing"
    if "down" in parts:
        down, up = parts["down"], parts["up"]
        if down.ndim != 2 or up.ndim != 2 or down.shape[0] != up.shape[1]:
            return f"the halves of the change of '{name}' do not fit each other"
    changed = _shape(parts)
    if any(shape != weights[name].shape for shape in changed):
        return f"'{name}' is {tuple(weights[name].shape)} and its change {tuple(changed[0])}"
    return None


def _shape(parts: dict[str, Any]) -> list[Any]:
    shapes = [torch.Size((parts["up"].shape[0], parts["down"].shape[1]))] if "down" in parts else []
    return shapes + ([parts["difference"].shape] if "difference" in parts else [])


def _difference(parts: dict[str, Any]) -> Any:
    difference: Any = parts["difference"].float() if "difference" in parts else 0.0
    if "down" not in parts:
        return difference
    down, up = parts["down"].float(), parts["up"].float()
    scale = float(parts["alpha"]) / down.shape[0] if "alpha" in parts else 1.0
    return difference + scale * (up @ down)
