"""`sparkle view`: a run, a dataset, results of a benchmark or an edit in the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from sparkle.cli.screen import description_column
from sparkle.cli.show import answer, remarks, told
from sparkle.core.errors import SetupError


def command(
    folder: Annotated[
        str,
        typer.Argument(
            metavar="RUN|DATASET|EDIT|BENCH",
            help="What `sparkle build` was given as --out, a dataset, what `sparkle edit` was given as --keep, or a "
            "benchmark; a run and a dataset may be an address.",
        ),
    ],
    results: Annotated[
        Path | None,
        typer.Argument(metavar="RESULTS", help="With BENCH: what `sparkle bench infer` was given as --save."),
    ] = None,
    ab: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            "--ab",
            metavar="A B",
            help="With BENCH: compare two folders of results blindly, in shuffled order; the choices are kept in A.",
        ),
    ] = None,
    sources: Annotated[
        bool,
        typer.Option(
            "--sources",
            help="Of a run: show your own file, where the run read it, of samples that fell at their source.",
        ),
    ] = False,
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

    The results of a benchmark are shown like a run; two of them are compared blindly with --ab. The folder of an edit
    opens for mending: draw a box, a point, a region or a stroke on any frame, and go on from there.

    Nothing is loaded from elsewhere, and nothing is written but reviews, choices, and what you mend.

    Examples:

        sparkle view runs/first

        sparkle view demo/run --port 9000

        sparkle view runs/first --static pages

        sparkle view work

        sparkle view bench results/cpu

        sparkle view bench --ab results/cpu results/kiwi
    """
    from sparkle.runners.mending import is_kept_edit
    from sparkle.runners.view import compare_blind, mend, open_collection, open_results, view, write_viewer

    def tell(address: str) -> None:
        remarks.print(told(("viewing  ", "dim"), folder), soft_wrap=True)
        answer.print(address, soft_wrap=True)
        remarks.print(told(("Ctrl-C stops it", "dim")))

    if ab is not None:
        if results is not None or static is not None:
            raise SetupError("--ab compares two folders in the browser: leave RESULTS and --static out")
        compare_blind(Path(folder), *ab, host, port, tell)
        return
    if results is None and is_kept_edit(Path(folder)):
        if static is not None:
            raise SetupError(f"{folder}: an edit is mended by a server: leave --static out")
        mend(Path(folder), host, port, tell)
        return
    collection = (
        open_collection(folder, sources=sources) if results is None else open_results(Path(folder), results)
    )
    if static is not None:
        with _sample_progress() as report:
            samples = write_viewer(collection, static, report)
        answer.print(f"{samples} samples")
        answer.print(f"pages  {static / 'index.html'}", soft_wrap=True)
        return
    view(collection, host, port, tell)


@contextmanager
def _sample_progress() -> Iterator[Callable[[int, int], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    columns = (description_column(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=remarks, transient=True) as progress:
        task = progress.add_task("samples", total=None)
        yield lambda done, of_all: progress.update(task, completed=done, total=of_all)
