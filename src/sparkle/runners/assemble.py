"""From a recipe to stages: every role gets its backend, each backend is made once in a process and shared."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

from sparkle.backends import create_backend
from sparkle.backends.fulfilment import refuse_misfit
from sparkle.backends.model_backend import as_model
from sparkle.config.settings import BackendChoice, Settings
from sparkle.core.errors import SettingsError
from sparkle.core.model_card import ModelCard
from sparkle.core.stage import Resources
from sparkle.recipes import Recipe
from sparkle.recipes.fillings import STAGE_CLASSES, role_of
from sparkle.roles import ModelBackend
from sparkle.stages.first_frame import FirstFrameStage
from sparkle.stages.stage import Stage
from sparkle.taxonomy import load_taxonomy

# What a process takes that has imported the package and its codecs, without a clip (benchmarks/stage_memory.py).
PROCESS_GB = 0.3


class BackendPool:
    """Backends that are alive, by key and options; a role that names the same backend twice gets the same one.

    One pool serves a whole command: what looked whether everything is there hands it to what runs.
    """

    def __init__(self) -> None:
        self._alive: dict[str, Any] = {}

    def get(self, backend: BackendChoice) -> Any:
        """Return the backend, made at the first request."""
        name = _name(backend)
        if name not in self._alive:
            self._alive[name] = create_backend(backend.key, backend.options)
        return self._alive[name]

    def fill(self, stage: str, role: str, backend: BackendChoice) -> Any:
        """Return the backend for a role of a stage.

        Raises SettingsError, which names stage and role, for options that it does not take and for a backend that
        cannot fill the role.
        """
        place = f"{stage}.{role}"
        try:
            alive = self.get(backend)
        except SettingsError as error:
            raise SettingsError(f"{place}: {error}") from error
        refuse_misfit(place, backend.key, alive, role_of(stage, role))
        return alive

    def make_room_for(self, backends: Iterable[BackendChoice]) -> None:
        """Release the weights of all others if everything that is alive and these do not fit the GPU together."""
        wanted = [self.get(backend) for backend in backends]
        # Backends may share one loaded model: it counts once, and is kept if any of the wanted has it.
        models = _each_once(self._alive.values())
        needed = sum(model.gpu_memory_gb for model in models.values())
        if needed == 0 or needed <= gpu_size_gb():
            return
        kept = _each_once(wanted)
        for held, model in models.items():
            if held not in kept:
                model.release()

    def release(self) -> None:
        """Release the weights of every backend."""
        for alive in self._alive.values():
            as_model(alive).release()


def gpu_size_gb() -> float:
    """Return the memory of the first GPU in GB; 0 where there is none, or no torch to ask."""
    try:
        import torch
    except ImportError:
        return 0.0
    return float(torch.cuda.mem_get_info()[1]) / 1e9 if torch.cuda.is_available() else 0.0


def _name(backend: BackendChoice) -> str:
    return json.dumps([backend.key, backend.options], sort_keys=True, default=str)


def _each_once(backends: Iterable[Any]) -> dict[int, ModelBackend]:
    models = [as_model(backend) for backend in backends]
    return {id(model.held): model for model in models}


def roles_of(settings: Settings) -> dict[str, BackendChoice]:
    """Return the backends that a stage's settings name, by role."""
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    return {name: value for name, value in values.items() if isinstance(value, BackendChoice)}


def assemble_stage(name: str, recipe: Recipe, pool: BackendPool) -> Stage:
    """Return one stage of a recipe with its backends."""
    settings = getattr(recipe, name)
    roles: dict[str, Any] = {
        role: pool.fill(name, role, backend) for role, backend in roles_of(settings).items()
    }
    if name == FirstFrameStage.name:
        roles |= {"run_seed": recipe.seed, "taxonomy": load_taxonomy()}
    resources = stage_resources(name, recipe, pool)
    return cast(
        Stage, STAGE_CLASSES[name](settings=settings, video=recipe.video, resources=resources, **roles)
    )


def stage_resources(name: str, recipe: Recipe, pool: BackendPool) -> Resources:
    """Return what one call of a stage of a recipe occupies: its models, each once, and the work itself."""
    backends = [pool.get(backend) for backend in roles_of(getattr(recipe, name)).values()]
    video = recipe.video
    clip_gb = video.frames * video.height * video.width * 3 / 1e9
    return Resources(
        memory_gb=PROCESS_GB + STAGE_CLASSES[name].clips_held * clip_gb,
        gpu_memory_gb=sum(model.gpu_memory_gb for model in _each_once(backends).values()),
        asks=any(as_model(backend).endpoints for backend in backends),
    )


def model_cards(name: str, recipe: Recipe, pool: BackendPool) -> dict[str, ModelCard]:
    """Return what fills each role of a stage, by `stage.role`."""
    roles = roles_of(getattr(recipe, name))
    return {f"{name}.{role}": pool.get(backend).card for role, backend in roles.items()}
