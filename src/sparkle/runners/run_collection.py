"""The samples of a run, as the viewer and the report show them; read from its ledger, wherever the run lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from pydantic_core import from_json

from sparkle.core.errors import SetupError
from sparkle.core.names import telling_names
from sparkle.core.parsing import parse_object
from sparkle.core.records import PublishedBox
from sparkle.core.sample import Sample
from sparkle.recipes import STAGES
from sparkle.runners.mend_command import back_command, inputs_of, mend_commands, settings_of
from sparkle.runs import KeptPlan, Progress, RunState, StageEvent
from sparkle.runs.folder import RUN_FILE
from sparkle.runs.index import STATUSES as ENDINGS
from sparkle.runs.packed import unpack
from sparkle.runs.segments import Segments
from sparkle.store import Extent, Folder, is_address
from sparkle.view.collection import STATUSES, Box, CheckColumn, Facts, Index, StageStory, Story
from sparkle.view.find_artifact import find_artifact

_STATUS_BITS = 2


class RunCollection:
    """A run; with `sources` the user's own files stand for clips that it did not get to cut.

    Raises SetupError for a folder that is none, and where its plan or its ledger is damaged.
    """

    kind = "run"

    def __init__(self, folder: Folder, *, sources: bool = False) -> None:
        if not folder.exists(RUN_FILE):
            raise SetupError(f"{folder}: no run in this folder; name what `sparkle build` was given as --out")
        self.folder = folder
        self._sources = sources
        self._written = Segments(
            folder
        ).files()  # asked before it is read: what is written meanwhile is another
        self._plan = KeptPlan(folder)
        self._state = RunState(folder.address, self._plan, STAGES)
        self._reading = Lock()  # the ledger's open files have one place each

    def reopened(self) -> RunCollection:
        """Return it as it is now: a build that goes on writes to its ledger."""
        same = self.folder.exists(RUN_FILE) and Segments(self.folder).files() == self._written
        return self if same else RunCollection(self.folder, sources=self._sources)

    @cached_property
    def about(self) -> Mapping[str, Any]:
        """What run.json says."""
        try:
            about = parse_object(self.folder.read(RUN_FILE))
            if not isinstance(about.get("recipe"), dict):
                raise ValueError("recipe is no object")  # noqa: TRY004 - told like all that is wrong with it
            return about
        except (OSError, ValueError) as error:
            raise SetupError(f"{self.folder.name(RUN_FILE)}: no record of a run ({error})") from error

    def index(self) -> Index:
        """Return ids, themes and how each sample ended."""
        ids = self._plan.ids
        count, ending = self._state.index.counted()
        codes = np.full(len(ids), STATUSES.index("unfinished"), np.int8)
        done = count > 0
        codes[done & (ending == ENDINGS.index("failed"))] = STATUSES.index("failed")
        codes[done & (ending == ENDINGS.index("rejected"))] = STATUSES.index("rejected")
        passed = (ending == ENDINGS.index("passed")) & (count == len(STAGES))
        codes[done & passed] = STATUSES.index("accepted")
        return Index(ids, [id[8:].rpartition("_")[0] for id in ids], codes.tolist())

    def facts(self) -> Facts:
        """Read the ledger once, line after line, and keep what counts."""
        total = len(self._plan)
        facts = Facts(
            [""] * total, [""] * total, [""] * total, [""] * total, [0.0] * total, sources=[""] * total
        )
        columns: dict[str, CheckColumn] = {}
        count, _ = self._state.index.counted()
        places = self._state.index.places >> _STATUS_BITS
        counts = np.arange(len(STAGES)) < count[:, None]
        row_at = dict(zip(places[counts].tolist(), np.nonzero(counts)[0].tolist(), strict=True))
        with self._reading:
            for position, line in self._state.segments.lines():
                row = row_at.get(position)
                if row is None:
                    continue
                try:
                    _note(facts, columns, row, _parsed(line), total)
                except (ValueError, TypeError, KeyError):
                    continue  # such a line counts nowhere: the state names it among its faults
        self._fill_planned(facts)
        return replace(facts, checks=list(columns.values()))

    def _fill_planned(self, facts: Facts) -> None:
        """Take instruction and scene from the plan, where no stage has chosen any."""
        for row, instruction in enumerate(facts.instructions):
            if not instruction:
                sample = self._plan[row]
                facts.instructions[row] = sample.instruction or ""
                if not sample.instruction:
                    facts.sources[row] = telling_names([sample.inputs.video])[sample.inputs.video]
                if sample.scene is not None and not facts.scenes[row]:
                    facts.scenes[row], facts.subthemes[row] = sample.scene.name, sample.scene.subtheme

    def story(self, id: str) -> Story:
        """Return all of one sample."""
        progress = self.progress(id)
        sample, status = progress.sample, self._status(progress)
        return Story(
            id=id,
            theme=sample.theme,
            status=status,
            source=telling_names([sample.inputs.video])[sample.inputs.video],
            instruction=sample.instruction or "",
            scene="" if sample.scene is None else sample.scene.keyword,
            stages=[_stage_story(event) for event in progress.events],
            checks=[check for event in progress.events for check in event.checks],
            boxes=_boxes(sample),
            notes=_notes(sample),
            again=self._again(sample),
        )

    @cached_property
    def _settings(self) -> list[str]:
        return settings_of(self.about.get("recipe") or {})

    def _again(self, sample: Sample) -> list[str]:
        """Return the commands that mend a sample, of the clip that the stages saw, or else of the user's file.

        Empty before it has an instruction, and for one that a matte of the user's own cuts out: nothing is to mend.
        """
        if not sample.instruction or sample.inputs.matte:
            return []
        found = find_artifact(self.folder, sample.theme, sample.id, "source_video")
        files = [
            sample.inputs.background,
            sample.inputs.boxes,
            sample.inputs.video if found is None else None,
        ]
        if any(file is not None and is_address(file) for file in files):
            return []  # `sparkle edit` reads files of this machine
        clip = sample.inputs.video if found is None else self.folder.name(found.key)
        commands = mend_commands(clip, sample.id, sample.instruction, [*self._settings, *inputs_of(sample)])
        has_mask = found is not None and find_artifact(
            self.folder, sample.theme, sample.id, "source_video_mask"
        )
        return [*commands, back_command(str(self.folder), sample.id)] if has_mask else commands

    def progress(self, id: str) -> Progress:
        """Return how far a sample is. Raises KeyError for an unknown id."""
        with self._reading:
            return self._state[id]

    def events(self) -> Iterator[StageEvent]:
        """Yield the events that count, sample after sample."""
        with self._reading:
            yield from self._state.all_events()

    def artifact(self, id: str, name: str) -> Extent | None:
        """Return where an artifact of a sample lies."""
        row = self._state.rows.find(id)
        if row is None:
            raise KeyError(id)
        found = find_artifact(self.folder, id[8:].rpartition("_")[0], id, name)
        if found is None and name == "source_video" and self._sources:
            return self._own_file(row)
        return found

    def _own_file(self, row: int) -> Extent | None:
        """Return the file that the run read, as the plan says; None where it is not there."""
        video = self._plan[row].inputs.video
        if is_address(video):
            there = Extent.at(video)
            return there if there.stat() is not None else None
        path = Path(video)
        return Folder.at(path.parent).extent(path.name) if path.is_file() else None

    def _status(self, progress: Progress) -> str:
        if progress.status in {"rejected", "failed"}:
            return str(progress.status)
        return "accepted" if len(progress.events) == len(STAGES) else "unfinished"


def _parsed(line: bytes) -> Mapping[str, Any]:
    """Return the object of a line, unpacked: there are many, and pydantic reads them in half of json's time, but no
    lone halves of pairs, as names of files have."""
    try:
        value: dict[str, Any] = from_json(line)
    except ValueError:
        value = parse_object(line)
    return unpack(value)


def _note(
    facts: Facts, columns: dict[str, CheckColumn], row: int, value: Mapping[str, Any], total: int
) -> None:
    facts.seconds[row] += float(value.get("seconds", 0.0))
    if value.get("instruction"):
        facts.instructions[row] = str(value["instruction"])
    if scene := value.get("scene"):
        facts.subthemes[row], facts.scenes[row] = str(scene["subtheme"]), str(scene["name"])
    if value["status"] == "failed":
        facts.failed[row] = f"{value['stage']}: failed"
        return
    for check in value.get("checks", ()):
        name, score = str(check["name"]), float(check["score"])
        if name not in columns:
            columns[name] = CheckColumn(name, float(check["threshold"]), str(check["passes"]), [None] * total)
        columns[name].scores[row] = round(score, 4)
        passed = score >= check["threshold"] if check["passes"] == "minimum" else score <= check["threshold"]
        if value["status"] == "rejected" and not passed and not facts.failed[row]:
            facts.failed[row] = name


def _stage_story(event: StageEvent) -> StageStory:
    cards = {} if event.provenance is None else event.provenance.to_json()
    models = {role.partition(".")[2]: card for role, card in cards.items()}
    usage = [asdict(use) for use in event.usage]
    return StageStory(event.stage, event.status, event.seconds, event.error, usage, models)


def _boxes(sample: Sample) -> dict[int, list[Box]]:
    track = sample.records.track
    if track is None:
        return {}
    return {
        frame: [box for each in objects if (box := _box(each)) is not None]
        for frame, objects in track.boxes_by_frame().items()
    }


def _box(box: PublishedBox) -> Box | None:
    if len(box.bbox_2d) != 4:
        return None
    left, top, right, bottom = (value / 1000 for value in box.bbox_2d)
    return Box(box.label, (left, top, right, bottom))


def _notes(sample: Sample) -> list[tuple[str, str]]:
    records = sample.records
    notes: list[tuple[str, str]] = []
    if sample.scene is not None:
        notes.append(("What moves", sample.scene.motion))
    if records.first_frame is not None:
        notes.append(("The source shows", records.first_frame.original_scene))
        notes.append(("Of the first frame", records.first_frame.score.SC_reasoning))
    if records.isolate is not None:
        notes.append(("Subject", ", ".join(records.isolate.labels)))
        if records.isolate.removal is not None:
            notes.append(("Removed by", records.isolate.removal.instruction))
            notes.append(("The clean background", records.isolate.removal.background_caption))
    if records.track is not None:
        passes = f"{records.track.passes} passes from {len(records.track.anchor_frames)} anchors"
        told = f"{passes}, consensus {records.track.consensus:.3f}"
        notes.append(("Tracking", "the mask was corrected by a person" if records.track.corrected else told))
    if records.synthesize is not None:
        notes.append(("Sound", records.synthesize.audio))
    return [(what, text) for what, text in notes if text]
