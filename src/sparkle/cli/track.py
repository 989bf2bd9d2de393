"""`sparkle track`: BAIT alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from sparkle.cli.kiwi_edit import refuse_options, track_with_kiwi
from sparkle.cli.options import JsonOption, RecipeOption, SetOption
from sparkle.cli.show import answer, print_json, remarks
from sparkle.core.errors import SetupError
from sparkle.recipes import load_recipe
from sparkle.runners.track import track


def command(
    context: typer.Context,
    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="The video.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="MASK.npz", help="Where the mask goes.")],
    boxes: Annotated[
        Path | None, typer.Option(metavar="BOXES.json", help="Boxes of the objects on some frames.")
    ] = None,
    tracker: Annotated[
        Literal["recipe", "kiwi"], typer.Option(help="BAIT from boxes, or the Kiwi model, which needs none.")
    ] = "recipe",
    model: Annotated[
        str | None, typer.Option(metavar="PATH|HUB_ID", help="Checkpoint of the Kiwi model.")
    ] = None,
    passes: Annotated[
        Literal["all", "first"], typer.Option(help="Vote over all anchors, or one pass from the first.")
    ] = "all",
    recipe: RecipeOption = "cpu",
    settings: SetOption = [],  # noqa: B006 - typer copies it
    as_json: JsonOption = False,
) -> None:
    """Follow boxed objects through a clip and write their mask, in the published format and at the clip's own size.

    The boxes file reads {"fps": 16, "anchors": [{"frame": 0, "objects": [{"label": "man",
    "bbox_2d": [x1, y1, x2, y2]}]}]}, with boxes in [0, 1000] of width and height.

    Examples:

        sparkle track clip.mp4 --boxes boxes.json -o mask.npz

        sparkle track clip.mp4 --boxes boxes.json -o mask.npz --passes first --json

        sparkle track clip.mp4 --tracker kiwi -o mask.npz
    """
    if tracker == "kiwi":
        refuse_options(
            context,
            ("boxes", "passes", "recipe"),
            "for BAIT; the Kiwi model masks what it takes for the foreground",
        )
        track_with_kiwi(clip, output, model=model, overrides=settings, as_json=as_json)
        return
    refuse_options(context, ("model",), "for the Kiwi model; add --tracker kiwi")
    if boxes is None:
        raise SetupError(
            "--boxes BOXES.json is needed; or --tracker kiwi, which finds the foreground by itself"
        )
    found = track(clip, boxes, output, load_recipe(recipe, settings), passes=passes)
    if as_json:
        print_json(
            {
                "output": str(found.output),
                "shape": found.shape,
                "anchors": found.anchors,
                "passes": found.passes,
                "consensus": found.consensus,
                "confidence": found.confidence,
                "unseen": found.unseen,
                "area": found.area,
            }
        )
    else:
        certainty = "" if found.confidence is None else f", expected IoU {found.confidence:.2f}"
        answer.print(
            f"{found.output}  {found.passes} passes, consensus {found.consensus:.3f}{certainty}, "
            f"area {100 * found.area:.1f} %",
            highlight=False,
            soft_wrap=True,
        )
    if found.unseen:
        remarks.print(
            f"seen on no frame: {', '.join(found.unseen)}; check their boxes", markup=False, highlight=False
        )
