"""What a stage is: a function of a sample and the run's folder that says what it found out and wrote."""

from __future__ import annotations

from typing import Protocol

from sparkle.core.outcome import Outcome
from sparkle.core.sample import Sample
from sparkle.core.stage import Reads, Resources
from sparkle.store import Folder


class Stage(Protocol):
    """One step of the paper's pipeline.

    Deterministic given (run seed, sample id, what it reads): it may be called again anywhere with the same result, by
    several threads at once. It leaves early when a check fails, writes each artifact whole or not at all, and raises
    SampleError when this sample cannot be processed. It changes no sample. It can be pickled if its backends can;
    `runners.assemble.RecipeStage` can be in any case.
    """

    @property
    def name(self) -> str:
        """The stage's name, also in the ledger and in recipes."""
        ...

    @property
    def reads(self) -> Reads:
        """All that it reads."""
        ...

    @property
    def writes(self) -> tuple[str, ...]:
        """The artifacts that it writes for a sample that it does not leave early."""
        ...

    @property
    def clips_held(self) -> int:
        """How many clips of the pair's size (uint8 RGB) its main memory has room for at its peak, rounded up.

        Measured with the cpu recipe (benchmarks/stage_memory.py); models that lie in main memory come on top.
        """
        ...

    @property
    def resources(self) -> Resources:
        """What one call occupies."""
        ...

    def __call__(self, sample: Sample, folder: Folder) -> Outcome:
        """Process one sample of the dataset `folder`."""
        ...
