"""`sparkle edit`: another background behind one clip."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from sparkle.cli.edit_options import (
    AlphaOption,
    BackgroundOnlyOption,
    BackgroundOption,
    BlurOption,
    BoxesOption,
    BoxOption,
    CameraOption,
    ClearOption,
    CodecOption,
    CrfOption,
    EndOption,
    FitOption,
    ForegroundOnlyOption,
    FpsOption,
    MaskOption,
    MatteOption,
    MatteOutputOption,
    NotSubjectOption,
    PointOption,
    PositionOption,
    RelightOption,
    StartOption,
    SubjectOption,
    YesOption,
)
from sparkle.cli.edit_report import as_json as result_as_json
from sparkle.cli.edit_report import lines_after
from sparkle.cli.kiwi_edit import edit_with_kiwi, refuse_options
from sparkle.cli.options import BackgroundsOption, JsonOption, RecipeOption, SetOption
from sparkle.cli.remembered import REMEMBERED, all_marks, remember, with_remembered
from sparkle.cli.show import answer, print_json, remarks, stage_and_frame_progress, told
from sparkle.cli.understood import confirm, understood, understood_table
from sparkle.core.errors import SetupError
from sparkle.core.own_background import Placing
from sparkle.painter.plain import Plain
from sparkle.recipes import Recipe, load_recipe
from sparkle.runners.corrections import Kind, Mark, parse_mark
from sparkle.runners.edit import EditResult, edit
from sparkle.runners.library import Chosen, chosen_background
from sparkle.runners.no_place import background_of, refuse_unplaced
from sparkle.runners.placing import position_of
from sparkle.runners.sequence import one_file
from sparkle.video import Span, delivery_for, output_path

# An artist compares the result with what a player shows of the source, a model with what its loader gave it.
AS_PLAYERS_DO = {"video.untagged": "by_size"}  # where the recipe does not say
RELIGHT = "synthesize.generator.options.relight"
NOTHING_MORE = "a perfectly still background"  # the instruction of an edit that has none but --background

RECIPE_OPTIONS = (
    *(
        "recipe",
        "background",
        "backgrounds",
        "fit",
        "position",
        "blur",
        "relight",
        "boxes",
        "subject",
        "matte",
        "preview",
        "fps",
        "start",
        "end",
        "camera",
        "codec",
        "crf",
        "alpha",
    ),
    *(
        "matte_output",
        "foreground_only",
        "background_only",
        "keep",
        "yes",
        "box",
        "point",
        "not_subject",
        "mask",
        "clear",
    ),
)


def command(
    context: typer.Context,
    clip: Annotated[
        Path | None,
        typer.Argument(
            metavar="CLIP",
            help="The video to edit: a file, or PNG files, as a folder or FOLDER/shot_%04d.png; for kiwi also an "
            "image.",
        ),
    ] = None,
    instruction: Annotated[
        str | None, typer.Argument(metavar="INSTRUCTION", help="What should be behind the subject.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT.mp4",
            help="Where the result goes: .mp4, .mov, .webm or .mkv; a folder or a pattern like frames/%06d.png for PNG "
            "files. For kiwi .png for an image, a folder for one.",
        ),
    ] = None,
    background: BackgroundOption = None,
    backgrounds: BackgroundsOption = None,
    fit: FitOption = "cover",
    position: PositionOption = "500,500",
    blur: BlurOption = None,
    relight: RelightOption = None,
    boxes: BoxesOption = None,
    subject: SubjectOption = None,
    matte: MatteOption = None,
    preview: Annotated[
        bool,
        typer.Option(
            "--preview",
            help="A fast small one: the beginning, at the recipe's size and rate (cpu: 832x480, 81 frames at 16 fps).",
        ),
    ] = False,
    fps: FpsOption = None,
    start: StartOption = "0",
    end: EndOption = None,
    camera: CameraOption = "auto",
    codec: CodecOption = None,
    crf: CrfOption = None,
    alpha: AlphaOption = False,
    matte_output: MatteOutputOption = None,
    foreground_only: ForegroundOnlyOption = False,
    background_only: BackgroundOnlyOption = False,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Keep everything in between in this folder. Given again, options that are left out are as they were, "
            "and only what depends on the others is done anew.",
        ),
    ] = None,
    box: BoxOption = [],  # noqa: B006 - typer copies it
    point: PointOption = [],  # noqa: B006 - typer copies it
    not_subject: NotSubjectOption = [],  # noqa: B006 - typer copies it
    mask: MaskOption = [],  # noqa: B006 - typer copies it
    clear: ClearOption = [],  # noqa: B006 - typer copies it
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
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Replace the background of one clip; its subject, motion, timing and sound are kept.

    Examples:

        sparkle edit talk.mp4 "put the subject on a windy beach at sunset" -o beach.mp4

        sparkle edit talk.mp4 "put the subject on a windy beach at sunset" -o beach_preview.mp4 --preview

        sparkle edit long.mov "a snowy forest" -o forest.mov --start 1:30 --end 2:00

        sparkle edit talk.mp4 "a quiet street at night" -o subject.mov --alpha --matte matte.mp4

        sparkle edit shots/take_%04d.png "a snowy forest" -o forest.mov --fps 24

        sparkle edit talk.mp4 --background office.jpg -o office.mp4

        sparkle edit talk.mp4 "a windy beach" --backgrounds places/ -o beach.mp4

        sparkle edit talk.mp4 --background blur -o blurred.mp4

        sparkle edit talk.mp4 "put the subject before a green screen" -o screen.mp4

        sparkle edit duo.mp4 "a quiet street at night" -o street.mp4 --subject "left person"

        sparkle edit talk.mp4 "a quiet street at night" -o street.mp4 --keep work

        sparkle edit --keep work --box frame=12:420,180,610,940

        sparkle edit shelf.mp4 "a quiet street at night" -o street.mp4 --subject 420,180,610,940

        sparkle edit talk.mp4 "Replace the background with a windy beach" -o beach.mp4 --editor kiwi --steps 50

        sparkle edit clips/ "Replace the background with a snowy forest" -o results/ --editor kiwi
    """
    if editor == "kiwi":
        refuse_options(context, RECIPE_OPTIONS, "for recipes; leave out, or leave out --editor kiwi")
        edit_with_kiwi(
            *_named(clip, instruction, output),
            model=model,
            references=reference,
            seed=seed or 0,
            overrides=settings,
            steps=steps,
            as_json=as_json,
        )
        return
    refuse_options(context, ("model", "reference", "steps"), "for the Kiwi editor; add --editor kiwi")
    new: dict[Kind, list[str]] = {
        "clear": clear,
        "box": box,
        "point": point,
        "not": not_subject,
        "mask": mask,
    }
    added = [parse_mark(kind, text) for kind, texts in new.items() for text in texts]
    marks = all_marks(keep, added)
    wanted = with_remembered(context, {name: context.params[name] for name in REMEMBERED}, keep)
    if wanted["instruction"] is None and wanted["background"] is not None:
        wanted["instruction"] = NOTHING_MORE
    result, chosen, found = _edit(
        wanted, keep, preview, tuple(added) if preview else marks, ask=not (yes or as_json)
    )
    if keep is not None:
        remember(keep, {**wanted, "output": None} if preview else wanted, marks)
    for line in lines_after(wanted["clip"], chosen, keep, result):
        remarks.print(told(("note", "yellow"), f"  {line}"), soft_wrap=True)
    if as_json:
        print_json({**result_as_json(wanted["clip"], chosen, result), "understood": found})
    else:
        answer.print(f"{result.output}", highlight=False, soft_wrap=True)


