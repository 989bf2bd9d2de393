"""What weights must be: floating-point numbers of 16 or 32 bits, every one finite, of a model of a possible size.

The libraries take whatever a file holds: whole numbers become wrong weights, one NaN makes every picture black, and a
huge number in a configuration takes all memory before anything is compared. Here each is an error that names the file
and the tensors, before work starts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sparkle.core.errors import SetupError
from sparkle.core.extras import require
from sparkle.store import check_plain, read_text

FLOATS = ("BF16", "F16", "F32")
# Buffers that count or point.
_WHOLE_NUMBERS = ("num_batches_tracked", "position_ids", "position_index")
# What files of language models may hold beside the model: the head, and frequencies that are computed.
_OF_NO_USE = ("lm_head.weight", "inv_freq")
NAMED_IN_A_MESSAGE = 4
FETCH_AGAIN = "fetch it again (sparkle models fetch)"

# Far above any published model's; enough to build a table or a list of in a moment.
MOST_LAYERS = 1024
LARGEST_NUMBER = 2**24
# Their values are in no relation to what a model weighs.
_FREE = ("theta", "seed", "pixels")
_COUNTS = ("layers", "depth", "depths", "blocks", "num_labels")


def refuse_dtypes(place: Path, dtypes: Mapping[str, str]) -> None:
    """Raise SetupError for tensors, given as {name: type as safetensors writes it}, that are no usable numbers."""
    odd = [
        f"{name} ({dtype})"
        for name, dtype in sorted(dtypes.items())
        if dtype not in FLOATS and not name.endswith(_WHOLE_NUMBERS)
    ]
    if odd:
        raise SetupError(
            f"{place}: {len(odd)} weights are of an unexpected type: {some(odd)}; expected {', '.join(FLOATS)}; "
            f"{FETCH_AGAIN}, or give the checkpoint that is not quantised"
        )


def torch_dtype_name(dtype: Any) -> str:
    """Return the name that safetensors has for a type of torch's, for usable weights; else torch's own."""
    names = {"torch.bfloat16": "BF16", "torch.float16": "F16", "torch.float32": "F32"}
    return names.get(str(dtype), str(dtype))


def refuse_torch_dtypes(place: Path, weights: Mapping[str, Any]) -> None:
    """Raise SetupError for tensors of a torch state dict that are no usable numbers."""
    refuse_dtypes(place, {name: torch_dtype_name(value.dtype) for name, value in weights.items()})


def finite(
    place: Path,
    tensors: Iterable[tuple[str, Any]],
    remedy: str = f"{FETCH_AGAIN}, or give another checkpoint",
) -> Iterator[tuple[str, Any]]:
    """Pass (name, tensor) on, and raise SetupError after the last if any holds NaN or infinity, naming them.

    `remedy` is what the message says is to be done.
    """
    broken = []
    for name, tensor in tensors:
        if not is_finite(tensor):
            broken.append(name)
        yield name, tensor
    if broken:
        raise SetupError(
            f"{place}: {len(broken)} weights are not finite (NaN or infinity): {some(broken)}; "
            f"it is damaged or its training failed: {remedy}"
        )


def refuse_not_finite(place: Path, model: Any) -> None:
    """Raise SetupError if any parameter or buffer of a torch module is not finite, naming them."""
    for _ in finite(place, [*model.named_parameters(), *model.named_buffers()]):
        pass


def is_finite(tensor: Any) -> bool:
    """Tell whether a tensor has neither NaN nor infinity; whole numbers and empty ones have not."""
    if not tensor.is_floating_point() or not tensor.numel():
        return True
    # One pass without a copy, thirty times as fast as isfinite().all(); NaN is passed on.
    low, high = tensor.detach().aminmax()
    return bool(low.isfinite() & high.isfinite())


def check_folder(folder: Path) -> None:
    """Check a model's folder by its headers alone: configuration and types. For what a library is going to load.

    Raises SetupError. Quantised checkpoints that say so in their configuration are the library's business.
    """
    config = folder / "config.json"
    values = _read(config) if config.is_file() else {}
    refuse_huge(config, values)
    if "quantization_config" not in values:
        for file in sorted(folder.glob("*.safetensors")):
            refuse_dtypes(file, stored_dtypes(file))


def stored_dtypes(file: Path) -> dict[str, str]:
    """Return the type of every tensor of a safetensors file. Raises SetupError for a file that is none."""
    library = require("safetensors", "models", f"reading {file}")
    try:
        check_plain(file)
        with library.safe_open(file, "pt") as opened:
            return {name: str(opened.get_slice(name).get_dtype()) for name in opened.keys()}  # noqa: SIM118
    except (library.SafetensorError, OSError) as error:
        raise SetupError(f"{file}: not a readable safetensors file ({error}); {FETCH_AGAIN}") from error


def refuse_huge(file: Path | str, values: Any, name: str = "") -> None:
    """Raise SetupError, which names `file` and field, for a number in a configuration that no model has."""
    if isinstance(values, Mapping):
        for key, value in values.items():
            refuse_huge(file, value, str(key))
    elif isinstance(values, list):
        for value in values:
            refuse_huge(file, value, name)
    elif isinstance(values, int) and not any(word in name for word in _FREE):
        most = MOST_LAYERS if name.endswith(_COUNTS) else LARGEST_NUMBER
        if values > most:
            raise SetupError(f"{file}: {name} is {values}, which no model has; {FETCH_AGAIN}")


def refuse_unused(place: Path, kind: str, names: Iterable[str]) -> None:
    """Raise SetupError for tensors that a model of transformers has no place for: they are another model's, and what
    was loaded would be a part of it. A language model's head is no fault: where it is not asked for, it is not used."""
    unused = sorted(name for name in names if not name.endswith(_OF_NO_USE))
    if unused:
        raise SetupError(
            f"{place}: {len(unused)} weights have no place in {kind}: {some(unused)}; "
            f"{FETCH_AGAIN}, or give the checkpoint of this model"
        )


def some(names: list[str]) -> str:
    """Return the first names, and how many more there are."""
    rest = len(names) - NAMED_IN_A_MESSAGE
    return ", ".join(names[:NAMED_IN_A_MESSAGE]) + (f" and {rest} more" if rest > 0 else "")


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise SetupError(f"{file}: is no JSON ({error}); {FETCH_AGAIN}") from error
    return found if isinstance(found, dict) else {}
