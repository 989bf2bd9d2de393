"""The run folder: at once the working state and the dataset.

    RUN/run.json          recipe, versions, seed, command, times, status
    RUN/plan.jsonl        the samples that the run tries
    RUN/ledger.jsonl      what happened to each (see ledger.py)
    RUN/.lock             held by the one process that writes
    RUN/{theme}/..., RUN/intermediate_data/..., RUN/prompts/...   the published layout
    RUN/rejected/, RUN/failed/                                    the same layout, for samples that are not in it

Everything but the ledger is written beside, flushed and renamed; so whatever is there is whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from sparkle.core.errors import SetupError
from sparkle.core.layout import ARTIFACTS, THEMES, artifact_path
from sparkle.core.parsing import parse_object
from sparkle.core.sample import Sample
from sparkle.runs.ledger import Progress, read_progress
from sparkle.runs.plan import plan_lines, read_plan
from sparkle.runs.sources import refuse_changed_sources
from sparkle.store import (
    move_file,
    only_writer,
    read_plain,
    refuse_links,
    remove_file,
    remove_leftovers,
    write_text,
)

RUN_FILE = "run.json"
PLAN_FILE = "plan.jsonl"
LEDGER_FILE = "ledger.jsonl"

Aside = Literal["rejected", "failed"]

_ASIDES = ("rejected", "failed")
_ROOT_FILES = ("README.md", "provenance.jsonl", "contact_sheet.png")

# What every start relies on, and of which type.
_RUN_SHAPE: dict[str, type] = {"recipe": dict, "commands": list, "times": list}


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the run folder as its only writer. Raises SetupError while another process holds it."""
    with only_writer(root / ".lock", "this run"):
        yield


def read_run(root: Path) -> dict[str, Any] | None:
    """Return the content of run.json, or None in a folder without a run. Raises SetupError when it is none of ours."""
    path = root / RUN_FILE
    if not path.exists():
        return None
    try:
        value = parse_object(read_plain(path))
        for key, kind in _RUN_SHAPE.items():
            if not isinstance(value.get(key), kind):
                raise ValueError(f"{key} is no {kind.__name__}")  # noqa: TRY004 - told like all that is wrong with it
    except (OSError, ValueError) as error:
        raise SetupError(
            f"{path}: no record of a run ({error}); restore it, or start in a new folder"
        ) from error
    return value


