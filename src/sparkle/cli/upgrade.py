"""`sparkle upgrade`: a run that an earlier version made goes on with this one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sparkle.cli.show import answer


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a `sparkle build`.")],
) -> None:
    """Convert the ledger of a run that an earlier version made, so that this one can go on with it.

    The new ledger takes the old one's place whole or not at all; the old file is kept beside it and may be deleted.

    Examples:

        sparkle upgrade runs/first
    """
    from sparkle.core.errors import SetupError
    from sparkle.recipes import STAGES
    from sparkle.runs import locked
    from sparkle.runs.upgrade import upgrade_run

    if not run.is_dir():
        raise SetupError(f"{run}: no such folder; name what `sparkle build` was given as --out")
    with locked(run):
        done = upgrade_run(run, STAGES)
    answer.print(done, soft_wrap=True, markup=False, highlight=False)