def _edit(
    wanted: dict[str, Any], keep: Path | None, preview: bool, marks: tuple[Mark, ...], *, ask: bool
) -> tuple[EditResult, Recipe, dict[str, Any]]:
    """Run an edit with options, checked together, and say before it what it will be."""
    clip, instruction, output = _named(wanted["clip"], wanted["instruction"], wanted["output"])
    own = {"seed": wanted["seed"], RELIGHT: wanted["relight"]}
    chosen = load_recipe(wanted["recipe"], wanted["settings"], own, AS_PLAYERS_DO)
    chosen_one = _of_library(wanted, instruction, chosen.seed)
    behind = background_of(wanted["background"], instruction) if chosen_one is None else chosen_one.path
    placing = Placing(wanted["fit"], position_of(wanted["position"]), wanted["blur"] or 0.0)
    refuse_unplaced(behind, placing)
    transparent = isinstance(behind, Plain) and behind.kind == "transparent"
    output, alpha = output_path(output), wanted["alpha"] or transparent
    foreground, background = wanted["foreground_only"], wanted["background_only"]
    if background and (alpha or foreground):
        raise SetupError(
            "--background-only has no subject in it: leave --alpha and --foreground-only out, or it"
        )
    end_s = math.inf if wanted["end"] is None else _seconds("--end", wanted["end"])
    found = understood(wanted, chosen, behind, chosen_one)
    remarks.print(understood_table(found))
    if ask:
        confirm(found)
    with (
        one_file(clip, wanted["fps"], keep) as file,
        stage_and_frame_progress(1) as (report, progress),
    ):
        result = edit(
            file,
            instruction,
            output,
            chosen,
            background=behind,
            placing=placing,
            library=None if chosen_one is None else chosen_one.entry,
            boxes=wanted["boxes"],
            subject=wanted["subject"],
            matte=wanted["matte"],
            keep=keep,
            preview=preview,
            span=Span(_seconds("--start", wanted["start"]), end_s),
            camera=wanted["camera"],
            delivery=delivery_for(output, codec=wanted["codec"], crf=wanted["crf"], alpha=alpha),
            layer="background" if background else "subject" if alpha or foreground else "picture",
            matte_output=None if wanted["matte_output"] is None else output_path(wanted["matte_output"]),
            marks=marks,
            announce=lambda line: remarks.print(told(("note", "yellow"), f"  {line}"), soft_wrap=True),
            report=report,
            progress=progress,
        )
    return result, chosen, found


def _of_library(wanted: dict[str, Any], instruction: str, seed: int) -> Chosen | None:
    """Return what the instruction means of the library; None without one."""
    if wanted["backgrounds"] is None:
        return None
    if wanted["background"] is not None:
        raise SetupError("--background and --backgrounds both say what comes behind; give one of them")
    return chosen_background(wanted["backgrounds"], instruction, seed)


def _named(clip: Path | None, instruction: str | None, output: Path | None) -> tuple[Path, str, Path]:
    """Return what every edit needs. Raises SetupError for what neither the command nor the kept folder names."""
    if clip is None or instruction is None or output is None:
        raise SetupError(
            "an edit needs CLIP, INSTRUCTION and -o OUTPUT, here or from an earlier edit on the same --keep folder; "
            "see sparkle edit --help"
        )
    return clip, instruction, output


def _seconds(option: str, text: str) -> float:
    """Read seconds, mm:ss or hh:mm:ss. Raises SetupError for anything else."""
    parts = text.split(":")
    whole = all(re.fullmatch(r"\d{1,6}", part) for part in parts[:-1])
    if len(parts) > 3 or not whole or not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", parts[-1]):
        raise SetupError(
            f"{option} {text}: is no time; give seconds, mm:ss or hh:mm:ss, as 12.5 or 1:02:03.25"
        )
    return sum((float(part) * 60.0**power for power, part in enumerate(reversed(parts))), 0.0)
