"""`sparkle dataset pack|unpack`: between loose files and the shards of the published release."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from sparkle.cli.options import JsonOption
from sparkle.cli.show import answer, print_json, remarks
from sparkle.core.byte_sizes import byte_size
from sparkle.core.errors import SetupError

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|TB)?", re.IGNORECASE)
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def pack_command(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The dataset folder, or an address.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="OUT", help="The folder for the shards.")],
    shard_size: Annotated[
        str, typer.Option("--shard-size", metavar="SIZE", help="At most so much a shard: 5GB, 500MB.")
    ] = "5GB",
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, help="Shards that are written at the same time.")
    ] = 2,
    as_json: JsonOption = False,
) -> None:
    """Pack a dataset into the tar shards of the published release, with checksums and an index.

    The same dataset gives the same bytes. A stopped one goes on with the same command.

    Examples:

        sparkle dataset pack runs/first --out release

        sparkle dataset pack runs/first --out release --shard-size 500MB --jobs 4
    """
    from sparkle.dataset import open_dataset
    from sparkle.dataset.packing import pack

    packed = pack(
        open_dataset(folder),
        out,
        _bytes(shard_size),
        jobs,
        lambda key, size: remarks.print(f"packed  {key}  {byte_size(size)}", soft_wrap=True),
    )
    if as_json:
        shards = [
            {"shard": each.key, "bytes": each.size, "blake3": each.blake3, "files": each.files}
            for each in packed
        ]
        print_json({"folder": str(out), "shards": shards})
        return
    size = sum(each.size for each in packed)
    answer.print(f"{out}: {len(packed)} shards, {byte_size(size)}", soft_wrap=True)


def unpack_command(
    shards: Annotated[
        list[str], typer.Argument(metavar="SHARDS...", help="Tar shards, here or at addresses.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The dataset's folder.")],
    as_json: JsonOption = False,
) -> None:
    """Unpack shards into the loose files of the published layout; only what belongs there comes out.

    What is there already is compared and kept, so a stopped one goes on with the same command. Reading a dataset
    needs no unpacking.

    Examples:

        sparkle dataset unpack release/*.tar release/intermediate_data/*.tar --out loose
    """
    from sparkle.dataset.unpacking import unpack

    written = unpack(
        shards, out, lambda shard, files: remarks.print(f"unpacked  {shard}  {files} files", soft_wrap=True)
    )
    if as_json:
        print_json({"folder": str(out), "shards": len(shards), "written": written})
    else:
        answer.print(f"{out}: {written} files written", soft_wrap=True)


def _bytes(text: str) -> int:
    match = _SIZE.fullmatch(text.strip())
    size = round(float(match[1]) * _UNITS[(match[2] or "B").upper()]) if match else 0
    if size < 10_240:
        raise SetupError(f"--shard-size {text}: give a size such as 5GB or 500MB")
    return size
