"""Conditions on what is recorded of samples: `synthesize.editscore>=8.5`, `theme=location`, `prompt~snow`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sparkle.core.errors import SetupError
from sparkle.dataset.collection import Collection
from sparkle.dataset.facts import Facts, facts_of

_CONDITION = re.compile(r"(?P<name>[\w.]+)\s*(?P<sign>>=|<=|!=|>|<|=|~)\s*(?P<value>.*)", re.DOTALL)

_NO_VERDICTS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. `sign`: >=, <=, >, < compare numbers; =, != numbers or texts; ~ looks for a part of a text."""

    name: str
    sign: str
    value: str

    def __str__(self) -> str:
        return f"{self.name}{self.sign}{self.value}"

    def holds(self, facts: Facts) -> bool:
        """Tell whether it holds; for a sample of which nothing of that name is recorded it does not."""
        given = facts.get(self.name)
        if given is None:
            return False
        if self.sign == "~":
            return self.value.casefold() in str(given).casefold()
        if isinstance(given, str):
            return (given == self.value) is (self.sign == "=")
        wanted = float(self.value)
        return {
            ">=": given >= wanted,
            "<=": given <= wanted,
            ">": given > wanted,
            "<": given < wanted,
            "=": given == wanted,
            "!=": given != wanted,
        }[self.sign]


@dataclass(frozen=True, slots=True)
class Selected:
    """The samples that meet all conditions, and of how many samples each condition's name is not recorded at all."""

    samples: Collection
    unknown: dict[str, int]


def parse_condition(text: str) -> Condition:
    """Return a condition. Raises SetupError for what is none."""
    match = _CONDITION.fullmatch(text.strip())
    if match is None:
        raise SetupError(f"{text[:100]!r} is no condition; write NAME>=NUMBER, NAME=TEXT or NAME~PART")
    return Condition(match["name"], match["sign"], match["value"].strip())


def select(
    samples: Collection, conditions: Sequence[Condition], verdicts: Mapping[str, str] = _NO_VERDICTS
) -> Selected:
    """Return the samples that meet all conditions. `verdicts` are what people said of them, by id: "accept" or
    "reject", recorded as `review`; of all others it is "none".

    Raises SetupError for a name that is recorded of no sample, and for texts that are compared as numbers are.
    """
    names: set[str] = set()
    unknown = dict.fromkeys((condition.name for condition in conditions), 0)
    kept = []
    for place, sample in enumerate(samples):
        facts = facts_of(sample) | {"review": verdicts.get(sample.id, "none")}
        names |= facts.keys()
        for condition in conditions:
            _check(condition, facts)
        for name in unknown:
            unknown[name] += name not in facts
        if all(condition.holds(facts) for condition in conditions):
            kept.append(place)
    for name in unknown:
        if len(samples) and name not in names:
            raise SetupError(f"{name!r} is recorded of no sample; known: {', '.join(sorted(names))}")
    return Selected(samples.at(kept), {name: count for name, count in unknown.items() if count})


def _check(condition: Condition, facts: Facts) -> None:
    given = facts.get(condition.name)
    if isinstance(given, str) and condition.sign not in {"=", "!=", "~"}:
        raise SetupError(f"{condition}: {condition.name} is a text; compare it with =, != or ~")
    if isinstance(given, float) and condition.sign != "~":
        try:
            number = float(condition.value)
        except ValueError:
            number = math.nan
        if math.isnan(number):
            raise SetupError(
                f"{condition}: {condition.name} is a number, and {condition.value[:50]!r} is none"
            )
