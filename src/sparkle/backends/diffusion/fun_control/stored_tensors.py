"""Checkpoint files, and their complete and exact transfer into a model that was built empty.

Nothing is loaded in part: names, shapes and types are compared before any tensor is read, and no value may be anything
but a finite number. Files are mapped into memory, so that a 28 GB expert costs no second copy in host memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, TypeVar
from zipfile import is_zipfile

import torch
from accelerate import init_empty_weights
from safetensors import SafetensorError, safe_open

from sparkle.backends.sound_weights import finite, refuse_dtypes, some, torch_dtype_name
from sparkle.core.errors import SetupError
from sparkle.store import check_plain

Model = TypeVar("Model")


class CheckpointError(SetupError):
    """A checkpoint is damaged, or does not fit the model that it was given for."""


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor of a file, not read yet. `dtype` is as safetensors writes it, for usable weights."""

    shape: tuple[int, ...]
    dtype: str
    read: Callable[[], torch.Tensor]


def open_safetensors(files: Iterable[Path]) -> dict[str, StoredTensor]:
    """Return the tensors of one file or of all shards. Raises CheckpointError for a name that comes twice."""
    stored: dict[str, StoredTensor] = {}
    for file in sorted(files):
        try:
            check_plain(file)
            handle: Any = safe_open(file, framework="pt")
        except (SafetensorError, OSError) as error:
            raise CheckpointError(
                f"{file}: not a readable safetensors file ({error}); fetch it again"
            ) from error
        for name in handle.keys():  # noqa: SIM118 - the handle is no mapping
            if name in stored:
                raise CheckpointError(
                    f"{file}: '{name}' is in another file of this folder too; keep one variant of the checkpoint"
                )
            about = handle.get_slice(name)
            stored[name] = StoredTensor(
                tuple(about.get_shape()), str(about.get_dtype()), partial(handle.get_tensor, name)
            )
    return stored


def open_pickled(file: Path) -> dict[str, StoredTensor]:
    """Return the tensors of a flat torch state dict; no code in it is run. Raises CheckpointError for other files."""
    try:
        check_plain(file)
        # Only the newer of torch's two formats can be mapped into memory.
        found = torch.load(file, map_location="cpu", weights_only=True, mmap=is_zipfile(file))
    except (RuntimeError, OSError, ValueError, EOFError, UnpicklingError) as error:
        first_line = str(error).partition("\n")[0]
        raise CheckpointError(
            f"{file}: not a readable torch state dict ({first_line}); fetch it again"
        ) from error
    if not isinstance(found, dict) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise CheckpointError(f"{file}: not a flat torch state dict; fetch it again")
    return {
        str(name): StoredTensor(tuple(value.shape), torch_dtype_name(value.dtype), partial(_itself, value))
        for name, value in found.items()
    }


def build_empty(factory: Callable[[], Model]) -> Model:
    """Return `factory()` with parameters that take no memory; its buffers are computed as usual."""
    with init_empty_weights(include_buffers=False):
        model = factory()
    _tie(model)
    return model


def fill(model: Model, stored: Mapping[str, StoredTensor], dtype: torch.dtype, origin: Path) -> Model:
    """Give a model that was built empty the stored tensors, on the CPU, and return it in evaluation mode.

    Parameters get `dtype`; those of modules that the model's class keeps in float32 get float32. Raises
    CheckpointError, before anything is read, which lists the names that are missing, unknown or of another shape, and
    SetupError for those of an unexpected type or with values that are not finite in `dtype`.
    """
    module: Any = model
    expected = module.state_dict(keep_vars=True)
    needed = {id(tensor): name for name, tensor in reversed(expected.items())}
    given = {id(expected[name]) for name in stored if name in expected}
    missing = [name for tensor, name in needed.items() if tensor not in given]
    unknown = [name for name in stored if name not in expected]
    misshaped = [
        f"{name} {list(tensor.shape)} instead of {list(expected[name].shape)}"
        for name, tensor in stored.items()
        if name in expected and tensor.shape != tuple(expected[name].shape)
    ]
    faults = {"missing": missing, "unknown": unknown, "of another shape": misshaped}
    if any(faults.values()):
        listed = "; ".join(f"{len(names)} {kind}: {some(names)}" for kind, names in faults.items() if names)
        raise CheckpointError(
            f"{origin}: does not fit {type(model).__name__}, nothing was loaded. {listed}. "
            f"Fetch it again, or give a checkpoint of this model"
        )
    refuse_dtypes(origin, {name: tensor.dtype for name, tensor in stored.items()})
    float32_parts = kept_in_float32(module, dtype)
    tensors = dict(
        finite(
            origin,
            (
                (name, tensor.read().to(torch.float32 if float32_parts & set(name.split(".")) else dtype))
                for name, tensor in stored.items()
            ),
        )
    )
    module.load_state_dict(tensors, strict=False, assign=True)
    _tie(module)
    module.eval().requires_grad_(False)
    return model


def kept_in_float32(model: Any, dtype: torch.dtype) -> set[str]:
    """Return the names of the modules and parameters that stay float32 when a model is loaded in `dtype`.

    diffusers has one list per class, for every dtype; transformers has one for float16 and one for both halves.
    """
    always = getattr(model, "_keep_in_fp32_modules_strict", None)
    listed = getattr(model, "_keep_in_fp32_modules", None)
    is_transformers = hasattr(model, "_keep_in_fp32_modules_strict")
    if is_transformers and dtype != torch.float16:
        listed = None
    return {*(always or ()), *(listed or ())}


def _tie(model: Any) -> None:
    if hasattr(model, "tie_weights"):
        model.tie_weights()


def _itself(tensor: torch.Tensor) -> torch.Tensor:
    return tensor
