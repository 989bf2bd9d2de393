"""The command `sparkle`: one file per subcommand; each parses, calls, prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

import sparkle
from sparkle.cli.late import Interrupted, LateGroup
from sparkle.core.errors import SampleError, SetupError
from sparkle.core.visible import visible

EXIT_SAMPLE_FAILED = 1
EXIT_SETUP = 2
EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="sparkle",
    cls=LateGroup,
    help="Instruction-guided video background replacement: make pairs, edit clips, track, check, verify.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"sparkle {sparkle.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop."),
    ] = False,
) -> None:
    """Instruction-guided video background replacement."""


def main() -> None:
    """Run the command; errors go to stderr without a traceback, and the exit code says of which kind they are."""
    try:
        app()
    except SetupError as error:
        _fail(error.message, EXIT_SETUP, error.details)
    except SampleError as error:
        _fail(error.message, EXIT_SAMPLE_FAILED, error.details)
    except (KeyboardInterrupt, Interrupted):
        _fail(
            "stopped; whatever was finished is kept, and the same command continues from there",
            EXIT_INTERRUPTED,
        )
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(EXIT_SAMPLE_FAILED)
    except (
        OSError
    ) as error:  # a name that no system takes, a disk that fails: the environment, not a fault of ours
        what = type(error).__name__ if error.filename is None else os.fsdecode(error.filename)
        _fail(f"{what}: {error.strerror or error}", EXIT_SETUP)


def _fail(message: str, code: int, details: Sequence[str] = ()) -> None:
    """Print an error, a line for each part of it whatever names they hold, and end."""
    print(
        f"sparkle: {visible(message)}", *(f"  {visible(line)}" for line in details), sep="\n", file=sys.stderr
    )
    sys.exit(code)
