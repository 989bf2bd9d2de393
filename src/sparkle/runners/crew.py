"""What performs calls of stages in other processes, here or elsewhere, as the one sees it who hands them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sparkle.core.errors import SetupError
from sparkle.core.outcome import Outcome
from sparkle.core.sample import Sample
from sparkle.runners.perform import perform
from sparkle.stages.stage import Stage
from sparkle.store import Folder


@dataclass(frozen=True, slots=True)
class Call:
    """A stage to be called for a sample; `losses` counts the workers that have died over it."""

    stage: str
    sample: Sample
    losses: int = 0

    @property
    def alone(self) -> bool:
        """Whether nobody else's call may be in the same worker: it is suspected of having killed one."""
        return self.losses > 0


@dataclass(frozen=True, slots=True)
class Broken:
    """The environment of a worker is broken, which would meet every other sample, too."""

    message: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """The worker died or was killed before it answered; `how` completes "its worker ..."."""

    how: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended."""

    call: Call
    result: Outcome | Broken | Lost


class Crew(Protocol):
    """Workers, each a process that performs calls. Not for several threads."""

    @property
    def slots(self) -> int:
        """How many calls may be under way at once, now."""
        ...

    def begin(self, call: Call) -> bool:
        """Give a call to a worker, and return whether one takes it now."""
        ...

    def want(self, waiting: Mapping[str, int]) -> None:
        """Hear how many calls of each stage no worker has taken; others may be started for them."""
        ...

    def wait(self, timeout_s: float) -> Sequence[Ended]:
        """Return the calls that have ended, after at most `timeout_s` seconds; none where none has."""
        ...

    def kill(self, call: Call) -> None:
        """Kill the worker of a call; this one and those beside it end as lost."""
        ...

    def close(self) -> None:
        """End all workers now."""
        ...


def attempt(stage: Stage, sample: Sample, folder: Folder) -> Outcome | Broken:
    """Perform a call in a worker; what comes back can be pickled, whatever happened."""
    try:
        return perform(stage, sample, folder)
    except SetupError as error:
        return Broken(error.message, error.details)
