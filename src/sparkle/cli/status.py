"""`sparkle status`: how far a run is, from another shell."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer

from sparkle.cli.options import JsonOption
from sparkle.cli.show import answer, print_json, slim_table, tell_damage
from sparkle.runners.status import RunStatus, read_status
from sparkle.store import Folder


def command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run folder, or its address.")],
    as_json: JsonOption = False,
) -> None:
    """Say how far a run is: what each stage has done, how fast, and how long it has to go.

    Only reads: the run may be going on, here or on another machine that shares the folder.

    Examples:

        sparkle status runs/first

        watch -n 10 sparkle status runs/first

        sparkle status runs/first --json
    """
    found = read_status(Folder.at(run))
    if as_json:
        print_json(found.to_json())
        return
    table = slim_table("stage", "passed", "rejected", "failed", "waiting", "s a call", "an hour")
    for each in found.stages:
        counts = map(str, (each.passed, each.rejected, each.failed, each.waiting))
        table.add_row(each.stage, *counts, _number(each.seconds), _number(each.per_hour))
    answer.print(table)
    ended = f"{found.accepted} accepted, {found.rejected} rejected, {found.failed} failed"
    answer.print(f"{found.samples} samples: {ended}; recipe {found.recipe}", highlight=False)
    answer.print(_pace(found), highlight=False, soft_wrap=True)
    tell_damage(found.damage)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _pace(found: RunStatus) -> str:
    if found.complete:
        return "complete: no start is under way"
    if not found.running:
        return "stopped before its end: no process is at work; the command that built it continues"
    started = ""
    if found.started is not None:
        started = datetime.fromisoformat(found.started).strftime(" %Y-%m-%d %H:%M:%S UTC")
    if found.left_s is None:
        return f"started{started}; too early to say how long it takes"
    return f"started{started}; about {timedelta(seconds=round(found.left_s))} to go at this pace"
