"""Many edits without waiting for files: the next clip is read and the last one written while one is being edited."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from sparkle.core.errors import SampleError, SetupError
from sparkle.kiwi.ahead import ahead
from sparkle.kiwi.editing import (
    AfterStep,
    EditTask,
    KiwiEdit,
    TaskFrames,
    checked_instruction,
    edit_frames,
    read_source,
    write_edit,
)
from sparkle.kiwi.editor import KiwiEditor
from sparkle.kiwi.settings import WINDOW_FRAMES, EditSettings
from sparkle.runs import refuse_run_folder
from sparkle.store import prepare_folder
from sparkle.video import expand, read_image

Edits = Generator[TaskFrames | SampleError, None, None]


@dataclass(frozen=True, slots=True)
class FolderOutcome:
    """What became of one clip of a folder: an edit, or None when its output was there; or why there is none."""

    source: Path
    output: Path
    edit: KiwiEdit | None
    error: str | None = None


def edits_ahead(
    editor: KiwiEditor, tasks: Sequence[EditTask], after_step: AfterStep = lambda step: None
) -> Edits:
    """Yield the edited frames of every task, in order, or why there are none.

    While the caller writes one clip, the next is being edited and the one behind it read; nothing starts before the
    first is asked for, and the steps are done in another thread. Close the generator to stop: the edit under way ends
    with its present step.
    """
    left = threading.Event()

    def step(number: int) -> None:
        if left.is_set():
            raise _LeftError
        after_step(number)

    def edits() -> Iterator[TaskFrames | SampleError]:
        for source in ahead(_read(editor, task) for task in tasks):
            yield source if isinstance(source, SampleError) else _edit(editor, source, step)

    if tasks:
        editor.load()  # here, where Ctrl-C interrupts it
    yield from ahead(edits(), left.set)


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
    after_step: AfterStep = lambda step: None,
) -> list[FolderOutcome]:
    """Edit many videos, each to `folder`/<its name>.mp4; clips whose output exists are kept as they are.

    A clip that cannot be edited is recorded and the others go on. Raises SetupError for two clips of one name, for a
    folder that is the sources' own, and when nothing can be edited at all; MediaError for a reference that is no image.
    """
    outputs: dict[Path, Path] = {}
    if folder.is_dir() and any(
        Path(name).is_dir() and Path(name).resolve().is_relative_to(folder.resolve()) for name in sources
    ):
        raise SetupError(
            f"{folder}: holds the clips that are to be edited; name another folder for the edits"
        )
    for source in expand(sources, folder):
        output = folder / f"{source.stem}.mp4"
        if output in outputs:
            raise SetupError(f"{outputs[output]} and {source} would both become {output}; rename one")
        if output.exists() and output.samefile(source):
            raise SetupError(f"{folder}: {source} lies there itself; name another folder for the edits")
        outputs[output] = source
    refuse_run_folder(folder)
    prepare_folder(folder)
    instruction, settings = checked_instruction(instruction), settings or EditSettings()
    shown = None if reference is None else read_image(reference)
    waiting = {output: source for output, source in outputs.items() if not output.exists()}
    tasks = [EditTask(source, instruction, shown, seed, settings, frames) for source in waiting.values()]
    outcomes = []
    with closing(edits_ahead(editor, tasks, after_step)) as edits:
        for output, source in outputs.items():
            kept = output not in waiting
            outcome = FolderOutcome(source, output, None) if kept else _written(source, next(edits), output)
            outcomes.append(outcome)
            report(outcome)
    return outcomes


@dataclass(slots=True)
class KiwiBenchEditor:
    """Edits a benchmark's clips as the official benchmark scripts do (81 frames, seed 0), at the source's own rate.

    It wants to be told of all clips, and works ahead of the one that it is asked for.
    """

    editor: KiwiEditor
    settings: EditSettings = field(default_factory=EditSettings)
    name: str = "kiwi"
    wave: int = sys.maxsize
    _following: deque[tuple[Path, str]] = field(default_factory=deque)
    _edits: Edits | None = None

    def prepare(self, clips: Sequence[tuple[Path, str]]) -> None:
        """Remember which clips follow; work on them begins with the first that is asked for."""
        self._start(clips)

    def __call__(self, source: Path, instruction: str, output: Path) -> None:
        """Edit one clip; those before it that were not asked for are forgotten. Raises SampleError when it cannot."""
        wanted, edits = (source, instruction), self._edits
        if edits is None or wanted not in self._following:
            edits = self._start([wanted])
        edited = next(edits)
        while self._following.popleft() != wanted:
            edited = next(edits)
        if isinstance(edited, SampleError):
            raise edited
        write_edit(edited, output)

    def close(self) -> None:
        """Stop working ahead, and forget what follows."""
        if self._edits is not None:
            self._edits.close()
        self._edits = None
        self._following.clear()

    def _start(self, clips: Sequence[tuple[Path, str]]) -> Edits:
        self.close()
        self._following.extend(clips)
        tasks = [
            EditTask(source, instruction, settings=self.settings, frames=WINDOW_FRAMES)
            for source, instruction in clips
        ]
        self._edits = edits_ahead(self.editor, tasks)
        return self._edits


class _LeftError(Exception):
    """Nobody waits for the edit under way any more."""


def _read(editor: KiwiEditor, task: EditTask) -> TaskFrames | SampleError:
    try:
        return read_source(editor, task)
    except SampleError as error:
        return error


def _edit(editor: KiwiEditor, source: TaskFrames, after_step: AfterStep) -> TaskFrames | SampleError:
    try:
        return edit_frames(editor, source, after_step)
    except SampleError as error:
        return error


def _written(source: Path, edited: TaskFrames | SampleError, output: Path) -> FolderOutcome:
    if isinstance(edited, SampleError):
        return FolderOutcome(source, output, None, str(edited))
    try:
        return FolderOutcome(source, output, write_edit(edited, output))
    except SampleError as error:
        return FolderOutcome(source, output, None, str(error))
