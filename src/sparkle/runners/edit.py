"""`sparkle edit`: one clip, one instruction, one result; the same stages as `build`, other reading and writing.

The first stages study the clip's beginning; then the whole clip is tracked and composed as it came. A preview, and a
recipe whose generator makes clips of one length only, takes the beginning through all stages instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from sparkle import __version__
from sparkle.core.layout import artifact_path
from sparkle.core.own_background import LibraryEntry, Placing
from sparkle.core.records import SourceRecord, SynthesizeRecord
from sparkle.core.sample import Check, Sample
from sparkle.painter.plain import Plain
from sparkle.recipes import STAGES, Recipe
from sparkle.runners.assemble import BackendPool
from sparkle.runners.backdrop import Backdrop
from sparkle.runners.beginning import (
    Work,
    inputs_of,
    seen_boxes,
    study_beginning,
    study_folder,
    tracked_boxes,
)
from sparkle.runners.behind import Behind
from sparkle.runners.books import Report
from sparkle.runners.corrections import Mark
from sparkle.runners.edit_checks import (
    length_of,
    refuse_contradictions,
    refuse_full_disk,
    refuse_layers,
    refuse_marks,
    refuse_outside,
    refuse_unreadable,
)
from sparkle.runners.follow import Follow, TrackedMasks, Tracking, piece_checks
from sparkle.runners.given_matte import Given, cuts_out
from sparkle.runners.judged_pieces import unsound_moments
from sparkle.runners.kept import Kept, working_folder
from sparkle.runners.kept_masks import note_masks
from sparkle.runners.library import refuse_unsound
from sparkle.runners.moving import Camera, steadied, without_subject
from sparkle.runners.no_place import left_alone, plain_picture, plainly_behind, refuse_blur
from sparkle.runners.outputs import Layer, Outputs, outputs_for, prepare, worst_picture
from sparkle.runners.own_boxes import checked_boxes
from sparkle.runners.placing import AS_IT_IS, placed_file
from sparkle.runners.readiness import require_ready
from sparkle.runners.steady import AsSeen
from sparkle.runners.study import STUDY, Studied
from sparkle.runners.weakness import FrameSign, WeakMoment, weak_moments
from sparkle.runners.whole_clip import (
    Tell,
    WholeClip,
    can_follow,
    counted,
    estimate,
    expected_pictures,
    glimpses_of,
    of_any_length,
    write_whole,
)
from sparkle.runs import locked, refuse_artifact_place, refuse_run_folder
from sparkle.store import Folder, write_result, write_text
from sparkle.video import (
    WHOLE,
    Delivery,
    Span,
    UntaggedColour,
    VideoInfo,
    copy_with_remarks,
    fit_size,
    probe,
    stream_pictures,
)

Extent = Literal["whole", "preview", "beginning"]


@dataclass(frozen=True, slots=True)
class EditResult:
    """The edited clip. `warnings` are the checks that a dataset sample would have been rejected for; `audio` says what
    became of the sound; `extent` what was edited: the whole clip (or the part asked for), a preview of it, or the
    beginning, where the recipe makes no more; `followed` whether the new place moves with the camera. Of a whole clip
    `weak` are moments to look at, the weakest first, by frames that `times` has in seconds of the source and `signs`
    describe; `worst_picture` shows the first of them."""

    output: Path
    sample: Sample
    seconds: dict[str, float]
    source: VideoInfo
    warnings: tuple[Check, ...]
    frames: int
    fps: float
    audio: str
    extent: Extent
    followed: bool
    weak: tuple[WeakMoment, ...] = ()
    times: Sequence[float] = ()
    signs: Sequence[FrameSign] = ()
    worst_picture: Path | None = None

    @property
    def duration_s(self) -> float:
        """How long the edited clip lasts."""
        return self.frames / self.fps


def edit(
    clip: Path,
    instruction: str,
    output: Path,
    recipe: Recipe,
    *,
    background: Path | Plain | None = None,
    placing: Placing = AS_IT_IS,
    library: LibraryEntry | None = None,
    boxes: Path | None = None,
    subject: str | None = None,
    matte: Path | None = None,
    keep: Path | None = None,
    preview: bool = False,
    span: Span = WHOLE,
    camera: Camera = "auto",
    delivery: Delivery | None = None,
    layer: Layer = "picture",
    matte_output: Path | None = None,
    marks: Sequence[Mark] = (),
    announce: Callable[[str], None] = lambda line: None,
    report: Report = lambda event: None,
    progress: Tell = lambda step, done, of_all: None,
) -> EditResult:
    """Replace the background of `clip` and write the result to `output`, whole or not at all.

    `subject` says who or what is kept, as `runners.subject` reads it; `boxes` is a boxes file; `matte` a video as
    long as the clip that is white, or opaque, where the subject is. Without them the clip's own alpha decides, if it
    leaves anything out, else the recipe's grounder. `background` is a picture or video of the user's
    own, which lies as `placing` says, or a background without a place. `library` says what the background is, where it
    is of one: then it is looked at before the work, and where no placing is asked for its horizon meets the subject's.

    `keep` is a folder that receives everything in between: what an earlier call
    left there is used again as far as it still holds. `span` is the part that is edited. `camera` says whether a
    camera that moves is followed, see `runners.moving`.

    The result has the clip's own size, rate and length, written as `delivery` says (by default by the suffix of
    `output`); `layer` is what is written, `matte_output` gets the matte beside it. A `preview`, and what a recipe makes
    whose generator follows no clip, is an .mp4 of the beginning at the recipe's size, rate and length. `marks`
    mend the mask on single frames. `announce` is called before the work with a line that says about how long it takes,
    `progress` with what is done to a whole clip, to how many pictures, and of how many.
    Raises MediaError or another SampleError when the clip cannot be edited, as one whose camera cannot be followed.
    """
    pool = BackendPool()
    outputs = outputs_for(output, delivery, layer, matte_output)
    refuse_contradictions(instruction, boxes=boxes, subject=subject, matte=matte)
    plain = background if isinstance(background, Plain) else None
    own = background if isinstance(background, Path) else None
    prepare(outputs, [path for path in (clip, own, boxes, matte) if path is not None])
    if keep is not None:
        refuse_artifact_place(keep, output)
        refuse_run_folder(keep)
    for path in (own, boxes, matte):
        refuse_unreadable(path)
    require_ready(recipe, pool)
    extent: Extent = "preview" if preview else "whole" if can_follow(recipe, pool) else "beginning"
    if extent == "whole":
        recipe = of_any_length(recipe)
    else:
        refuse_blur(plain, "a preview" if preview else f"what {recipe.synthesize.generator.key} makes")
        refuse_layers(outputs, "a preview" if preview else f"what {recipe.synthesize.generator.key} makes")
    recipe = left_alone(recipe, background)
    info = probe(clip, time_limit_s=recipe.video.time_limit_s)
    refuse_outside(clip, info, span)
    if info.has_alpha and subject is None and boxes is None and matte is None and cuts_out(clip, span):
        announce("the clip's transparency says what is kept")
        matte = clip
    pictures = expected_pictures(info, span)
    refuse_marks(marks, pictures, tracked=extent == "whole" and matte is None)
    anchors = None if boxes is None else checked_boxes(boxes, recipe, length_of(info, span))
    if extent == "whole":
        refuse_full_disk(outputs, pictures * info.width * info.height, keep)
        announce(estimate(pictures, info.width, info.height))
    with working_folder(keep) as root, locked(root):
        sheet = output.with_name(f"{output.stem}_candidates.png")
        if library is not None and placing != AS_IT_IS:
            library = replace(library, horizon=None)
        work = Work(clip, info, span, instruction.strip(), recipe, pool, Kept(root), sheet, report, library)
        if library is not None and own is not None:
            _look_at(work, own)
        stages = STUDY if extent == "whole" else STAGES
        work = replace(work, steady=steadied(work, camera, whole=extent == "whole"))
        if work.steady is not None:
            announce(work.steady.told())
        seen = boxes
        if boxes is not None and anchors is not None and extent == "whole":
            boxes, seen = tracked_boxes(work, boxes, anchors), seen_boxes(work, anchors)
        picture = None if own is None else placed_file(work, own, placing)
        picture = picture if plain is None else plain_picture(work, plain)
        inputs = inputs_of(work, picture, seen, subject, matte)
        studied = study_beginning(work, inputs, stages)
        if extent == "whole":
            return _whole(work, studied, plain, placing.blur, matte, boxes, marks, outputs, progress)
        return _own_clip(work, studied, outputs, extent)


def _look_at(work: Work, background: Path) -> None:
    """Refuse a library's background that cannot be used; one that was looked at in an earlier edit is known."""
    reads = {
        "file": work.kept.content(background),
        "camera": work.recipe.animate.camera.model_dump(mode="json"),
    }

    def look(path: Path) -> None:
        refuse_unsound([background], work.recipe)
        write_text(path, "usable\n")

    work.kept.file("looked_at", reads, look, suffix=".txt")


