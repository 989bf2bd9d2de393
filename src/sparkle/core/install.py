"""How to install optional packages, from wherever Sparkle itself was installed."""

from __future__ import annotations

import json
import shlex
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

DISTRIBUTION = "sparkle-video"


def install_command(*extras: str) -> str:
    """Return the command that adds optional packages, e.g. `install_command("models", "vlm")`.

    Code that runs from a checkout names the checkout: the package index may not know the name, or another version.
    """
    chosen = f"[{','.join(extras)}]"
    checkout = _checkout_around(Path(__file__))
    if checkout is not None:
        return f"pip install -e {shlex.quote(f'{checkout}{chosen}')}"
    origin = _origin()
    if origin is None:
        return f"pip install {shlex.quote(DISTRIBUTION + chosen)}"
    return f"pip install {shlex.quote(f'{DISTRIBUTION}{chosen} @ {origin}')}"


def _checkout_around(file: Path) -> Path | None:
    """Return the folder of the project when `file` lies in its src/, as in an editable install."""
    root = file.resolve().parents[3]
    project = root / "pyproject.toml"
    if root / "src" not in file.resolve().parents or not project.is_file():
        return None
    return root if f'name = "{DISTRIBUTION}"' in project.read_text("utf-8") else None


def _origin() -> str | None:
    """Return the address that pip installed from (PEP 610), or None for an index; a folder only while it is there."""
    try:
        recorded = distribution(DISTRIBUTION).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    if recorded is None:
        return None
    origin: dict[str, Any] = json.loads(recorded)
    address = str(origin["url"])
    if "vcs_info" in origin:
        return f"{origin['vcs_info']['vcs']}+{address}"
    place = urlsplit(address)
    return address if place.scheme != "file" or Path(unquote(place.path)).exists() else None
