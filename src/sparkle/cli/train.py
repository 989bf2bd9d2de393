"""`sparkle train`: the editing model on one's own pairs, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from sparkle.cli.options import JsonOption, SetOption
from sparkle.cli.screen import answer, description_column, print_json, remarks
from sparkle.core.extras import require
from sparkle.core.visible import visible

if TYPE_CHECKING:
    from sparkle.kiwi.training.loss_log import Update

EXIT_STOPPED = 130


def command(
    config: Annotated[
        str,
        typer.Argument(
            metavar="CONFIG", help="tiny, small, lora_24gb, kiwi_sparkle, or a YAML file of your own."
        ),
    ],
    cache_only: Annotated[
        bool, typer.Option("--cache-only", help="Encode the data, keep the latents, and stop.")
    ] = False,
    settings: SetOption = [],  # noqa: B006 - typer copies it
    as_json: JsonOption = False,
) -> None:
    """Train Kiwi-Edit on folders in the published layout: a run of `sparkle build`, or the published dataset.

    Started again with the same settings it continues from its last checkpoint, with the same losses as without the
    interruption. Ctrl-C or SIGTERM stops it within a micro-batch, with a checkpoint. On several GPUs:
    `accelerate launch -m sparkle.kiwi.train CONFIG`.

    Examples:

        sparkle train tiny --set data.datasets.0.folder=run --set output=tiny

        sparkle train lora_24gb --set data.datasets.0.folder=run --cache-only

        sparkle train my_run.yaml --set optimizer.learning_rate=5e-6
    """
    require("torch", "models", "sparkle train")
    from sparkle.kiwi.training.files import load_settings
    from sparkle.kiwi.training.run import Reports, train

    chosen = load_settings(config, settings)
    columns = (
        description_column(40),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=remarks, transient=True) as progress:
        task = progress.add_task("loading", total=None)

        def show_caching(done: int, of: int, label: str) -> None:
            progress.update(task, completed=done, total=of, description=f"encoding {visible(label)[-30:]}")

        def show_update(update: Update) -> None:
            progress.update(
                task,
                completed=update.step,
                total=chosen.steps,
                description=f"training  loss {update.loss:.4f}",
            )
            if update.skipped:
                progress.console.print(f"update {update.step} left out: {update.skipped}", highlight=False)

        outcome = train(chosen, cache_only=cache_only, reports=Reports(show_caching, show_update))
    facts = {
        "output": str(outcome.output),
        "step": outcome.step,
        "stopped": outcome.stopped,
        "pairs": outcome.samples,
        "unreadable": outcome.unreadable,
        "checkpoint": None if outcome.checkpoint is None else str(outcome.checkpoint),
    }
    if as_json:
        print_json(facts)
    else:
        ending = "stopped after" if outcome.stopped else "finished with"
        answer.print(
            f"{ending} update {outcome.step}; {outcome.samples} pairs, {outcome.unreadable} unreadable"
        )
        answer.print(f"{outcome.checkpoint or outcome.output}", highlight=False, soft_wrap=True)
    if outcome.stopped:
        raise typer.Exit(EXIT_STOPPED)
