"""Files that come with the package."""

from __future__ import annotations

from importlib import resources


def packaged_text(package: str, name: str) -> str:
    """Return the UTF-8 text of a file that lies in a package of ours: `packaged_text(__package__, "themes.yaml")`."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def packaged_names(package: str, suffix: str) -> list[str]:
    """Return the names of the files of a package of ours that end in `suffix`, without it, sorted."""
    names = (file.name for file in resources.files(package).iterdir())
    return sorted(name.removesuffix(suffix) for name in names if name.endswith(suffix))
