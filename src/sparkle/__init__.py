"""Sparkle: instruction-guided video background replacement, from source videos to dataset and benchmark.

The public names: `load_recipe`, `build` and `plan_build`, `edit`, `track`, `open_dataset`, and the values `Clip`,
`Sample`, `Recipe`; the rooms that stand alone: `bait`, `camera`, `dataset`, `guidance`.
They are imported at first use, so that `import sparkle` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparkle import bait, camera, dataset, guidance
    from sparkle.core.sample import Sample
    from sparkle.dataset import open_dataset
    from sparkle.recipes import Recipe, load_recipe
    from sparkle.runners.build import build, plan_build
    from sparkle.runners.edit import edit
    from sparkle.runners.track import track
    from sparkle.video import Clip

__version__ = "0.1.0"

_HOMES = {
    "Clip": "sparkle.video",
    "Recipe": "sparkle.recipes",
    "Sample": "sparkle.core.sample",
    "build": "sparkle.runners.build",
    "edit": "sparkle.runners.edit",
    "load_recipe": "sparkle.recipes",
    "open_dataset": "sparkle.dataset",
    "plan_build": "sparkle.runners.build",
    "track": "sparkle.runners.track",
}

_ROOMS = ("bait", "camera", "dataset", "guidance")

__all__ = [
    "Clip",
    "Recipe",
    "Sample",
    "bait",
    "build",
    "camera",
    "dataset",
    "edit",
    "guidance",
    "load_recipe",
    "open_dataset",
    "plan_build",
    "track",
]


def __getattr__(name: str) -> Any:
    """Import a public name at its first use."""
    if name in _ROOMS:
        return importlib.import_module(f"sparkle.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'sparkle' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Name what can be asked for, imported or not."""
    return sorted({*globals(), *__all__})
