"""What an edit was understood as: told before its work, and part of its JSON."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from sparkle.painter import read
from sparkle.painter.plain import Plain
from sparkle.recipes import Recipe
from sparkle.runners.library import Chosen
from sparkle.runners.understood import refuse_unknown

PAINTER = "cpu.scene_editor"


def understood(
    wanted: dict[str, Any], chosen: Recipe, background: Path | Plain | None, of_library: Chosen | None = None
) -> dict[str, Any]:
    """Return what was understood, as plain JSON values: what is kept, what comes behind it, and where it is a guess.

    Raises SetupError for an instruction of which the painter understands nothing.
    """
    found: dict[str, Any] = {"kept": _kept(wanted)}
    if of_library is not None:
        entry = of_library.entry
        return {
            **found,
            "background": str(background),
            "shows": entry.caption,
            "chosen_by": list(of_library.because),
            "licence": entry.licence or "not stated",
        }
    if background is not None:
        return {**found, "background": str(background)}
    editor = chosen.first_frame.editor.key
    if editor != PAINTER:
        return {**found, "background": f"as {editor} reads the instruction"}
    if not wanted["instruction"].strip():
        return found  # refused with the rest of what can be known to fail
    reading = read(wanted["instruction"])
    refuse_unknown(wanted["instruction"], reading)
    plan = reading.plan
    return {
        **found,
        "place": plan.setting,
        "hour": plan.time,
        "season": plan.season,
        "weather": plan.weather,
        "manner": plan.style,
        "things": sorted(plan.elements),
        "left_out": list(reading.unwanted),
        "ignored": list(reading.ignored),
        "guesses": list(reading.guesses),
    }


def understood_table(found: dict[str, Any]) -> Table:
    """Return the same for the terminal; what is empty or as ever is left out."""
    table = Table.grid(padding=(0, 2))
    guessed = {guess.partition(":")[0] for guess in found.get("guesses", [])}
    for name, value in found.items():
        if name == "guesses" or not value or (name == "manner" and value == "photo"):
            continue
        text = ", ".join(value) if isinstance(value, list) else str(value)
        table.add_row(f"  {name.replace('_', ' ')}", f"{text} (not said)" if name in guessed else text)
    return table


def confirm(found: dict[str, Any]) -> None:
    """Ask whoever sits at a terminal whether to go on, where words were not understood; end the command if not."""
    if not found.get("ignored") or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    if not typer.confirm("  go on without what is ignored?", default=True, err=True):
        raise typer.Exit(1)


def _kept(wanted: dict[str, Any]) -> str:
    if wanted["subject"] is not None:
        return str(wanted["subject"])
    for name, what in (("boxes", "what is in the boxes of"), ("matte", "what is white or opaque in")):
        if wanted[name] is not None:
            return f"{what} {wanted[name]}"
    return "found by itself: faces, what moves, what stands out"
