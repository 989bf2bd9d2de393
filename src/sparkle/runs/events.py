"""What one stage did to one sample, as an object and as a line of the ledger.

A line says only what is not as usual, so that most take a few hundred bytes:

    {"n": 17, "id": "Sparkle_time_000001", "stage": "track", "status": "passed" | "rejected" | "failed",
     "instruction", "scene"       where the stage chose them
     "checks": [...], "record": {...}          what the stage added; see core/records.py
     "artifacts": {name: bytes}, "sha256": {name: hex}
     "seconds", "error", "usage": [...],
     "by": "3f2a91c0"}            the models that worked, see below

What is long of a line stands deflated in its key "packed", see packed.py.

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
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sparkle.core.model_card import ModelCard
from sparkle.core.outcome import Outcome, Status
from sparkle.core.parsing import checked
from sparkle.core.records import RECORD_TYPES, StageRecord
from sparkle.core.sample import Check, Sample
from sparkle.core.scene import Scene
from sparkle.core.usage import Usage
from sparkle.runs.packed import encode_line, unpack


@dataclass(frozen=True, slots=True)
class Provenance:
    """The models that filled the roles of a stage: `cards` by `stage.role`, and `by`, their name in the ledger."""

    by: str
    cards: Mapping[str, ModelCard]

    @classmethod
    def of(cls, cards: Mapping[str, ModelCard]) -> Provenance:
        """Return the provenance of model cards; equal cards have equal names."""
        plain = {role: asdict(card) for role, card in cards.items()}
        text = json.dumps(plain, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return cls(hashlib.sha256(text.encode()).hexdigest()[:12], cards)

    def to_json(self) -> dict[str, dict[str, str]]:
        """Return the cards as plain JSON values."""
        return {role: asdict(card) for role, card in self.cards.items()}


@dataclass(frozen=True, slots=True)
class StageEvent:
    """What one stage did to one sample. `checks` and `record` are those that the stage added.

    `instruction` and `scene` are None where the stage left the sample's own. `artifacts` are the files that it wrote,
    with their sizes in bytes, `sha256` their hashes in hex. `provenance` says which models filled its roles.
    """

    id: str
    stage: str
    status: Status
    instruction: str | None = None
    scene: Scene | None = None
    checks: tuple[Check, ...] = ()
    record: StageRecord | None = None
    artifacts: dict[str, int] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    error: str | None = None
    usage: tuple[Usage, ...] = ()
    provenance: Provenance | None = None

    @classmethod
    def of(cls, sample: Sample, stage: str, outcome: Outcome, provenance: Provenance) -> StageEvent:
        """Return the event of an outcome."""
        return cls(
            id=sample.id,
            stage=stage,
            status=outcome.status(sample),
            instruction=outcome.instruction,
            scene=outcome.scene,
            checks=outcome.checks,
            record=outcome.record,
            artifacts={each.name: each.size for each in outcome.artifacts},
            sha256={each.name: each.sha256 for each in outcome.artifacts},
            seconds=outcome.costs.seconds,
            error=outcome.error,
            usage=outcome.costs.usage,
            provenance=provenance,
        )

    def apply(self, sample: Sample) -> Sample:
        """Return the sample as the stage left it."""
        outcome = Outcome(self.checks, self.record, scene=self.scene, instruction=self.instruction)
        return outcome.applied_to(sample, self.provenance.cards if self.provenance is not None else {})


_EVENT = TypeAdapter(StageEvent)
_RECORDS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in RECORD_TYPES.items()}
_CARDS = TypeAdapter(dict[str, ModelCard])
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
    if event.record is not None:
        value["record"] = _RECORDS[event.record.stage].dump_python(
            event.record, warnings=False
        )  # a sixth of asdict's time
    if event.artifacts:
        value["artifacts"] = event.artifacts
    if event.sha256:
        value["sha256"] = event.sha256
    value["seconds"] = round(event.seconds, 4)
    if event.error is not None:
        value["error"] = event.error
    if event.usage:
        value["usage"] = [asdict(usage) for usage in event.usage]
    if event.provenance is not None:
        value["by"] = event.provenance.by
    if redos:
        value["redos"] = redos
    return encode_line(value)


def provenance_line(provenance: Provenance, n: int) -> str:
    """Return the line that says what a `by` means."""
    return _encode({"n": n, "event": "provenance", "by": provenance.by, "cards": provenance.to_json()})


def redo_line(stage: str, n: int, redos: int) -> str:
    """Return the line that voids the results of `stage` and of those after it; it is the `redos`-th of its ledger."""
    return _encode({"n": n, "event": "redo", "stage": stage, "redos": redos})


def parse_event(value: Mapping[str, Any], known: Mapping[str, Provenance]) -> StageEvent:
    """Return the event of a line's object. Raises ValueError for what is none, and for models that nobody named."""
    value = unpack(value)
    rest = {key: each for key, each in value.items() if key not in {"n", "by", "redos"}}
    if "by" in value:
        if value["by"] not in known:
            raise ValueError(f"the line that says which models {value['by']!r} are is lost")
        rest["provenance"] = known[value["by"]]
    record, stage = value.get("record"), str(value.get("stage"))
    if record is not None and stage in _RECORDS:
        if not isinstance(record, dict):
            raise ValueError(f"record is {record!r:.80}")
        rest["record"] = checked(_RECORDS[stage], record)
    return checked(_EVENT, rest)


def parse_provenance(value: Mapping[str, Any]) -> Provenance:
    """Return the provenance of a line's object. Raises ValueError where name and cards do not belong together."""
    found = read_provenance(value.get("cards"))
    if value.get("by") != found.by:
        raise ValueError("its cards are not those of its name")
    return found


def read_provenance(cards: Any) -> Provenance:
    """Return the provenance of cards as plain JSON values. Raises ValueError for what are none."""
    try:
        return Provenance.of(_CARDS.validate_python(cards))
    except ValidationError:
        raise ValueError("its cards are no model cards") from None


def _check(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "score": check.score,
        "threshold": check.threshold,
        "passes": check.passes,
        "reason": check.reason,
        "scorer": check.scorer,
    }
