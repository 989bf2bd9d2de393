"""`sparkle scenes`: the places that the painter knows, the words that call them, and pictures of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sparkle.cli.options import JsonOption
from sparkle.cli.show import answer, print_json, remarks, slim_table, told
from sparkle.core.errors import SetupError
from sparkle.painter import paint, plan_scene
from sparkle.painter.places import PLACES
from sparkle.painter.reading import spoken
from sparkle.painter.words import vocabulary
from sparkle.store import prepare_folder
from sparkle.taxonomy import load_taxonomy
from sparkle.video import write_image

SIZE = (416, 240)


def command(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]...", help="Only places that such a word calls.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a picture of each place into this folder.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the places that the painter of the cpu recipe knows, by kind, with the words that call them.

    Examples:

        sparkle scenes

        sparkle scenes beach forest --out pictures

        sparkle scenes --json
    """
    chosen = {
        name: spoken(place.words)
        for name, place in PLACES.items()
        if not words or any(word.lower() in (name, *spoken(place.words)) for word in words)
    }
    if not chosen:
        raise SetupError(f"no place is called by {', '.join(words or [])}; sparkle scenes lists all of them")
    pictures = {} if out is None else _pictures(list(chosen), out)
    if as_json:
        print_json(_as_json(chosen, pictures))
        return
    table = slim_table("stage", "words that call it")
    table.columns[0].header, table.columns[1].no_wrap, table.columns[1].justify = "place", False, "left"
    family = ""
    for name, called_by in chosen.items():
        kind = PLACES[name].draw.__module__.rpartition(".")[2]
        if kind != family:
            table.add_row(told((kind, "bold")), "")
            family = kind
        table.add_row(f"  {name}", ", ".join(called_by))
    answer.print(table)
    if not words:
        for name, said in _vocabulary().items():
            answer.print(f"{name}: {', '.join(said)}")
    if out is not None:
        remarks.print(f"{len(pictures)} pictures in {out}")


def _vocabulary() -> dict[str, list[str]]:
    """Return hours, seasons, weathers, manners and things by name."""
    return {name: list(dict.fromkeys(row[1] for row in rows)) for name, rows in vocabulary().items()}


def _pictures(names: list[str], folder: Path) -> dict[str, str]:
    prepare_folder(folder)
    found = {}
    for name in names:
        path = folder / f"{name.replace(' ', '_')}.png"
        write_image(path, paint(plan_scene(spoken(PLACES[name].words)[0]), *SIZE, seed=7))
        found[name] = str(path)
    return found


def _as_json(chosen: dict[str, list[str]], pictures: dict[str, str]) -> dict[str, Any]:
    scenes = [scene for theme in load_taxonomy().values() for part in theme.values() for scene in part]
    places = [
        {
            "place": name,
            "kind": PLACES[name].draw.__module__.rpartition(".")[2],
            "words": called_by,
            **({"picture": pictures[name]} if name in pictures else {}),
            "scenes": [
                {"theme": scene.theme, "subtheme": scene.subtheme, "scene": scene.name}
                for scene in scenes
                if plan_scene("", scene).setting == name
            ],
        }
        for name, called_by in chosen.items()
    ]
    return {"places": places, **_vocabulary()}
