"""Options that several commands share, so that they read and behave alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RecipeOption = Annotated[
    str,
    typer.Option(
        "--recipe", "-r", metavar="NAME|FILE", help="A shipped recipe (see `sparkle recipes`) or a YAML file."
    ),
]
SeedOption = Annotated[
    int | None, typer.Option(min=0, help="Seed of every choice; by default the recipe's, which is 7.")
]
SetOption = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one setting, e.g. `synthesize.guidance=foreground`; may be repeated.",
    ),
]
BackgroundsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="A library: a folder of pictures and videos, chosen by words; those of their names, or of a CSV with "
        "file, caption, theme and licence.",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else there.")
]
DEAREST = 1e12  # the highest price that is taken: "inf" is none, and sums of it would be no numbers of JSON
