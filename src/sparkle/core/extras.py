"""Optional packages: imported when something first needs them, with an error that says what to install."""

from __future__ import annotations

import importlib
from typing import Any

from sparkle.core.errors import MissingExtraError


def require(module: str, extra: str, purpose: str) -> Any:
    """Import and return an optional module, e.g. `require("torch", "models", "FLUX.2-klein")`.

    Raises MissingExtraError, which names the package, the extra and what needed it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and not module.startswith(error.name):
            raise  # the package is there, one of its own needs is not: its message says which
        raise MissingExtraError(module.partition(".")[0], extra, purpose) from error
