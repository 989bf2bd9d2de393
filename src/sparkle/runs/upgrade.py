"""Turns the ledger of an earlier Sparkle into today's: first it was one file `ledger.jsonl` that named the models in
every line, then segments in a folder of their own, `ledger/000000.jsonl` and so on."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sparkle.core.errors import SetupError
from sparkle.core.parsing import parse_object
from sparkle.runs.events import StageEvent, parse_event, read_provenance
from sparkle.runs.flat_records import from_flat
from sparkle.runs.ledger import Ledger
from sparkle.runs.segments import Segments, segment_key
from sparkle.store import Folder, copy_file, move_file, read_lines, remove_folder

OLD_FOLDER = "ledger"
KEPT_LEDGER = "ledger_of_an_earlier_version.jsonl"
_LEDGER = segment_key(0)
_FIRST_OF_FOLDER = "000000.jsonl"  # is moved last: while it is there, the folder is the ledger
_PARTIAL = ".ledger.partial"


def refuse_old_ledger(run: Folder) -> None:
    """Raise SetupError, with the command that helps, for a run whose ledger is an earlier version's."""
    if _is_in_folder(run) or _names_models_in_every_line(run):
        raise SetupError(
            f"{run}: the ledger of this run was written by an earlier version; "
            f"run `sparkle upgrade {run}` once, then the same command as before"
        )


def _is_in_folder(run: Folder) -> bool:
    return _FIRST_OF_FOLDER in (name.rstrip("/") for name in run.children(OLD_FOLDER))


def _names_models_in_every_line(run: Folder) -> bool:
    """Whether `ledger.jsonl` is of the first kind: lines of today's are numbered."""
    try:
        for _, line in run.lines(_LEDGER):
            with suppress(ValueError):  # a damaged line tells nothing; the next one may
                return "n" not in parse_object(line)
    except OSError:
        return False  # whoever reads the ledger says why it cannot be read
    return False


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


def upgrade_run(root: Path, stages: tuple[str, ...]) -> str:
    """Convert the ledger of the run in `root`, whichever of the earlier ones it is, and return what was done.

    Killed at any moment, it is done by the next call, and until then the run is refused. The caller holds the run's
    lock. Raises SetupError where there is nothing to convert, and for a line that is no event.
    """
    run = Folder.at(root)
    if _is_in_folder(run):
        if _names_models_in_every_line(run):  # converted into the folder, and killed before it was put aside
            move_file(root / _LEDGER, root / KEPT_LEDGER)
        return _out_of_folder(root)
    if _names_models_in_every_line(run):
        return _renumbered(root, stages)
    raise SetupError(f"{root}: no ledger of an earlier version there; nothing to do")


def _out_of_folder(root: Path) -> str:
    names = sorted(
        name for name in Folder.at(root).children(OLD_FOLDER) if name.removesuffix(".jsonl").isdecimal()
    )
    if (root / _LEDGER).exists():
        raise SetupError(f"{root}: holds two ledgers, {_LEDGER} and {OLD_FOLDER}/; move one of them away")
    for name in reversed(names):
        move_file(root / OLD_FOLDER / name, root / segment_key(int(name.removesuffix(".jsonl"))))
    remove_folder(root / OLD_FOLDER)  # what is left there is an index of the files that they were
    return f"the ledger's {len(names)} segments are {root / _LEDGER} and what follows it"


def _renumbered(root: Path, stages: tuple[str, ...]) -> str:
    old, partial = root / _LEDGER, root / _PARTIAL
    results = 0
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
    copy_file(old, root / KEPT_LEDGER)
    for each in reversed(
        Segments(Folder.at(partial)).files()
    ):  # the first, which takes the old one's place, last
        move_file(partial / segment_key(each.number), root / segment_key(each.number))
    remove_folder(partial)
    return f"{results} results converted; the old ledger is {root / KEPT_LEDGER}"
