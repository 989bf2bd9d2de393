"""A sample, and the checks that decide over it.

A sample is small and travels between processes as JSON; pixels never do, they are artifacts in the run folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sparkle.core.errors import SampleError
from sparkle.core.model_card import ModelCard
from sparkle.core.own_background import LibraryEntry
from sparkle.core.records import Record, Records
from sparkle.core.scene import Scene


@dataclass(frozen=True, slots=True)
class Check:
    """A named score against a threshold. Passed and failed ones are both kept, with the reason.

    `passes` says on which side of the threshold a sample passes: "minimum" (score >= threshold) or
    "maximum" (score <= threshold). `scorer` names what measured it: a model id, or "heuristic" for the cpu
    backends, whose scores are not comparable with a model's.
    """

    name: str
    score: float
    threshold: float
    passes: Literal["minimum", "maximum"]
    reason: str
    scorer: str

    @property
    def passed(self) -> bool:
        """Whether the score lies on the right side of the threshold."""
        return self.score >= self.threshold if self.passes == "minimum" else self.score <= self.threshold

    def __str__(self) -> str:
        """For example `first_frame.editscore 7.2 < 8.0`, as the ledger and the tables print it."""
        sign = {
            ("minimum", True): ">=",
            ("minimum", False): "<",
            ("maximum", True): "<=",
            ("maximum", False): ">",
        }
        return f"{self.name} {self.score:.3g} {sign[self.passes, self.passed]} {self.threshold:.3g}"


@dataclass(frozen=True, slots=True)
class Inputs:
    """The user's files for one sample, as paths: the source video, and where given an edited version of it (sources
    that are pairs), the user's own background picture or video, a boxes file, and a matte: a video as long as the
    source whose alpha, or else whose brightness, says how far each pixel is subject (the source itself, if it has
    alpha)."""

    video: str
    edited_video: str | None = None
    background: str | None = None
    boxes: str | None = None
    matte: str | None = None


_NO_RECORDS = Records()
_NOTHING_YET: Mapping[str, ModelCard] = {}


@dataclass(frozen=True, slots=True)
class Sample:
    """One pair on its way through the stages.

    `seed` is derived from (run seed, id). `inputs` is what the user gave for it. `records` holds what stages found
    out: scores, boxes, captions. `provenance` says what filled each role ("track.tracker") of the stages that ran. The
    checks of an `advisory` sample are recorded and never reject it: whoever edits one clip wants to see the result
    and the warnings. `background` says what `inputs.background` is, where it is of a library. Stages change no sample,
    they return an `Outcome`.
    """

    id: str
    theme: str
    seed: int
    inputs: Inputs
    scene: Scene | None = None
    instruction: str | None = None
    checks: tuple[Check, ...] = ()
    # What a sample starts with is one object for all: a plan may have a million.
    records: Records = _NO_RECORDS
    provenance: Mapping[str, ModelCard] = field(default_factory=lambda: _NOTHING_YET)
    advisory: bool = False
    background: LibraryEntry | None = None

    @property
    def number(self) -> int:
        """The number within the theme, which ends the id."""
        return int(self.id.rpartition("_")[2])

    @property
    def rejection(self) -> Check | None:
        """The first failed check, or None while the sample is alive."""
        if self.advisory:
            return None
        return next((check for check in self.checks if not check.passed), None)

    def record(self, kind: type[Record]) -> Record:
        """Return what a stage found out, by its type. Raises SampleError where that stage has not run."""
        found = self.records.of(kind)
        if found is None:
            raise SampleError(f"{self.id} has no record of stage '{kind.stage}'; run its stages again")
        return found
