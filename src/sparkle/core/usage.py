"""What a piece of work used: seconds on an accelerator, questions and tokens; collected around each stage call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Usage:
    """One use of a model. `name` is the question or the model's work, e.g. "grounding_second_round".

    `calls` counts what was really computed or asked; `cached` what a cache answered. `seconds` is the time that
    the model was held or the endpoint took, waiting for a turn not included.
    """

    name: str
    model: str
    calls: int = 1
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class UsageLog:
    """What was recorded while the log was open; appending is safe from several threads."""

    entries: list[Usage] = field(default_factory=list)

    def totals(self) -> tuple[Usage, ...]:
        """Return one sum per name and model."""
        return sum_usage(self.entries)


_open_log: ContextVar[UsageLog | None] = ContextVar("sparkle_usage_log", default=None)


@contextmanager
def collect_usage() -> Iterator[UsageLog]:
    """Collect what is recorded inside, also from threads that run in a copy of this context."""
    log = UsageLog()
    token = _open_log.set(log)
    try:
        yield log
    finally:
        _open_log.reset(token)


def record_usage(usage: Usage) -> None:
    """Add to the innermost open log; outside of any, nothing is kept."""
    log = _open_log.get()
    if log is not None:
        log.entries.append(usage)


def sum_usage(entries: Iterable[Usage]) -> tuple[Usage, ...]:
    """Return one sum per name and model, in order of first appearance."""
    sums: dict[tuple[str, str], Usage] = {}
    for entry in entries:
        key = entry.name, entry.model
        before = sums.get(key, Usage(entry.name, entry.model, calls=0))
        sums[key] = Usage(
            entry.name,
            entry.model,
            calls=before.calls + entry.calls,
            cached=before.cached + entry.cached,
            prompt_tokens=before.prompt_tokens + entry.prompt_tokens,
            completion_tokens=before.completion_tokens + entry.completion_tokens,
            seconds=before.seconds + entry.seconds,
        )
    return tuple(sums.values())
