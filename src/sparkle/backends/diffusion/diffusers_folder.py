"""Reading a checkpoint in diffusers' layout: offline, safetensors only, and wholly or not at all.

The libraries start what a file lacks from random numbers, with a warning at most; here that is an error.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sparkle.backends.placement import Placement
from sparkle.backends.sound_weights import (
    check_folder,
    refuse_not_finite,
    refuse_unused,
    some,
    stored_dtypes,
)
from sparkle.core.errors import SetupError

# What a repository in diffusers' layout has; some have the same weights in other layouts beside.
DIFFUSERS_FILES = (
    "model_index.json",
    "scheduler/*",
    "text_encoder/*",
    "tokenizer/*",
    "transformer/*",
    "transformer_2/*",
    "vae/*",
)


def load_pipeline(kind: Any, folder: Path, placement: Placement, **components: Any) -> Any:
    """Load a DiffusionPipeline of class `kind` to the CPU.

    `components` replace those of the folder; None leaves one out. Raises SetupError for a folder without such a
    checkpoint, and for a missing device before anything is read.
    """
    placement.check_device()
    for component in sorted(path.parent for path in folder.glob("*/config.json")):
        if component.name not in components:
            check_folder(component)
    with _faults_named(folder, kind), warnings.catch_warnings():
        # The new name of `torch_dtype` is not known to all versions, and unknown arguments are ignored.
        warnings.filterwarnings("ignore", "`torch_dtype` is deprecated", FutureWarning)
        pipeline = kind.from_pretrained(
            folder,
            torch_dtype=placement.torch_dtype,
            local_files_only=True,
            use_safetensors=True,
            **components,
        )
    models = {name: part for name, part in pipeline.components.items() if hasattr(part, "named_parameters")}
    for name, model in models.items():
        _refuse_missing(
            folder / name, [weight for weight, value in model.named_parameters() if value.is_meta]
        )
        if name not in components:
            _refuse_unknown(folder / name, model)
            refuse_not_finite(folder / name, model)
    return pipeline


def load_text_model(kind: Any, folder: Path, placement: Placement) -> Any:
    """Load a transformers model of class `kind` from `text_encoder/` to the CPU. Raises SetupError as above."""
    placement.check_device()
    place = folder / "text_encoder"
    check_folder(place)
    with _faults_named(place, kind):
        model, found = kind.from_pretrained(
            place,
            dtype=placement.torch_dtype,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
        )
    # Tied weights are stored once; some versions count the other place as missing.
    tied = getattr(model, "_tied_weights_keys", None) or ()
    _refuse_missing(place, sorted(set(found["missing_keys"]) - set(tied)))
    refuse_unused(place, kind.__name__, found["unexpected_keys"])
    refuse_not_finite(place, model)
    return model.eval()


@contextmanager
def _faults_named(folder: Path, kind: Any) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise SetupError(
            f"{folder}: no usable {kind.__name__} checkpoint ({error}); "
            f"fetch it again with: sparkle models fetch --recipe RECIPE, or give a folder in diffusers' layout"
        ) from error


def _refuse_unknown(folder: Path, model: Any) -> None:
    """Refuse a folder with weights that the model has no place for: they are another model's, or would go unused."""
    if not hasattr(model, "load_config"):  # transformers renames what it loads
        return
    stored = {
        name for file in folder.glob("diffusion_pytorch_model*.safetensors") for name in stored_dtypes(file)
    }
    # What earlier versions of a model had, and is known to be of no use.
    useless = getattr(model, "_keys_to_ignore_on_load_unexpected", None) or ()
    unknown = sorted(
        name
        for name in stored - model.state_dict().keys()
        if not any(re.search(pattern, name) for pattern in useless)
    )
    if unknown:
        raise SetupError(
            f"{folder}: {len(unknown)} weights have no place in {type(model).__name__}: {some(unknown)}; "
            f"give the checkpoint of this model"
        )


def _refuse_missing(folder: Path, names: list[str]) -> None:
    if names:
        raise SetupError(
            f"{folder}: {len(names)} weights are missing: {some(names)}; "
            f"fetch the model again with: sparkle models fetch --recipe RECIPE"
        )
