"""`sparkle report`: a run on one page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sparkle.cli.options import DEAREST, JsonOption
from sparkle.cli.show import answer, print_json, tell_damage


def command(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="The folder of a `sparkle build`, or its address.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="An .html, .md or .json file; else `--format` is printed.",
        ),
    ] = None,
    kind: Annotated[
        str, typer.Option("--format", metavar="html|md|json", help="What is printed without `--out`.")
    ] = "md",
    examples: Annotated[
        int, typer.Option(min=0, max=20, help="How many kept and how many rejected ones each check shows.")
    ] = 3,
    price_hour: Annotated[
        float, typer.Option(min=0, max=DEAREST, help="What an hour of the machine costs.")
    ] = 0.0,
    price_in: Annotated[
        float, typer.Option(min=0, max=DEAREST, help="What a million tokens cost that are sent.")
    ] = 0.0,
    price_out: Annotated[
        float, typer.Option(min=0, max=DEAREST, help="What a million tokens cost that are answered.")
    ] = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Write what a run came to as one page: funnel, scores, themes, cost, and moving examples of every check.

    Nothing else is needed to show the page, and it needs no network.

    Examples:

        sparkle report runs/first --out first.html

        sparkle report runs/first --out first.html --price-hour 2.5

        sparkle report runs/first --format md
    """
    from sparkle.core.errors import SetupError
    from sparkle.core.prices import Prices
    from sparkle.runners.report import make_report, prepare_report, report_text, write_report
    from sparkle.runners.status import read_damage
    from sparkle.store import Folder
    from sparkle.view.report.write import FORMATS

    if kind not in FORMATS:
        raise SetupError(f"--format {kind}: choose one of {', '.join(FORMATS)}")
    if out is not None:
        kind = prepare_report(out)
    report = make_report(run, Prices(price_in, price_out, price_hour), examples if kind == "html" else 0)
    tell_damage(read_damage(Folder.at(run)))
    if out is None:
        sys.stdout.write(report_text(report, "json" if as_json else kind))
        return
    write_report(report, out, kind)
    if as_json:
        print_json({"out": str(out), "samples": report.samples, **report.statuses})
        return
    answer.print(f"{report.samples} samples, {report.accepted} accepted")
    answer.print(f"report  {out}", soft_wrap=True)
