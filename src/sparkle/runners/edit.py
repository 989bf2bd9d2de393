"""`sparkle edit`: one clip, one instruction, one result; the same stages as `build`, other reading and writing.

The first stages study the clip's beginning; then the whole clip is tracked and composed as it came. A preview, and a
recipe whose generator makes clips of one length only, takes the beginning through all stages instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from sparkle import __version__
from sparkle.core.errors import MediaError, SetupError
from sparkle.core.layout import artifact_path
from sparkle.core.records import SourceRecord, SynthesizeRecord
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.recipes import STAGES, Recipe
from sparkle.runners.assemble import BackendPool
from sparkle.runners.backdrop import Backdrop
from sparkle.runners.follow import Follow, Given, Tracked
from sparkle.runners.kept import Kept
from sparkle.runners.local import Report
from sparkle.runners.outputs import Layer, Output, Outputs, prepare, refuse_full_disk
from sparkle.runners.readiness import require_ready
from sparkle.runners.study import STUDY, Studied, study
from sparkle.runners.subject import write_subject_boxes
from sparkle.runners.whole_clip import Tell, WholeClip, can_follow, expected_pictures, write_whole
from sparkle.runs import locked, refuse_artifact_place, refuse_run_folder
from sparkle.store import (
    Folder,
    check_plain,
    prepare_folder,
    scratch_folder,
    write_result,
)
from sparkle.video import (
    WHOLE,
    Delivery,
    Span,
    UntaggedColour,
    VideoInfo,
    copy_with_remarks,
    deliver,
    delivery_for,
    probe,
    stream_pictures,
)

Extent = Literal["whole", "preview", "beginning"]


@dataclass(frozen=True, slots=True)
class EditResult:
    """The edited clip. `warnings` are the checks that a dataset sample would have been rejected for; `audio` says what
    became of the sound; `extent` what was edited: the whole clip (or the part asked for), a preview of it, or the
    beginning, where the recipe makes no more."""

    output: Path
    sample: Sample
    seconds: dict[str, float]
    source: VideoInfo
    warnings: tuple[Check, ...]
    frames: int
    fps: float
    audio: str
    extent: Extent

    @property
    def duration_s(self) -> float:
        """How long the edited clip lasts."""
        return self.frames / self.fps


@dataclass(frozen=True, slots=True)
class _Work:
    """What the steps of one edit share: the user's files, the folder of the working state, how the clip is read."""

    clip: Path
    info: VideoInfo
    span: Span
    instruction: str
    recipe: Recipe
    pool: BackendPool
    kept: Kept
    sheet: Path
    report: Report


