"""What a dataset's final check asks of a mask, asked of an edit: is the subject whole, and is nothing else kept?

Frames say of themselves where they are unsure (`weakness`); a tracker that is sure of a wrong mask says nothing. So
each piece is held against its source as well (`measure.wholeness`), by the limits of the recipe's last stage.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sparkle.measure.wholeness import Wholeness, measure_wholeness
from sparkle.runners.kept import Kept
from sparkle.runners.pieces import Piece, stacked
from sparkle.runners.weakness import WeakMoment
from sparkle.store import read_text, write_text
from sparkle.video import read_confidence

# A note costs a glance, a lost clip an evening: an edit tells masks that a dataset would just still take. On the half
# `choose` of broken masks that tells 87 % of them and 8 % of good ones, at the dataset's own limit 84 and 3 %.
SOONER = 1.25


@dataclass(frozen=True, slots=True)
class JudgedPiece:
    """Frames `first` to `last` of the clip that a piece shows, `begin` the first that it sees, and how whole their
    subject is."""

    first: int
    last: int
    begin: int
    found: Wholeness


def judged_piece(kept: Kept, source: str, piece: Piece, masks: Path) -> JudgedPiece | None:
    """Judge the masks of a piece, a file of how far its pixels are subject; None where there is no subject at all.

    `source` names the clip's content. What was judged before and has not changed is not looked at again.
    """
    reads = {
        "clip": source,
        "masks": kept.content(masks),
        "times": [round(each.time_s, 6) for each in piece.pictures],
    }

    def judge(path: Path) -> None:
        mask = read_confidence(masks) > 0.5
        found = asdict(measure_wholeness(stacked(piece), mask)) if mask.any() else None
        write_text(path, json.dumps(found) + "\n")

    told = json.loads(
        read_text(kept.file("judged", reads, judge, name=f"{piece.first:06d}_", suffix=".json"))
    )
    if told is None:
        return None
    first, last = piece.first + piece.shown.start, piece.first + piece.shown.stop - 1
    return JudgedPiece(first, last, piece.first, Wholeness(**told))


def unsound_moments(judged: Sequence[JudgedPiece], least: float, least_at_worst: float) -> list[WeakMoment]:
    """Return the pieces whose mask a dataset would be refused for, or nearly, as weak moments, the weakest first.

    least: a dataset's limit of the wholeness all in all; least_at_worst: of that at the worst moment; both in [0, 1].
    """
    moments = []
    for each in judged:
        found = each.found
        doubts = (_doubt(found.overall, SOONER * least), _doubt(found.worst, least_at_worst))
        if max(doubts) > 1:
            # The worst may lie in the overlap, which the piece beside this one shows.
            worst = min(max(each.begin + found.worst_frame, each.first), each.last)
            moments.append(WeakMoment(each.first, each.last, worst, max(doubts), found.reason))
    return sorted(moments, key=lambda moment: -moment.weakness)


def _doubt(wholeness: float, least: float) -> float:
    """Return how far the signs go against a mask, 1 at the limit; see `measure.wholeness.judged`. 0 without a limit."""
    if least <= 0:
        return 0.0
    against, limit = (1 / min(max(each, 1e-6), 1 - 1e-6) - 1 for each in (wholeness, least))
    return float((against / limit) ** 0.5)
