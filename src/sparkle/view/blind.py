"""Two sets of results side by side, and nobody knows which is which: what the page asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import TypeAdapter

from sparkle.core.parsing import checked

SIDES = ("source", "left", "right")


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody says of pair `number`."""

    number: int
    choice: Literal["left", "right", "tie"]


_CHOICE = TypeAdapter(Choice)


def parse_choice(value: dict[str, Any]) -> Choice:
    """Return a choice of JSON values. Raises ValueError for what is none."""
    return checked(_CHOICE, value)


class Blind(Protocol):
    """The pairs in a shuffled order. Every method may be called from several threads."""

    @property
    def title(self) -> str:
        """What is compared, without the names of the two."""

    def instructions(self) -> Sequence[str]:
        """Return what was asked for, pair after pair."""

    def choices(self) -> Mapping[int, str]:
        """Return what was chosen so far, by pair: "left", "right" or "tie"."""

    def clip(self, number: int, side: str) -> Path:
        """Return one of SIDES of a pair. Raises KeyError for a pair or a side that is not there."""

    def choose(self, choice: Choice) -> None:
        """Keep a choice; it is stored when this returns. Raises KeyError for a pair that is not there."""

    def table(self) -> Mapping[str, Any]:
        """Return plain JSON values: the two names, and counts and shares with intervals by theme."""
