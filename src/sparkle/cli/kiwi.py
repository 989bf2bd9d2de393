"""`sparkle kiwi`: checkpoints of the editing model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from sparkle.cli.options import JsonOption
from sparkle.cli.show import answer, print_json
from sparkle.core.extras import require

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode="markdown", help="Checkpoints of Kiwi-Edit and Kiwi-Sparkle."
)


@app.callback()
def _group() -> None:
    """Keep `convert` a subcommand although it is the only one."""


@app.command("convert")
def convert_checkpoint(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="A checkpoint in any layout.")],
    destination: Annotated[
        Path, typer.Argument(metavar="DST", help="A new .safetensors file, or a new folder.")
    ],
    to: Annotated[
        Literal["sparkle", "diffusers"] | None,
        typer.Option(
            help="Layout of a folder, sparkle if not given; a .safetensors file gets the official one."
        ),
    ] = None,
    reference_first: Annotated[
        bool | None,
        typer.Option(
            "--reference-first/--reference-last",
            help="Where a reference image goes, if SRC does not say; first for Kiwi-Edit's reference-only.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a checkpoint in another layout; every tensor keeps every bit.

    Read are the official model.safetensors, the authors' diffusers folders and our own folders. A checkpoint that does
    not fit is refused, with the names of what is missing, unknown or misshaped. LoRA that is not merged stays so.

    Examples:

        sparkle kiwi convert Kiwi-Sparkle-720P-81F/model.safetensors kiwi-sparkle

        sparkle kiwi convert kiwi-sparkle model.safetensors

        sparkle kiwi convert model.safetensors kiwi-diffusers --to diffusers
    """
    require("torch", "models", "sparkle kiwi convert")
    from sparkle.kiwi.checkpoint import convert

    layout: Literal["official", "sparkle", "diffusers"] = to or "sparkle"
    if to is None and destination.suffix == ".safetensors":
        layout = "official"
    written = convert(source, destination, layout, reference_first=reference_first)
    size = sum(tensor.stop - tensor.start for tensor in written.tensors.values())
    facts = {
        "output": str(destination),
        "layout": written.layout,
        "tensors": len(written.tensors),
        "bytes": size,
        "reference": written.config.reference,
        "reference_first": written.config.reference_first,
        "lora_rank": written.config.lora_rank,
        "language_model": written.config.whole_qwen,
    }
    if as_json:
        print_json(facts)
    else:
        answer.print(
            f"{destination}  {written.layout} layout, {len(written.tensors)} tensors, {size / 1e9:.2f} GB",
            highlight=False,
            soft_wrap=True,
        )
