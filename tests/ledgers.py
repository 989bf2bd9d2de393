"""Reading and writing ledgers in tests."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from sparkle.core.parsing import parse_object
from sparkle.runs import Ledger, StageEvent
from sparkle.runs.events import Provenance, parse_event, parse_provenance
from sparkle.runs.segments import Segments
from sparkle.store import Folder


def write_events(root: Path, *events: StageEvent) -> None:
    with Ledger(root) as ledger:
        for event in events:
            ledger.append(event)


def read_events(root: Path) -> Iterator[StageEvent | str]:
    """Yield all events that stand in a run's ledger, whether they count or not; a redo is the name of its stage."""
    known: dict[str, Provenance] = {}
    for _, line in Segments(Folder.at(root)).lines():
        value = parse_object(line)
        kind = value.get("event")
        if kind == "redo":
            yield value["stage"]
        elif kind == "provenance":
            found = parse_provenance(value)
            known[found.by] = found
        else:
            yield parse_event(value, known)


def ledger_lines(root: Path) -> list[bytes]:
    """Return the lines of a ledger of one segment, with their ends."""
    return (root / "ledger.jsonl").read_bytes().splitlines(keepends=True)


def put_lines(root: Path, lines: Sequence[bytes]) -> None:
    """Replace the lines of a ledger of one segment."""
    (root / "ledger.jsonl").write_bytes(b"".join(lines))
