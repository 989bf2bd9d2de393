"""What each stage found out about a sample: one small type a stage, grouped by stage.

Everything that a later stage or the published files need of a stage, beside its artifacts and checks, stands here and
nowhere else. All values survive a round trip through JSON unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, ClassVar, TypeVar

from sparkle.core.edit_score import EditScore
from sparkle.core.errors import SampleError
from sparkle.core.own_background import Placing


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells whether a file is still the one that it was: cheaply by size and times, for sure by its hash."""

    size: int
    mtime_ns: int
    ctime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """What tells whether an object of a store is still the one that it was: size, and the store's name of a content."""

    size: int
    version: str


@dataclass(frozen=True, slots=True)
class CameraRecord:
    """What the coarse camera check measured; see `sparkle.camera.CameraMovement`. Movements in percent of the width."""

    movement: float
    homography_movement: float | None
    kind: str
    support: float
    evidence: float
    decidable: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ClipFormat:
    """Length, rate and size of every video of a pair."""

    frames: int
    fps: float
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PublishedBox:
    """A labelled box as the published files have it: (x1, y1, x2, y2), integers in [0, 1000] of width and height.

    Empty where the object was not found on that frame.
    """

    bbox_2d: tuple[int, ...]
    label: str


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """Stage 1. `inputs` are the user's files by their names in `Inputs`; `camera` is None where an earlier check
    rejected the source, `clip` where any did."""

    stage: ClassVar[str] = "source"

    inputs: Mapping[str, Fingerprint | ObjectVersion] = field(default_factory=dict)
    camera: CameraRecord | None = None
    clip: ClipFormat | None = None

    @property
    def needed_clip(self) -> ClipFormat:
        """The pair's format. Raises SampleError for a source that was rejected."""
        if self.clip is None:
            raise SampleError("its source was not accepted, so it has no clip; run its stages again")
        return self.clip


@dataclass(frozen=True, slots=True)
class FirstFrameRecord:
    """Stage 2. `original_scene` describes the source in a sentence; `score` is of the edited first frame; `placing` is
    how a background of a library lies, where that was matched to the subject."""

    stage: ClassVar[str] = "first_frame"

    original_scene: str
    score: EditScore
    placing: Placing | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """How the foreground was removed from the edited first frame, how well, and what is left."""

    instruction: str
    score: EditScore
    background_caption: str


@dataclass(frozen=True, slots=True)
class IsolateRecord:
    """Stage 3. The kept objects of round 1, each label once; `removal` is None where there is nothing to remove,
    `subject` the words that chose them, if words did."""

    stage: ClassVar[str] = "isolate"

    labels: tuple[str, ...]
    objects: tuple[PublishedBox, ...]
    removal: Removal | None = None
    subject: str | None = None

    @property
    def needed_removal(self) -> Removal:
        """What was removed. Raises SampleError where there was nothing to remove."""
        if self.removal is None:
            raise SampleError("nothing was removed from its first frame; run its stages again")
        return self.removal


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """Stage 4. `frame_objects`: round 2, for each 2-fps frame one box per label. `consensus` in [0, 1]: how far the
    `passes` agree; no passes and 1 where the matte was given, or the mask corrected by a person: `corrected` is the
    SHA-256 of that file."""

    stage: ClassVar[str] = "track"

    anchor_frames: tuple[int, ...]
    frame_objects: tuple[tuple[PublishedBox, ...], ...]
    consensus: float
    passes: int
    corrected: str | None = None

    def boxes_by_frame(self) -> dict[int, tuple[PublishedBox, ...]]:
        """Return round 2 by its frames; nothing where a user's anchors lie on other frames than those sampled."""
        frames = self.anchor_frames
        steps = [late - early for early, late in pairwise(frames)]
        sampled = len(frames) == len(self.frame_objects) and frames[:1] == (0,)
        if not sampled or (steps and max(steps) - min(steps) > 1):
            return {}
        return dict(zip(frames, self.frame_objects, strict=True))


@dataclass(frozen=True, slots=True)
class SynthesizeRecord:
    """Stage 5. `audio` says what became of the source's sound; `scores` are of the frames `frame_indices`."""

    stage: ClassVar[str] = "synthesize"

    audio: str
    frame_indices: tuple[int, ...]
    scores: tuple[EditScore, ...]


StageRecord = SourceRecord | FirstFrameRecord | IsolateRecord | TrackRecord | SynthesizeRecord
Record = TypeVar("Record", SourceRecord, FirstFrameRecord, IsolateRecord, TrackRecord, SynthesizeRecord)

# By stage; a stage that is not named here leaves no record.
RECORD_TYPES: dict[str, type[StageRecord]] = {
    kind.stage: kind
    for kind in (SourceRecord, FirstFrameRecord, IsolateRecord, TrackRecord, SynthesizeRecord)
}


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one sample, by stage; None of those that have not run."""

    source: SourceRecord | None = None
    first_frame: FirstFrameRecord | None = None
    isolate: IsolateRecord | None = None
    track: TrackRecord | None = None
    synthesize: SynthesizeRecord | None = None

    def of(self, kind: type[Record]) -> Record | None:
        """Return the record of a type, or None."""
        found: Record | None = getattr(self, kind.stage)
        return found

    def having(self, record: StageRecord) -> Records:
        """Return the records with one more; it replaces a former one of its stage."""
        change: dict[str, Any] = {record.stage: record}
        return replace(self, **change)
