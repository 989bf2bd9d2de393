"""`sparkle edit`: another background behind one clip."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sparkle.cli.options import JsonOption, RecipeOption, SetOption
from sparkle.cli.show import answer, print_json, remarks, stage_progress
from sparkle.recipes import load_recipe
from sparkle.runners.edit import EditResult, edit


def command(
    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="The video to edit.")],
    instruction: Annotated[
        str, typer.Argument(metavar="INSTRUCTION", help="What should be behind the subject.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT.mp4", help="Where the result goes.")],
    background: Annotated[
        Path | None, typer.Option(metavar="IMAGE|VIDEO", help="Your own background, instead of a new one.")
    ] = None,
    boxes: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Boxes of the subject, where it is not found by itself."),
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep everything in between in this folder.")
    ] = None,
    recipe: RecipeOption = "cpu",
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another scene.")] = 7,
    settings: SetOption = [],  # noqa: B006 - typer copies it
    as_json: JsonOption = False,
) -> None:
    """Replace the background of one clip; its subject, motion, timing and sound are kept.

    Examples:

        sparkle edit talk.mp4 "put the subject on a windy beach at sunset" -o beach.mp4

        sparkle edit talk.mp4 "a quiet office, perfectly still background" --background office.jpg -o office.mp4

        sparkle edit long.mov "a snowy forest" -o forest.mp4 --set video.frames=240 --set video.fps=24
    """
    chosen = load_recipe(recipe, [*settings, f"seed={seed}"])
    with stage_progress(1) as report:
        result = edit(
            clip, instruction, output, chosen, background=background, boxes=boxes, keep=keep, report=report
        )
    for line in _warnings(clip, result):
        remarks.print(f"[yellow]note[/yellow]  {line}", highlight=False)
    if as_json:
        print_json(
            {
                "output": str(result.output),
                "seconds": result.seconds,
                "frames": result.sample.records["frames"],
                "fps": result.sample.records["fps"],
                "consensus": result.sample.records["consensus"],
                "audio": result.sample.records["audio"],
                "warnings": [{"check": str(check), "reason": check.reason} for check in result.warnings],
            }
        )
    else:
        answer.print(f"{result.output}", highlight=False, soft_wrap=True)


def _warnings(clip: Path, result: EditResult) -> list[str]:
    lines = [f"{check}: {check.reason}" for check in result.warnings]
    if result.source_duration_s > result.duration_s + 0.25:
        lines.append(
            f"{clip} lasts {result.source_duration_s:.1f} s and the first {result.duration_s:.1f} s were edited; "
            "for more: --set video.frames=N"
        )
    return lines
