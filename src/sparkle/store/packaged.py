"""Files that come with the package."""

from __future__ import annotations

from importlib import resources


def packaged_text(package: str, name: str) -> str:
    """Return the UTF-8 text of a file that lies in a package of ours: `packaged_text(__package__, "themes.yaml")`."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")
