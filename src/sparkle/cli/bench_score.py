"""`sparkle bench score`: have the clips of one or several models judged."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from sparkle.bench.session import DEFAULT_JUDGE, JudgeChoice, Limits, scoring_session
from sparkle.cli.bench_show import (
    cost_json,
    cost_text,
    sample_progress,
    scoring_json,
    session_json,
    tell_scoring,
    tell_work,
)
from sparkle.cli.options import JsonOption
from sparkle.cli.show import answer, print_json, remarks

SavesOption = Annotated[
    list[Path],
    typer.Option(
        "--save", metavar="SAVE...", help="A model's clips and scores; several in a row, or repeated."
    ),
]
# An option takes one value, so what follows the first one of `--save A B C` arrives as arguments.
MoreSavesArgument = Annotated[
    list[Path], typer.Argument(metavar="SAVE", help="More folders, as in --save A B C.", show_default=False)
]


def all_saves(saves: Sequence[Path], more: Sequence[Path]) -> list[Path]:
    """Return the folders of `--save A B --save C`, each once."""
    return list({os.path.realpath(save): save for save in (*saves, *more)}.values())


def command(
    bench: Annotated[Path, typer.Argument(metavar="BENCH", help="The folder of the benchmark.")],
    saves: SavesOption,
    more_saves: MoreSavesArgument = [],  # noqa: B006 - typer copies it
    judge: Annotated[
        str,
        typer.Option(
            metavar="MODEL|metrics", help="A model by the name that its server knows, or measured quantities."
        ),
    ] = DEFAULT_JUDGE,
    rubric: Annotated[
        str | None,
        typer.Option(
            metavar="FILE[::NAME]",
            help="What to ask: a text, or a Python script with it, which is not executed.",
        ),
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="How often each sample is judged, with other seeds.")] = 1,
    kind: Annotated[
        str | None,
        typer.Option(
            "--bench",
            metavar="sparkle|openve|vefx",
            help="Whose protocol; by default seen from BENCH. vefx: VEFX-Reward, on this machine.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="In the names of score files, in place of the judge; for a second rubric."
        ),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Samples judged at a time: by default 4, and 1 by metrics."),
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="An OpenAI-compatible server, up to and with /v1.")
    ] = None,
    api_key_env: Annotated[
        str | None, typer.Option(metavar="VARIABLE", help="The environment variable that holds the key.")
    ] = None,
    media: Annotated[
        str | None,
        typer.Option(
            metavar="inline|image_url|frames",
            help="How clips are sent: whole, whole as pictures are, or as frames.",
        ),
    ] = None,
    attempts: Annotated[int, typer.Option(min=1, help="Replies asked for until one can be used.")] = 5,
    price_in: Annotated[float | None, typer.Option(min=0, help="Price of a million input tokens.")] = None,
    price_out: Annotated[float | None, typer.Option(min=0, help="Price of a million output tokens.")] = None,
    max_cost: Annotated[
        float | None,
        typer.Option(min=0, metavar="X", help="Start no sample beyond this cost; needs both prices."),
    ] = None,
    estimate_only: Annotated[
        bool, typer.Option("--estimate-only", help="Say what it would take, ask nothing.")
    ] = False,
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Reuse replies to the same question.")
    ] = True,
    subjects: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="For metrics: ID.npz, a mask file, or ID.json, boxes, of each source's subject; found if not given.",
        ),
    ] = None,
    device: Annotated[
        str, typer.Option(metavar="cuda|cpu", help="For --bench vefx: where the reward model runs.")
    ] = "cuda",
    require_complete: Annotated[
        bool,
        typer.Option("--require-complete", help="Refuse where a clip is missing, before anything is paid."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Have the clips of one or several models judged, into SAVE/{theme}_{judge}_sparkle_score.jsonl.

    Samples that have a score are not judged again, unless their clip was replaced since. Exit code 1 when any has none
    at the end; each is listed with its reason. Scores compare with the published ones only if model AND rubric are the
    published ones: give the authors' evaluation script as --rubric.

    Examples:

        sparkle bench score Sparkle-Bench --save results/mine --judge metrics

        sparkle bench score Sparkle-Bench --save results/mine --judge metrics --subjects masks/

        sparkle bench score Sparkle-Bench --save results/mine --rubric eval_sparkle_bench_gemini.py --estimate-only

        sparkle bench score Sparkle-Bench --save results/mine --judge Qwen/Qwen3-VL-32B-Instruct \\
            --endpoint http://127.0.0.1:8000/v1 --runs 3

        sparkle bench score Sparkle-Bench --save results/mine --bench vefx --judge xiangbog/VEFX-Reward-4B \\
            --rubric prompt_template.py

        sparkle bench score Sparkle-Bench --save results/mine --price-in 1.25 --price-out 10 --max-cost 20
    """
    choice = JudgeChoice(
        judge=judge,
        rubric=rubric,
        runs=runs,
        endpoint=endpoint,
        api_key_env=api_key_env,
        media=media,
        attempts=attempts,
        cache=cache,
        subjects=subjects,
        device=device,
        concurrency=concurrency,
    )
    with scoring_session(
        bench,
        all_saves(saves, more_saves),
        choice,
        kind=kind,
        name=name,
        limits=Limits(price_in, price_out, max_cost),
        require_complete=require_complete,
    ) as session:
        tell_work(session.works, session.estimate, session.prices)
        if estimate_only:
            if as_json:
                print_json(session_json(session))
            return
        with sample_progress("judging", session.todo) as ended:
            done = session.score(ended)
    spent = session.judge.spent()
    if as_json:
        parts = [scoring_json(each) for each in done]
        print_json(session_json(session) | {"saves": parts, "spent": cost_json(spent, session.prices)})
    else:
        for each in done:
            tell_scoring(each)
        if spent.calls or spent.cached:
            answer.print(f"spent  {cost_text(spent, session.prices)}", highlight=False)
    if not all(each.scoring.complete for each in done):
        remarks.print("not every sample has a score; the same command tries the others again", style="red")
        raise typer.Exit(1)
