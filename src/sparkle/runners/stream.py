"""Samples flow through stages that a crew performs: each goes on as soon as its last result is on the disk.

What stands later in the order is handed out first and only so many samples are on their way at once, so artifacts do
not pile up before a slow stage. A call that takes longer than its stage's limit loses its worker. A call whose worker
died is tried again, alone in a worker, so that of several that were in it the one that kills shows itself; after
`tries` it fails, by name, and the run goes on.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sparkle.core.errors import SetupError
from sparkle.core.outcome import Outcome
from sparkle.recipes import Recipe
from sparkle.runners.books import Books
from sparkle.runners.crew import Broken, Call, Crew, Ended, Lost
from sparkle.runners.interrupts import interrupts_between_steps
from sparkle.runs import Progress

_LONGEST_WAIT_S = 1.0


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened beside results: the worker of a call was lost ("lost"), or the run is to stop ("stopping", of no
    sample and no stage)."""

    kind: str
    id: str
    stage: str
    text: str


Notify = Callable[[Notice], None]


@dataclass(frozen=True, slots=True)
class Rules:
    """`limit_s`: the longest call of each stage, in seconds; `tries`: how many workers a call may cost; `ahead`: how
    many samples are on their way at once for each call that the crew can take."""

    limit_s: Mapping[str, float]
    tries: int = 3
    ahead: float = 2.0

    @classmethod
    def of(cls, recipe: Recipe) -> Rules:
        """Return the rules that a recipe gives."""
        return cls(recipe.call_limit_s.model_dump(), recipe.tries)


def stream(
    books: Books,
    coming: Iterable[Progress],
    stages: Sequence[str],
    crew: Crew,
    rules: Rules,
    notify: Notify = lambda notice: None,
) -> None:
    """Take samples through `stages`, each taken up in the books when it comes. The caller closes the crew.

    Raises SetupError where a worker's environment is broken. Then and on Ctrl-C, what is under way is finished and
    recorded first.
    """
    flow = _Flow(books, iter(coming), stages, crew, rules, notify)
    with interrupts_between_steps() as interrupt:
        try:
            while flow.has_more():
                flow.hand_out()
                flow.take_in()
                interrupt()
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                flow.tell_stopping()
            flow.finish()
            raise


class _Flow:
    """The samples of a stream: who comes, waits, and is under way."""

    def __init__(
        self,
        books: Books,
        coming: Iterator[Progress],
        stages: Sequence[str],
        crew: Crew,
        rules: Rules,
        notify: Notify,
    ) -> None:
        self._books, self._coming, self._stages = books, coming, stages
        self._crew, self._rules, self._notify = crew, rules, notify
        self._waiting: dict[str, deque[Call]] = {stage: deque() for stage in stages}
        self._under_way: dict[str, Call] = {}
        self._due: dict[str, float] = {}
        self._overdue: set[str] = set()

    def has_more(self) -> bool:
        """Take samples up as far as there is room, and tell whether there is anything to do."""
        room = max(1, round(self._rules.ahead * self._crew.slots))
        while len(self._under_way) + sum(map(len, self._waiting.values())) < room:
            progress = next(self._coming, None)
            if progress is None:
                break
            self._queue(progress)
        return bool(self._under_way) or any(self._waiting.values())

    def hand_out(self) -> None:
        """Give the crew what it takes, late stages first. Nothing starts before what it builds on is on the disk."""
        self._books.ledger.settle()
        for stage in reversed(self._stages):
            waiting = self._waiting[stage]
            while waiting and self._crew.begin(waiting[0]):
                call = waiting.popleft()
                self._under_way[call.sample.id] = call
                self._due[call.sample.id] = time.monotonic() + self._rules.limit_s[stage]
        self._crew.want({stage: len(calls) for stage, calls in self._waiting.items() if calls})

    def take_in(self) -> None:
        """Wait for calls to end, and record them."""
        broken = None
        for ended in self._ended():
            if isinstance(ended.result, Outcome):
                self._overdue.discard(ended.call.sample.id)  # it answered just before it was killed
                self._queue(self._books.record(ended.call.stage, ended.call.sample, ended.result))
            elif isinstance(ended.result, Lost):
                self._after_loss(ended.call, ended.result)
            else:
                broken = broken or ended.result
        if broken is not None:
            raise _error_of(broken)

    def tell_stopping(self) -> None:
        """Say what a run that is to stop still waits for."""
        count = len(self._under_way)
        if count:
            waits = "1 call is" if count == 1 else f"{count} calls are"
            self._notify(
                Notice(
                    "stopping", "", "", f"{waits} finished and recorded first; a second Ctrl-C does not wait"
                )
            )

    def finish(self) -> None:
        """Record what is under way, and begin nothing. What is lost or broken now is the next start's."""
        while self._under_way:
            for ended in self._ended():
                if isinstance(ended.result, Outcome):
                    self._books.record(ended.call.stage, ended.call.sample, ended.result)

    def _ended(self) -> list[Ended]:
        now = time.monotonic()
        for id, due in self._due.items():
            if due <= now and id not in self._overdue:
                self._overdue.add(id)
                self._crew.kill(self._under_way[id])
        soon = min((due - now for id, due in self._due.items() if id not in self._overdue), default=1.0)
        found = list(self._crew.wait(min(max(soon, 0.0), _LONGEST_WAIT_S)))
        for ended in found:
            del self._under_way[ended.call.sample.id], self._due[ended.call.sample.id]
        return found

    def _queue(self, progress: Progress) -> None:
        """Let a sample wait for its next stage, if it has one here."""
        if progress.status in {None, "passed"} and len(progress.events) < len(self._books.state.stages):
            stage = self._books.state.stages[len(progress.events)]
            if stage in self._waiting:
                self._waiting[stage].append(Call(stage, progress.sample))

    def _after_loss(self, call: Call, lost: Lost) -> None:
        id, stage = call.sample.id, call.stage
        self._books.clean_up(id)
        how = lost.how
        if id in self._overdue:
            self._overdue.discard(id)
            how = f"took longer than {self._rules.limit_s[stage]:g} s (call_limit_s.{stage}) and was killed"
        tried = replace(call, losses=call.losses + 1)
        self._notify(
            Notice("lost", id, stage, f"its worker {how}; try {tried.losses} of {self._rules.tries}")
        )
        if tried.losses < self._rules.tries:
            self._waiting[stage].appendleft(tried)
            return
        error = f"its worker {how}; it was tried {tried.losses} times, after the first alone in a worker"
        self._books.record(stage, call.sample, Outcome(error=error))


def _error_of(broken: Broken) -> SetupError:
    return SetupError(broken.message, broken.details)
