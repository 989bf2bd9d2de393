"""What can be known to fail before an edit begins, told in one line each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sparkle.core.errors import MediaError, OutputError, SetupError
from sparkle.runners.backdrop import LOOP_BYTES
from sparkle.runners.corrections import Mark, refuse_missing
from sparkle.runners.outputs import Outputs
from sparkle.store import check_plain, free_bytes
from sparkle.video import Span, VideoInfo, delivery_for

SPARE_BYTES = 200 * 2**20
KEPT_SHARE = 0.01  # bytes that masks take in a kept folder, a pixel of the clip


def refuse_contradictions(
    instruction: str, *, boxes: Path | None, subject: str | None, matte: Path | None
) -> None:
    """Raise SetupError for an instruction of nothing, and for a subject that is named twice."""
    if not instruction.strip():
        raise SetupError("the instruction is empty; say what should be behind the subject")
    if sum(each is not None for each in (subject, boxes, matte)) > 1:
        raise SetupError("--subject, --boxes and --matte-in each say what is kept; give one of them")


def refuse_layers(outputs: Outputs, what: str) -> None:
    """Raise SetupError for what only a whole clip has; `what` is made instead."""
    plain = outputs.layer == "picture" and outputs.matte is None
    if not plain or outputs.main.delivery != delivery_for(Path("clip.mp4")):
        raise SetupError(
            f"{outputs.main.path}: {what} is an .mp4 of the edited picture, in H.264; other containers, codecs and "
            "layers are for whole clips, which recipes with the cpu compositor make without --preview"
        )


def refuse_outside(clip: Path, info: VideoInfo, span: Span) -> None:
    """Raise SetupError for a part of a clip that has no pictures."""
    if not 0 <= span.start_s < span.end_s:
        raise SetupError(
            f"--start {span.start_s:g} --end {span.end_s:g}: the end comes after the start, both from 0 on"
        )
    if span.start_s >= info.duration_s:
        raise SetupError(f"--start {span.start_s:g}: {clip} lasts {info.duration_s:.2f} s; begin before that")


def refuse_marks(marks: Sequence[Mark], pictures: float, *, tracked: bool) -> None:
    """Raise SetupError for marks where nothing is tracked, and on frames that do not exist."""
    if marks and not tracked:
        raise SetupError(
            "marks (--box, --point, --not, --mask, --clear) mend what is tracked through a whole clip; a preview and a "
            "matte that was given have none"
        )
    refuse_missing(marks, pictures)


def length_of(info: VideoInfo, span: Span) -> float:
    """Return how many seconds of a clip a part has."""
    return min(info.duration_s, span.end_s) - span.start_s


def refuse_full_disk(outputs: Outputs, pixels: float, keep: Path | None) -> None:
    """Raise OutputError where the disk has no room for results of so many pixels, or for what is kept."""
    wanted = [(each.path, each.delivery.bytes_of(pixels)) for each in outputs.each()]
    if keep is not None:
        wanted.append((keep, LOOP_BYTES + round(KEPT_SHARE * pixels)))
    for path, size in wanted:
        free = free_bytes(path)
        if size + SPARE_BYTES > free:
            raise OutputError(
                f"{path}: needs about {size / 1e9:.1f} GB, and its disk has {free / 1e9:.1f} GB left; name another "
                "place, or cut the clip with --start and --end"
            )


def refuse_unreadable(path: Path | None) -> None:
    """Raise MediaError, before the work, for a file that later stages cannot open."""
    try:
        if path is not None:
            check_plain(path)
    except OSError as error:
        raise MediaError(f"{path}: cannot be read ({error.strerror})") from error
