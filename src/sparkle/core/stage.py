"""What a stage declares of itself: all that it reads, and what it takes to run."""

from __future__ import annotations

from dataclasses import dataclass

from sparkle.core.records import StageRecord


@dataclass(frozen=True, slots=True)
class Reads:
    """Everything that a stage reads beside the sample's id, theme, seed, scene and instruction.

    artifacts: by their names in `core.layout.ARTIFACTS`; files: the user's own, by their names in `Inputs`, each only
    where it was given; records: those of earlier stages.
    """

    artifacts: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    records: tuple[type[StageRecord], ...] = ()


@dataclass(frozen=True, slots=True)
class Resources:
    """What one call of a stage occupies, for runners that place work on machines.

    In GB (10^9 bytes) `memory_gb` is main memory at its peak, of a process of its own and without weights that lie
    there; `gpu_memory_gb` is memory of one GPU, weights and work; 0 is not known or none. `cpus`: cores. `asks`: it
    waits for servers, so that many calls may be in one process.
    """

    cpus: float = 1.0
    memory_gb: float = 0.0
    gpu_memory_gb: float = 0.0
    asks: bool = False

    def gpus(self, gpu_size_gb: float) -> float:
        """Return the share of a GPU with `gpu_size_gb` of memory that a call takes; above 1 where it does not fit."""
        return self.gpu_memory_gb / gpu_size_gb if self.gpu_memory_gb else 0.0
