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

import fcntl
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from sparkle.core.errors import SetupError
from sparkle.core.layout import ARTIFACTS, artifact_path
from sparkle.core.sample import Sample
from sparkle.runs.ledger import Progress, read_progress
from sparkle.runs.plan import plan_lines, read_plan
from sparkle.video import remove_leftovers, write_text

RUN_FILE = "run.json"
PLAN_FILE = "plan.jsonl"
LEDGER_FILE = "ledger.jsonl"

Aside = Literal["rejected", "failed"]


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the run folder as its only writer. Raises SetupError while another process holds it."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(f"{root}: another process is writing this run; wait for it or stop it") from None
        yield


def read_run(root: Path) -> dict[str, Any] | None:
    """Return the content of run.json, or None in a folder without a run. Raises SetupError when it is no JSON."""
    path = root / RUN_FILE
    if not path.exists():
        return None
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SetupError(f"{path}: not JSON ({error}); restore it, or start in a new folder") from error
    if not isinstance(value, dict):
        raise SetupError(f"{path}: not a JSON object; restore it, or start in a new folder")
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
        place_artifacts(root, state.sample, "rejected" if state.status == "rejected" else None)
        _remove_void_artifacts(root, state)
    return progress


def place_artifacts(root: Path, sample: Sample, aside: Aside | None) -> None:
    """Move a sample's artifacts into the dataset (`aside` None), or out of it; may be called again at any time."""
    places = {"rejected": root / "rejected", "failed": root / "failed", None: root}
    wanted = places.pop(aside)
    for name in ARTIFACTS:
        relative = artifact_path(name, sample.theme, sample.id)
        for place in places.values():
            if (place / relative).exists():
                (wanted / relative).parent.mkdir(parents=True, exist_ok=True)
                (place / relative).replace(wanted / relative)


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
            (root / place / relative).unlink(missing_ok=True)
