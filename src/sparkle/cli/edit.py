"""`sparkle edit`: another background behind one clip."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Annotated, Literal

import typer

from sparkle.cli.kiwi_edit import edit_with_kiwi, refuse_options
from sparkle.cli.options import JsonOption, RecipeOption, SetOption
from sparkle.cli.show import answer, print_json, remarks, stage_and_frame_progress, told
from sparkle.core.errors import SetupError
from sparkle.core.records import SourceRecord
from sparkle.recipes import Recipe, load_recipe
from sparkle.runners.edit import EditResult, edit
from sparkle.video import Span, UntaggedColour, delivery_for, output_path

# An artist compares the result with what a player shows of the source, a model with what its loader gave it.
AS_PLAYERS_DO = {"video.untagged": "by_size"}  # where the recipe does not say


def command(
    context: typer.Context,
    clip: Annotated[
        Path, typer.Argument(metavar="CLIP", help="The video to edit; for kiwi also an image or a folder.")
    ],
    instruction: Annotated[
        str, typer.Argument(metavar="INSTRUCTION", help="What should be behind the subject.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT.mp4",
            help="Where the result goes: .mp4, .mov, .webm or .mkv; a folder or a pattern like frames/%06d.png for PNG "
            "files. For kiwi .png for an image, a folder for one.",
        ),
    ],
    background: Annotated[
        Path | None, typer.Option(metavar="IMAGE|VIDEO", help="Your own background, instead of a new one.")
    ] = None,
    boxes: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Boxes of the subject, where it is not found by itself."),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="WORDS|x1,y1,x2,y2|x,y|MASK.png",
            help="Who or what is kept: words, a box or a point on the first frame (0 to 1000 of its width and height), "
            "or an image that is white there. The cpu recipe knows person, moving object, still object, all, a number, "
            "left, right, upper, lower, largest, smallest.",
        ),
    ] = None,
    matte: Annotated[
        Path | None,
        typer.Option(
            "--matte-in",
            metavar="VIDEO",
            help="A matte from elsewhere, as long as the clip: white (or opaque) is kept. Nothing is looked for then.",
        ),
    ] = None,
    preview: Annotated[
        bool,
        typer.Option(
            "--preview",
            help="A fast small one: the beginning, at the recipe's size and rate (cpu: 832x480, 81 frames at 16 fps).",
        ),
    ] = False,
    start: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="Begin there: seconds, mm:ss or hh:mm:ss, from the clip's beginning."
        ),
    ] = "0",
    end: Annotated[str | None, typer.Option(metavar="TIME", help="End there, in the same way.")] = None,
    codec: Annotated[str | None, typer.Option(metavar="NAME", help="h264, h265, vp9, prores or png.")] = None,
    crf: Annotated[
        int | None, typer.Option(metavar="N", help="The codec's quality as in FFmpeg, lower is better.")
    ] = None,
    alpha: Annotated[
        bool,
        typer.Option(
            "--alpha",
            help="The subject alone, transparent around it, its colours straight: .mov (ProRes 4444), .webm or .mkv "
            "(VP9), or a folder or pattern (PNG).",
        ),
    ] = False,
    matte_output: Annotated[
        Path | None,
        typer.Option("--matte", metavar="FILE", help="Write the matte too: white where the subject is."),
    ] = None,
    foreground_only: Annotated[
        bool, typer.Option("--foreground-only", help="The subject alone in its new light, over black.")
    ] = False,
    background_only: Annotated[
        bool, typer.Option("--background-only", help="The new background alone.")
    ] = False,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep everything in between in this folder.")
    ] = None,
    recipe: RecipeOption = "cpu",
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=2**63 - 1,
            help="Another seed, another scene; by default the recipe's, which is 7, and 0 for kiwi.",
        ),
    ] = None,
    editor: Annotated[
        Literal["recipe", "kiwi"], typer.Option(help="The stages of a recipe, or the end-to-end Kiwi model.")
    ] = "recipe",
    model: Annotated[
        str | None, typer.Option(metavar="PATH|HUB_ID", help="Checkpoint of the Kiwi editor.")
    ] = None,
    reference: Annotated[
        list[Path], typer.Option(metavar="IMAGE", help="An image for the Kiwi editor to take from.")
    ] = [],  # noqa: B006 - typer copies it
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps of the Kiwi editor; 50 if not given.")
    ] = None,
    settings: SetOption = [],  # noqa: B006 - typer copies it
    as_json: JsonOption = False,
) -> None:
    """Replace the background of one clip; its subject, motion, timing and sound are kept.

    Examples:

        sparkle edit talk.mp4 "put the subject on a windy beach at sunset" -o beach.mp4

        sparkle edit talk.mp4 "put the subject on a windy beach at sunset" -o beach_preview.mp4 --preview

        sparkle edit long.mov "a snowy forest" -o forest.mov --start 1:30 --end 2:00

        sparkle edit talk.mp4 "a quiet street at night" -o subject.mov --alpha --matte matte.mp4

        sparkle edit talk.mp4 "a quiet office, perfectly still background" --background office.jpg -o office.mp4

        sparkle edit duo.mp4 "a quiet street at night" -o street.mp4 --subject "left person"

        sparkle edit shelf.mp4 "a quiet street at night" -o street.mp4 --subject 420,180,610,940

        sparkle edit talk.mp4 "Replace the background with a windy beach" -o beach.mp4 --editor kiwi --steps 50

        sparkle edit clips/ "Replace the background with a snowy forest" -o results/ --editor kiwi
    """
    if editor == "kiwi":
        recipe_options = (
            *("recipe", "background", "boxes", "subject", "matte", "preview", "start", "end", "codec", "crf"),
            *("alpha", "matte_output", "foreground_only", "background_only", "keep"),
        )
        refuse_options(context, recipe_options, "for recipes; leave out, or leave out --editor kiwi")
        edit_with_kiwi(
            clip,
            instruction,
            output,
            model=model,
            references=reference,
            seed=seed or 0,
            overrides=settings,
            steps=steps,
            as_json=as_json,
        )
        return
    refuse_options(context, ("model", "reference", "steps"), "for the Kiwi editor; add --editor kiwi")
    chosen = load_recipe(recipe, settings, {"seed": seed}, AS_PLAYERS_DO)
    output = output_path(output)
    if alpha and background_only:
        raise SetupError(
            "--alpha is of the subject, and the background has none; leave --background-only or --alpha out"
        )
    if foreground_only and background_only:
        raise SetupError("--foreground-only and --background-only: write one, then the other")
    span = Span(_seconds("--start", start), math.inf if end is None else _seconds("--end", end))
    with stage_and_frame_progress(1) as (report, progress):
        result = edit(
            clip,
            instruction,
            output,
            chosen,
            background=background,
            boxes=boxes,
            subject=subject,
            matte=matte,
            keep=keep,
            preview=preview,
            span=span,
            delivery=delivery_for(output, codec=codec, crf=crf, alpha=alpha),
            layer="background" if background_only else "subject" if alpha or foreground_only else "picture",
            matte_output=None if matte_output is None else output_path(matte_output),
            report=report,
            progress=progress,
        )
    reading = [f"{clip} {each}" for each in result.source.remarks(UntaggedColour(chosen.video.untagged))]
    for line in [*reading, *_warnings(clip, chosen, result)]:
        remarks.print(told(("note", "yellow"), f"  {line}"), soft_wrap=True)
    if as_json:
        print_json(
            {
                "output": str(result.output),
                "seconds": result.seconds,
                "frames": result.frames,
                "fps": result.fps,
                "extent": result.extent,
                "remarks": reading,
                "audio": result.audio,
                "warnings": [{"check": str(check), "reason": check.reason} for check in result.warnings],
            }
        )
    else:
        answer.print(f"{result.output}", highlight=False, soft_wrap=True)


def _warnings(clip: Path, chosen: Recipe, result: EditResult) -> list[str]:
    lines = [f"{check}: {check.reason}" for check in result.warnings]
    format = result.sample.record(SourceRecord).clip
    if result.extent == "whole" or format is None:
        return lines
    what = f"{format.width}x{format.height} at {format.fps:g} fps, the first {result.duration_s:.1f} s"
    if result.extent == "preview":
        named = (
            ""
            if "preview" in result.output.stem.lower()
            else f" (name it so: {result.output.stem}_preview.mp4)"
        )
        lines.append(
            f"{result.output} is a preview{named}: {what}; without --preview all of {clip} comes as it is"
        )
    else:
        maker = chosen.synthesize.generator.key
        lines.append(
            f"{maker} makes clips of its own: {what} of {clip}; recipes of the cpu compositor edit all of it"
        )
    return lines


def _seconds(option: str, text: str) -> float:
    """Read seconds, mm:ss or hh:mm:ss. Raises SetupError for anything else."""
    parts = text.split(":")
    whole = all(re.fullmatch(r"\d{1,6}", part) for part in parts[:-1])
    if len(parts) > 3 or not whole or not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", parts[-1]):
        raise SetupError(
            f"{option} {text}: is no time; give seconds, mm:ss or hh:mm:ss, as 12.5 or 1:02:03.25"
        )
    return sum((float(part) * 60.0**power for power, part in enumerate(reversed(parts))), 0.0)
