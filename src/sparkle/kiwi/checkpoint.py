"""Kiwi checkpoints in three layouts, read, checked and converted without a change of a single bit.

    official    one .safetensors file: transformer, source embedding, queries, connectors, LoRA as it was trained
    diffusers   a folder: transformer/ source_embedder/ ref_embedder/ mllm_encoder/ [lora/], as the authors release it
    sparkle     a folder: kiwi.json, transformer/ encoder/, what this package trains and loads

The official file and ours hold no weights that were never trained (Qwen's and the VAE's), unless the source had them:
the diffusers releases contain the language model, with the LoRA merged into it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkle.backends.sound_weights import refuse_dtypes
from sparkle.config.settings import parse_settings
from sparkle.core.errors import SetupError
from sparkle.kiwi import diffusers_layout
from sparkle.kiwi.config import KiwiConfig
from sparkle.kiwi.diffusers_layout import read_json
from sparkle.kiwi.names import GROUPS, QWEN_GROUP, Layout, Place, checkpoint_tensors, is_lora, places
from sparkle.kiwi.tensor_files import StoredTensor, read_group, read_header, read_tensors, write_tensors
from sparkle.store import copy_file, prepare_folder, whole_folder, write_text

CONFIG_FILE = "kiwi.json"
OFFICIAL_FILE = "model.safetensors"
_METADATA_KEY = "kiwi"
_LISTED = 8

# What a folder may hold beside the tensors that are converted; copied between folders as it is.
_COMPANIONS = ("vae", "processor")
_COMPANION_SUFFIXES = (".safetensors", ".json", ".txt", ".jinja")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that is complete. `tensors`: by official name, still on disk."""

    path: Path
    layout: Layout
    config: KiwiConfig
    tensors: Mapping[str, StoredTensor]


def read_checkpoint(path: Path, *, reference_first: bool | None = None) -> Checkpoint:
    """Find out what a file or folder is, and check every name and shape of it against the model.

    `reference_first` overrides what the checkpoint says, or for the published files does not say. Raises SetupError
    for anything that is no Kiwi checkpoint, a pickle, or one that lists what is missing, unknown, misshaped or of an
    unexpected type.
    """
    layout = find_layout(path)
    stored = _read_all(path, layout)
    config = _read_config(path, layout, stored)
    if reference_first is not None:
        config = config.model_copy(update={"reference_first": reference_first})
    tensors, unknown = _under_official_names(stored, config, layout)
    _check(path, tensors, unknown, checkpoint_tensors(config))
    for file in {tensor.file for tensor in tensors.values()}:
        refuse_dtypes(file, {t.name: t.dtype for t in tensors.values() if t.file == file})
    return Checkpoint(path, layout, config, tensors)


def convert(
    source: Path, destination: Path, layout: Layout, *, reference_first: bool | None = None
) -> Checkpoint:
    """Write the checkpoint in another layout, tensor by tensor, and return what was written, read again and checked.

    It is there whole or not at all.

    Raises SetupError for a source that is no complete checkpoint or has values that are not finite, for a destination
    that exists, for a folder's layout in a .safetensors file, and where nothing can be written.
    """
    is_file = destination.suffix == ".safetensors"
    if is_file and layout != "official":
        raise SetupError(f"{destination}: a file gets the official layout; for {layout} name a folder")
    if destination.exists() or destination.is_symlink():
        raise SetupError(f"{destination}: exists already; name a new one")
    if source.is_dir() and destination.resolve().is_relative_to(source.resolve()):
        raise SetupError(f"{destination}: lies in the checkpoint {source}; name a place outside of it")
    prepare_folder(destination.parent)
    found = read_checkpoint(source, reference_first=reference_first)
    for _ in read_tensors(found.tensors.items()):
        pass  # every value is looked at before anything is written
    try:
        if is_file:
            _write_official(found, destination)
        else:
            with whole_folder(destination) as folder:
                _write_folder(found, folder, layout)
    except OSError as error:
        raise SetupError(f"{destination}: cannot be written ({error}); nothing of it was kept") from error
    return read_checkpoint(destination)


def _write_official(found: Checkpoint, file: Path) -> None:
    write_tensors(file, found.tensors, {"format": "pt", _METADATA_KEY: found.config.model_dump_json()})


def _write_folder(found: Checkpoint, destination: Path, layout: Layout) -> None:
    if layout == "official":
        _write_official(found, destination / OFFICIAL_FILE)
        return
    target = places(found.config, layout)
    for group in GROUPS[layout]:
        tensors = {place.name: found.tensors[name] for name, place in target.items() if place.group == group}
        if tensors:
            write_tensors(destination / f"{group}.safetensors", tensors, {"format": "pt"})
    if found.path.is_dir():
        _copy_companions(found.path, destination)
    for name, content in _descriptions(found.config, layout).items():
        write_text(destination / name, json.dumps(content, indent=2) + "\n")


