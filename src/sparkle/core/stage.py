"""What a stage is: it takes a sample and returns it with more checks, records and artifacts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from sparkle.core.sample import Sample


@dataclass(frozen=True, slots=True)
class Resources:
    """What one call of a stage occupies, for runners that place work on machines."""

    cpus: float = 1.0
    gpu_memory_gb: float = 0.0


class Stage(Protocol):
    """One step of the paper's pipeline.

    Deterministic given (run seed, sample id, artifacts read): it may be called again at any time with the same
    result. It leaves early when a check fails, writes each artifact whole or not at all, and raises SampleError
    when this sample cannot be processed.
    """

    name: ClassVar[str]
    reads: ClassVar[tuple[str, ...]]
    writes: ClassVar[tuple[str, ...]]

    def __call__(self, sample: Sample, root: Path) -> Sample:
        """Process one sample of the dataset folder `root`."""
        ...
