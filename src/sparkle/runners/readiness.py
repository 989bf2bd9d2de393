"""What a recipe's models need of this machine: packages, weights, GPU memory, endpoints. Nothing big is loaded."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparkle.backends.model_backend import as_model
from sparkle.backends.weights import MODEL_PACKAGES
from sparkle.config.settings import BackendChoice
from sparkle.core.errors import SetupError
from sparkle.core.install import install_command
from sparkle.kiwi.editor import KiwiEditor
from sparkle.recipes import STAGES, Recipe
from sparkle.roles import ModelCard, ModelFiles
from sparkle.runners.assemble import BackendPool, gpu_size_gb, roles_of, stage_resources


@dataclass(frozen=True, slots=True)
class RoleReport:
    """What fills the roles `roles` ("first_frame.editor"), and whether it can run here.

    `download_gb` is None where the model is not a published one that we know. `cached` is None for backends without
    weights. `endpoints` says of each what was found there. `faults` say what is missing and what to do.
    """

    roles: tuple[str, ...]
    key: str
    card: ModelCard
    note: str
    download_gb: float | None
    gpu_memory_gb: float
    cached: bool | None
    endpoints: tuple[str, ...]
    faults: tuple[str, ...]


def report_roles(recipe: Recipe, pool: BackendPool) -> Iterator[RoleReport]:
    """Yield one report per backend of the recipe. Raises SettingsError if one cannot even be made."""
    roles: dict[int, list[str]] = {}
    found: dict[int, tuple[BackendChoice, Any]] = {}
    for stage in STAGES:
        for role, backend in roles_of(getattr(recipe, stage)).items():
            alive = pool.fill(stage, role, backend)
            found[id(alive)] = backend, alive
            roles.setdefault(id(alive), []).append(f"{stage}.{role}")
    for name, (backend, alive) in found.items():
        model = as_model(alive)
        weights = model.weights
        missing = _missing_packages(*(each.packages for each in weights), model.packages)
        absent = [] if missing else [each for each in weights if not each.is_here()]
        asked = model.endpoint_report()
        yield RoleReport(
            roles=tuple(roles[name]),
            key=backend.key,
            card=model.card,
            note=_notes(weights),
            download_gb=_download_gb(weights),
            gpu_memory_gb=model.gpu_memory_gb,
            cached=not missing and not absent if weights else None,
            endpoints=asked.lines,
            faults=(*missing, *(each.absence() for each in absent), *asked.faults),
        )


def report_kiwi(editor: KiwiEditor) -> RoleReport:
    """Return the report of the Kiwi editor. Raises SetupError for a checkpoint that does not exist or does not fit."""
    missing = _missing_packages(MODEL_PACKAGES, {"peft": "models"})
    weights = editor.weights if missing else tuple(editor.needed_weights())
    absences = [] if missing else editor.absences()
    return RoleReport(
        roles=("editor",),
        key="kiwi",
        card=editor.card,
        note=_notes(weights),
        download_gb=_download_gb(weights),
        gpu_memory_gb=editor.gpu_memory_gb,
        cached=not missing and not absences,
        endpoints=(),
        faults=(*missing, *absences, *([] if missing else _device_faults(editor))),
    )


def require_ready(recipe: Recipe, pool: BackendPool) -> None:
    """Raise SetupError that lists everything that is missing, before any work is spent.

    `pool` has the recipe's backends afterwards, for whoever runs them.
    """
    faults = dict.fromkeys(fault for report in report_roles(recipe, pool) for fault in report.faults)
    if faults:
        raise SetupError(f"recipe '{recipe.name}' cannot run here:", list(faults))


def stage_memory_gb(recipe: Recipe, pool: BackendPool) -> dict[str, float]:
    """Return how much GPU memory each stage's models take together, in GB."""
    return {stage: stage_resources(stage, recipe, pool).gpu_memory_gb for stage in STAGES}


def recipe_weights(recipe: Recipe) -> list[ModelFiles]:
    """Return everything that a recipe's backends need on disk, each once."""
    pool = BackendPool()
    backends = [backend for stage in STAGES for backend in roles_of(getattr(recipe, stage)).values()]
    return list(
        dict.fromkeys(weights for backend in backends for weights in as_model(pool.get(backend)).weights)
    )


def gpu_fault(recipe: Recipe, pool: BackendPool) -> str | None:
    """Return what is wrong with this machine's GPU for the recipe, or None."""
    needs = stage_memory_gb(recipe, pool)
    largest = max(needs, key=lambda stage: needs[stage])
    if needs[largest] == 0:
        return None
    size = gpu_size_gb()
    if size == 0:
        return "the recipe's models need a CUDA GPU and none was found"
    if needs[largest] > size:
        return (
            f"stage {largest} takes about {needs[largest]:.0f} GB and the GPU has {size:.0f}; "
            "set its backend's options offload: model, or fp8: true, or use recipe laptop"
        )
    return None


def _missing_packages(*packages: Mapping[str, str]) -> list[str]:
    """Return what is to be installed of `packages`, each with the extra that brings it."""
    needed = {name: extra for each in packages for name, extra in each.items()}
    missing = {name: extra for name, extra in needed.items() if importlib.util.find_spec(name) is None}
    if not missing:
        return []
    return [f"not installed: {', '.join(missing)}; {install_command(*dict.fromkeys(missing.values()))}"]


def _device_faults(editor: KiwiEditor) -> list[str]:
    try:
        editor.check_device()
    except SetupError as error:
        return [str(error)]
    if editor.gpu_memory_gb > gpu_size_gb():
        needs, size = editor.gpu_memory_gb, gpu_size_gb()
        return [
            f"it takes about {needs:.0f} GB and the GPU has {size:.0f}; --set offload=model, or --set fp8=true"
        ]
    return []


def _notes(weights: Sequence[ModelFiles]) -> str:
    return "; ".join(str(each.facts()["note"]) for each in weights if "note" in each.facts())


def _download_gb(weights: Sequence[ModelFiles]) -> float | None:
    total = 0.0
    for each in weights:
        if not each.is_local:
            size = each.facts().get("download_gb")
            if size is None:
                return None
            total += float(size)
    return total
