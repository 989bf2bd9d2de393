"""How far one sample is."""

from __future__ import annotations

from dataclasses import dataclass

from sparkle.core.outcome import Status
from sparkle.core.sample import Sample
from sparkle.runs.events import StageEvent


@dataclass(frozen=True, slots=True)
class Progress:
    """A sample as its stages left it, and the events that count, in order of the stages."""

    sample: Sample
    events: tuple[StageEvent, ...] = ()

    @property
    def status(self) -> Status | None:
        """The status of the last event; None before the first."""
        return self.events[-1].status if self.events else None

    @property
    def artifacts(self) -> dict[str, int]:
        """Artifacts that the counted events wrote, with their sizes in bytes."""
        return {name: size for event in self.events for name, size in event.artifacts.items()}

    def after(self, event: StageEvent) -> Progress:
        """Return the progress with one more event; a failed one changes nothing of the sample."""
        sample = self.sample if event.status == "failed" else event.apply(self.sample)
        return Progress(sample, (*self.events, event))

    def to_try_again(self) -> Progress:
        """Return the progress without a failure at its end."""
        return Progress(self.sample, self.events[:-1]) if self.status == "failed" else self
