"""From a recipe to stages: every role gets its backend, each backend is made once and shared."""

from __future__ import annotations

import json
from typing import Any, cast

from sparkle.backends import create_backend
from sparkle.core.settings import Backend, Settings
from sparkle.core.stage import Stage
from sparkle.recipes import STAGES, Recipe
from sparkle.roles import ModelCard
from sparkle.stages.animate import AnimateStage
from sparkle.stages.first_frame import FirstFrameStage
from sparkle.stages.isolate import IsolateStage
from sparkle.stages.source import SourceStage
from sparkle.stages.synthesize import SynthesizeStage
from sparkle.stages.track import TrackStage
from sparkle.taxonomy import load_taxonomy

STAGE_CLASSES = {
    stage.name: stage
    for stage in (SourceStage, FirstFrameStage, IsolateStage, TrackStage, AnimateStage, SynthesizeStage)
}


class BackendPool:
    """Backends that are alive, by key and options; a role that names the same backend twice gets the same one."""

    def __init__(self) -> None:
        self._alive: dict[str, Any] = {}

    def get(self, backend: Backend) -> Any:
        """Return the backend, made at the first request."""
        name = json.dumps([backend.key, backend.options], sort_keys=True, default=str)
        if name not in self._alive:
            self._alive[name] = create_backend(backend.key, backend.options)
        return self._alive[name]


def roles_of(settings: Settings) -> dict[str, Backend]:
    """Return the backends that a stage's settings name, by role."""
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    return {name: value for name, value in values.items() if isinstance(value, Backend)}


def assemble_stage(name: str, recipe: Recipe, pool: BackendPool) -> Stage:
    """Return one stage of a recipe with its backends."""
    settings = getattr(recipe, name)
    roles = {role: pool.get(backend) for role, backend in roles_of(settings).items()}
    if name == FirstFrameStage.name:
        roles |= {"run_seed": recipe.seed, "taxonomy": load_taxonomy()}
    return cast(Stage, STAGE_CLASSES[name](settings=settings, video=recipe.video, **roles))


def model_cards(name: str, recipe: Recipe, pool: BackendPool) -> dict[str, ModelCard]:
    """Return what fills each role of a stage, by `stage.role`."""
    roles = roles_of(getattr(recipe, name))
    return {f"{name}.{role}": pool.get(backend).card for role, backend in roles.items()}


def check_recipe(recipe: Recipe) -> None:
    """Raise SettingsError before any work if a backend is unknown, not installed, or refuses its options."""
    pool = BackendPool()
    for name in STAGES:
        for backend in roles_of(getattr(recipe, name)).values():
            pool.get(backend)
