"""Turns the ledger of an earlier Sparkle, one file `ledger.jsonl` that named the models in every line, into today's."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sparkle.core.errors import SetupError
from sparkle.core.parsing import parse_object
from sparkle.runs.events import StageEvent, parse_event, read_provenance
from sparkle.runs.flat_records import from_flat
from sparkle.runs.ledger import LEDGER_FOLDER, Ledger
from sparkle.store import Folder, move_file, place_folder, read_lines, remove_folder

OLD_LEDGER = "ledger.jsonl"
KEPT_LEDGER = "ledger_of_an_earlier_version.jsonl"
_PARTIAL = ".ledger.partial"


def refuse_old_ledger(run: Folder) -> None:
    """Raise SetupError, with the command that helps, for a run whose ledger is an earlier version's."""
    if run.exists(OLD_LEDGER) and not run.children(LEDGER_FOLDER):
        raise SetupError(
            f"{run}: the ledger of this run was written by an earlier version; "
            f"run `sparkle upgrade {run}` once, then the same command as before"
        )


@dataclass(slots=True)
class _Reached:
    """How far a sample is in the old ledger."""

    stages: int = 0
    ended: bool = False


@dataclass(slots=True)
class _Converter:
    ledger: Ledger
    stages: tuple[str, ...]
    samples: dict[str, _Reached] = field(default_factory=dict)

    def take(self, value: dict[str, Any]) -> bool:
        """Append what a line of the old ledger says, if it is a result that counted there, and return whether.

        Raises ValueError for what is no line.
        """
        kind = value.pop("event", None)
        if kind not in {"stage", "redo"} or value.get("stage") not in self.stages:
            raise ValueError(f"event is {kind!r}, stage {value.get('stage')!r}")
        before = self.stages.index(value["stage"])
        if kind == "redo":
            for each in self.samples.values():
                if each.stages > before or (each.ended and each.stages == before):
                    each.stages, each.ended = before, False
            self.ledger.append_redo(value["stage"])
            return False
        event = _event(value)
        reached = self.samples.setdefault(event.id, _Reached())
        if reached.ended or reached.stages != before:
            return False  # it stood there twice, or what it builds on was lost
        self.ledger.append(event)
        if event.status != "failed":
            reached.stages, reached.ended = before + 1, event.status == "rejected"
        return True


def _event(value: dict[str, Any]) -> StageEvent:
    """Return a line's event, with the models of its own stage alone, and its record in the form of its stage."""
    stage, records = value["stage"], value.get("records", {})
    if not isinstance(records, dict):
        raise ValueError(f"records is {records!r:.80}")  # noqa: TRY004 - told like all that is wrong with it
    cards = records.get("provenance", {})
    provenance = read_provenance({role: card for role, card in cards.items() if role.startswith(f"{stage}.")})
    rest = {key: each for key, each in value.items() if key != "records"}
    try:
        record = None if value.get("status") == "failed" else from_flat(stage, records)
    except (KeyError, TypeError) as error:
        raise ValueError(f"records of stage '{stage}' lack {error}") from None
    return parse_event({**rest, "record": record, "by": provenance.by}, {provenance.by: provenance})


def upgrade_run(root: Path, stages: tuple[str, ...]) -> int:
    """Convert the old ledger of the run in `root`, and return how many results count.

    The new one appears whole or not at all, and the old file is kept under another name. The caller holds the run's
    lock. Raises SetupError where there is nothing to convert, and for a line that is no event.
    """
    old, new, partial = root / OLD_LEDGER, root / LEDGER_FOLDER, root / _PARTIAL
    if not old.exists():
        raise SetupError(f"{root}: no {OLD_LEDGER} of an earlier version there; nothing to do")
    results = 0
    if not new.exists():
        remove_folder(partial)
        with Ledger(partial) as ledger:
            converter = _Converter(ledger, stages)
            for number, (_, line) in enumerate(read_lines(old), 1):
                try:
                    results += converter.take(parse_object(line))
                except (ValueError, TypeError, AttributeError) as error:
                    raise SetupError(
                        f"{old}, line {number}: no event ({error}); delete that line, and its work is done again"
                    ) from error
            ledger.settle()
        place_folder(partial / LEDGER_FOLDER, new)
        remove_folder(partial)
    move_file(old, root / KEPT_LEDGER)
    return results