def _whole(
    work: Work,
    studied: Studied,
    plain: Plain | None,
    blur: float,
    matte: Path | None,
    boxes: Path | None,
    marks: Sequence[Mark],
    outputs: Outputs,
    progress: Tell,
) -> EditResult:
    """Track and compose the whole clip, as the study of its beginning says."""
    sample, recipe, info, kept = studied.sample, work.recipe, work.info, work.kept
    if boxes is None and sample.inputs.boxes is not None:
        boxes = Path(sample.inputs.boxes)  # of a named subject
    masks = None if matte is not None else _track(work, sample, boxes, marks, progress)
    if work.steady is not None and masks is not None:
        work = replace(work, steady=without_subject(work, masks))
    follow: Follow = masks or Given(matte or work.clip, work.clip, work.span)
    clip = WholeClip(work.clip, info, work.span, sample, recipe, work.steady)
    if plain is None:
        folder = Folder.at(study_folder(work, sample.inputs, STUDY))
        behind: Behind = Backdrop(sample, folder, recipe, work.pool, kept, work.drawn, info.fps)
        behind = behind if work.steady is None else AsSeen(behind, work.steady.canvas)
    else:
        behind = plainly_behind(work, plain, blur, glimpses_of(clip, follow))
    written = write_whole(clip, outputs, follow, behind, work.pool, _remarks(recipe, "whole"), progress)
    kept.drop_unused("background")
    result = _result(work, studied, outputs, "whole", len(written.times), info.fps, written.audio)
    if plain is not None:  # no scene was asked for that a score could miss
        told = [check for check in result.warnings if not check.name.startswith(("first_frame.", "isolate."))]
        result = replace(result, warnings=tuple(told))
    if masks is None:
        return replace(result, times=written.times)
    limits = recipe.synthesize.wholeness_minimum, recipe.synthesize.worst_wholeness_minimum
    weak = [*unsound_moments(masks.judged, *limits), *weak_moments(masks.signs)]
    weak.sort(key=lambda moment: -moment.weakness)
    note_masks(kept.root, masks, weak)
    checks = [check for check in piece_checks(masks.findings, recipe.track) if not check.passed]
    return replace(
        result,
        warnings=(*result.warnings, *checks),
        weak=tuple(weak),
        times=written.times,
        signs=masks.signs,
        worst_picture=worst_picture(work.clip, outputs, written.times, weak[0].worst) if weak else None,
    )


