"""One call of a stage: its costs are counted, a sample's fault is its outcome, a broken environment is an error."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from sparkle.core.errors import BackendError, MediaError, OutOfMemoryError, SetupError
from sparkle.core.outcome import Outcome
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.core.stage import Reads, Resources
from sparkle.core.usage import Usage, record_usage
from sparkle.runners.perform import perform
from sparkle.store import Folder

SAMPLE = Sample("Sparkle_time_000000", "time", 1, Inputs("a.mp4"))
USAGE = Usage("work", "tiny", seconds=0.5)


@dataclass
class Stage:
    do: Callable[[], Outcome]
    name: ClassVar[str] = "track"
    reads: ClassVar[Reads] = Reads()
    writes: ClassVar[tuple[str, ...]] = ()
    clips_held: ClassVar[int] = 0
    resources: ClassVar[Resources] = Resources()

    def __call__(self, sample: Sample, folder: Folder) -> Outcome:
        record_usage(USAGE)
        return self.do()


def raising(error: Exception) -> Stage:
    def do() -> Outcome:
        raise error

    return Stage(do)


def test_what_the_stage_found_is_returned_with_its_costs(tmp_path: Path) -> None:
    found = Outcome((Check("track.x", 1.0, 2.0, "minimum", "", "t"),), instruction="a beach")
    outcome = perform(Stage(lambda: found), SAMPLE, Folder.at(tmp_path))
    assert (outcome.checks, outcome.instruction, outcome.error) == (found.checks, "a beach", None)
    assert outcome.costs.usage == (USAGE,)
    assert outcome.costs.seconds > 0


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MediaError("a.mp4: cut off"), r"a\.mp4: cut off"),
        (BackendError("no subject"), "no subject"),
        (ValueError("shapes differ"), r"ValueError: shapes differ \(test_perform\.py:\d+, in do\)"),
    ],
)
def test_a_fault_of_the_sample_is_its_outcome_and_costs_too(
    error: Exception, told: str, tmp_path: Path
) -> None:
    outcome = perform(raising(error), SAMPLE, Folder.at(tmp_path))
    assert outcome.status(SAMPLE) == "failed"
    assert outcome.costs.usage == (USAGE,)
    with pytest.raises(AssertionError, match=told):
        raise AssertionError(outcome.error)


def test_a_broken_environment_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no server"):
        perform(raising(SetupError("no server")), SAMPLE, Folder.at(tmp_path))
    with pytest.raises(OutOfMemoryError, match=r"stage track, sample Sparkle_time_000000: too large"):
        perform(raising(OutOfMemoryError("too large")), SAMPLE, Folder.at(tmp_path))
