"""The options of `sparkle edit` alone: what is kept, what comes behind it, what is written, marks that mend."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sparkle.core.own_background import Fit
from sparkle.runners.moving import Camera

BackgroundOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|COLOUR|...",
        help="A background that is no painted place: a picture or video of your own, a colour (red, '#00ff00'), "
        "'green screen', 'blue screen', transparent, blur (the clip's own), studio, 'grey studio', "
        "'gradient from navy to white'. INSTRUCTION may be left out then; it can ask for all but files as well.",
    ),
]
BoxesOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Boxes of the subject, where it is not found by itself."),
]
SubjectOption = Annotated[
    str | None,
    typer.Option(
        metavar="WORDS|x1,y1,x2,y2|x,y|MASK.png",
        help="Who or what is kept: words, a box or a point on the first frame (0 to 1000 of its width and height), "
        "or an image that is white there. The cpu recipe knows person, moving object, still object, all, a number, "
        "left, right, upper, lower, largest, smallest.",
    ),
]
YesOption = Annotated[
    bool,
    typer.Option(
        "--yes",
        "-y",
        help="Do not ask. Asked is only who sits at a terminal, where words of INSTRUCTION were not understood.",
    ),
]
MatteOption = Annotated[
    Path | None,
    typer.Option(
        "--matte-in",
        metavar="VIDEO",
        help="A matte from elsewhere, as long as the clip: white (or opaque) is kept. Nothing is looked for then.",
    ),
]
FpsOption = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        max=1000,
        metavar="RATE",
        help="The rate of a clip that is a sequence of PNG files (a folder, or FOLDER/shot_%04d.png); not needed where "
        "Sparkle wrote it.",
    ),
]
RelightOption = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        metavar="0..1",
        help="How far the subject takes on the new place's light; 0 leaves its pixels alone, 1 is the recipe's.",
    ),
]
StartOption = Annotated[
    str,
    typer.Option(metavar="TIME", help="Begin there: seconds, mm:ss or hh:mm:ss, from the clip's beginning."),
]
EndOption = Annotated[str | None, typer.Option(metavar="TIME", help="End there, in the same way.")]
CameraOption = Annotated[
    Camera,
    typer.Option(
        help="Whether the new place moves with the camera: fixed and follow say so, auto looks; see docs/edit.md."
    ),
]
CodecOption = Annotated[str | None, typer.Option(metavar="NAME", help="h264, h265, vp9, prores or png.")]
CrfOption = Annotated[
    int | None, typer.Option(metavar="N", help="The codec's quality as in FFmpeg, lower is better.")
]
AlphaOption = Annotated[
    bool,
    typer.Option(
        "--alpha",
        help="The subject alone, transparent around it, its colours straight: .mov (ProRes 4444), .webm or .mkv "
        "(VP9), or a folder or pattern (PNG).",
    ),
]
MatteOutputOption = Annotated[
    Path | None,
    typer.Option("--matte", metavar="FILE", help="Write the matte too: white where the subject is."),
]
ForegroundOnlyOption = Annotated[
    bool, typer.Option("--foreground-only", help="The subject alone in its new light, over black.")
]
BackgroundOnlyOption = Annotated[bool, typer.Option("--background-only", help="The new background alone.")]
BoxOption = Annotated[
    list[str],
    typer.Option(
        metavar="frame=N:x1,y1,x2,y2", help="Mend: the subject is in this box on frame N, counted from 0."
    ),
]
PointOption = Annotated[
    list[str], typer.Option(metavar="frame=N:x,y", help="Mend: what lies there belongs to the subject.")
]
NotSubjectOption = Annotated[
    list[str],
    typer.Option("--not", metavar="frame=N:x1,y1,x2,y2", help="Mend: nothing in this box is the subject."),
]
MaskOption = Annotated[
    list[str],
    typer.Option(metavar="frame=N:MASK.png", help="Mend: the mask of frame N, white where the subject is."),
]
ClearOption = Annotated[
    list[str], typer.Option(metavar="frame=N", help="Mend: forget all boxes and marks of frame N.")
]
FitOption = Annotated[
    Fit,
    typer.Option(
        help="How a background of your own fills the picture: cut to cover, whole with black beside it, or stretched."
    ),
]
PositionOption = Annotated[
    str,
    typer.Option(
        metavar="x,y",
        help="Which part of your own background is shown, or where it stands: 0 to 1000.",
    ),
]
BlurOption = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=200,
        metavar="N",
        help="Your own background out of focus: a disc of this radius, in thousandths of the width; of "
        "--background blur it is 14.",
    ),
]
