"""`sparkle mend`: a mended mask goes back into its run."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sparkle.cli.options import JsonOption
from sparkle.cli.show import answer, print_json, stage_progress, told


def command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run folder, or its address.")],
    sample: Annotated[str, typer.Argument(metavar="ID", help="The sample, for example Sparkle_time_000001.")],
    work: Annotated[
        Path,
        typer.Argument(metavar="EDIT", help="What `sparkle edit` was given as --keep for the sample's clip."),
    ],
    as_json: JsonOption = False,
) -> None:
    """Take a mask that was mended in an edit's folder back into its run, and redo that sample from there.

    The page of a sample (`sparkle view RUN`) shows the commands before: they edit its clip and open it for mending. The
    mask is kept in the run, under corrections/, and counts whenever the sample is made again; the provenance of the
    dataset names it.

    Examples:

        sparkle mend runs/first Sparkle_time_000001 Sparkle_time_000001_work
    """
    from sparkle.runners.put_back import REDONE, put_back

    with stage_progress(1, REDONE) as report:
        last = put_back(run, sample, work, report)
    accepted = last.status != "rejected"
    if as_json:
        checks = [{**asdict(check), "passed": check.passed} for check in last.checks]
        print_json({"run": run, "id": sample, "accepted": accepted, "stage": last.stage, "checks": checks})
        return
    if not accepted:
        fell = "; ".join(str(check) for check in last.checks if not check.passed)
        answer.print(told(("rejected", "yellow"), f"  {sample}  {last.stage}  {fell}"), soft_wrap=True)
    else:
        answer.print(told(("accepted", "green"), f"  {sample}"), soft_wrap=True)
    answer.print(f"dataset   {run}", highlight=False, soft_wrap=True)