def edit(
    clip: Path,
    instruction: str,
    output: Path,
    recipe: Recipe,
    *,
    background: Path | None = None,
    boxes: Path | None = None,
    subject: str | None = None,
    matte: Path | None = None,
    keep: Path | None = None,
    preview: bool = False,
    span: Span = WHOLE,
    delivery: Delivery | None = None,
    layer: Layer = "picture",
    matte_output: Path | None = None,
    report: Report = lambda event: None,
    progress: Tell = lambda done, of_all: None,
) -> EditResult:
    """Replace the background of `clip` and write the result to `output`, whole or not at all.

    `subject` says who or what is kept, as `runners.subject` reads it; `boxes` is a boxes file; `matte` a video as
    long as the clip that is white, or opaque, where the subject is. Without them the clip's own alpha decides, if it
    has any, else the recipe's grounder. `keep` is a folder that receives everything in between: what an earlier call
    left there is used again as far as it still holds. `span` is the part that is edited.

    The result has the clip's own size, rate and length, written as `delivery` says (by default by the suffix of
    `output`); `layer` is what is written, `matte_output` gets the matte beside it. A `preview`, and what a recipe makes
    whose generator follows no clip, is an .mp4 of the beginning at the recipe's size, rate and length. `progress` is
    called with how many pictures of a whole clip are done, and of how many.
    Raises MediaError or another SampleError when the clip cannot be edited, as one whose camera moves.
    """
    if not instruction.strip():
        raise SetupError("the instruction is empty; say what should be behind the subject")
    if sum(each is not None for each in (subject, boxes, matte)) > 1:
        raise SetupError("--subject, --boxes and --matte-in each say what is kept; give one of them")
    given = [path for path in (clip, background, boxes, matte) if path is not None]
    outputs = _outputs(output, delivery, layer, matte_output)
    prepare(outputs, given)
    if keep is not None:
        refuse_artifact_place(keep, output)
        refuse_run_folder(keep)
    for path in (background, boxes, matte):
        _refuse_unreadable(path)
    pool = BackendPool()
    require_ready(recipe, pool)
    extent: Extent = "preview" if preview else "whole" if can_follow(recipe, pool) else "beginning"
    if extent == "whole":
        recipe = _of_any_length(recipe)
    else:
        _refuse_layers(outputs, extent, recipe)
    info = probe(clip, time_limit_s=recipe.video.time_limit_s)
    _refuse_outside(clip, info, span)
    pixels = expected_pictures(info, span) * info.width * info.height
    refuse_full_disk(outputs, 0 if extent != "whole" else pixels, keep, round(0.1 * pixels))
    with _working_folder(keep) as root, locked(root):
        work = _Work(
            clip,
            info,
            span,
            instruction.strip(),
            recipe,
            pool,
            Kept(root),
            output.with_name(f"{output.stem}_candidates.png"),
            report,
        )
        if matte is None and subject is None and boxes is None and info.has_alpha:
            matte = clip
        inputs = _inputs(work, background, boxes, subject, matte)
        studied = _studied(work, inputs, STAGES if extent != "whole" else STUDY)
        if extent == "whole":
            return _whole(work, studied, matte, outputs, progress)
        return _own_clip(work, studied, inputs, outputs, extent)


def _whole(work: _Work, studied: Studied, matte: Path | None, outputs: Outputs, progress: Tell) -> EditResult:
    """Track and compose the whole clip, as the study of its beginning says."""
    sample, recipe, info = studied.sample, work.recipe, work.info
    source = work.kept.content(work.clip)
    folder = Folder.at(_study_folder(work, sample.inputs, STUDY))
    backdrop = Backdrop(sample, folder, recipe, work.pool, work.kept, (info.width, info.height), info.fps)
    follow: Follow = (
        Tracked(sample, recipe, work.pool, info.fps, work.kept, source)
        if matte is None
        else Given(matte, work.clip, work.span)
    )
    clip = WholeClip(work.clip, info, work.span, sample, recipe)
    written = write_whole(clip, outputs, follow, backdrop, work.pool, _remarks(recipe, "whole"), progress)
    work.kept.drop_unused("background")
    return _result(work, studied, outputs, "whole", len(written.times), info.fps, written.audio)


def _own_clip(work: _Work, studied: Studied, inputs: Inputs, outputs: Outputs, extent: Extent) -> EditResult:
    """Hand over what the stages made of the beginning, in the recipe's size, rate and length."""
    sample = studied.sample
    edited = _study_folder(work, inputs, STAGES) / artifact_path("edited_video", sample.theme, sample.id)
    remarks = _remarks(work.recipe, extent)
    write_result(outputs.main.path, lambda path: copy_with_remarks(edited, path, remarks))
    made = sample.record(SourceRecord).needed_clip
    audio = sample.record(SynthesizeRecord).audio
    return _result(work, studied, outputs, extent, made.frames, made.fps, audio)


def _result(
    work: _Work, studied: Studied, outputs: Outputs, extent: Extent, frames: int, fps: float, audio: str
) -> EditResult:
    return EditResult(
        output=outputs.main.path,
        sample=studied.sample,
        seconds=studied.seconds,
        source=work.info,
        warnings=tuple(check for check in studied.sample.checks if not check.passed),
        frames=frames,
        fps=fps,
        audio=str(audio),
        extent=extent,
    )


def _remarks(recipe: Recipe, extent: Extent) -> dict[str, str]:
    """Return what the file itself says of how it was made: no path, no text of the user's."""
    short = {"whole": "", "preview": "PREVIEW, ", "beginning": "beginning of the clip, "}[extent]
    return {"comment": f"{short}sparkle {__version__}, recipe {recipe.name}, seed {recipe.seed}"}


