"""`sparkle edit --editor kiwi`: files in, files out, at the source's own frame rate and with its sound."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sparkle.core.errors import SampleError, SetupError
from sparkle.kiwi.editor import KiwiEditor
from sparkle.kiwi.settings import WINDOW_FRAMES, EditSettings
from sparkle.roles import Frames
from sparkle.video import (
    AudioOutcome,
    expand,
    is_media_name,
    read_clip,
    read_image,
    write_image,
    write_video,
)

IMAGE_SUFFIX = ".png"


@dataclass(frozen=True, slots=True)
class KiwiEdit:
    """An edited file. `remarks` say what of the source could not be kept. Sizes are (width, height)."""

    output: Path
    frames: int
    fps: float
    size: tuple[int, int]
    audio: AudioOutcome
    seconds: float
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FolderOutcome:
    """What became of one clip of a folder: an edit, or None when its output was there; or why there is none."""

    source: Path
    edit: KiwiEdit | None
    error: str | None = None


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
    crf: int = 17,
) -> KiwiEdit:
    """Edit a video or an image and write the result to `output`, whole or not at all.

    frames: the most frames to edit, from the beginning; None edits all, in windows of 81. fps: the rate of the
    result, None for the source's own (the official scripts write 15 whatever the source has); at another rate the
    sound does not fit any more and is left out. An image is written as PNG, a video as mp4 with the source's sound
    where it lasts as long.
    Raises MediaError for files that cannot be read, SampleError for edits that the checkpoint cannot make.
    """
    settings = settings or EditSettings()
    if not instruction.strip():
        raise SetupError("the instruction is empty; say what the edit is")
    shown = None if reference is None else read_image(reference)
    is_video = is_media_name(source)
    if not is_video and output.suffix.lower() != IMAGE_SUFFIX:
        raise SetupError(f"{output}: {source} is an image, and edited images are written as {IMAGE_SUFFIX}")
    started = time.monotonic()
    if is_video:
        clip = read_clip(source, frames=frames)
        pixels, rate = clip.frames, clip.fps
    else:
        pixels, rate = read_image(source)[None], 1.0
    edited = editor.edit(pixels, instruction.strip(), settings, reference=shown, seed=seed)
    audio = AudioOutcome.NOT_ASKED
    if is_video:
        audio = write_video(output, edited, fps or rate, crf=crf, audio_from=source if fps is None else None)
    else:
        write_image(output, edited[0])
    return KiwiEdit(
        output=output,
        frames=len(edited),
        fps=fps or rate,
        size=(edited.shape[2], edited.shape[1]),
        audio=audio,
        seconds=round(time.monotonic() - started, 3),
        remarks=tuple(_remarks(pixels, edited)),
    )


def edit_folder(
    editor: KiwiEditor,
    sources: Sequence[str | Path],
    instruction: str,
    folder: Path,
    report: Callable[[FolderOutcome], None] = lambda outcome: None,
    *,
    reference: Path | None = None,
    seed: int = 0,
    settings: EditSettings | None = None,
    frames: int | None = None,
) -> list[FolderOutcome]:
    """Edit many videos, each to `folder`/<its name>.mp4; clips whose output exists are kept as they are.

    A clip that cannot be edited is recorded and the others go on. Raises SetupError for two clips of one name, and
    when nothing can be edited at all.
    """
    outputs: dict[Path, Path] = {}
    for source in expand(sources):
        output = folder / f"{source.stem}.mp4"
        if output in outputs:
            raise SetupError(f"{outputs[output]} and {source} would both become {output}; rename one")
        outputs[output] = source
    outcomes = []
    for output, source in outputs.items():
        if output.exists():
            outcome = FolderOutcome(source, None)
        else:
            try:
                done = edit_file(
                    editor,
                    source,
                    instruction,
                    output,
                    reference=reference,
                    seed=seed,
                    settings=settings,
                    frames=frames,
                )
                outcome = FolderOutcome(source, done)
            except SampleError as error:
                outcome = FolderOutcome(source, None, str(error))
        outcomes.append(outcome)
        report(outcome)
    return outcomes


@dataclass(frozen=True, slots=True)
class KiwiBenchEditor:
    """Edits a benchmark's clips as the official benchmark scripts do (81 frames, seed 0), at the source's own rate."""

    editor: KiwiEditor
    settings: EditSettings = field(default_factory=EditSettings)
    name: str = "kiwi"
    wave: int = 1

    def prepare(self, clips: Sequence[tuple[Path, str]]) -> None:
        """Do nothing: the model stays loaded from one clip to the next anyway."""

    def __call__(self, source: Path, instruction: str, output: Path) -> None:
        """Edit one clip. Raises SampleError when it cannot be edited."""
        edit_file(self.editor, source, instruction, output, settings=self.settings, frames=WINDOW_FRAMES)


def _remarks(source: Frames, edited: Frames) -> list[str]:
    lines = []
    if source.shape[1:3] != edited.shape[1:3]:
        before, after = (f"{frames.shape[2]}x{frames.shape[1]}" for frames in (source, edited))
        lines.append(
            f"{before} became {after}: sides are multiples of 32, what does not fit is cropped evenly"
        )
    if len(source) != len(edited):
        lines.append(f"{len(source)} frames became {len(edited)}: the model makes 4k + 1")
    return lines