def write_run(root: Path, value: Mapping[str, Any]) -> None:
    """Replace run.json."""
    write_text(root / RUN_FILE, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def keep_plan(root: Path, plan: Sequence[Sample]) -> None:
    """Keep the plan. A kept plan may grow at its end and change in no other way; else raises SetupError."""
    path = root / PLAN_FILE
    if path.exists():
        for number, (kept, wanted) in enumerate(zip(read_plan(path), plan, strict=False), 1):
            if kept != wanted:
                raise SetupError(
                    f"{root}: sample {number} of this run is {kept.id} from {kept.inputs.video}, and the command now "
                    f"asks for {wanted.id} from {wanted.inputs.video}. A run may only get more sources at its end: "
                    "give the same inputs, themes, instructions and seed, or another --out."
                )
        if sum(1 for _ in read_plan(path)) > len(plan):
            raise SetupError(
                f"{root}: this run has more samples than the command asks for; use another --out"
            )
    write_text(path, plan_lines(plan))


def load_progress(root: Path, plan: Sequence[Sample], stages: Sequence[str]) -> dict[str, Progress]:
    """Return how far every sample is, after checking that what the ledger names is really there.

    Leftovers of a killed process and files of void results are removed, every sample's files are put where its
    state wants them, and failed samples go back to the stage that failed, to be tried again.
    """
    remove_leftovers(root)
    progress = read_progress(root / LEDGER_FILE, plan, stages)
    planned = {sample.id: sample for sample in plan}
    for id, state in progress.items():
        if state.status == "failed":
            state = state.before_stage(stages[: stages.index(state.events[-1].stage)], planned[id])
        state = _verified(root, state, planned[id], stages)
        progress[id] = state
    refuse_changed_sources(root, (state.sample for state in progress.values()))
    for state in progress.values():
        place_artifacts(root, state.sample, "rejected" if state.status == "rejected" else None)
        _remove_void_artifacts(root, state)
    return progress


def refuse_other_content(root: Path) -> None:
    """Raise SetupError if a folder without a run holds something where a run would write: it would be lost."""
    themes = {Path(path).parts[0] for theme in THEMES for path in _folders(theme)}
    ours = [PLAN_FILE, LEDGER_FILE, *_ROOT_FILES, *sorted({*themes, "prompts", *_ASIDES, "sheets"})]
    taken = [name for name in ours if (root / name).exists() or (root / name).is_symlink()]
    if taken:
        raise SetupError(
            f"{root}: holds {', '.join(taken)} and no {RUN_FILE}, so it is not the folder of a run; "
            "nothing there is replaced: name another folder"
        )


def refuse_artifact_place(root: Path, output: Path) -> None:
    """Raise SetupError for a result of a command that is to take the place of a file of the run in `root`."""
    home, wanted = root.resolve(), output.resolve()
    if wanted.is_relative_to(home) and len(wanted.relative_to(home).parts) > 1:
        raise SetupError(f"{output}: lies among the files of {root}; name it elsewhere, or in {root} itself")


def refuse_run_folder(folder: Path, run: Path | None = None) -> None:
    """Raise SetupError for a folder of results that is a run's or another dataset's, or lies in one: a dataset holds
    nothing else. `run` is one that is known to be one."""
    wanted = folder.resolve()
    known = None if run is None else run.resolve()
    for place in (wanted, *wanted.parents):
        is_run = place == known or all((place / name).is_file() for name in (RUN_FILE, PLAN_FILE))
        if is_run or any(place.glob("prompts/*_train.csv")):
            kind = "run" if is_run else "dataset"
            raise SetupError(
                f"{folder}: lies in the {kind} {place}, which holds nothing but its pairs; name a folder elsewhere"
            )


def refuse_links_out(root: Path, plan: Sequence[Sample]) -> None:
    """Raise OutputError for a link where the run has a folder of its own: files would be written behind it."""
    folders = {folder for theme in {sample.theme for sample in plan} for folder in _folders(theme)}
    places = [root / aside / folder for aside in ("", *_ASIDES) for folder in folders]
    refuse_links(root, [*places, root / "prompts", root / "sheets"])


def _folders(theme: str) -> set[str]:
    return {str(Path(template.format(theme=theme, id="")).parent) for template in ARTIFACTS.values()}


def place_artifacts(root: Path, sample: Sample, aside: Aside | None) -> None:
    """Move a sample's artifacts into the dataset (`aside` None), or out of it; may be called again at any time."""
    places = {"rejected": root / "rejected", "failed": root / "failed", None: root}
    wanted = places.pop(aside)
    for name in ARTIFACTS:
        relative = artifact_path(name, sample.theme, sample.id)
        for place in places.values():
            if (place / relative).exists():
                move_file(place / relative, wanted / relative)


def artifact_sizes(root: Path, sample: Sample, names: Sequence[str]) -> dict[str, int]:
    """Return the sizes in bytes of those of the named artifacts that exist."""
    sizes = {}
    for name in names:
        path = root / artifact_path(name, sample.theme, sample.id)
        if path.exists():
            sizes[name] = path.stat().st_size
    return sizes


def _verified(root: Path, state: Progress, planned: Sample, stages: Sequence[str]) -> Progress:
    """Take a sample back to before the first stage whose artifacts are missing or have another size."""
    for event in state.events:
        if {name: _size_anywhere(root, state.sample, name) for name in event.artifacts} != event.artifacts:
            return state.before_stage(stages[: stages.index(event.stage)], planned)
    return state


def _size_anywhere(root: Path, sample: Sample, artifact: str) -> int | None:
    relative = artifact_path(artifact, sample.theme, sample.id)
    found = [root / place / relative for place in ("", "rejected", "failed")]
    return next((path.stat().st_size for path in found if path.exists()), None)


def _remove_void_artifacts(root: Path, state: Progress) -> None:
    for name in set(ARTIFACTS) - set(state.artifacts):
        relative = artifact_path(name, state.sample.theme, state.sample.id)
        for place in ("", "rejected", "failed"):
            remove_file(root / place / relative)
