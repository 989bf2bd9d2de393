"""`sparkle dataset filter|sample|split|merge|dedup`: datasets made of parts of others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sparkle.cli.options import JsonOption
from sparkle.cli.show import answer, print_json, remarks
from sparkle.core.errors import SetupError

Source = Annotated[str, typer.Argument(metavar="DIR", help="The dataset folder, or an address.")]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="OUT", help="A new folder for the result.")]
Seed = Annotated[int, typer.Option("--seed", help="Another seed, another choice.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Clips that are looked at at the same time.")]


def filter_command(
    folder: Source,
    out: Out,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where", metavar="CONDITION", help="e.g. synthesize.editscore>=8.5; may be repeated: all hold."
        ),
    ] = None,
    kinds: Annotated[
        str,
        typer.Option(
            "--with", metavar="KINDS", help="Only samples that have these files: source_video,edited_video"
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Write the samples that meet all conditions as a dataset: by any recorded score or tag.

    Names are those of checks (synthesize.editscore), of published scores (edited_video_score.O_score, with .worst the
    least frame's), and theme, subtheme, scene, edit_type, source, prompt, words, consensus; and review, what was said
    in `sparkle view`: accept, reject or none.

    Examples:

        sparkle dataset filter release --where "edited_video_score.O_score>=8.5" --where theme=location --out strict

        sparkle dataset filter release --where "prompt~snow" --with source_video,edited_video --out snow

        sparkle dataset filter runs/first --where review!=reject --out watched
    """
    from sparkle.dataset import open_dataset
    from sparkle.dataset.selection import parse_condition, select
    from sparkle.dataset.subset import write_subset
    from sparkle.runs import refuse_run_folder
    from sparkle.view.reviews import read_reviews

    refuse_run_folder(out)
    conditions = [parse_condition(text) for text in where or []]
    samples = open_dataset(folder)
    of = len(samples)
    if kinds:
        samples = samples.with_files(*kinds.split(","))
    verdicts = {id: review.verdict for id, review in read_reviews(samples.folder).items()}
    selected = select(samples, conditions, verdicts)
    for name, count in selected.unknown.items():
        remarks.print(f"{name} is not recorded of {count} samples; they are left out")
    _tell({str(out): write_subset(selected.samples, out)}, of, as_json)


def sample_command(
    folder: Source,
    out: Out,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many samples.")],
    seed: Seed = 0,
    as_json: JsonOption = False,
) -> None:
    """Write samples that are drawn at random as a dataset.

    Examples:

        sparkle dataset sample release --count 100 --out hundred
    """
    from sparkle.dataset import open_dataset
    from sparkle.dataset.cuts import draw
    from sparkle.dataset.subset import write_subset
    from sparkle.runs import refuse_run_folder

    refuse_run_folder(out)
    samples = open_dataset(folder)
    _tell({str(out): write_subset(draw(samples, count, seed), out)}, len(samples), as_json)


def split_command(
    folder: Source,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="OUT", help="A folder for the parts, OUT/train, ...")
    ],
    part: Annotated[
        list[str], typer.Option("--part", metavar="NAME=SHARE", help="train=0.9; shares sum to 1.")
    ],
    seed: Seed = 0,
    jobs: Jobs = 2,
    as_json: JsonOption = False,
) -> None:
    """Split a dataset so that no source is in two parts: none of the same name, and none that looks alike.

    Examples:

        sparkle dataset split runs/first --part train=0.9 --part held_out=0.1 --out parts
    """
    from sparkle.dataset import open_dataset
    from sparkle.dataset.cuts import by_source, groups_alike, split
    from sparkle.dataset.kept_signatures import kept_signatures
    from sparkle.dataset.subset import write_subset
    from sparkle.runs import refuse_run_folder

    refuse_run_folder(out)
    shares = dict(map(_share, part))
    if len(shares) < len(part):
        raise SetupError("two parts have the same name")
    for name in shares:
        if (out / name).exists():
            raise SetupError(f"{out / name}: is there already; name a new folder")
    samples = open_dataset(folder)
    with kept_signatures("source_video") as sign:
        looks = groups_alike(samples, sign, jobs)
    sources = by_source(samples, looks)
    parts = split(samples, shares, sources, seed)
    if empty := [name for name, cut in parts.items() if not len(cut)]:
        remarks.print(
            f"nothing was left for {', '.join(empty)}: no source may be in two parts, and the {len(samples)} samples "
            f"have {len(sources)} by their names and looks",
            soft_wrap=True,
        )
    _tell(
        {str(out / name): write_subset(cut, out / name) for name, cut in parts.items()}, len(samples), as_json
    )


