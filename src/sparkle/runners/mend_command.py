"""The commands that edit the clip of one sample by itself, as its run did, and open that for mending."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from sparkle.config import changes
from sparkle.core.errors import SetupError
from sparkle.core.sample import Sample
from sparkle.recipes import STAGES, Recipe, load_recipe

_RESULTS_COME_OF = {"video", *STAGES}


def settings_of(recipe: Mapping[str, Any]) -> list[str]:
    """Return the options that make `sparkle edit` work by a recipe as a run keeps it: its name, and what was set.

    A recipe of the user's own is named as it was; where this version knows no such one, that is all there is to say.
    """
    name = str(recipe.get("name") or "cpu")
    options = [] if name == "cpu" else ["--recipe", name]
    try:
        shipped = load_recipe(name).model_dump(mode="json")
        kept = Recipe.model_validate(dict(recipe)).model_dump(mode="json")
    except (SetupError, ValidationError):
        return options
    changed = [change.path for change in changes(shipped, kept) if change.path[0] in _RESULTS_COME_OF]
    # A backend is named with all of its options: those of another one mean nothing to it.
    for path in dict.fromkeys(
        path[:2] if path[2:3] in {("key",), ("options",)} else path for path in changed
    ):
        value = kept
        for part in path:
            value = value[part]
        options += ["--set", f"{'.'.join(path)}={json.dumps(value, ensure_ascii=False)}"]
    return options


def inputs_of(sample: Sample) -> list[str]:
    """Return the options that say what the user gave for a sample, and its seed."""
    options = ["--seed", str(sample.seed)]
    for option, file in (("--boxes", sample.inputs.boxes), ("--background", sample.inputs.background)):
        options += [option, file] if file else []
    return options


def work_of(id: str) -> str:
    """Return the name of the folder in which a sample's clip is mended."""
    return f"{id}_work"


def mend_commands(clip: str, id: str, instruction: str, options: Sequence[str]) -> list[str]:
    """Return the commands: the edit that keeps what is between, and the page that mends it."""
    work = work_of(id)
    edit = ["sparkle", "edit", clip, instruction, "-o", f"{id}.mp4", "--keep", work, *options]
    return [shlex.join(edit), shlex.join(["sparkle", "view", work])]


def back_command(run: str, id: str) -> str:
    """Return the command that takes the mended mask back into its run."""
    return shlex.join(["sparkle", "mend", run, id, work_of(id)])
