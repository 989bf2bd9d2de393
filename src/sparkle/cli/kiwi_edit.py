"""What `sparkle edit --editor kiwi` and `sparkle track --tracker kiwi` do, and options of commands that know both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sparkle.cli.screen import description_column
from sparkle.cli.show import answer, print_json, remarks, told
from sparkle.core.errors import SampleError, SetupError
from sparkle.kiwi.editing import VIDEO_SUFFIX, AfterStep, KiwiEdit, edit_file
from sparkle.kiwi.editor import KiwiEditor
from sparkle.kiwi.many_clips import FolderOutcome, edit_folder
from sparkle.kiwi.opening import open_kiwi
from sparkle.kiwi.settings import EditSettings

EditorOption = Annotated[
    Literal["kiwi"] | None, typer.Option("--editor", help="The end-to-end Kiwi model instead of a recipe.")
]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="PATH|HUB_ID", help="Checkpoint of the Kiwi editor; else Kiwi-Sparkle."),
]


def refuse_options(context: typer.Context, names: Sequence[str], why: str) -> None:
    """Raise SetupError if one of the options was given: what would have no effect is said, not ignored."""
    written = {each.name: each.opts[0] for each in context.command.params}
    sources = {name: context.get_parameter_source(name) for name in names}
    given = [
        written.get(name, f"--{name}")
        for name, source in sources.items()
        if source is not None and source.name != "DEFAULT"
    ]
    if given:
        raise SetupError(f"{', '.join(given)}: {why}")


def edit_with_kiwi(
    clip: Path,
    instruction: str,
    output: Path,
    *,
    model: str | None,
    references: Sequence[Path],
    seed: int,
    overrides: Sequence[str],
    steps: int | None,
    as_json: bool,
) -> None:
    """Run `sparkle edit --editor kiwi`: a video, an image, or a folder of videos into a folder.

    Raises SampleError at the end when a clip of a folder could not be edited.
    """
    if len(references) > 1:
        raise SetupError("--reference: the model was trained with one image; give the one that matters")
    editor, settings = open_kiwi(model, overrides, {"steps": steps}, reference=bool(references))
    chosen = _Chosen(editor, settings, seed, references[0] if references else None)
    if clip.is_dir():
        _edit_folder(clip, instruction, output, chosen, as_json)
    else:
        _edit_file(clip, instruction, output, chosen, as_json)


def track_with_kiwi(
    clip: Path, output: Path, *, model: str | None, overrides: Sequence[str], as_json: bool
) -> None:
    """Run `sparkle track --tracker kiwi`: the masks of what the model takes for the foreground."""
    editor, settings = open_kiwi(model, overrides)
    from sparkle.kiwi.tracker import KiwiTracker

    with _step_progress(settings.steps) as after_step:
        found = KiwiTracker(editor, settings).track_file(clip, output, after_step)
    if as_json:
        print_json(asdict(found) | {"output": str(found.output)})
    else:
        answer.print(f"{found.output}  area {100 * found.area:.1f} %", highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What edits have in common."""

    editor: KiwiEditor
    settings: EditSettings
    seed: int
    reference: Path | None


def _edit_file(clip: Path, instruction: str, output: Path, chosen: _Chosen, as_json: bool) -> None:
    with _step_progress(chosen.settings.steps) as after_step:
        done = edit_file(
            chosen.editor,
            clip,
            instruction,
            output,
            reference=chosen.reference,
            seed=chosen.seed,
            settings=chosen.settings,
            after_step=after_step,
        )
    _report_remarks(done)
    if as_json:
        print_json(asdict(done) | {"output": str(done.output)})
    else:
        answer.print(f"{done.output}", highlight=False, soft_wrap=True)


def _edit_folder(clips: Path, instruction: str, folder: Path, chosen: _Chosen, as_json: bool) -> None:
    if folder.suffix == VIDEO_SUFFIX:
        raise SetupError(f"--output {folder}: {clips} is a folder; name a folder for its edits, too")
    with _step_progress(chosen.settings.steps) as after_step:
        outcomes = edit_folder(
            chosen.editor,
            [clips],
            instruction,
            folder,
            _report_outcome,
            reference=chosen.reference,
            seed=chosen.seed,
            settings=chosen.settings,
            after_step=after_step,
        )
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if as_json:
        print_json(
            [
                {
                    "source": str(outcome.source),
                    "output": None if outcome.error else str(outcome.output),
                    "kept": outcome.edit is None and outcome.error is None,
                    "remarks": [] if outcome.edit is None else outcome.edit.remarks,
                    "error": outcome.error,
                }
                for outcome in outcomes
            ]
        )
    if failed:
        raise SampleError(
            f"{len(failed)} of {len(outcomes)} clips were not edited, see above; the same command tries them again"
        )


@contextmanager
def _step_progress(steps: int) -> Iterator[AfterStep]:
    """Show a bar over the steps of the clip that is being edited."""
    columns = (description_column(), BarColumn(), MofNCompleteColumn(), TextColumn("steps"))
    with Progress(*columns, TimeElapsedColumn(), console=remarks, transient=True) as progress:
        task = progress.add_task("loading", total=steps)
        yield lambda step: progress.update(task, completed=step + 1, description="editing")


def _report_outcome(outcome: FolderOutcome) -> None:
    if outcome.error is not None:
        remarks.print(told(("failed", "red"), f"  {outcome.error}"), soft_wrap=True)
        return
    done = "kept" if outcome.edit is None else "edited"
    remarks.print(told((f"{done:<8}", "green"), str(outcome.output)), soft_wrap=True)
    if outcome.edit is not None:
        _report_remarks(outcome.edit)


def _report_remarks(edit: KiwiEdit) -> None:
    for line in edit.remarks:
        remarks.print(told(("note", "yellow"), f"    {line}"), soft_wrap=True)
