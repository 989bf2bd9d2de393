"""`sparkle plan`: what a run will take."""

from __future__ import annotations

from typing import Annotated

import typer

from sparkle.cli.options import DEAREST, JsonOption
from sparkle.cli.show import answer, print_json, slim_table
from sparkle.core.errors import SetupError
from sparkle.runners.forecast import Forecast, figures_of_run, predict, published_figures
from sparkle.store import Folder

_MOST = 10**12  # of what can be counted; further on hours and money leave the numbers of JSON


def command(
    run: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="A run folder, whose rest is predicted from its results."),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option("--recipe", "-r", metavar="NAME", help="A recipe of which figures are known."),
    ] = None,
    sources: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=_MOST,
            help="How many sources; of a run, in place of those that wait, all from the first stage.",
        ),
    ] = None,
    gpus: Annotated[
        int, typer.Option(min=1, max=_MOST, help="How many GPUs, or workers where none is used.")
    ] = 1,
    price_hour: Annotated[
        float | None,
        typer.Option(min=0, max=DEAREST, metavar="X", help="What an hour of one costs, in any currency."),
    ] = None,
    price_per_gpu_hour: Annotated[float | None, typer.Option(min=0, max=DEAREST, hidden=True)] = None,
    as_json: JsonOption = False,
) -> None:
    """Predict GPU hours, days, money and storage: of a recipe before it runs, or of the rest of a run.

    Low and high are bounds, and what the figures lack is said below them.

    Examples:

        sparkle plan --recipe paper --sources 940000 --gpus 64 --price-hour 2.5

        sparkle plan runs/first --gpus 8

        sparkle plan runs/first --sources 100000 --json
    """
    if (run is None) == (recipe is None):
        raise SetupError("name either the folder of a run, or a recipe with --recipe")
    if price_hour is None:
        price_hour = price_per_gpu_hour  # its name before `sparkle report` had one
    if run is not None:
        figures, coming, bytes_per_pair, remarks = figures_of_run(Folder.at(run))
        if sources is None and not any(coming.values()):
            remarks = ["no sample waits: --sources N tells what N more would take", *remarks]
        coming = coming if sources is None else {"source": sources}
        found = predict(figures, coming, gpus, price_hour, bytes_per_pair, remarks)
    else:
        if sources is None:
            raise SetupError("--recipe needs --sources: how many there are")
        figures, remarks = published_figures(str(recipe))
        found = predict(figures, {"source": sources}, gpus, price_hour, None, remarks)
    if as_json:
        print_json(found.to_json())
        return
    _print(found)


def _print(found: Forecast) -> None:
    table = slim_table("stage", "calls", "s a call", "hours low", "likely", "high")
    for each in found.figures:
        hours = [_short(value) for value in found.stage_hours[each.stage]]
        table.add_row(each.stage, _short(found.calls[each.stage][1]), f"{each.seconds[1]:.4g}", *hours)
    answer.print(table)
    sums = slim_table("in all", "low", "likely", "high")
    rows = {
        "accepted pairs": found.accepted,
        "hours": found.hours,
        f"days on {found.gpus:,}": found.days,
        "money": found.money,
        "GB of pairs": found.storage_gb,
    }
    for name, values in rows.items():
        sums.add_row(name, *(["unknown"] * 3 if values is None else map(_short, values)))
    answer.print(sums)
    for remark in found.remarks:
        answer.print(remark, highlight=False, soft_wrap=True)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
