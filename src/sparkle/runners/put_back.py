"""Takes a mask that was mended in the folder of an edit back into the run that its clip is a sample of.

All that follows from the mask is made beside the run, and takes its place there when the last stage is done: what
breaks before leaves the run as it was. A kill while files are put in place is like any other: their sizes are not those
of the ledger, and the next `sparkle build` makes that sample again, with the corrected mask.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from sparkle.bait import FULL
from sparkle.core.errors import SampleError, SetupError
from sparkle.core.layout import ARTIFACTS
from sparkle.core.sample import Sample
from sparkle.core.secrets import without_secrets
from sparkle.dataset import write_card, write_index
from sparkle.recipes import STAGES, Recipe
from sparkle.runners.assemble import BackendPool, assemble_stage, model_cards, roles_of
from sparkle.runners.build import summarise
from sparkle.runners.corrections import EDIT_FILE, read_object
from sparkle.runners.kept_masks import noted_masks
from sparkle.runners.perform import perform
from sparkle.runners.readiness import require_ready
from sparkle.runners.sequence import kept_file
from sparkle.runs import (
    KeptPlan,
    Ledger,
    Progress,
    Provenance,
    RunState,
    StageEvent,
    locked,
    open_state,
    place_artifacts,
    read_run,
    write_run,
)
from sparkle.runs.artifacts import Aside, artifact_key
from sparkle.stages.corrected import keep_correction
from sparkle.store import Folder, Place, copy_file, scratch_folder, sha256_of
from sparkle.video import resize_frames

FIRST = "track"  # the stage that a mask comes of
REDONE = len(STAGES) - STAGES.index(FIRST)

Report = Callable[[StageEvent], None]


def put_back(run: Place, id: str, work: Path, report: Report = lambda event: None) -> StageEvent:
    """Redo a sample of a run from its mask on, with the mask in `work`; return the event that it ended with.

    Raises SetupError for what is no run, no sample of it that has got to its mask, or no edit of its clip; SampleError
    where a stage fails. The run is then as it was.
    """
    folder = Folder.at(run)
    record = read_run(folder)
    if record is None:
        raise SetupError(f"{folder}: no run in this folder; name what `sparkle build` was given as --out")
    try:
        recipe = Recipe.model_validate(record["recipe"])
    except ValidationError as error:
        raise SetupError(f"{folder}: this version cannot read the run's recipe ({error})") from error
    with locked(folder) as held:
        plan = KeptPlan(folder)
        state = open_state(folder, plan, STAGES)
        progress = _before_mask(state, id)
        share = _mask_of(work, folder, progress)
        pool = BackendPool()
        require_ready(recipe, pool)
        with scratch_folder() as path:
            aside = Folder.at(path)
            for name in progress.artifacts:
                _copy(
                    folder,
                    _key(folder, name, progress.sample),
                    aside,
                    artifact_key(None, name, progress.sample),
                )
            correction = keep_correction(aside, progress.sample, share)
            try:
                events = _redo(progress.sample, recipe, pool, aside, report)
            finally:
                pool.release()
            held.check()
            _copy(aside, correction, folder, correction)
            _put_in_place(folder, aside, progress, events)
        with Ledger(folder, state.index) as ledger:
            for event in events:
                state.record(event, ledger.append(event))
            ledger.settle()
            state.save(ledger)
        accepted = [plan[row] for row in state.ended("passed")]
        write_index(folder, accepted, lambda sample: state[sample.id].sample)
        write_card(folder, (state[sample.id].sample for sample in accepted), recipe.name)
        commands = [*record["commands"], without_secrets(sys.argv)]
        summary = summarise(folder, plan, state).to_json()
        write_run(folder, {**record, "commands": commands, "summary": summary})
    return events[-1]


def _before_mask(state: RunState, id: str) -> Progress:
    """Return a sample as it was before its mask was made."""
    row = state.rows.find(id)
    if row is None:
        raise SetupError(f"{id}: no sample of this run; its ids stand on the first page of `sparkle view`")
    progress = Progress(state.plan[row])
    for event in state.events(row):
        if event.stage == FIRST:
            break
        progress = progress.after(event)
    if len(progress.events) < STAGES.index(FIRST) or progress.status != "passed":
        where = progress.events[-1].stage if progress.events else STAGES[0]
        raise SetupError(
            f"{id}: got no further than the stage {where}, so a mask of it has no place in the run"
        )
    if progress.sample.inputs.matte:
        raise SetupError(
            f"{id}: is cut out by a matte of yours; mend that, and build again with --redo-from source"
        )
    return progress


def _mask_of(work: Path, folder: Folder, progress: Progress) -> NDArray[np.uint8]:
    """Return the mask in the folder of an edit, uint8 (T, H, W). Raises SetupError where it is of another clip."""
    masks = noted_masks(work)
    named = read_object(work / EDIT_FILE).get("options", {}).get("clip")
    clip = kept_file(Path(str(named)), work)
    source = _key(folder, "source_video", progress.sample)
    record = progress.sample.records.source
    with folder.local(source) as path:
        is_same = clip.is_file() and sha256_of(clip) == sha256_of(path)
    if record is None or not is_same or len(masks.times) != record.needed_clip.frames:
        raise SetupError(
            f"{work}: edits {clip}, and {progress.sample.id} has {folder.name(source)}; "
            "edit that by the commands that the sample's page shows"
        )
    size = record.needed_clip.width, record.needed_clip.height
    frames = (np.rint(masks.at(number).astype(np.float32) * FULL) for number in range(len(masks.times)))
    return resize_frames(np.stack([frame.astype(np.uint8) for frame in frames]), size)


def _redo(
    sample: Sample, recipe: Recipe, pool: BackendPool, folder: Folder, report: Report
) -> list[StageEvent]:
    """Perform the stages from the mask on, until one rejects the sample. Raises SampleError where one fails."""
    events: list[StageEvent] = []
    for name in STAGES[STAGES.index(FIRST) :]:
        pool.make_room_for(roles_of(getattr(recipe, name)).values())
        outcome = perform(assemble_stage(name, recipe, pool), sample, folder)
        event = StageEvent.of(sample, name, outcome, Provenance.of(model_cards(name, recipe, pool)))
        if event.status == "failed":
            raise SampleError(f"{sample.id}: stage {name} failed ({event.error}); the run is as it was")
        report(event)
        events.append(event)
        sample = event.apply(sample)
        if event.status == "rejected":
            break
    return events


def _put_in_place(folder: Folder, aside: Folder, progress: Progress, events: Sequence[StageEvent]) -> None:
    """Put new files where the sample's end wants them, and take away those of the former mask that nothing replaces."""
    sample = progress.sample
    place: Aside | None = "rejected" if events[-1].status == "rejected" else None
    place_artifacts(folder, sample, place)
    made = {name for event in events for name in event.artifacts}
    for name in made:
        _copy(aside, artifact_key(None, name, sample), folder, artifact_key(place, name, sample))
    for name in ARTIFACTS.keys() - made - progress.artifacts.keys():
        folder.remove(artifact_key(place, name, sample))


def _key(folder: Folder, name: str, sample: Sample) -> str:
    """Return where an artifact of a sample lies, among those of the dataset or of rejected samples."""
    here, aside = artifact_key(None, name, sample), artifact_key("rejected", name, sample)
    return here if folder.exists(here) or not folder.exists(aside) else aside


def _copy(source: Folder, key: str, target: Folder, to: str) -> None:
    with source.local(key) as path, target.writing(to) as copy:
        copy_file(path, copy)
