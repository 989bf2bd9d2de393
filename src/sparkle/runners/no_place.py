"""Backgrounds of an edit that no stage makes: the user's own, and those that are no place at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sparkle.core.errors import SetupError
from sparkle.core.own_background import Placing
from sparkle.measure.clean_plate import clean_plate
from sparkle.painter.plain import EXAMPLES, Plain, paint_plain, plain_asked, plain_value
from sparkle.recipes import Recipe
from sparkle.roles import Glimpses, Image
from sparkle.runners.beginning import Work
from sparkle.runners.behind import Behind, OutOfFocus, StillPicture
from sparkle.runners.placing import AS_IT_IS
from sparkle.video import UntaggedColour, fit_size, read_image, resize_image, sample_frames, write_image

BLUR_RADIUS = 14.0  # thousandths of the width
# A place has light, shade and grain; a colour has none that the subject could take on, and is exact.
WITHOUT_A_PLACE = {"relight": 0.0, "directional": 0.0, "wrap": 0.0, "grain": 0.0, "shadow": 0.0}
OF_THE_USER = {"grain": 0.0}


def background_of(value: str | None, instruction: str | None) -> Path | Plain | None:
    """Return what `--background` names, a file or no place, else what the instruction asks for; None for a place.

    Raises SetupError for a value that is neither.
    """
    if value is None:
        return None if instruction is None else plain_asked(instruction)
    path = Path(value)
    if path.exists():
        return path
    plain = plain_value(value)
    if plain is None and not path.suffix and path.name == value:
        raise SetupError(f"--background {value}: is no file, and none of {EXAMPLES}")
    return path if plain is None else plain


def refuse_unplaced(background: Path | Plain | None, placing: Placing) -> None:
    """Raise SetupError for a fit, a position or a blur of what has none."""
    if placing == AS_IT_IS or isinstance(background, Path):
        return
    if (
        not isinstance(background, Plain)
        or background.kind != "blur"
        or placing != Placing(blur=placing.blur)
    ):
        raise SetupError(
            "--fit, --position and --blur are for --background FILE; --blur also for --background blur"
        )


def left_alone(recipe: Recipe, background: Path | Plain | None) -> Recipe:
    """Return the recipe whose compositor adds nothing to such a background; options that are given stay."""
    generator = recipe.synthesize.generator
    if background is None or generator.key != "cpu.compositor":
        return recipe
    options: dict[str, Any] = WITHOUT_A_PLACE if isinstance(background, Plain) else OF_THE_USER
    generator = generator.model_copy(update={"options": {**options, **generator.options}})
    settings = recipe.synthesize.model_copy(update={"generator": generator})
    return recipe.model_copy(update={"synthesize": settings})


def refuse_blur(plain: Plain | None, what: str) -> None:
    """Raise SetupError for a blur where no mask follows the clip."""
    if plain is not None and plain.kind == "blur":
        raise SetupError(f"the clip's own background is blurred in whole clips, and {what} is none")


def plain_picture(work: Work, plain: Plain) -> Path:
    """Return a picture of a background without a place, for the stages that study the beginning."""
    size = fit_size(*work.drawn, 1920, 1080)
    reads = {"plain": str(plain), "size": size, "clip": _first_read(work) if plain.kind == "blur" else None}

    def write(path: Path) -> None:
        write_image(path, _study_picture(work, plain, size))

    return work.kept.file("plain", reads, write, suffix=".png")


def plainly_behind(work: Work, plain: Plain, blur: float, seen: Glimpses | None) -> Behind:
    """Return what is behind a whole clip that gets no place; `seen` are frames from all over it, with masks."""
    size = (work.info.width, work.info.height)
    if plain.kind == "blur":
        plate = None if seen is None else clean_plate(seen.frames, seen.mask)
        return OutOfFocus(plate, blur or BLUR_RADIUS, _first_frame(work))
    if plain.kind == "transparent":
        return StillPicture(paint_plain(Plain("colour", ((0, 0, 0),)), *size))
    return StillPicture(resize_image(read_image(plain_picture(work, plain)), size))


def _study_picture(work: Work, plain: Plain, size: tuple[int, int]) -> Image:
    if plain.kind == "blur":
        first = resize_image(_first_frame(work), size)
        return OutOfFocus(None, BLUR_RADIUS, first).picture
    return paint_plain(Plain("colour", ((128, 128, 128),)) if plain.kind == "transparent" else plain, *size)


def _first_read(work: Work) -> list[Any]:
    return [work.kept.content(work.clip), work.span.start_s, work.recipe.video.untagged]


def _first_frame(work: Work) -> Image:
    untagged = UntaggedColour(work.recipe.video.untagged)
    first: Image = sample_frames(work.clip, times=[work.span.start_s + 0.001], untagged=untagged)[0][0]
    return first
