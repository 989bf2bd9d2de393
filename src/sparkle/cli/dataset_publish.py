"""`sparkle dataset stats|export|push`: what a dataset holds, and how others get it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from sparkle.cli.options import JsonOption
from sparkle.cli.show import answer, print_json, remarks, slim_table, told
from sparkle.core.byte_sizes import byte_size
from sparkle.core.errors import SetupError

# The letters that the Hub takes; it says itself what else it does not like.
_REPOSITORY = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}", re.ASCII)
Source = Annotated[str, typer.Argument(metavar="DIR", help="The dataset folder, or an address.")]


def stats_command(
    folder: Source,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with figures.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a dataset holds: scenes, instructions, scores, files, clips, repetitions.

    Examples:

        sparkle dataset stats runs/first

        sparkle dataset stats release --html stats.html
    """
    from sparkle.dataset import open_dataset
    from sparkle.dataset.release_card import bars
    from sparkle.dataset.statistics import statistics_of
    from sparkle.dataset.statistics_page import write_page
    from sparkle.runs import refuse_run_folder
    from sparkle.store import prepare_output

    if html is not None:
        refuse_run_folder(html.parent)
        prepare_output(html, (), ".html")
    found = statistics_of(open_dataset(folder))
    if html is not None:
        write_page(html, folder, found)
    if as_json:
        print_json(found.to_json())
        return
    scenes = slim_table("stage", "subtheme", "scenes", "pairs")
    scenes.columns[0].header = "theme"
    for theme, parts in sorted(found.scenes.items()):
        for subtheme, counts in sorted(parts.items()):
            scenes.add_row(theme, subtheme or "-", str(len(counts)), str(counts.total()))
    answer.print(scenes)
    answer.print("     5 %  median    95 %  least to most  pairs  value")
    for name, value in found.values.items():
        quantiles = "  ".join(f"{value.quantiles[q]:6.3g}" for q in ("0.05", "0.5", "0.95"))
        answer.print(told(f"  {quantiles}  {bars(value.counts):13}  {value.count:5}  {name}"), soft_wrap=True)
    verbs = ", ".join(f"{verb} {count}" for verb, count in found.verbs.most_common(8))
    answer.print(told(f"first words  {verbs}"), soft_wrap=True)
    for kind, count in found.files.items():
        answer.print(told(f"{kind}  {count} files, {byte_size(found.bytes[kind])}"))
    sizes = "; ".join(f"{size} ({count})" for size, count in found.sizes.most_common(5))
    frames = ", ".join(f"{count} ({clips})" for count, clips in found.frames.most_common(5))
    answer.print(told(f"{found.probed} sources looked into: {sizes}; frames: {frames}"), soft_wrap=True)
    answer.print(
        f"{found.samples} pairs; {found.repeated_sources} share their source's name with another, "
        f"{found.same_clips} its file, {found.repeated_prompts} their instruction"
    )
    if html is not None:
        answer.print(told(f"page  {html}"), soft_wrap=True)


def export_command(
    folder: Source,
    form: Annotated[
        str, typer.Option("--to", metavar="FORM", help="webdataset, parquet, lance, kiwi-csv or hf.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="OUT", help="A new folder.")],
    direction: Annotated[
        str,
        typer.Option(
            "--direction",
            help="made-target, or real-target: the generated clip as input, the real as target.",
        ),
    ] = "made-target",
    as_json: JsonOption = False,
) -> None:
    """Write a dataset for other people's loaders.

    webdataset: tars, also for Megatron-Energon. parquet, lance: texts and clips as bytes. hf: Parquet with a card, for
    `datasets.load_dataset`. kiwi-csv: tables and loose clips. With --direction real-target columns have names of their
    own, and the instruction names the scene of the real clip: a model that is trained on it sees real targets only.

    Examples:

        sparkle dataset export release --to webdataset --out wds

        sparkle dataset export runs/first --to parquet --direction real-target --out reversed
    """
    from sparkle.dataset import open_dataset
    from sparkle.dataset.export import export
    from sparkle.dataset.export_records import DIRECTIONS
    from sparkle.runs import refuse_run_folder

    refuse_run_folder(out)
    if direction not in DIRECTIONS:
        raise SetupError(f"--direction {direction}: known are {', '.join(DIRECTIONS)}")
    count = export(open_dataset(folder), form, out, direction)
    if as_json:
        print_json({"folder": str(out), "form": form, "direction": direction, "samples": count})
    else:
        answer.print(told(f"{out}: {count} samples"), soft_wrap=True)


def push_command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The dataset folder; pack it first for many clips.")
    ],
    repository: Annotated[str, typer.Option("--repo", metavar="NAME", help="OWNER/NAME on the Hub.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write the card, show what would be uploaded.")
    ] = False,
    private: Annotated[bool, typer.Option("--private", help="Only its owner sees it.")] = False,
    accept: Annotated[
        bool, typer.Option("--accept-licences", help="You have read the licences that the card flags.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Publish a dataset on the Hugging Face Hub, with a card and a Croissant file made from the data.

    HF_TOKEN says who you are. A stopped push goes on with the same command. A README.md of your own is kept.

    Examples:

        sparkle dataset push release --repo somebody/beaches --dry-run

        sparkle dataset push release --repo somebody/beaches --private
    """
    from sparkle.dataset import open_dataset
    from sparkle.dataset.licences import concerns
    from sparkle.dataset.publishing import files_to_push, push
    from sparkle.dataset.release_card import write_release_card
    from sparkle.dataset.statistics import statistics_of

    if not _REPOSITORY.fullmatch(repository):
        raise SetupError(f"--repo {repository}: write OWNER/NAME as the Hub does, such as somebody/beaches")
    samples = open_dataset(folder)
    statistics = statistics_of(samples)
    write_release_card(folder, samples, statistics, repository)
    flagged = concerns(statistics)
    for concern in flagged:
        remarks.print(told(("licence", "yellow"), f"  {concern}"), soft_wrap=True)
    files = list(files_to_push(folder))
    if dry_run:
        if as_json:
            print_json({"repository": repository, "flagged": list(map(str, flagged)), "files": dict(files)})
            return
        for key, size in files:
            answer.print(told(f"{byte_size(size):>10}  {key}"), soft_wrap=True)
        answer.print(
            told(f"{len(files)} files, {byte_size(sum(size for _, size in files))} for {repository}")
        )
        return
    if flagged and not accept:
        raise SetupError(
            "some models' licences may forbid giving their results on (above); read them, then push with "
            "--accept-licences"
        )
    address = push(folder, repository, private)
    if as_json:
        print_json({"repository": repository, "address": address, "files": len(files)})
    else:
        answer.print(told(f"{address}: {len(files)} files"), soft_wrap=True)