def _inputs(
    work: _Work, background: Path | None, boxes: Path | None, subject: str | None, matte: Path | None
) -> Inputs:
    """Return the files of the study: those of the user's, cut where a part is asked for, boxes of a named subject."""
    own_alpha = matte == work.clip
    video = _cut(work, work.clip)
    if matte is not None:
        matte = video if own_alpha else _cut(work, matte)
    if subject is not None:
        boxes = _subject_boxes(work, video, subject)
    return Inputs(
        str(video),
        background=None if background is None else str(background),
        boxes=None if boxes is None else str(boxes),
        matte=None if matte is None else str(matte),
    )


def _cut(work: _Work, path: Path) -> Path:
    """Return a clip whose beginning is that of the part asked for: the clip itself, or what the stages need of it."""
    if work.span == WHOLE:
        return path
    video = work.recipe.video
    end_s = min(work.span.end_s, work.span.start_s + video.frames / video.fps + 0.5)
    untagged = UntaggedColour(video.untagged)
    info = probe(path, time_limit_s=video.time_limit_s)
    kind = Delivery(".mkv", "png", None, True) if info.has_alpha else Delivery(".mkv", "h264", 8)
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
        suffix=".mkv",
    )


def _subject_boxes(work: _Work, video: Path, subject: str) -> Path:
    """Return the boxes file of a named subject."""
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


def _studied(work: _Work, inputs: Inputs, stages: Sequence[str]) -> Studied:
    root = _study_folder(work, inputs, stages)
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
    )


def _study_folder(work: _Work, inputs: Inputs, stages: Sequence[str]) -> Path:
    """Return the run folder of a study, by all that its stages read."""
    recipe = work.recipe.model_dump(mode="json")
    files = (inputs.video, inputs.background, inputs.boxes, inputs.matte)
    reads: dict[str, Any] = {
        "files": [None if path is None else work.kept.content(Path(path)) for path in files],
        "names": files,  # the run's records name them
        "instruction": work.instruction,
        "seed": work.recipe.seed,
        "settings": {name: recipe[name] for name in ("video", *stages)},
    }
    return work.kept.place("study", reads)


def _outputs(output: Path, delivery: Delivery | None, layer: Layer, matte: Path | None) -> Outputs:
    main = Output(output, delivery_for(output) if delivery is None else delivery)
    return Outputs(main, layer, None if matte is None else Output(matte, delivery_for(matte)))


def _of_any_length(recipe: Recipe) -> Recipe:
    """Return the recipe without the least length that its clips must have: a dataset wants it, a user's clip is as it
    is."""
    return recipe.model_copy(update={"video": recipe.video.model_copy(update={"minimum_frames": 2})})


def _refuse_layers(outputs: Outputs, extent: Extent, recipe: Recipe) -> None:
    """Raise SetupError for what only a whole clip has."""
    plain = outputs.layer == "picture" and outputs.matte is None
    if plain and outputs.main.delivery == delivery_for(Path("clip.mp4")):
        return
    why = "a preview" if extent == "preview" else f"what {recipe.synthesize.generator.key} makes"
    raise SetupError(
        f"{outputs.main.path}: {why} is an .mp4 of the edited picture, in H.264; other containers, codecs and "
        "layers are for whole clips: leave them out"
        + (", or --preview" if extent == "preview" else ", or take a recipe that follows clips, as cpu does")
    )


def _refuse_outside(clip: Path, info: VideoInfo, span: Span) -> None:
    """Raise SetupError for a part of a clip that has no pictures."""
    if not 0 <= span.start_s < span.end_s:
        raise SetupError(
            f"--start {span.start_s:g} --end {span.end_s:g}: the end comes after the start, both from 0 on"
        )
    if span.start_s >= info.duration_s:
        raise SetupError(f"--start {span.start_s:g}: {clip} lasts {info.duration_s:.2f} s; begin before that")


def _refuse_unreadable(path: Path | None) -> None:
    """Raise MediaError, before the work, for a file that later stages cannot open."""
    try:
        if path is not None:
            check_plain(path)
    except OSError as error:
        raise MediaError(f"{path}: cannot be read ({error.strerror})") from error


@contextmanager
def _working_folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        prepare_folder(keep)
        yield keep
        return
    with scratch_folder() as folder:
        yield folder / "work"
