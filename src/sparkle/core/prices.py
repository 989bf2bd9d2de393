"""What the user pays. Prices change and differ by contract, so none is built in: they come from the user."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in whatever currency the user thinks in: per million tokens in and out, and per hour of the machine."""

    input: float = 0.0
    output: float = 0.0
    hour: float = 0.0

    @property
    def known(self) -> bool:
        """Whether any was given."""
        return bool(self.input or self.output or self.hour)

    def of(self, input_tokens: int, output_tokens: int, seconds: float = 0.0) -> float:
        """Return what tokens and seconds of the machine cost."""
        tokens = input_tokens * self.input + output_tokens * self.output
        return tokens / 1_000_000 + seconds / 3600 * self.hour
