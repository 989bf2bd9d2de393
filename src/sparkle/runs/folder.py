"""The run folder: at once the working state and the dataset.

    RUN/run.json          recipe, versions, seed, command, times, status
    RUN/plan.jsonl        the samples that the run tries
    RUN/ledger.jsonl ...  what happened to each, in segments (see ledger.py), and an index that can be made again
    RUN/.lock             held by the one process that writes
    RUN/{theme}/..., RUN/intermediate_data/..., RUN/prompts/...   the published layout
    RUN/corrections/      masks that a person corrected (see stages/corrected.py)
    RUN/rejected/, RUN/failed/                                    the same layout, for samples that are not in it

Everything but the ledger is written beside, flushed and renamed; so whatever is there is whole.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sparkle.core.errors import SetupError
from sparkle.core.layout import METADATA_FILES, THEMES, intermediate_metadata_path
from sparkle.core.parsing import parse_object
from sparkle.core.sample import Sample
from sparkle.runs.artifacts import artifact_folders, check_artifacts
from sparkle.runs.plan import PLAN_FILE, plan_line, read_plan
from sparkle.runs.segments import segment_key
from sparkle.runs.sources import refuse_changed_sources, stamps_of_files
from sparkle.runs.state import RunState
from sparkle.runs.upgrade import OLD_FOLDER, refuse_old_ledger
from sparkle.store import Folder, HeldLock, Place, RemoteLock, refuse_links, remove_leftovers, write_chunks

RUN_FILE = "run.json"
_LOCK = ".lock"

_ROOT_FILES = ("README.md", "provenance.jsonl", "contact_sheet.png")

# What every start relies on, and of which type.
_RUN_SHAPE: dict[str, type] = {"recipe": dict, "commands": list, "times": list}


@contextmanager
def locked(root: Place) -> Iterator[HeldLock | RemoteLock]:
    """Hold the run folder as its only writer. Raises SetupError while another process holds it."""
    with Folder.at(root).only_writer(_LOCK, "this run") as held:
        yield held


def is_written(root: Place) -> bool:
    """Whether a process holds the run folder as its writer; one of another machine may have been killed since."""
    holder = Folder.at(root).writer(_LOCK)
    return holder is not None and not holder.process.is_gone


def read_run(root: Place) -> dict[str, Any] | None:
    """Return the content of run.json, or None in a folder without a run.

    Raises SetupError when it is none of ours, and for a run of an earlier version that has to be upgraded.
    """
    folder = Folder.at(root)
    try:
        value = parse_object(folder.read(RUN_FILE))
        for key, kind in _RUN_SHAPE.items():
            if not isinstance(value.get(key), kind):
                raise ValueError(f"{key} is no {kind.__name__}")  # noqa: TRY004 - told like all that is wrong with it
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SetupError(f"{folder.name(RUN_FILE)}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise SetupError(
            f"{folder.name(RUN_FILE)}: no record of a run ({error}); restore it, or start in a new folder"
        ) from error
    refuse_old_ledger(folder)
    return value


def write_run(root: Place, value: Mapping[str, Any]) -> None:
    """Replace run.json."""
    folder = Folder.at(root)
    folder.write_text(RUN_FILE, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def keep_plan(root: Place, plan: Sequence[Sample]) -> None:
    """Keep the plan. A kept plan may grow at its end and change in no other way; else raises SetupError."""
    folder = Folder.at(root)
    if folder.exists(PLAN_FILE) and _refuse_changed_plan(folder, plan) == len(plan):
        return
    with folder.writing(PLAN_FILE) as temporary:
        write_chunks(temporary, (plan_line(sample).encode() for sample in plan))


def _refuse_changed_plan(root: Folder, plan: Sequence[Sample]) -> int:
    """Return how many samples are kept. Raises SetupError where they are not the first of `plan`."""
    with root.open(PLAN_FILE) as file:
        # Equal lines are equal samples; where one differs, what it says is looked at.
        same = all(line == plan_line(sample).encode() for sample, line in zip(plan, file, strict=False))
        if same and not file.read(1):
            file.seek(0)
            return sum(1 for _ in file)
    for number, (kept, sample) in enumerate(itertools.zip_longest(read_plan(root), plan), 1):
        if kept is None:
            return number - 1
        if sample is None:
            raise SetupError(
                f"{root}: this run has more samples than the command asks for; use another --out"
            )
        if kept != sample:
            raise SetupError(
                f"{root}: sample {number} of this run is {kept.id} from {kept.inputs.video}, and the command now "
                f"asks for {sample.id} from {sample.inputs.video}. A run may only get more sources at its end: "
                "give the same inputs, themes, instructions and seed, or another --out."
            )
    return len(plan)


# Who still writes in a run whose lock is ours is a worker of a driver that was killed, and about to end.
DYING_S = 20.0


def open_state(root: Place, plan: Sequence[Sample], stages: Sequence[str]) -> RunState:
    """Return how far every sample is, after checking that the files that the ledger names are really there.

    Leftovers of a killed process are removed, files are put where their sample's state wants them, and where one is
    missing or has another size, the results from its stage on are forgotten, to be made again. The caller holds the
    run's lock.
    """
    folder = Folder.at(root)
    themes = {sample.theme for sample in plan}
    if folder.path is not None:  # elsewhere what is not whole has no name there
        places = ["", "prompts", "sheets", *(each for theme in themes for each in _folders(theme))]
        remove_leftovers((folder.path / place for place in places), DYING_S)
    state = RunState(folder, plan, stages)
    refuse_changed_sources(folder, _doubtful_sources(state))
    check_artifacts(folder, state)
    return state


def _folders(theme: str) -> list[str]:
    tables = {str(intermediate_metadata_path(theme, name).parent) for name in METADATA_FILES}
    return [*artifact_folders(theme), *sorted(tables)]


def _doubtful_sources(state: RunState) -> Iterator[Sample]:
    """Yield the samples whose sources are not, by size and times, those that their results were made of."""
    count, _ = state.index.counted()
    known = [(row, stamp) for row, stamp in enumerate(state.index.stamps.tolist()) if stamp and count[row]]
    found = stamps_of_files(state.plan[row].inputs for row, _ in known)
    for (row, stamp), now in zip(known, found, strict=True):
        if stamp != now:
            yield state.progress(row).sample


def refuse_other_content(root: Place) -> None:
    """Raise SetupError if a folder without a run holds something where a run would write: it would be lost."""
    folder = Folder.at(root)
    folders = {each.split("/")[0] for theme in THEMES for each in artifact_folders(theme)}
    ours = [
        PLAN_FILE,
        segment_key(0),
        OLD_FOLDER,
        *_ROOT_FILES,
        *sorted({*folders, "corrections", "prompts", "sheets"}),
    ]
    there = {name.rstrip("/") for name in folder.children()}
    taken = [name for name in ours if name in there]
    if taken:
        raise SetupError(
            f"{folder}: holds {', '.join(taken)} and no {RUN_FILE}, so it is not the folder of a run; "
            "nothing there is replaced: name another folder"
        )


def refuse_artifact_place(root: Path, output: Path) -> None:
    """Raise SetupError for a result of a command that is to take the place of a file of the run in `root`."""
    home, wanted = root.resolve(), output.resolve()
    if wanted.is_relative_to(home) and len(wanted.relative_to(home).parts) > 1:
        raise SetupError(f"{output}: lies among the files of {root}; name it elsewhere, or in {root} itself")


def refuse_run_folder(folder: Place, run: Path | None = None) -> None:
    """Raise SetupError for a folder of results that is a run's or another dataset's, or lies in one: a dataset holds
    nothing else. `run` is one that is known to be one."""
    wanted = Folder.at(folder)
    if wanted.path is not None:
        wanted = Folder.at(wanted.path.resolve())
    known = None if run is None else Folder.at(run.resolve())
    for place in (wanted, *wanted.parents):
        kind = "run" if place == known else _kind(place)
        if kind is not None:
            raise SetupError(
                f"{folder}: lies in the {kind} {place}, which holds nothing but its pairs; name a folder elsewhere"
            )


def _kind(place: Folder) -> str | None:
    """Return whether a folder is a run's or a dataset's; one that may not be looked into is taken for neither."""
    try:
        if all(place.exists(name) for name in (RUN_FILE, PLAN_FILE)):
            return "run"
        is_dataset = any(name.endswith("_train.csv") for name in place.children("prompts"))
    except PermissionError:
        return None
    return "dataset" if is_dataset else None


def refuse_links_out(root: Path, plan: Sequence[Sample]) -> None:
    """Raise OutputError for a link where the run has a folder of its own: files would be written behind it."""
    themes = {sample.theme for sample in plan}
    places = [root / folder for theme in themes for folder in _folders(theme)]
    refuse_links(root, [*places, root / "prompts", root / "sheets"])
