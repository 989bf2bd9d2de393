"""What one stage did to one sample, as an object and as a line of the ledger.

A line says only what is not as usual, so that most take a few hundred bytes:

    {"n": 17, "id": "Sparkle_time_000001", "stage": "track", "status": "passed" | "rejected" | "failed",
     "instruction", "scene"       where the stage chose them
     "checks": [...], "records": {...}, "artifacts": {name: bytes}      what the stage added
     "seconds", "error", "usage": [...],
     "by": "3f2a91c0"}            the models that worked, see below

Beside them stand

    {"n": 3, "event": "provenance", "by": "3f2a91c0", "cards": {role: {"name", "revision", "licence"}}}
    {"n": 9, "event": "redo", "stage": "animate", "redos": 1}
        results of this stage and of those after it are void from here on; lines after it say "redos": 1, too

`n` numbers the lines of a ledger, so that one that is lost, doubled or out of its place is noticed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from sparkle.core.parsing import checked
from sparkle.core.sample import Check, Sample
from sparkle.core.scene import Scene
from sparkle.core.usage import Usage

Status = Literal["passed", "rejected", "failed"]

PROVENANCE_RECORD = "provenance"


@dataclass(frozen=True, slots=True)
class Provenance:
    """The models that filled the roles of a stage: `cards` by `stage.role`, and `by`, their name in the ledger."""

    by: str
    cards: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, cards: Mapping[str, Mapping[str, str]]) -> Provenance:
        """Return the provenance of model cards; equal cards have equal names."""
        text = json.dumps(cards, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return cls(hashlib.sha256(text.encode()).hexdigest()[:12], cards)


@dataclass(frozen=True, slots=True)
class StageEvent:
    """What one stage did to one sample. `checks` and `records` are those that the stage added.

    `instruction` and `scene` are None where the stage left the sample's own. `provenance` says which models filled
    the roles of the stage.
    """

    id: str
    stage: str
    status: Status
    instruction: str | None = None
    scene: Scene | None = None
    checks: tuple[Check, ...] = ()
    records: dict[str, Any] = field(default_factory=dict)
    artifacts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    error: str | None = None
    usage: tuple[Usage, ...] = ()
    provenance: Provenance | None = None

    def apply(self, sample: Sample) -> Sample:
        """Return the sample as the stage left it."""
        records = {**sample.records, **self.records}
        if self.provenance is not None:
            records[PROVENANCE_RECORD] = {
                **sample.records.get(PROVENANCE_RECORD, {}),
                **self.provenance.cards,
            }
        return replace(
            sample,
            instruction=self.instruction if self.instruction is not None else sample.instruction,
            scene=self.scene if self.scene is not None else sample.scene,
            checks=(*sample.checks, *self.checks),
            records=records,
        )


_EVENT = TypeAdapter(StageEvent)
_CARDS = TypeAdapter(dict[str, dict[str, str]])
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def event_line(event: StageEvent, n: int, redos: int) -> str:
    """Return the line of an event."""
    value: dict[str, Any] = {"n": n, "id": event.id, "stage": event.stage, "status": event.status}
    if event.instruction is not None:
        value["instruction"] = event.instruction
    if event.scene is not None:
        value["scene"] = asdict(event.scene)
    if event.checks:
        value["checks"] = [_check(check) for check in event.checks]
    if event.records:
        value["records"] = event.records
    if event.artifacts:
        value["artifacts"] = event.artifacts
    value["seconds"] = round(event.seconds, 4)
    if event.error is not None:
        value["error"] = event.error
    if event.usage:
        value["usage"] = [asdict(usage) for usage in event.usage]
    if event.provenance is not None:
        value["by"] = event.provenance.by
    if redos:
        value["redos"] = redos
    return _encode(value)


def provenance_line(provenance: Provenance, n: int) -> str:
    """Return the line that says what a `by` means."""
    return _encode({"n": n, "event": "provenance", "by": provenance.by, "cards": provenance.cards})


def redo_line(stage: str, n: int, redos: int) -> str:
    """Return the line that voids the results of `stage` and of those after it; it is the `redos`-th of its ledger."""
    return _encode({"n": n, "event": "redo", "stage": stage, "redos": redos})


def parse_event(value: Mapping[str, Any], known: Mapping[str, Provenance]) -> StageEvent:
    """Return the event of a line's object. Raises ValueError for what is none, and for models that nobody named."""
    rest = {key: each for key, each in value.items() if key not in {"n", "by", "redos"}}
    if "by" in value:
        if value["by"] not in known:
            raise ValueError(f"the line that says which models {value['by']!r} are is lost")
        rest["provenance"] = known[value["by"]]
    return checked(_EVENT, rest)


def parse_provenance(value: Mapping[str, Any]) -> Provenance:
    """Return the provenance of a line's object. Raises ValueError where name and cards do not belong together."""
    try:
        found = Provenance.of(_CARDS.validate_python(value.get("cards")))
    except ValidationError:
        raise ValueError("its cards are no model cards") from None
    if value.get("by") != found.by:
        raise ValueError("its cards are not those of its name")
    return found


def _check(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "score": check.score,
        "threshold": check.threshold,
        "passes": check.passes,
        "reason": check.reason,
        "scorer": check.scorer,
    }
