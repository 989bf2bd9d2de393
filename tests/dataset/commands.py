"""`sparkle dataset ...` in this process, since starting Python anew takes a second each time."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from unittest import mock

from sparkle.cli import main


def sparkle(*arguments: object) -> tuple[int, str, str]:
    """Return (exit code, standard output, standard error) of a subcommand of `sparkle dataset`."""
    out, err = io.StringIO(), io.StringIO()
    words = ["sparkle", "dataset", *map(str, arguments)]
    code = 0
    with mock.patch.object(sys, "argv", words), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return code, out.getvalue(), err.getvalue()
