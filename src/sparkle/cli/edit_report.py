"""What `sparkle edit` says before and after its work: how long it may take, what came out, what is weak in it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sparkle.core.records import SourceRecord
from sparkle.recipes import Recipe
from sparkle.runners.edit import EditResult
from sparkle.runners.weakness import WeakMoment
from sparkle.video import UntaggedColour

TOLD = 3  # weak moments


def lines_after(clip: Path, chosen: Recipe, keep: Path | None, result: EditResult) -> list[str]:
    """Return what is to be known of a result: how its source was read, failed checks, what is weak, what it is."""
    lines = reading(clip, chosen, result)
    lines += [f"{check}: {check.reason}" for check in result.warnings]
    lines += [_weak_line(result, moment) for moment in result.weak[:TOLD]]
    if len(result.weak) > TOLD:
        lines.append(f"and {len(result.weak) - TOLD} weaker moments more: all of them with --json")
    if result.weak:
        lines += _how_to_mend(result, keep)
    if result.extent != "whole":
        lines.append(_what_it_is(clip, chosen, result))
    return lines


def reading(clip: Path, chosen: Recipe, result: EditResult) -> list[str]:
    """Return what reading made of a clip whose pictures are not plain."""
    return [f"{clip} {each}" for each in result.source.remarks(UntaggedColour(chosen.video.untagged))]


def as_json(clip: Path, chosen: Recipe, result: EditResult) -> dict[str, Any]:
    """Return a result as plain JSON values."""
    return {
        "output": str(result.output),
        "extent": result.extent,
        "camera": "followed" if result.followed else "fixed",
        "seconds": result.seconds,
        "frames": result.frames,
        "fps": result.fps,
        "remarks": reading(clip, chosen, result),
        "audio": result.audio,
        "warnings": [{"check": str(check), "reason": check.reason} for check in result.warnings],
        "weak": [
            {
                "frames": [each.first, each.last],
                "seconds": [result.times[each.first], result.times[each.last]],
                "worst_frame": each.worst,
                "weakness": round(each.weakness, 3),
                "reason": each.reason,
            }
            for each in result.weak
        ],
        "worst_picture": None if result.worst_picture is None else str(result.worst_picture),
    }


def _weak_line(result: EditResult, moment: WeakMoment) -> str:
    begin, end = clock(result.times[moment.first]), clock(result.times[moment.last])
    when = begin if begin == end else f"{begin} to {end}"
    frames = (
        f"frame {moment.worst}" if moment.first == moment.last else f"frames {moment.first} to {moment.last}"
    )
    return f"weak at {when} ({frames}, worst {moment.worst}): {moment.reason}"


def _how_to_mend(result: EditResult, keep: Path | None) -> list[str]:
    worst = result.weak[0].worst
    box = next((sign.box for sign in _around(result, worst) if sign.box), (300, 200, 700, 1000))
    folder = "DIR" if keep is None else shlex.quote(str(keep))
    command = f"sparkle edit --keep {folder} --box frame={worst}:{','.join(map(str, box))}"
    lines = [] if result.worst_picture is None else [f"the weakest frame: {result.worst_picture}"]
    if keep is None:
        return [
            *lines,
            f"to mend it, edit with --keep DIR, then: {command} (the box round the subject there)",
        ]
    return [
        *lines,
        f"to mend it: {command} (the box round the subject there), or --mask frame={worst}:MASK.png",
    ]


def _around(result: EditResult, frame: int) -> Sequence[Any]:
    order = sorted(range(len(result.signs)), key=lambda each: abs(each - frame))
    return [result.signs[each] for each in order[:200]]


def _what_it_is(clip: Path, chosen: Recipe, result: EditResult) -> str:
    """Return what a result is that is not the whole clip."""
    format = result.sample.record(SourceRecord).needed_clip
    what = f"{format.width}x{format.height} at {format.fps:g} fps, the first {result.duration_s:.1f} s"
    if result.extent == "preview":
        named = (
            ""
            if "preview" in result.output.stem.lower()
            else f" (name it so: {result.output.stem}_preview.mp4)"
        )
        return f"{result.output} is a preview{named}: {what}; without --preview all of {clip} comes as it is"
    maker = chosen.synthesize.generator.key
    return f"{maker} makes clips of its own: {what} of {clip}; recipes with the cpu compositor edit all of it"


def clock(seconds: float) -> str:
    """Return a time as 0:07.25 or 1:02:03.00."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours:.0f}:{minutes:02.0f}:{left:05.2f}" if hours else f"{minutes:.0f}:{left:05.2f}"
