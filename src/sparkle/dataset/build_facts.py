"""What a card says of the build that a dataset came from: recipe, seed, and how many samples each check rejected.

A run says it in `run.json`, which also holds paths of the machine and is not given on; a packed release in
`funnel.json`, which holds these facts alone.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from sparkle.core.errors import SetupError
from sparkle.core.parsing import parse_object
from sparkle.store import Folder

RUN_FILE, FUNNEL_FILE = "run.json", "funnel.json"
_KEPT = ("check", "scorer", "came_in", "passed", "failed", "threshold", "passes")


@dataclass(frozen=True, slots=True)
class BuildFacts:
    """What is not recorded is None. `sparkle`: the version. `checks`: of each, what _KEPT names."""

    recipe: str | None
    seed: int | None
    sparkle: str | None
    checks: tuple[dict[str, Any], ...]

    def rejected(self, check: str) -> tuple[int, int] | None:
        """Return (rejected, came in) of a check, or None where it is not recorded."""
        for row in self.checks:
            failed, came_in = row.get("failed"), row.get("came_in")
            if row.get("check") == check and isinstance(failed, int) and isinstance(came_in, int) and came_in:
                return failed, came_in
        return None

    def to_json(self) -> str:
        """Return the content of FUNNEL_FILE."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


def build_facts(folder: Folder) -> BuildFacts:
    """Return what a dataset's folder tells of its build. Raises SetupError for a file that is garbled."""
    run = _object(folder, RUN_FILE)
    if run:
        recipe, summary = run.get("recipe"), run.get("summary")
        name = recipe.get("name") if isinstance(recipe, dict) else None
        return _facts({**run, "recipe": name}, summary.get("checks") if isinstance(summary, dict) else None)
    funnel = _object(folder, FUNNEL_FILE)
    return _facts(funnel, funnel.get("checks"))


def _facts(told: dict[str, Any], checks: Any) -> BuildFacts:
    recipe, seed, version = told.get("recipe"), told.get("seed"), told.get("sparkle")
    rows = [row for row in checks if isinstance(row, dict)] if isinstance(checks, list) else []
    return BuildFacts(
        recipe if isinstance(recipe, str) else None,
        seed if isinstance(seed, int) else None,
        version if isinstance(version, str) else None,
        tuple({key: row[key] for key in _KEPT if key in row} for row in rows),
    )


def _object(folder: Folder, key: str) -> dict[str, Any]:
    if not folder.exists(key):
        return {}
    try:
        return parse_object(folder.read(key))
    except ValueError as error:
        raise SetupError(f"{folder.name(key)}: is no JSON object ({error})") from error