def merge_command(
    folders: Annotated[list[str], typer.Argument(metavar="DIRS...", help="Dataset folders, or addresses.")],
    out: Out,
    as_json: JsonOption = False,
) -> None:
    """Write several datasets as one; a sample whose id is taken by an earlier one gets a new one.

    Examples:

        sparkle dataset merge runs/first runs/second --out both
    """
    from sparkle.dataset import open_dataset
    from sparkle.dataset.subset import new_ids, write_subset
    from sparkle.runs import refuse_run_folder

    refuse_run_folder(out)
    parts = [open_dataset(folder) for folder in folders]
    if len({part.folder.address for part in parts}) < len(parts):
        raise SetupError("one of the folders is named twice")
    renamed = new_ids(parts)
    written = write_subset((sample for part in parts for sample in part), out, renamed)
    if renamed:
        remarks.print(f"{len(renamed)} samples have new ids; provenance.jsonl has their former_id")
    _tell({str(out): written}, sum(map(len, parts)), as_json)


def dedup_command(
    folder: Source,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="OUT", help="A new folder; without it, only say.")
    ] = None,
    of: Annotated[
        str, typer.Option("--of", metavar="KIND", help="source_video or edited_video.")
    ] = "source_video",
    best: Annotated[
        str | None,
        typer.Option("--best", metavar="NAME", help="Keep the highest of this value; else the first."),
    ] = None,
    jobs: Jobs = 2,
    as_json: JsonOption = False,
) -> None:
    """Find samples whose clips look alike (coded again, cropped, mirrored, shifted in time); keep one of each.

    Examples:

        sparkle dataset dedup runs/first

        sparkle dataset dedup runs/first --of edited_video --best synthesize.editscore --out unique
    """
    from sparkle.dataset import open_dataset
    from sparkle.dataset.cuts import groups_alike, one_of_each
    from sparkle.dataset.kept_signatures import kept_signatures
    from sparkle.dataset.subset import write_subset
    from sparkle.runs import refuse_run_folder

    if out is not None:
        refuse_run_folder(out)
    if of not in {"source_video", "edited_video"}:
        raise SetupError(f"--of {of}: name source_video or edited_video")
    samples = open_dataset(folder)
    with kept_signatures(of) as sign:
        found = groups_alike(samples, sign, jobs)
    alike = [[samples[place].id for place in group] for group in found if len(group) > 1]
    kept = one_of_each(samples, found, best)
    if out is not None:
        write_subset(samples.at(kept), out)
    if as_json:
        print_json({"samples": len(samples), "kept": len(kept), "alike": alike})
        return
    for group in alike:
        answer.print(f"alike  {'  '.join(group)}", soft_wrap=True)
    answer.print(
        f"{len(kept)} of {len(samples)} samples{f' in {out}' if out else ' would be kept'}", soft_wrap=True
    )


def _share(text: str) -> tuple[str, float]:
    name, _, share = text.partition("=")
    try:
        if not name or "/" in name or name.startswith("."):
            raise ValueError
        return name, float(share)
    except ValueError:
        raise SetupError(f"--part {text}: write NAME=SHARE, such as train=0.9") from None


def _tell(written: dict[str, int], of: int, as_json: bool) -> None:
    if as_json:
        print_json({"samples": of, "written": written})
        return
    for folder, count in written.items():
        answer.print(f"{folder}: {count} of {of} samples", soft_wrap=True)
