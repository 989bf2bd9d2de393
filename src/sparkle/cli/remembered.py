"""What the folder of an edit remembers of its last command, so that a correction alone is a command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from sparkle.core.secrets import without_secrets
from sparkle.runners.corrections import (
    EDIT_FILE,
    Mark,
    marks_from_json,
    marks_to_json,
    merged,
    read_object,
    with_kept_masks,
)
from sparkle.store import write_text

FILES = ("clip", "output", "boxes", "matte", "matte_output", "backgrounds")
REMEMBERED = (
    *FILES,
    *("background", "fit", "position", "blur", "relight"),
    *("instruction", "subject", "recipe", "seed", "settings"),
    *("fps", "start", "end", "camera", "codec", "crf"),
    *("alpha", "foreground_only", "background_only"),
)
# Whoever names the subject anew takes the earlier way of naming it back; a new output is written in its own way.
_SUBJECT = ("boxes", "subject", "matte")
_BEHIND = ("background", "backgrounds")
_PLACING = ("fit", "position", "blur")
_WRITING = ("output", "codec", "crf", "alpha", "matte_output", "foreground_only", "background_only")


def with_remembered(context: typer.Context, options: dict[str, Any], keep: Path | None) -> dict[str, Any]:
    """Return a command's options; those that it does not give are as the last command on `keep` had them."""
    sources = {name: context.get_parameter_source(name) for name in options}
    given = {name for name, source in sources.items() if source is not None and source.name != "DEFAULT"}
    if keep is None or not (keep / EDIT_FILE).is_file():
        return options
    before = read_object(keep / EDIT_FILE).get("options", {})
    dropped = set(_SUBJECT) if given & set(_SUBJECT) else set()
    dropped |= {*_BEHIND, *_PLACING} if given & set(_BEHIND) else set()
    dropped |= {"fps"} if "clip" in given else set()
    dropped |= set(_WRITING) if "output" in given else set()
    taken = {
        name: Path(value) if name in FILES and value is not None else value
        for name, value in before.items()
        if name in options and name not in given | dropped
    }
    settings = [each for each in before.get("settings", []) if each not in options["settings"]]
    return {**options, **taken, "settings": [*settings, *options["settings"]]}  # of two, the last stands


def earlier_marks(keep: Path | None) -> tuple[Mark, ...]:
    """Return the marks that earlier commands on `keep` made."""
    if keep is None or not (keep / EDIT_FILE).is_file():
        return ()
    return marks_from_json(read_object(keep / EDIT_FILE).get("marks", []))


def all_marks(keep: Path | None, new: list[Mark]) -> tuple[Mark, ...]:
    """Return earlier and new marks; masks among them are copied into `keep`."""
    marks = merged(earlier_marks(keep), new)
    return marks if keep is None else with_kept_masks(marks, keep / "painted")


def remember(keep: Path, options: dict[str, Any], marks: tuple[Mark, ...]) -> None:
    """Keep a command's options and marks for the next one; files by their whole names."""
    told = {
        name: str(Path(value).absolute()) if name in FILES and value is not None else value
        for name, value in options.items()
        if name in REMEMBERED
    }
    if told.get("background") is not None and Path(told["background"]).exists():
        told["background"] = str(Path(told["background"]).absolute())  # a file, and no colour
    content = without_secrets({"options": told, "marks": marks_to_json(marks)})
    write_text(keep / EDIT_FILE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
