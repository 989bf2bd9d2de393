"""What a sample's page asks for when a mask that was mended beside a run goes back into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sparkle.view.mending import Work


@dataclass(frozen=True, slots=True)
class Mended:
    """The folder of an edit of a sample's clip, and how many marks were drawn in it; `fault` where it is damaged."""

    folder: str
    marks: int
    fault: str = ""


class PuttingBack(Protocol):
    """Puts masks back into one run. Every method may be called from several threads."""

    def offered(self, id: str) -> Mended | None:
        """Return the edit of a known sample, None where nobody made one."""

    def begin(self, id: str) -> None:
        """Begin in a process of its own. Raises SetupError where nothing is offered, and while it works."""

    def work(self) -> Work:
        """Return how far it is."""

    def at_work(self) -> str:
        """Return the sample that was begun last."""


def parse_id(value: Mapping[str, Any]) -> str:
    """Return the id of {"id": ...}. Raises ValueError for anything else."""
    if value.keys() != {"id"} or not isinstance(value["id"], str):
        raise ValueError("the id of a sample is expected")
    return str(value["id"])
