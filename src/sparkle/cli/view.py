"""`sparkle view`: a run or a dataset in the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from sparkle.cli.screen import description_column
from sparkle.cli.show import answer, remarks, told


def command(
    folder: Annotated[
        str,
        typer.Argument(
            metavar="RUN|DATASET", help="The folder of a `sparkle build` or of a dataset; or its address."
        ),
    ],
    host: Annotated[
        str,
        typer.Option(
            metavar="HOST", help="Where to listen. Others than this machine need the token that is printed."
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8420,
    static: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write the pages into a folder that any web server shows, and serve nothing."
        ),
    ] = None,
) -> None:
    """Watch a run or a dataset in the browser: all pictures of a sample under one clock, its checks, your reviews.

    Nothing is loaded from elsewhere, and nothing is written but reviews, to `reviews.jsonl` in the folder.

    Examples:

        sparkle view runs/first

        sparkle view demo/run --port 9000

        sparkle view runs/first --static pages
    """
    from sparkle.runners.view import view, write_viewer

    if static is not None:
        with _sample_progress() as report:
            samples = write_viewer(folder, static, report)
        answer.print(f"{samples} samples")
        answer.print(f"pages  {static / 'index.html'}", soft_wrap=True)
        return

    def tell(address: str) -> None:
        remarks.print(told(("viewing  ", "dim"), folder), soft_wrap=True)
        answer.print(address, soft_wrap=True)
        remarks.print(told(("Ctrl-C stops it", "dim")))

    view(folder, host, port, tell)


@contextmanager
def _sample_progress() -> Iterator[Callable[[int, int], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    columns = (description_column(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=remarks, transient=True) as progress:
        task = progress.add_task("samples", total=None)
        yield lambda done, of_all: progress.update(task, completed=done, total=of_all)