def find_layout(path: Path) -> Layout:
    """Tell the layout of a file or folder. Raises SetupError when it is none of the three."""
    if path.is_file():
        return "official"
    if (path / CONFIG_FILE).is_file():
        return "sparkle"
    if (path / "source_embedder").is_dir() and (path / "transformer").is_dir():
        return "diffusers"
    if (path / OFFICIAL_FILE).is_file():
        return "official"
    raise SetupError(
        f"{path}: is no Kiwi checkpoint; give the official {OFFICIAL_FILE}, a folder of the diffusers release "
        f"(transformer/, mllm_encoder/, source_embedder/) or one of ours ({CONFIG_FILE})"
    )


def _read_all(path: Path, layout: Layout) -> dict[Place, StoredTensor]:
    if layout == "official":
        tensors, _ = read_header(_official_file(path))
        return {Place("", name): tensor for name, tensor in tensors.items()}
    found = {}
    for group in GROUPS[layout]:
        folder, _, stem = group.rpartition("/")
        for name, tensor in read_group(path / folder, stem).items():
            if group == QWEN_GROUP:
                if name == "lm_head.weight":  # tied to the embeddings and never used
                    continue
                name = _modern_qwen_name(name)
            found[Place(group, name)] = tensor
    return found


def _modern_qwen_name(name: str) -> str:
    """Files of Qwen2.5-VL come under two generations of names; return the present ones."""
    if name.startswith("visual."):
        return f"model.{name}"
    if name.startswith("model.") and not name.startswith(("model.visual.", "model.language_model.")):
        return name.replace("model.", "model.language_model.", 1)
    return name


def _official_file(path: Path) -> Path:
    return path / OFFICIAL_FILE if path.is_dir() else path


def _read_config(path: Path, layout: Layout, stored: Mapping[Place, StoredTensor]) -> KiwiConfig:
    if layout == "sparkle":
        return parse_settings(KiwiConfig, read_json(path / CONFIG_FILE), str(path / CONFIG_FILE))
    if layout == "diffusers":
        return diffusers_layout.read_config(path, {place.group for place in stored})
    file = _official_file(path)
    _, metadata = read_header(file)
    if _METADATA_KEY in metadata:
        try:
            values = json.loads(metadata[_METADATA_KEY])
        except (ValueError, RecursionError) as error:
            raise SetupError(f"{file}: its '{_METADATA_KEY}' metadata is no JSON ({error})") from error
        return parse_settings(KiwiConfig, values, str(file))
    names = {place.name for place in stored}
    whole_qwen = any(name.startswith("mllm.model.") and not is_lora(name) for name in names)
    # The published files have the LoRA that taught the encoder to see, or the language model that it was merged into.
    merged = whole_qwen and not any(map(is_lora, names))
    return KiwiConfig(
        reference=any(name.startswith("ref_vae_condition.") for name in names),
        lora_rank=None if merged else KiwiConfig().lora_rank,
        whole_qwen=whole_qwen,
    )


def _under_official_names(
    stored: Mapping[Place, StoredTensor], config: KiwiConfig, layout: Layout
) -> tuple[dict[str, StoredTensor], list[str]]:
    official = {place: name for name, place in places(config, layout).items()}
    known = {official[place]: tensor for place, tensor in stored.items() if place in official}
    unknown = [
        f"{place.group}: {place.name}" if place.group else place.name
        for place in stored
        if place not in official
    ]
    return known, unknown


def _check(
    path: Path, tensors: Mapping[str, StoredTensor], unknown: list[str], expected: Mapping[str, Any]
) -> None:
    missing = [name for name in expected if name not in tensors]
    misshaped = [
        f"{name} is {list(tensor.shape)}, needs {list(expected[name])}"
        for name, tensor in tensors.items()
        if tensor.shape != expected[name]
    ]
    faults = [
        f"{len(names)} {kind} ({_listed(names)})"
        for kind, names in (("missing", missing), ("unknown", unknown), ("misshaped", misshaped))
        if names
    ]
    if faults:
        raise SetupError(
            f"{path}: does not fit the model: {'; '.join(faults)}. Stage 1 checkpoints and those of other sizes do not "
            "hold a whole Kiwi model; a truncated one must be fetched again"
        )


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = f", and {len(ordered) - _LISTED} more" if len(ordered) > _LISTED else ""
    return ", ".join(ordered[:_LISTED]) + more


def _descriptions(config: KiwiConfig, layout: Layout) -> dict[str, dict[str, Any]]:
    """Return the JSON files of a folder layout, by path."""
    if layout == "diffusers":
        return diffusers_layout.describe(config)
    return {CONFIG_FILE: json.loads(config.model_dump_json())}


def _copy_companions(source: Path, destination: Path) -> None:
    for folder in _COMPANIONS:
        for file in sorted((source / folder).glob("*")):
            if file.is_file() and file.suffix in _COMPANION_SUFFIXES:
                copy_file(file, destination / folder / file.name)
