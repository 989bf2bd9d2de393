"""What a stage is: a function of a sample and the run's folder that says what it found out and wrote."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Protocol

from sparkle.core.outcome import Outcome
from sparkle.core.sample import Sample
from sparkle.core.stage import Reads, Resources

Folder = Path


class Stage(Protocol):
    """One step of the paper's pipeline.

    Deterministic given (run seed, sample id, what it reads): it may be called again anywhere with the same result, by
    several threads at once. It leaves early when a check fails, writes each artifact whole or not at all, and raises
    SampleError when this sample cannot be processed. It changes no sample. It can be pickled if its backends can;
    `runners.assemble.RecipeStage` can be in any case.
    """

    name: ClassVar[str]
    reads: ClassVar[Reads]
    writes: ClassVar[tuple[str, ...]]

    @property
    def resources(self) -> Resources:
        """What one call occupies."""
        ...

    def __call__(self, sample: Sample, folder: Folder) -> Outcome:
        """Process one sample of the dataset `folder`."""
        ...
