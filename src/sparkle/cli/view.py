"""`sparkle view`: a run or a dataset in the browser."""

from __future__ import annotations

from typing import Annotated

import typer

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
) -> None:
    """Watch a run or a dataset in the browser: all pictures of a sample under one clock, its checks, your reviews.

    Nothing is loaded from elsewhere, and nothing is written but reviews, to `reviews.jsonl` in the folder.

    Examples:

        sparkle view runs/first

        sparkle view demo/run --port 9000
    """
    from sparkle.runners.view import view

    def tell(address: str) -> None:
        remarks.print(told(("viewing  ", "dim"), folder), soft_wrap=True)
        answer.print(address, soft_wrap=True)
        remarks.print(told(("Ctrl-C stops it", "dim")))

    view(folder, host, port, tell)
