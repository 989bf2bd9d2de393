"""`sparkle edit`: another background behind one clip."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from sparkle.cli.kiwi_edit import edit_with_kiwi, refuse_options
from sparkle.cli.options import JsonOption, RecipeOption, SetOption
from sparkle.cli.show import answer, print_json, remarks, stage_and_frame_progress, told
from sparkle.core.errors import SetupError
from sparkle.core.records import TrackRecord
from sparkle.recipes import load_recipe
from sparkle.runners.edit import EditResult, edit
from sparkle.video import UntaggedColour, delivery_for

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
            help="Where the result goes; .png for an image, a folder for one.",
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
    whole: Annotated[
        bool,
        typer.Option(
            "--whole",
            help="Edit the whole clip at its own size, rate and length, whatever they are: .mp4, .mov, .webm or .mkv. "
            "Without it the beginning is edited, at the recipe's size and rate.",
        ),
    ] = False,
    codec: Annotated[
        str | None, typer.Option(metavar="NAME", help="With --whole: h264, h265, vp9, prores or png.")
    ] = None,
    crf: Annotated[
        int | None, typer.Option(metavar="N", help="With --whole: the codec's quality, lower is better.")
    ] = None,
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

        sparkle edit phone.mov "put the subject on a windy beach at sunset" -o beach.mov --whole

        sparkle edit talk.mp4 "a quiet office, perfectly still background" --background office.jpg -o office.mp4

        sparkle edit duo.mp4 "a quiet street at night" -o street.mp4 --subject "left person"

        sparkle edit shelf.mp4 "a quiet street at night" -o street.mp4 --subject 420,180,610,940

        sparkle edit long.mov "a snowy forest" -o forest.mp4 --set video.frames=240 --set video.fps=24

        sparkle edit talk.mp4 "Replace the background with a windy beach" -o beach.mp4 --editor kiwi --steps 50

        sparkle edit clips/ "Replace the background with a snowy forest" -o results/ --editor kiwi
    """
    if editor == "kiwi":
        recipe_options = (
            "recipe",
            "background",
            "boxes",
            "subject",
            "matte",
            "whole",
            "codec",
            "crf",
            "keep",
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
    if not whole and (codec is not None or crf is not None):
        raise SetupError("--codec and --crf are for --whole; add it, or leave them out")
    delivery = delivery_for(output, codec=codec, crf=crf) if whole else None
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
            delivery=delivery,
            report=report,
            progress=progress,
        )
    reading = [f"{clip} {each}" for each in result.source.remarks(UntaggedColour(chosen.video.untagged))]
    for line in [*reading, *_warnings(clip, result)]:
        remarks.print(told(("note", "yellow"), f"  {line}"), soft_wrap=True)
    if as_json:
        print_json(
            {
                "output": str(result.output),
                "seconds": result.seconds,
                "frames": result.frames,
                "fps": result.fps,
                "consensus": result.sample.record(TrackRecord).consensus,
                "remarks": reading,
                "audio": result.audio,
                "warnings": [{"check": str(check), "reason": check.reason} for check in result.warnings],
            }
        )
    else:
        answer.print(f"{result.output}", highlight=False, soft_wrap=True)


def _warnings(clip: Path, result: EditResult) -> list[str]:
    lines = [f"{check}: {check.reason}" for check in result.warnings]
    if result.source.duration_s > result.duration_s + 0.25:
        lines.append(
            f"{clip} lasts {result.source.duration_s:.1f} s and the first {result.duration_s:.1f} s were edited; "
            "for all of it: --whole"
        )
    return lines
