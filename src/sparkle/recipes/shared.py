"""Options that several backends of a recipe have in common: said once, in the section `shared`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from sparkle.config import Layers, Override, near_hint
from sparkle.core.errors import SettingsError


def hand_out_shared_options(layers: Layers, stages: Sequence[str]) -> dict[str, Any]:
    """Return the values with the shared options in every backend that names them, and without the section.

    What a backend says of its own stands above what it shares, in a file as in `--set`; but what is `--set`, shared or
    not, stands above what any file says. Raises SettingsError for a name that the section has not.
    """
    values = deepcopy(layers.values)
    shared = values.pop("shared", {})
    if not isinstance(shared, Mapping) or not all(isinstance(part, Mapping) for part in shared.values()):
        raise SettingsError(f"{layers.origin(['shared'])}: shared: a mapping of names to options")
    for stage in stages:
        section = values.get(stage)
        if not isinstance(section, dict):
            continue
        for role, backend in section.items():
            if not isinstance(backend, dict) or "shared" not in backend:
                continue
            place = (stage, role)
            name = backend.pop("shared")
            if not isinstance(name, str) or name not in shared:
                raise SettingsError(
                    f"{layers.origin([*place, 'shared'])}: {stage}.{role}: no shared options '{name}'; "
                    f"{near_hint(str(name), shared, 'there are')}"
                )
            own = backend.get("options") or {}
            if isinstance(own, Mapping):
                backend["options"] = _laid_over(shared[name], own, name, place, layers.overrides)
    return values


def _laid_over(
    shared: Mapping[str, Any],
    own: Mapping[str, Any],
    name: str,
    place: tuple[str, str],
    overrides: Sequence[Override],
) -> dict[str, Any]:
    def is_set(*path: str) -> bool:
        return any(all(map(str.__eq__, path, override.path)) for override in overrides)

    stronger = {
        option
        for option in shared
        if option in own and is_set("shared", name, option) and not is_set(*place, "options", option)
    }
    return {**shared, **{option: value for option, value in own.items() if option not in stronger}}
