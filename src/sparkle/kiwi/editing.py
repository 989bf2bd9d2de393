"""`sparkle edit --editor kiwi` on one file: at the source's own frame rate and with its sound.

`many_clips` does the same with many, whose files are read and written while others are being edited.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from sparkle.core.errors import SetupError
from sparkle.core.instruction import instruction_fault
from sparkle.kiwi.editor import KiwiEditor
from sparkle.kiwi.settings import EditSettings
from sparkle.roles import Frames, Image
from sparkle.store import prepare_output, write_result
from sparkle.video import AudioOutcome, is_media_name, probe, read_clip, read_image, write_image, write_video

VIDEO_SUFFIX, IMAGE_SUFFIX = ".mp4", ".png"
CRF = 17

# Called after every denoising step, with its number from 0.
AfterStep = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class EditTask:
    """What to do with one file. `reference`: uint8 (H, W, 3). `frames`: the most frames to edit; None edits all."""

    source: Path
    instruction: str
    reference: Image | None = None
    seed: int = 0
    settings: EditSettings = field(default_factory=EditSettings)
    frames: int | None = None


@dataclass(frozen=True, slots=True)
class TaskFrames:
    """A task's frames, uint8 (T, H, W, 3), of the source at the size of the edit or of the edit itself.

    `fps` is None for an image. `remarks` say what of the source could not be kept. `seconds` were spent so far.
    """

    task: EditTask
    frames: Frames
    fps: float | None
    remarks: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class KiwiEdit:
    """An edited file. `remarks` say what of the source could not be kept. Sizes are (width, height).

    `seconds` were spent on reading, editing and writing it, waiting not included.
    """

    output: Path
    frames: int
    fps: float
    size: tuple[int, int]
    audio: AudioOutcome
    seconds: float
    remarks: tuple[str, ...]


def edit_file(
    editor: KiwiEditor,
    source: Path,
    instruction: str,
    output: Path,
    *,
    reference: Path | None = None,
    seed: int = 0,
    settings: EditSettings | None = None,
    frames: int | None = None,
    fps: float | None = None,
    crf: int = CRF,
    after_step: AfterStep = lambda step: None,
) -> KiwiEdit:
    """Edit a video or an image and write the result to `output`, whole or not at all.

    frames: the most frames to edit, from the beginning; None edits all, in windows of 81. fps: the rate of the
    result, None for the source's own (the official scripts write 15 whatever the source has); at another rate the
    sound does not fit any more and is left out. An image is written as PNG, a video as mp4 with the source's sound
    where it lasts as long.
    Raises MediaError for files that cannot be read, SampleError for edits that the checkpoint cannot make.
    """
    instruction = checked_instruction(instruction)
    sources = [source, *([] if reference is None else [reference])]
    prepare_output(output, sources, VIDEO_SUFFIX if is_media_name(source) else IMAGE_SUFFIX)
    shown = None if reference is None else read_image(reference)
    task = EditTask(source, instruction, shown, seed, settings or EditSettings(), frames)
    return write_edit(edit_frames(editor, read_source(editor, task), after_step), output, fps, crf)


def read_source(editor: KiwiEditor, task: EditTask) -> TaskFrames:
    """Read the source of a task, crop and scale it. Raises MediaError."""
    started = time.monotonic()
    if is_media_name(task.source):
        clip = read_clip(task.source, fps=probe(task.source).fps, frames=task.frames)
        frames, fps = clip.frames, clip.fps
    else:
        frames, fps = read_image(task.source)[None], None
    fitted = editor.fit(frames, task.settings)
    return TaskFrames(task, fitted, fps, _remarks(frames, fitted), time.monotonic() - started)


def edit_frames(editor: KiwiEditor, source: TaskFrames, after_step: AfterStep) -> TaskFrames:
    """Edit what was read. Raises SampleError for an edit that the checkpoint cannot make."""
    task, started = source.task, time.monotonic()
    edited = editor.edit(
        source.frames,
        task.instruction,
        task.settings,
        reference=task.reference,
        seed=task.seed,
        after_step=after_step,
    )
    return replace(source, frames=edited, seconds=source.seconds + time.monotonic() - started)


def write_edit(edited: TaskFrames, output: Path, fps: float | None = None, crf: int = CRF) -> KiwiEdit:
    """Write an edit, whole or not at all; `fps` None keeps the source's rate and its sound."""
    source, started = edited.task.source, time.monotonic()
    rate = fps or edited.fps or 1.0
    audio = AudioOutcome.NOT_ASKED

    def write(path: Path) -> None:
        nonlocal audio
        if edited.fps is None:
            write_image(path, edited.frames[0])
        else:
            sound = source if fps is None else None
            audio = write_video(path, edited.frames, rate, crf=crf, audio_from=sound)

    write_result(output, write)
    return KiwiEdit(
        output=output,
        frames=len(edited.frames),
        fps=rate,
        size=(edited.frames.shape[2], edited.frames.shape[1]),
        audio=audio,
        seconds=round(edited.seconds + time.monotonic() - started, 3),
        remarks=edited.remarks,
    )


def checked_instruction(instruction: str) -> str:
    """Return an instruction without blanks around it. Raises SetupError when nothing is left."""
    if not instruction.strip():
        raise SetupError("the instruction is empty; say what the edit is")
    if fault := instruction_fault(instruction):
        raise SetupError(fault)
    return instruction.strip()


def _remarks(source: Frames, fitted: Frames) -> tuple[str, ...]:
    lines = []
    if source.shape[1:3] != fitted.shape[1:3]:
        before, after = (f"{frames.shape[2]}x{frames.shape[1]}" for frames in (source, fitted))
        lines.append(
            f"{before} became {after}: sides are multiples of 32, what does not fit is cropped evenly"
        )
    if len(source) != len(fitted):
        lines.append(f"{len(source)} frames became {len(fitted)}: the model makes 4k + 1")
    return tuple(lines)