def _track(
    work: Work, sample: Sample, boxes: Path | None, marks: Sequence[Mark], progress: Tell
) -> TrackedMasks:
    """Track the subject through all pictures, at the size of the recipe's videos."""
    video, info, kept, steady = work.recipe.video, work.info, work.kept, work.steady
    clip, span, size = work.clip, work.span, fit_size(info.width, info.height, video.width, video.height)
    if steady is not None:
        clip, span, size = steady.on_canvas(clip), WHOLE, steady.small.size
        marks = steady.marks(marks)
    small = stream_pictures(
        clip, size=size, start_s=span.start_s, end_s=span.end_s, untagged=UntaggedColour(video.untagged)
    )
    tracking = Tracking(sample, work.recipe, work.pool, info.fps, kept, kept.content(clip), boxes, marks)
    masks = tracking.run(counted(small, "tracking", expected_pictures(info, work.span), progress))
    return masks if steady is None else steady.as_filmed(masks)


def _own_clip(work: Work, studied: Studied, outputs: Outputs, extent: Extent) -> EditResult:
    """Hand over what the stages made of the beginning, in the recipe's size, rate and length."""
    sample = studied.sample
    edited = study_folder(work, sample.inputs, STAGES) / artifact_path(
        "edited_video", sample.theme, sample.id
    )
    remarks = _remarks(work.recipe, extent)
    write_result(outputs.main.path, lambda path: copy_with_remarks(edited, path, remarks))
    made = sample.record(SourceRecord).needed_clip
    audio = sample.record(SynthesizeRecord).audio
    return _result(work, studied, outputs, extent, made.frames, made.fps, audio)


def _result(
    work: Work, studied: Studied, outputs: Outputs, extent: Extent, frames: int, fps: float, audio: str
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
        followed=work.steady is not None,
    )


def _remarks(recipe: Recipe, extent: Extent) -> dict[str, str]:
    """Return what the file itself says of how it was made: no path, no text of the user's."""
    short = {"whole": "", "preview": "PREVIEW, ", "beginning": "beginning of the clip, "}[extent]
    return {"comment": f"{short}sparkle {__version__}, recipe {recipe.name}, seed {recipe.seed}"}
