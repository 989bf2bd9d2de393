"""`sparkle report`: what a run came to, as one page, or as tables, or as JSON."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from sparkle.core.errors import MediaError, SetupError
from sparkle.core.prices import Prices
from sparkle.core.usage import Usage, sum_usage
from sparkle.recipes import STAGES
from sparkle.roles import Frames
from sparkle.runners.run_collection import RunCollection
from sparkle.runs import StageEvent, refuse_run_folder
from sparkle.store import Folder, prepare_output, write_result, write_text
from sparkle.view.collection import STATUSES, Facts, Index
from sparkle.view.frame_pack import moving_picture
from sparkle.view.panes import PREVIEW_FRAMES, judged_preview, small_frames
from sparkle.view.report.model import (
    Example,
    RunReport,
    StageReport,
    check_of,
    check_report,
    chosen_examples,
    count_fallen,
    count_scenes,
    count_statuses,
)
from sparkle.view.report.write import FORMATS, to_html, to_json, to_markdown
from sparkle.view.reviews import compare_with_checks, read_reviews

PREVIEW_SIDE = 240


def make_report(address: str, prices: Prices, examples: int) -> RunReport:
    """Return the report of a run. `examples` are shown of each side of each check that rejected, 0 for none.

    Raises SetupError for a folder without a run, and for a run whose records are damaged.
    """
    run = RunCollection(Folder.at(address))
    index, facts = run.index(), run.facts()
    stages, usage = _add_stages(run.events())
    statuses = {id: STATUSES[code] for id, code in zip(index.ids, index.statuses, strict=True)}
    reviews = compare_with_checks(
        read_reviews(run.folder), statuses, dict(zip(index.ids, facts.failed, strict=True))
    )
    rejecting = [each.name for each in facts.checks if each.name in set(facts.failed)]
    return RunReport(
        name=run.folder.address.rstrip("/").rpartition("/")[2],
        about={key: run.about.get(key) for key in ("sparkle", "status", "versions", "times", "seed")},
        recipe=run.about.get("recipe") or {},
        statuses=count_statuses(index),
        checks=[check_report(column) for column in facts.checks],
        stages=stages,
        usage=usage,
        scenes=count_scenes(index, facts),
        rejected_by=count_fallen(facts),
        reviews=reviews,
        prices=prices,
        examples={name: _examples(run, index, facts, name, examples) for name in rejecting if examples},
    )


def prepare_report(out: Path) -> str:
    """Return the format that a name asks for, after trying the place.

    Raises SetupError for another, and for a place in a run or a dataset, whose files have such names; OutputError.
    """
    kind = out.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise SetupError(f"{out}: a report is written as .html, .md or .json; name it so")
    refuse_run_folder(out.parent)
    prepare_output(out, (), out.suffix.lower())
    return kind


def write_report(report: RunReport, out: Path, kind: str) -> None:
    """Write a report in one of FORMATS. Raises OutputError."""
    write_result(out, lambda path: write_text(path, report_text(report, kind)))


def report_text(report: RunReport, kind: str) -> str:
    """Return a report in one of FORMATS."""
    return {"html": to_html, "md": to_markdown, "json": to_json}[kind](report)


def _add_stages(events: Iterable[StageEvent]) -> tuple[list[StageReport], list[Usage]]:
    by_stage: dict[str, list[StageEvent]] = {stage: [] for stage in STAGES}
    usage: tuple[Usage, ...] = ()
    for event in events:
        by_stage[event.stage].append(event)
        if event.usage:
            usage = sum_usage((*usage, *event.usage))
    return [_stage(stage, found) for stage, found in by_stage.items()], list(usage)


def _stage(stage: str, events: Sequence[StageEvent]) -> StageReport:
    uses = [use for event in events for use in event.usage]
    return StageReport(
        stage=stage,
        came_in=len(events),
        passed=sum(event.status == "passed" for event in events),
        seconds=sum(event.seconds for event in events),
        calls=sum(use.calls for use in uses),
        prompt_tokens=sum(use.prompt_tokens for use in uses),
        completion_tokens=sum(use.completion_tokens for use in uses),
    )


def _examples(run: RunCollection, index: Index, facts: Facts, name: str, most: int) -> list[Example]:
    kept, rejected = chosen_examples(index, facts, name, most)
    return [_example(run, id, name, kept=id in kept) for id in (*rejected, *kept)]


def _example(run: RunCollection, id: str, name: str, *, kept: bool) -> Example:
    sample = run.progress(id).sample
    check = check_of(sample.checks, name)
    picture = b""
    with suppress(MediaError, OSError):  # nothing is left to show, which the page says
        picture = moving_picture(*_preview(run, id, name.partition(".")[0], sample.inputs.video), quality=55)
    address = f"data:image/webp;base64,{base64.b64encode(picture).decode()}" if picture else ""
    return Example(id, kept, check.score, check.reason, sample.instruction or "", address)


def _preview(run: RunCollection, id: str, stage: str, source: str) -> tuple[Frames, float]:
    """Return what a stage's checks looked at; of a sample that fell at its source, the user's own file."""
    try:
        return judged_preview(run, id, stage, PREVIEW_SIDE)
    except MediaError:
        return small_frames(source, PREVIEW_FRAMES, PREVIEW_SIDE)
