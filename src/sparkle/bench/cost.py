"""What a model judge costs: an estimate before, the bill after, and a limit between; in tokens alone without prices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from operator import add
from pathlib import Path

from sparkle.core.errors import MediaError
from sparkle.core.prices import Prices
from sparkle.video import probe

# Rough figures for the estimate alone; the bill counts what the server reports.
CHARACTERS_PER_TOKEN = 4
VIDEO_TOKENS_PER_SECOND = 300  # a hosted video model that samples one frame a second, with sound
FRAME_TOKENS = 900  # a 1280x720 picture in patches of 32 pixels
OUTPUT_TOKENS = 1500  # most of it a thinking model's thought; the answer has about 100


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of so many calls; `cached` replies were on the disk already and cost nothing."""

    input: int = 0
    output: int = 0
    calls: int = 0
    cached: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(*map(add, astuple(self), astuple(other)))

    def cost(self, prices: Prices) -> float:
        """Return what they cost."""
        return prices.of(self.input, self.output)


def estimate_calls(
    pairs: Iterable[tuple[str, Path, Path]], runs: int, frames: tuple[float, int] | None
) -> Tokens:
    """Estimate the calls for (question, source, edited) triples, each asked `runs` times.

    `frames` is (frames a second, most frames) where clips are shown as pictures, None where they are sent whole.
    Clips that cannot be read are not counted: they are not sent.
    """
    total = Tokens()
    for question, source, edited in pairs:
        try:
            seconds = [probe(path).duration_s for path in (source, edited)]
        except MediaError:
            continue
        if frames is None:
            media = VIDEO_TOKENS_PER_SECOND * sum(seconds)
        else:
            rate, most = frames
            media = FRAME_TOKENS * sum(min(most, int(duration * rate) + 1) for duration in seconds)
        total += Tokens(round(len(question) / CHARACTERS_PER_TOKEN + media), OUTPUT_TOKENS, 1)
    return Tokens(total.input * runs, total.output * runs, total.calls * runs)


@dataclass(slots=True)
class Budget:
    """A limit that no sample is started beyond, as far as is known: what one costs is learnt from those that ended.

    `ended` counts them; whoever starts samples keeps it. A sample costs more than its `calls_per_sample` where replies
    could not be used and the judge was asked again.
    """

    most: float
    prices: Prices
    calls_per_sample: int = 1
    ended: int = 0

    def allows_another(self, spent: Tokens, under_way: int) -> bool:
        """Whether another sample fits beside those under way, after what was `spent`."""
        so_far = spent.cost(self.prices)
        if spent.calls == 0 or self.ended == 0:
            return under_way == 0 and self.most > 0
        each = max(self.calls_per_sample * so_far / spent.calls, so_far / self.ended)
        return so_far + (under_way + 1) * each <= self.most
