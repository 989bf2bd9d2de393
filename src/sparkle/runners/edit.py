"""`sparkle edit`: one clip, one instruction, one result; the same stages, with checks that warn.

One thing is refused: a camera that moves, in the eyes of both checks of it. Behind such a clip the new place would
stand still, and subject and background could not be told apart by what moves.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sparkle import __version__
from sparkle.core.errors import MediaError, SampleError, SetupError
from sparkle.core.layout import artifact_path
from sparkle.core.records import SourceRecord, SynthesizeRecord
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.recipes import STAGES, Recipe
from sparkle.runners.assemble import BackendPool
from sparkle.runners.books import Report
from sparkle.runners.build import open_run
from sparkle.runners.local import run_local
from sparkle.runners.readiness import require_ready
from sparkle.runners.subject import no_subject, write_subject_boxes
from sparkle.runners.whole_clip import Counted, Progress, can_follow, write_whole
from sparkle.runs import Wish, locked, make_plan, refuse_artifact_place
from sparkle.store import (
    Folder,
    check_plain,
    copy_file,
    prepare_folder,
    prepare_output,
    scratch_folder,
    write_result,
)
from sparkle.video import Delivery, VideoInfo, probe

# Share of the picture with texture to tell from. Before a plain wall all texture is the subject's, and it moves.
REFUSING_EVIDENCE = 0.5


@dataclass(frozen=True, slots=True)
class EditResult:
    """The edited clip. `warnings` are the checks that a dataset sample would have been rejected for; `audio` says what
    became of the sound."""

    output: Path
    sample: Sample
    seconds: dict[str, float]
    source: VideoInfo
    warnings: tuple[Check, ...]
    frames: int
    fps: float
    audio: str

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
    background: Path | None = None,
    boxes: Path | None = None,
    subject: str | None = None,
    matte: Path | None = None,
    keep: Path | None = None,
    delivery: Delivery | None = None,
    report: Report = lambda event: None,
    progress: Progress = lambda done, of_all: None,
) -> EditResult:
    """Replace the background of `clip` and write the result to `output`, whole or not at all.

    `subject` says who or what is kept, as `runners.subject` reads it; `boxes` is a boxes file; `matte` a video as
    long as the clip that is white, or opaque, where the subject is. Without them the clip's own alpha decides, if it
    has any, else the recipe's grounder. `keep` is a folder that receives everything in between, in the published
    layout; it may be a folder that an earlier, interrupted call left. Boxes of a `subject` are kept beside it.
    Without a `delivery` the result is what the stages made, in the recipe's size, rate and length. With one it is the
    whole clip at its own; `progress` is called with how many frames are done, and of how many.
    Raises MediaError or another SampleError when the clip cannot be edited, as one whose camera moves.
    """
    if not instruction.strip():
        raise SetupError("the instruction is empty; say what should be behind the subject")
    if sum(each is not None for each in (subject, boxes, matte)) > 1:
        raise SetupError("--subject, --boxes and --matte-in each say what is kept; give one of them")
    given = [path for path in (clip, background, boxes, matte) if path is not None]
    prepare_output(output, given, ".mp4" if delivery is None else delivery.suffix)
    if keep is not None:
        refuse_artifact_place(keep, output)
    for path in (background, boxes, matte):
        _refuse_unreadable(path)
    pool = BackendPool()
    require_ready(recipe, pool)
    if delivery is not None and not can_follow(recipe, pool):
        raise SetupError(
            f"{recipe.synthesize.generator.key} makes clips of {recipe.video.width}x{recipe.video.height} and "
            f"{recipe.video.frames} frames at most; for one of these add --preview"
        )
    info = probe(clip, time_limit_s=recipe.video.time_limit_s)
    sheet = output.with_name(f"{output.stem}_candidates.png")
    with _working_folder(keep) as root, locked(root):
        if subject is not None:
            boxes = _subject_boxes(root, subject)
        elif boxes is None and matte is None and info.has_alpha:
            matte = clip
        inputs = Inputs(
            str(clip),
            background=None if background is None else str(background),
            boxes=None if boxes is None else str(boxes),
            matte=None if matte is None else str(matte),
        )
        plan = _advisory(make_plan([Wish(inputs, instruction.strip())], (), 1, recipe.seed))
        open_run(root, plan, recipe, None)
        if subject is not None and boxes is not None:
            write_subject_boxes(clip, subject, recipe, pool, boxes, sheet)
        examined = run_local(plan, recipe, pool, root, report, STAGES[:1])[plan[0].id]
        _refuse_moving_camera(examined.sample)
        state = run_local(plan, recipe, pool, root, report)[plan[0].id]
        if state.status != "passed":
            if _lacks_subject(state.sample):
                raise no_subject(clip, recipe, sheet)
            raise SampleError(_why_not(state.events[-1].stage, state.events[-1].error, state.sample))
        sample = state.sample
        if delivery is None:
            edited = root / artifact_path("edited_video", sample.theme, sample.id)
            write_result(output, lambda path: copy_file(edited, path))
            written = sample.record(SourceRecord).needed_clip
            frames, fps, audio = written.frames, written.fps, sample.record(SynthesizeRecord).audio
        else:
            counted = Counted(progress, info.duration_s * info.fps)
            made_by = {"comment": f"sparkle {__version__}, recipe {recipe.name}, seed {recipe.seed}"}
            audio = write_whole(
                clip, info, sample, Folder.at(root), recipe, pool, output, delivery, made_by, counted
            )
            frames, fps = counted.frames, info.fps
    return EditResult(
        output=output,
        sample=sample,
        seconds={event.stage: round(event.seconds, 3) for event in state.events},
        source=info,
        warnings=tuple(check for check in sample.checks if not check.passed),
        frames=frames,
        fps=fps,
        audio=str(audio),
    )


def _subject_boxes(root: Path, subject: str) -> Path:
    """Return where the boxes of a named subject go: beside the run's folder, which holds none of its sources.

    Another subject has another file and so is another plan, where an earlier call is continued.
    """
    home = root.resolve()
    return home.parent / f"{home.name}_subject_{zlib.crc32(subject.encode()):08x}.json"


def _refuse_unreadable(path: Path | None) -> None:
    """Raise MediaError, before the work, for a file that later stages cannot open."""
    try:
        if path is not None:
            check_plain(path)
    except OSError as error:
        raise MediaError(f"{path}: cannot be read ({error.strerror})") from error


def _advisory(plan: Sequence[Sample]) -> list[Sample]:
    return [replace(sample, advisory=True) for sample in plan]


def _refuse_moving_camera(sample: Sample) -> None:
    """Raise SampleError where the coarse check and the fine judge both say, from evidence, that the camera moves."""
    failed = {check.name: check for check in sample.checks if not check.passed}
    coarse, fine = failed.get("source.camera"), failed.get("source.camera_judge")
    camera = sample.record(SourceRecord).camera
    if coarse is None or fine is None or camera is None or camera.evidence < REFUSING_EVIDENCE:
        return
    raise SampleError(
        f"{sample.inputs.video}: the camera moves, and only clips of a fixed camera can be edited: the new place would "
        f"stand still behind a picture that does not. Measured: {coarse.reason}",
        [
            "take a part of the clip in which the camera rests, or stabilise the clip first",
            f"or insist: --set source.camera.threshold={math.ceil(coarse.score)}",
        ],
    )


def _lacks_subject(sample: Sample) -> bool:
    return any(check.name == "isolate.objects" and not check.passed for check in sample.checks)


def _why_not(stage: str, error: str | None, sample: Sample) -> str:
    return f"{sample.inputs.video}: stage {stage}: {error}"


@contextmanager
def _working_folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        prepare_folder(keep)
        yield keep
        return
    with scratch_folder() as folder:
        yield folder / "run"
