"""What the stages get of a clip that is edited, and what they made of it: its beginning, in the folder of the edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from sparkle.core.own_background import LibraryEntry
from sparkle.core.sample import Inputs
from sparkle.recipes import Recipe
from sparkle.roles import Anchor
from sparkle.runners.assemble import BackendPool
from sparkle.runners.books import Report
from sparkle.runners.kept import Kept
from sparkle.runners.own_boxes import THOUSAND, boxes_of_beginning
from sparkle.runners.steady import Steady
from sparkle.runners.study import Studied, study
from sparkle.runners.subject import boxes_file, subject_numbers, write_subject_boxes
from sparkle.store import prepare_folder, write_text
from sparkle.video import (
    WHOLE,
    Delivery,
    Span,
    UntaggedColour,
    VideoInfo,
    deliver,
    probe,
    stream_pictures,
)


@dataclass(frozen=True, slots=True)
class Work:
    """What the steps of one edit share: the user's files, the folder of the working state, how the clip is read;
    `steady` is the clip of a camera that moves as a fixed one would have filmed it; `library` says what the
    background is, where it is of one."""

    clip: Path
    info: VideoInfo
    span: Span
    instruction: str
    recipe: Recipe
    pool: BackendPool
    kept: Kept
    sheet: Path
    report: Report
    library: LibraryEntry | None = None
    steady: Steady | None = None

    @property
    def drawn(self) -> tuple[int, int]:
        """The (width, height) of what a background has to fill."""
        return (self.info.width, self.info.height) if self.steady is None else self.steady.drawn


def inputs_of(
    work: Work, background: Path | None, boxes: Path | None, subject: str | None, matte: Path | None
) -> Inputs:
    """Return the files of the study: those of the user's, cut where a part is asked for, boxes of a named subject."""
    own_alpha = matte == work.clip
    video = _cut(work, work.clip)
    if matte is not None:
        matte = video if own_alpha else _cut(work, matte)
    if subject is not None:
        boxes = _subject_boxes(work, video, subject)
    # Whole names: the folder of the edit is come back to from elsewhere.
    files = [None if path is None else str(path.absolute()) for path in (background, boxes, matte)]
    return Inputs(str(video.absolute()), background=files[0], boxes=files[1], matte=files[2])


def _cut(work: Work, path: Path) -> Path:
    """Return a clip whose beginning is that of the part asked for: the clip itself, or what the stages need of it."""
    if work.steady is not None:
        return work.steady.on_canvas(path)
    if work.span == WHOLE:
        return path
    video = work.recipe.video
    end_s = min(work.span.end_s, work.span.start_s + video.frames / video.fps + 0.5)
    untagged = UntaggedColour(video.untagged)
    info = probe(path, time_limit_s=video.time_limit_s)
    kind = Delivery(".mov", "png", None, True) if info.has_alpha else Delivery(".mkv", "h264", 8)
    pictures = stream_pictures(path, start_s=work.span.start_s, end_s=end_s, untagged=untagged)
    reads = {
        "clip": work.kept.content(path),
        "start_s": work.span.start_s,
        "end_s": end_s,
        "untagged": untagged,
    }
    return work.kept.file(
        "cut",
        reads,
        lambda at: deliver(at, pictures, Fraction(info.fps).limit_denominator(1001), kind, audio_from=path),
        suffix=kind.suffix,
    )


def tracked_boxes(work: Work, boxes: Path, anchors: list[Anchor]) -> Path:
    """Return the boxes file of a user, whose `anchors` it holds, as they lie where the clip is tracked."""
    if work.steady is None:
        return boxes
    fps = work.recipe.video.fps
    return _boxes_file(work, boxes_file(work.steady.anchors(anchors, fps), fps, THOUSAND))


def seen_boxes(work: Work, anchors: list[Anchor]) -> Path | None:
    """Return a boxes file with those of a user's anchors that lie on the frames of the study; None without any."""
    if work.steady is not None:
        anchors = work.steady.anchors(anchors, work.recipe.video.fps)
    text = boxes_of_beginning(anchors, work.recipe)
    return None if text is None else _boxes_file(work, text)


def _boxes_file(work: Work, text: str) -> Path:
    return work.kept.file("subject", {"boxes": text}, lambda path: write_text(path, text), suffix=".json")


def _subject_boxes(work: Work, video: Path, subject: str) -> Path:
    """Return the boxes file of a named subject."""
    if work.steady is not None:
        subject = work.steady.subject(subject, subject_numbers(subject))
    track = work.recipe.track
    reads = {
        "clip": work.kept.content(video),
        "subject": subject,
        "mask": work.kept.content(Path(subject)) if Path(subject).is_file() else None,
        "video": work.recipe.video.model_dump(mode="json"),
        "grounder": track.grounder.model_dump(mode="json"),
        "anchor_rate_fps": track.anchor_rate_fps,
    }

    def find(path: Path) -> None:
        write_subject_boxes(video, subject, work.recipe, work.pool, path, work.sheet)

    return work.kept.file("subject", reads, find, suffix=".json")


def study_beginning(work: Work, inputs: Inputs, stages: Sequence[str]) -> Studied:
    """Take the beginning of a clip through stages, or go on with them, in its folder. See `study`."""
    root = study_folder(work, inputs, stages)
    prepare_folder(root)
    return study(
        inputs,
        work.instruction,
        work.recipe,
        work.pool,
        root,
        stages,
        clip=work.clip,
        sheet=work.sheet,
        report=work.report,
        library=work.library,
    )


def study_folder(work: Work, inputs: Inputs, stages: Sequence[str]) -> Path:
    """Return the run folder of a study, by all that its stages read."""
    recipe = work.recipe.model_dump(mode="json")
    files = (inputs.video, inputs.background, inputs.boxes, inputs.matte)
    reads: dict[str, Any] = {
        "files": [None if path is None else work.kept.content(Path(path)) for path in files],
        "names": files,  # the run's records name them
        "instruction": work.instruction,
        "library": work.library,
        "seed": work.recipe.seed,
        "settings": {name: recipe[name] for name in ("video", *stages)},
    }
    return work.kept.place("study", reads)
