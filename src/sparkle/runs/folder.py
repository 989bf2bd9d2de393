"""The run folder: at once the working state and the dataset.

    RUN/run.json          recipe, versions, seed, command, times, status
    RUN/plan.jsonl        the samples that the run tries
    RUN/ledger/           what happened to each, in segments (see ledger.py), and an index that can be made again
    RUN/.lock             held by the one process that writes
    RUN/{theme}/..., RUN/intermediate_data/..., RUN/prompts/...   the published layout
    RUN/rejected/, RUN/failed/                                    the same layout, for samples that are not in it

Everything but the ledger is written beside, flushed and renamed; so whatever is there is whole.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sparkle.core.errors import SetupError
from sparkle.core.layout import ARTIFACTS, THEMES, artifact_path
from sparkle.core.parsing import parse_object
from sparkle.core.sample import Sample
from sparkle.runs.index import ARTIFACT_NAMES, LARGEST_SIZE, STATUSES
from sparkle.runs.ledger import LEDGER_FOLDER
from sparkle.runs.plan import plan_line, read_plan
from sparkle.runs.progress import Progress
from sparkle.runs.sources import refuse_changed_sources, stamp_of_files
from sparkle.runs.state import RunState
from sparkle.runs.upgrade import OLD_LEDGER, refuse_old_ledger
from sparkle.store import (
    Folder,
    move_file,
    only_writer,
    open_plain,
    read_plain,
    refuse_links,
    remove_file,
    remove_leftovers,
    whole_file,
    write_chunks,
    write_text,
)

RUN_FILE = "run.json"
PLAN_FILE = "plan.jsonl"

Aside = Literal["rejected", "failed"]

_ASIDES = ("rejected", "failed")
_PLACES = (".", *_ASIDES)
_ROOT_FILES = ("README.md", "provenance.jsonl", "contact_sheet.png")

# What every start relies on, and of which type.
_RUN_SHAPE: dict[str, type] = {"recipe": dict, "commands": list, "times": list}


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the run folder as its only writer. Raises SetupError while another process holds it."""
    with only_writer(root / ".lock", "this run"):
        yield


def read_run(root: Path) -> dict[str, Any] | None:
    """Return the content of run.json, or None in a folder without a run.

    Raises SetupError when it is none of ours, and for a run of an earlier version that has to be upgraded.
    """
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
    refuse_old_ledger(Folder.at(root))
    return value


def write_run(root: Path, value: Mapping[str, Any]) -> None:
    """Replace run.json."""
    write_text(root / RUN_FILE, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def keep_plan(root: Path, plan: Sequence[Sample]) -> None:
    """Keep the plan. A kept plan may grow at its end and change in no other way; else raises SetupError."""
    path = root / PLAN_FILE
    kept = 0
    if path.exists():
        kept = _refuse_changed_plan(root, plan)
        if kept == len(plan):
            return
    with whole_file(path) as temporary:
        write_chunks(temporary, (plan_line(sample).encode() for sample in plan))


def _refuse_changed_plan(root: Path, plan: Sequence[Sample]) -> int:
    """Return how many samples are kept. Raises SetupError where they are not the first of `plan`."""
    path = root / PLAN_FILE
    with open_plain(path) as file:
        # Equal lines are equal samples; where one differs, what it says is looked at.
        same = all(line == plan_line(sample).encode() for sample, line in zip(plan, file, strict=False))
        if same and not file.read(1):
            file.seek(0)
            return sum(1 for _ in file)
    for number, (kept, sample) in enumerate(itertools.zip_longest(read_plan(path), plan), 1):
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


def open_state(root: Path, plan: Sequence[Sample], stages: Sequence[str]) -> RunState:
    """Return how far every sample is, after checking that the files that the ledger names are really there.

    Leftovers of a killed process are removed, files are put where their sample's state wants them, and where one is
    missing or has another size, the results from its stage on are forgotten, to be made again. The caller holds the
    run's lock.
    """
    remove_leftovers(root)
    state = RunState(root, plan, stages)
    refuse_changed_sources(root, _doubtful_sources(state))
    _check_artifacts(root, state)
    return state


def _doubtful_sources(state: RunState) -> Iterator[Sample]:
    """Yield the samples whose sources are not, by size and times, those that their results were made of."""
    count, _ = state.index.counted()
    for row, stamp in enumerate(state.index.stamps.tolist()):
        if stamp and count[row] and stamp != stamp_of_files(state.plan[row].inputs):
            yield state.progress(row).sample


def _check_artifacts(root: Path, state: RunState) -> None:
    """Look at every file that the ledger names, once, where it has to be; what is not there is looked for elsewhere."""
    sizes = state.index.artifacts()
    _, status = state.index.counted()
    rejected = STATUSES.index("rejected")
    for row in map(int, np.flatnonzero(sizes.any(axis=1))):
        sample = state.plan[row]
        aside: Aside | None = "rejected" if status[row] == rejected else None
        wanted = {name: size for name, size in zip(ARTIFACT_NAMES, sizes[row].tolist(), strict=True) if size}
        wrong = [name for name, size in wanted.items() if not _put_in_place(root, sample, name, size, aside)]
        if wrong:
            first = min(int(state.index.writers[ARTIFACT_NAMES.index(name)]) for name in wrong)
            state.index.cut(row, state.stages[first])
            place_artifacts(root, sample, None)


def _put_in_place(root: Path, sample: Sample, artifact: str, size: int, aside: Aside | None) -> bool:
    """Return whether an artifact of that size is there, moved to its place if need be."""
    relative = artifact_path(artifact, sample.theme, sample.id)
    wanted = root / (aside or "") / relative
    if _size(wanted) == size:
        return True
    for place in {"", *_ASIDES} - {aside or ""}:
        if _size(root / place / relative) == size:
            move_file(root / place / relative, wanted)
            return True
    return False


def _size(path: Path) -> int | None:
    try:
        return min(os.stat(path).st_size, LARGEST_SIZE)  # noqa: PTH116 - half the time, for a million samples
    except FileNotFoundError:
        return None


def take_up(root: Path, state: Progress) -> None:
    """Make a sample's files those that its state says, before a stage works on it: they lie in the dataset's place,
    and what a killed process or void results left is removed."""
    kept = state.artifacts
    places = [place for place in _PLACES if os.path.isdir(f"{root}/{place}")]  # noqa: PTH112 - many times a second
    for name in ARTIFACTS:
        if name not in kept:
            relative = artifact_path(name, state.sample.theme, state.sample.id)
            for place in places:
                path = f"{root}/{place}/{relative}"
                if os.path.lexists(path):
                    remove_file(Path(path))
    if kept:
        place_artifacts(root, state.sample, None)


def refuse_other_content(root: Path) -> None:
    """Raise SetupError if a folder without a run holds something where a run would write: it would be lost."""
    themes = {Path(path).parts[0] for theme in THEMES for path in _folders(theme)}
    ours = [
        PLAN_FILE,
        LEDGER_FOLDER,
        OLD_LEDGER,
        *_ROOT_FILES,
        *sorted({*themes, "prompts", *_ASIDES, "sheets"}),
    ]
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
