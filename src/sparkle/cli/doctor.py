"""`sparkle doctor`: is everything there?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sparkle.cli.kiwi_edit import EditorOption, ModelOption, refuse_options
from sparkle.cli.options import JsonOption, RecipeOption, SetOption
from sparkle.cli.show import answer, print_json, told
from sparkle.kiwi.opening import make_kiwi
from sparkle.recipes import load_recipe
from sparkle.runners.assemble import BackendPool
from sparkle.runners.doctor import Finding, examine
from sparkle.runners.readiness import RoleReport, report_kiwi, report_roles


def command(
    context: typer.Context,
    recipe: RecipeOption = "cpu",
    editor: EditorOption = None,
    model: ModelOption = None,
    settings: SetOption = [],  # noqa: B006 - typer copies it
    as_json: JsonOption = False,
) -> None:
    """Say what fills each role of a recipe, and whether this machine has what it needs; exit code 2 if not.

    Takes seconds and loads no model: licence, download size, GPU memory, whether the weights are in the cache, which
    endpoint answers.

    Examples:

        sparkle doctor

        sparkle doctor --recipe paper

        sparkle doctor --recipe mine.yaml --json

        sparkle doctor --editor kiwi
    """
    pool = BackendPool()
    if editor is None:
        refuse_options(context, ("model",), "for the Kiwi editor; add --editor kiwi")
        chosen = load_recipe(recipe, settings)
        name, roles = chosen.name, list(report_roles(chosen, pool))
    else:
        refuse_options(context, ("recipe",), "leave it out with --editor kiwi")
        chosen = load_recipe("cpu")  # what every use of this package needs
        name, roles = editor, [report_kiwi(make_kiwi(model, settings)[0])]
    findings = list(examine(chosen, pool))
    good = all(finding.good for finding in findings) and not any(role.faults for role in roles)
    if as_json:
        print_json(
            {
                "recipe" if editor is None else "editor": name,
                "good": good,
                "findings": [asdict(finding) for finding in findings],
                "roles": [asdict(role) for role in roles],
            }
        )
    else:
        answer.print(_machine(findings))
        for line in (*_models(roles), *_remarks(roles)):
            answer.print(line, highlight=False, soft_wrap=True)
    if not good:
        raise typer.Exit(2)


def _machine(findings: list[Finding]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("machine", "", ""):
        table.add_column(column)
    for finding in findings:
        table.add_row(finding.what, told(_mark(finding.good)), finding.detail)
    return table


def _models(roles: list[RoleReport]) -> Iterator[Text]:
    """Yield two lines per model, what it is and takes and which roles it fills, and one per endpoint that is asked."""
    for role in roles:
        takes = [
            f"download {_gigabytes(role.download_gb)}" if role.cached is not None else "",
            "cached" if role.cached else "",
            f"GPU {_gigabytes(role.gpu_memory_gb)}" if role.gpu_memory_gb else "",
        ]
        facts = ", ".join(part for part in (role.card.licence, *takes) if part)
        yield told(_mark(not role.faults), "  ", (role.card.name, "bold"), f"  {facts}")
        yield told((f"    {', '.join(role.roles)}  ({role.key}, {role.card.revision})", "dim"))
        yield from (told((f"    {line}", "dim")) for line in role.endpoints)


def _remarks(roles: list[RoleReport]) -> list[Text]:
    notes = [(("note", "yellow"), f"     {role.card.name}: {role.note}") for role in roles if role.note]
    faults = [(("missing", "red"), f"  {fault}") for role in roles for fault in role.faults]
    return [told(*parts) for parts in dict.fromkeys([*notes, *faults])]


def _mark(good: bool) -> tuple[str, str]:
    return ("ok", "green") if good else ("no", "red")


def _gigabytes(value: float | None) -> str:
    if value is None:
        return "of unknown size"
    return f"{value:.1f} GB" if value >= 0.1 else f"{value * 1000:.0f} MB"
