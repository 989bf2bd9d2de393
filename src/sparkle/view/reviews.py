"""What people say about samples: a log in the folder, one line a word; of a sample the last one counts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Literal

from pydantic import TypeAdapter

from sparkle.core.errors import SetupError
from sparkle.core.parsing import checked, parse_object
from sparkle.store import AppendLog, Folder, SegmentLog

REVIEWS_FILE = "reviews.jsonl"
LOCK = ".reviews.lock"
LONGEST_NOTE = 2000

Verdict = Literal["accept", "reject", "none"]


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody said of a sample, and when (ISO 8601, UTC). "none" takes a verdict back."""

    id: str
    verdict: Verdict
    note: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a sample now; None is what is not spoken of, and stays as it was."""

    id: str
    verdict: Verdict | None = None
    note: str | None = None


_REVIEW, _SAID = TypeAdapter(Review), TypeAdapter(Said)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Reviews against a run's own decisions. `by_check` counts, for each check that rejected, [accepted, rejected]."""

    reviewed: int
    agreed: int
    by_check: dict[str, tuple[int, int]]
    accepted: tuple[int, int]


def parse_said(value: dict[str, Any]) -> Said:
    """Return what JSON values say. Raises ValueError for what is no review, and for a note that is too long."""
    said = checked(_SAID, value)
    _refuse_long(said.note or "")
    return said


def _parse_review(value: dict[str, Any]) -> Review:
    review = checked(_REVIEW, value)
    _refuse_long(review.note)
    return review


def _refuse_long(note: str) -> None:
    if len(note) > LONGEST_NOTE:
        raise ValueError(f"the note has {len(note)} letters, at most {LONGEST_NOTE} are kept")


def read_reviews(folder: Folder) -> dict[str, Review]:
    """Return the last review of each sample; empty where nobody said anything. Raises SetupError for a damaged log."""
    if folder.path is not None and not folder.exists(REVIEWS_FILE):
        return {}
    found: dict[str, Review] = {}
    try:
        for position, line in folder.lines(REVIEWS_FILE):
            try:
                review = _parse_review(parse_object(line))
            except ValueError as error:
                raise SetupError(
                    f"{folder.name(REVIEWS_FILE)}, byte {position}: no review ({error}); delete that line"
                ) from error
            found[review.id] = review
    except FileNotFoundError:
        return {}
    return {id: review for id, review in found.items() if review.verdict != "none" or review.note}


def compare_with_checks(
    reviews: Mapping[str, Review], statuses: Mapping[str, str], failed: Mapping[str, str]
) -> Agreement:
    """Return how far reviews agree with what a run decided. `failed` names the check that rejected a sample."""
    counts: dict[str, Counter[str]] = {}
    of_accepted: Counter[str] = Counter()
    agreed = 0
    for id, review in reviews.items():
        status = statuses.get(id)
        if review.verdict == "none" or status not in {"accepted", "rejected"}:
            continue
        if status == "accepted":
            of_accepted[review.verdict] += 1
        else:
            counts.setdefault(failed[id], Counter())[review.verdict] += 1
        agreed += (review.verdict == "accept") == (status == "accepted")
    by_check = {name: (count["accept"], count["reject"]) for name, count in sorted(counts.items())}
    reviewed = sum(of_accepted.values()) + sum(sum(pair) for pair in by_check.values())
    return Agreement(reviewed, agreed, by_check, (of_accepted["accept"], of_accepted["reject"]))


class ReviewBook:
    """The reviews of a folder, while somebody adds to them. Nothing is written before the first one is added.

    Use as a context manager; may be used by several threads.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.reviews = read_reviews(folder)
        self._stack = ExitStack()
        self._log: AppendLog | SegmentLog | None = None
        self._one_at_a_time = Lock()

    def __enter__(self) -> ReviewBook:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def add(self, review: Review) -> Review:
        """Keep a review with the time; it is stored when this returns.

        Raises OutputError where nothing can be written, and SetupError while another process adds reviews.
        """
        return self.say(Said(review.id, review.verdict, review.note))

    def say(self, said: Said) -> Review:
        """Keep what is said beside what was said before, as `add` does: two who look at once lose no word."""
        with self._one_at_a_time:
            if self._log is None:
                self._stack.enter_context(self.folder.only_writer(LOCK, "the reviews of this folder"))
                self._log = self.folder.log(REVIEWS_FILE)
                self._stack.callback(self._log.close)
            known = self.reviews.get(said.id, Review(said.id, "none"))
            now = Review(
                said.id,
                known.verdict if said.verdict is None else said.verdict,
                known.note if said.note is None else said.note,
                datetime.now(UTC).isoformat(timespec="seconds"),
            )
            self._log.append(json.dumps(asdict(now), ensure_ascii=False))
            self.reviews[now.id] = now
        return now
