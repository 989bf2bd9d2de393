"""`sparkle kiwi`: checkpoints of the editing model; and what `sparkle edit` and `sparkle track` do with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from sparkle.backends.extras import require
from sparkle.cli.options import JsonOption
from sparkle.cli.show import answer, print_json, remarks
from sparkle.core.errors import SampleError
from sparkle.kiwi.editing import FolderOutcome, edit_file, edit_folder
from sparkle.kiwi.editor import open_kiwi

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
        Literal["sparkle", "diffusers"],
        typer.Option(help="Layout of a folder; a .safetensors file gets the official one."),
    ] = "sparkle",
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

    layout: Literal["official", "sparkle", "diffusers"] = to
    if destination.suffix == ".safetensors":
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


def edit_with_kiwi(
    clip: Path,
    instruction: str,
    output: Path,
    *,
    model: str | None,
    reference: Path | None,
    seed: int,
    overrides: Sequence[str],
    as_json: bool,
) -> None:
    """Run `sparkle edit --editor kiwi`: a video, an image, or a folder of videos into a folder.

    Raises SampleError at the end when a clip of a folder could not be edited.
    """
    editor, settings = open_kiwi(model, overrides)
    if not clip.is_dir():
        done = edit_file(editor, clip, instruction, output, reference=reference, seed=seed, settings=settings)
        for line in done.remarks:
            remarks.print(f"[yellow]note[/yellow]  {escape(line)}", highlight=False)
        if as_json:
            print_json(asdict(done) | {"output": str(done.output)})
        else:
            answer.print(f"{done.output}", highlight=False, soft_wrap=True)
        return
    outcomes = edit_folder(
        editor,
        [clip],
        instruction,
        output,
        _report_outcome,
        reference=reference,
        seed=seed,
        settings=settings,
    )
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if as_json:
        print_json([{"source": str(outcome.source), "error": outcome.error} for outcome in outcomes])
    if failed:
        raise SampleError(f"{len(failed)} of {len(outcomes)} clips were not edited; see above")


def track_with_kiwi(
    clip: Path, output: Path, *, model: str | None, overrides: Sequence[str], as_json: bool
) -> None:
    """Run `sparkle track --tracker kiwi`: the masks of what the model takes for the foreground."""
    editor, settings = open_kiwi(model, overrides)
    from sparkle.kiwi.tracker import KiwiTracker

    found = KiwiTracker(editor, settings).track_file(clip, output)
    if as_json:
        print_json(asdict(found) | {"output": str(found.output)})
    else:
        answer.print(f"{found.output}  area {100 * found.area:.1f} %", highlight=False, soft_wrap=True)


def _report_outcome(outcome: FolderOutcome) -> None:
    if outcome.error is not None:
        remarks.print(f"[red]failed[/red]  {escape(outcome.error)}", highlight=False)
    elif outcome.edit is None:
        remarks.print(f"[green]kept[/green]    {escape(str(outcome.source))}", highlight=False)
    else:
        remarks.print(f"[green]edited[/green]  {escape(str(outcome.edit.output))}", highlight=False)
