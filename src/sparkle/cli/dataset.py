"""`sparkle dataset ...`: work on folders in the published layout."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sparkle.cli.dataset_cuts import (
    dedup_command,
    filter_command,
    merge_command,
    sample_command,
    split_command,
)
from sparkle.cli.dataset_publish import export_command, push_command, stats_command
from sparkle.cli.dataset_shards import pack_command, unpack_command
from sparkle.cli.options import JsonOption
from sparkle.cli.show import answer, print_json, remarks
from sparkle.core.errors import SetupError
from sparkle.dataset import verify
from sparkle.dataset.inventory import themes_without_clips

app = typer.Typer(help="Work on dataset folders in the published layout.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Work on dataset folders in the published layout."""


app.command("stats")(stats_command)
app.command("pack")(pack_command)
app.command("unpack")(unpack_command)
app.command("filter")(filter_command)
app.command("sample")(sample_command)
app.command("split")(split_command)
app.command("merge")(merge_command)
app.command("dedup")(dedup_command)
app.command("export")(export_command)
app.command("push")(push_command)

LOOKS = 16  # samples of a theme that `verify` opens anyway


@app.command("verify")
def verify_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The dataset folder.")],
    deep: Annotated[
        bool,
        typer.Option("--deep", help="Decode every video and read every other file, too; minutes to hours."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Tell whether a folder is a valid dataset in the published layout; exit code 0 or 1, every fault named.

    Looks at names, ids, paths, tables and scores, into the headers of shards, and into the files of 16 samples of each
    theme, spread over it, of whose videos the first picture is decoded; with --deep every file is read to its end.

    Examples:

        sparkle dataset verify runs/first

        sparkle dataset verify release --deep --json
    """
    if not folder.is_dir():
        raise SetupError(f"{folder}: no such folder")
    faults = verify(folder, deep=deep, looks=LOOKS)
    absent = themes_without_clips(folder)
    if as_json:
        listed = [{"path": fault.file, "id": fault.id, "message": fault.message} for fault in faults]
        print_json({"folder": str(folder), "valid": not faults, "without_clips": absent, "faults": listed})
    else:
        for fault in faults:
            answer.print(str(fault), highlight=False, markup=False, soft_wrap=True)
        if absent:
            remarks.print(f"no clip is here of {', '.join(absent)}, so none of theirs was looked at")
        read = (
            ""
            if deep or faults
            else f"; of each theme, {LOOKS} samples at most were opened: --deep opens all"
        )
        answer.print(
            f"{folder}: {f'{len(faults)} faults' if faults else 'valid'}{read}",
            highlight=False,
            soft_wrap=True,
        )
    if faults:
        raise typer.Exit(1)
