"""What one call of a stage came to. The runner makes the event of it; nobody compares two samples to find out.

As JSON an outcome is read by its stage's name: `core.records.RECORD_TYPES` says of which type its record is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from sparkle.core.model_card import ModelCard
from sparkle.core.records import StageRecord
from sparkle.core.sample import Check, Sample
from sparkle.core.scene import Scene
from sparkle.core.usage import Usage

Status = Literal["passed", "rejected", "failed"]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that was written, by its name in `core.layout.ARTIFACTS`: `size` in bytes, `sha256` in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Costs:
    """What a call took: seconds on the clock, and what models and servers did."""

    seconds: float = 0.0
    usage: tuple[Usage, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a stage adds to a sample, and nothing of what was there before.

    checks: those that this stage made, passed and failed ones, in order.
    record: what else it found out; None for a stage that leaves none.
    artifacts: the files that it wrote, all of them whole.
    scene, instruction: chosen or written by this stage; None leaves the sample's own.
    costs: set by whoever calls the stage, which does not time itself.
    error: why the stage could not process the sample; then nothing else but the costs is set, by whoever calls it.
    """

    checks: tuple[Check, ...] = ()
    record: StageRecord | None = None
    artifacts: tuple[Artifact, ...] = ()
    scene: Scene | None = None
    instruction: str | None = None
    costs: Costs = field(default_factory=Costs)
    error: str | None = None

    def status(self, sample: Sample) -> Status:
        """Return what it means for the sample; checks reject no advisory one."""
        if self.error is not None:
            return "failed"
        passed = sample.advisory or all(check.passed for check in self.checks)
        return "passed" if passed else "rejected"

    def applied_to(self, sample: Sample, provenance: Mapping[str, ModelCard]) -> Sample:
        """Return the sample as the stage left it; a failed one changes nothing.

        `provenance` says what fills the stage's roles ("track.tracker").
        """
        if self.error is not None:
            return sample
        return replace(
            sample,
            scene=self.scene or sample.scene,
            instruction=self.instruction or sample.instruction,
            checks=(*sample.checks, *self.checks),
            records=sample.records if self.record is None else sample.records.having(self.record),
            provenance={**sample.provenance, **provenance},
        )
