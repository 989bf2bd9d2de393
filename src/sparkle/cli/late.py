"""Commands that are imported when they are called: the help of `sparkle` and the completion of a shell need none."""

from __future__ import annotations

import importlib
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

# Each name is a module beside this one, with a function `command` or an `app` of subcommands. The sentence is the
# first of its own help: tests/cli/test_late_commands.py holds the two together.
SUMMARIES = {
    "build": "Make a dataset of background replacements from your own videos.",
    "plan": "Predict GPU hours, days, money and storage: of a recipe before it runs, or of the rest of a run.",
    "status": "Say how far a run is: what each stage has done, how fast, and how long it has to go.",
    "rejects": (
        "List the samples of a run that fell: at which stage, by which check, with which score, and why, with pictures."
    ),
    "view": (
        "Watch a run or a dataset in the browser: all pictures of a sample under one clock, its checks, your reviews."
    ),
    "report": "Write what a run came to as one page: funnel, scores, themes, cost, and moving examples of every check.",
    "upgrade": "Convert the ledger of a run that an earlier version made, so that this one can go on with it.",
    "mend": "Take a mask that was mended in an edit's folder back into its run, and redo that sample from there.",
    "edit": "Replace the background of one clip; its subject, motion, timing and sound are kept.",
    "scenes": "List the places that the painter of the cpu recipe knows, by kind, with the words that call them.",
    "camera": "Tell whether the camera of each clip moves, and by how many percent of the width.",
    "track": (
        "Follow boxed objects through a clip and write their mask, "
        "in the published format and at the clip's own size."
    ),
    "dataset": "Work on dataset folders in the published layout.",
    "bench": "Sparkle-Bench and OpenVE-Bench: run a model, judge it, compare.",
    "demo": "Render a clip whose true mask is known, run all five stages on it, and show what came out.",
    "recipes": "List the recipes, or print one with every setting, ready to be saved and changed.",
    "doctor": "Say what fills each role of a recipe, and whether this machine has what it needs; exit code 2 if not.",
    "models": "Weights of the models of a recipe or an editor.",
    "kiwi": "Checkpoints of Kiwi-Edit and Kiwi-Sparkle.",
    "train": "Train Kiwi-Edit on folders in the published layout: a run of `sparkle build`, or the published dataset.",
}


def load(name: str) -> Any:
    """Import a command and return it as Typer runs it."""
    module = importlib.import_module(f"sparkle.cli.{name}")
    if hasattr(module, "app"):
        return get_command(module.app)
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown")
    alone.command(name)(module.command)
    return get_command(alone)


class Interrupted(BaseException):
    """Ctrl-C while a command was at work, under a name of ours: at Python's own, Typer ends and says nothing."""


class LateGroup(TyperGroup):
    """The group of all commands: names and summaries are at hand, the command itself comes when it is called."""

    def __init__(self, **attributes: Any) -> None:
        placeholders = {name: TyperCommand(name, help=summary) for name, summary in SUMMARIES.items()}
        super().__init__(**{**attributes, "commands": placeholders})

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Raises Interrupted on Ctrl-C."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise Interrupted from error

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the name of a command, the command itself, and the arguments for it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else load(name), rest
