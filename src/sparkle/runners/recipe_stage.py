"""A stage as it travels between processes: as what it is made from, never with what is loaded.

A backend may hold a model, a lock, a connection; none of them can be sent anywhere. So a stage is sent as its name and
its recipe, and is made where it is first called. The stages of one process share its backends, so that a model that
fills two roles is loaded once.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from sparkle.core.outcome import Outcome
from sparkle.core.sample import Sample
from sparkle.core.stage import Reads, Resources
from sparkle.recipes import Recipe
from sparkle.recipes.fillings import STAGE_CLASSES
from sparkle.runners.assemble import BackendPool, assemble_stage
from sparkle.stages.stage import Stage
from sparkle.store import Folder


@dataclass(frozen=True, slots=True)
class RecipeStage:
    """The stage `name` of a recipe. Equal ones are one stage in a process. Fulfils `Stage`."""

    name: str
    recipe: Recipe

    @property
    def reads(self) -> Reads:
        """All that the stage reads."""
        reads: Reads = STAGE_CLASSES[self.name].reads
        return reads

    @property
    def writes(self) -> tuple[str, ...]:
        """The artifacts that the stage writes."""
        writes: tuple[str, ...] = STAGE_CLASSES[self.name].writes
        return writes

    @property
    def clips_held(self) -> int:
        """How many clips its main memory has room for at its peak."""
        held: int = STAGE_CLASSES[self.name].clips_held
        return held

    @property
    def resources(self) -> Resources:
        """What one call occupies. Makes the stage's backends, which load nothing yet."""
        return _here.stage(self).resources

    def __call__(self, sample: Sample, folder: Folder) -> Outcome:
        """Process one sample; the first call in a process makes the stage there."""
        return _here.stage(self)(sample, folder)


class _Here:
    """The stages of this process, each made once, and the backends that they share."""

    def __init__(self) -> None:
        self._pool = BackendPool()
        self._stages: dict[tuple[str, str], Stage] = {}
        self._making = Lock()

    def stage(self, wanted: RecipeStage) -> Stage:
        """Return the stage; threads that ask at the same time get the same one."""
        key = wanted.name, wanted.recipe.model_dump_json()
        with self._making:
            if key not in self._stages:
                self._stages[key] = assemble_stage(wanted.name, wanted.recipe, self._pool)
            return self._stages[key]


_here = _Here()
