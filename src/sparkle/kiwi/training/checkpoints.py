"""Checkpoints of a run: step-000500/ holds the model in our own layout, and below state/ what a continuation needs."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from sparkle.backends.sound_weights import finite
from sparkle.core.errors import SetupError
from sparkle.core.parsing import parse_json
from sparkle.store import place_folder, read_text, remove_folder, write_text

CHECKPOINTS = "checkpoints"
STATE = "state"
AVERAGE = "state/average.safetensors"
PROGRESS_FILE = "training.json"
TRAINED_FILE = "trained.safetensors"
CONTINUE_FROM_THE_ONE_BEFORE = "delete this checkpoint, and the same command continues from the one before it"

# What torch, safetensors and json raise for files that are cut off or garbled.
_DAMAGE = (
    OSError,
    RuntimeError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    pickle.PickleError,
    SafetensorError,
)
_STEP = re.compile(r"step-(\d{6,})")


def latest(folder: Path) -> Path | None:
    """Return the checkpoint with the highest step, or None."""
    found = _all(folder)
    return found[-1] if found else None


def finish(folder: Path, step: int, keep: int | None) -> Path:
    """Move a checkpoint that is whole from beside its place to its place, and delete all but the last `keep`, if any
    number is given."""
    partial, final = partial_path(folder, step), folder / f"step-{step:06d}"
    place_folder(partial, final)
    for old in _all(folder)[:-keep] if keep is not None else ():
        remove_folder(old)
    return final


def partial_path(folder: Path, step: int) -> Path:
    """Return where a checkpoint is while it is being written."""
    return folder / f".step-{step:06d}.partial"


def clear_partial(folder: Path) -> None:
    """Delete what an interrupted run left half written."""
    for path in folder.glob(".step-*.partial"):
        with suppress(OSError):  # what cannot be deleted is in nobody's way
            remove_folder(path)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what goes wrong while a checkpoint is written, a full disk above all, into a SetupError."""
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:
        clear_partial(folder)
        raise SetupError(
            f"{folder}: no checkpoint could be written ({_one_line(error)}). Those before it are kept: once there is "
            "room, the same command continues from the last"
        ) from error


@contextmanager
def reading(checkpoint: Path) -> Iterator[None]:
    """Turn what a damaged checkpoint makes go wrong into a SetupError."""
    try:
        yield
    except _DAMAGE as error:
        raise SetupError(
            f"{checkpoint}: cannot be continued from ({_one_line(error)}); if it is damaged, delete it, and the same "
            "command continues from the one before it"
        ) from error


def write_progress(folder: Path, step: int, guard: dict[str, Any], held_by: str) -> None:
    """Write how far the run is. held_by: what holds the weights, which decides over the form of the state."""
    write_text(folder / PROGRESS_FILE, json.dumps({"step": step, "held_by": held_by, "guard": guard}) + "\n")


def read_progress(folder: Path, held_by: str) -> tuple[int, dict[str, Any]]:
    """Return the step and the guard's state. Raises SetupError for a damaged checkpoint or another form of state."""
    with reading(folder):
        progress = parse_json(read_text(folder / PROGRESS_FILE))
        step, guard, before = int(progress["step"]), dict(progress["guard"]), str(progress["held_by"])
    if before != held_by:
        raise SetupError(
            f"{folder}: was written under {before}, and this run is under {held_by}; start it as before, or in another "
            f"output folder with model.checkpoint={folder}"
        )
    return step, guard


def save_trained(objective: nn.Module, folder: Path) -> None:
    """Keep the trained weights alone, exactly; frozen ones are where the run began."""
    trained = {
        name: parameter.detach().cpu().contiguous()
        for name, parameter in objective.named_parameters()
        if parameter.requires_grad
    }
    save_file(trained, folder / TRAINED_FILE)


def load_trained(objective: nn.Module, folder: Path) -> None:
    """Take up the trained weights. Raises SetupError when they are those of another set, or not finite."""
    file = folder / TRAINED_FILE
    trained = dict(finite(file, load_file(file).items(), CONTINUE_FROM_THE_ONE_BEFORE))
    own = {name: parameter for name, parameter in objective.named_parameters() if parameter.requires_grad}
    if own.keys() != trained.keys():
        differing = ", ".join(sorted(own.keys() ^ trained.keys())[:4])
        raise SetupError(f"{file}: was trained with another set of weights ({differing} ...)")
    for name, parameter in own.items():
        parameter.data.copy_(trained[name])


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _all(folder: Path) -> list[Path]:
    steps = {int(match[1]): path for path in folder.glob("step-*") if (match := _STEP.fullmatch(path.name))}
    return [steps[step] for step in sorted(steps)]
