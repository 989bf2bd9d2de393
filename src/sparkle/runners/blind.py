"""A blind comparison of two sets of results of a benchmark, kept line after line in the folder of the first.

The first line of the log says what is compared and the seed of the shuffle, so the order is the same whenever it is
gone on with; each further line is one choice, of a pair the last one counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import randbelow
from threading import Lock
from typing import Any

import numpy as np

from sparkle.bench.aggregate import MACRO
from sparkle.bench.statistics import BootstrapSettings, theme_estimates
from sparkle.bench.tasks import BenchSample, read_tasks
from sparkle.core.errors import SetupError
from sparkle.core.names import telling_names
from sparkle.core.parsing import parse_object
from sparkle.core.seeds import generator
from sparkle.store import Folder
from sparkle.view.blind import Choice

LOCK = ".blind.lock"


@dataclass(frozen=True, slots=True)
class _Pair:
    sample: BenchSample
    swapped: bool  # whether B stands on the left


class BlindComparison:
    """The pairs of the tasks that both have a clip of. Raises SetupError where there is none, and for a log of others.

    Use as a context manager: it holds the log against a second writer.
    """

    def __init__(self, bench: Path, a: Path, b: Path) -> None:
        if a.resolve() == b.resolve():
            raise SetupError(f"{a}: both sets of results are this folder; name two")
        self._bench, self._a, self._b = bench, a, b
        names = telling_names([str(a.resolve()), str(b.resolve())])
        self._names = names[str(a.resolve())], names[str(b.resolve())]
        samples = [s for s in read_tasks(bench) if all((x / s.result).is_file() for x in (a, b))]
        if not samples:
            raise SetupError(
                f"{a} and {b}: have clips of no task of {bench} in common; run `sparkle bench infer` first"
            )
        self._samples = sorted(samples, key=lambda sample: sample.id)
        self._folder = Folder.at(a)
        self._stack = ExitStack()
        self._one = Lock()
        self._choices: dict[int, str] = {}

    def __enter__(self) -> BlindComparison:
        with ExitStack() as stack:
            stack.enter_context(self._folder.only_writer(LOCK, "this blind comparison"))
            before = self._lines()
            self._log = self._folder.log(self.log_name)
            stack.callback(self._log.close)
            if before:
                seed = self._seed_of(before[0])
            else:
                seed = randbelow(2**32)
                told = {"a": self._names[0], "b": self._names[1], "seed": seed}
                self._log.append(json.dumps(told, ensure_ascii=True))
            self._pairs = _shuffled(self._samples, seed)
            self._take(before[1:])
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def log_name(self) -> str:
        """The name of the log: one for each two sets of results."""
        other = "".join(letter if letter.isalnum() else "_" for letter in self._names[1])[:80]
        return f"blind_{other}.jsonl"

    @property
    def title(self) -> str:
        """What is compared."""
        return self._bench.resolve().name

    def instructions(self) -> Sequence[str]:
        """Return what was asked for."""
        return [pair.sample.instruction for pair in self._pairs]

    def choices(self) -> Mapping[int, str]:
        """Return what was chosen so far."""
        with self._one:
            return dict(self._choices)

    def clip(self, number: int, side: str) -> Path:
        """Return one of the clips of a pair."""
        pair = self._pair(number)
        if side == "source":
            return pair.sample.source
        if side not in {"left", "right"}:
            raise KeyError(side)
        root = self._b if (side == "left") == pair.swapped else self._a
        return root / pair.sample.result

    def choose(self, choice: Choice) -> None:
        """Keep a choice, under the id of its task and by whose clip it is."""
        pair = self._pair(choice.number)
        liked = choice.choice
        if liked != "tie":
            liked = "b" if (liked == "left") == pair.swapped else "a"  # type: ignore[assignment]
        at = datetime.now(UTC).isoformat(timespec="seconds")
        with self._one:
            self._log.append(json.dumps({"id": pair.sample.id, "choice": liked, "at": at}, ensure_ascii=True))
            self._choices[choice.number] = choice.choice

    def table(self) -> Mapping[str, Any]:
        """Return names, and by theme and over all how often each was chosen; `share` is that of B, a tie half."""
        settings = BootstrapSettings()
        chosen = sorted(
            (self._pairs[number].sample.id, number, kind) for number, kind in self.choices().items()
        )
        if not chosen:
            return {"a": self._names[0], "b": self._names[1], "rows": [], "how": settings.describe()}
        themes = [self._pairs[number].sample.theme for _, number, _ in chosen]
        worth = [self._worth(number, kind) for _, number, kind in chosen]
        estimates = theme_estimates(themes, np.array(worth)[:, None], settings)
        rows = []
        for theme, (estimate,) in estimates.items():
            of_theme = [each for each, own in zip(worth, themes, strict=True) if theme in (own, MACRO)]
            counts = {name: of_theme.count(value) for name, value in (("a", 0.0), ("tie", 0.5), ("b", 1.0))}
            rows.append(
                {
                    "theme": "all, themes weighed alike" if theme == MACRO else theme,
                    **counts,
                    **asdict(estimate),
                }
            )
        return {"a": self._names[0], "b": self._names[1], "rows": rows, "how": settings.describe()}

    def _worth(self, number: int, kind: str) -> float:
        if kind == "tie":
            return 0.5
        return float((kind == "left") == self._pairs[number].swapped)

    def _pair(self, number: int) -> _Pair:
        if not 0 <= number < len(self._pairs):
            raise KeyError(number)
        return self._pairs[number]

    def _lines(self) -> list[dict[str, Any]]:
        if not self._folder.exists(self.log_name):
            return []
        try:
            return [parse_object(line) for _, line in self._folder.lines(self.log_name)]
        except ValueError as error:
            raise self._damaged(error) from error

    def _seed_of(self, head: Mapping[str, Any]) -> int:
        if (head.get("a"), head.get("b")) != self._names or not isinstance(head.get("seed"), int):
            raise self._damaged(ValueError(f"its first line is of {head.get('a')} and {head.get('b')}"))
        return int(head["seed"])

    def _take(self, lines: Sequence[Mapping[str, Any]]) -> None:
        place = {pair.sample.id: number for number, pair in enumerate(self._pairs)}
        for line in lines:
            number, liked = place.get(str(line.get("id"))), line.get("choice")
            if liked not in {"a", "b", "tie"}:
                raise self._damaged(ValueError(f"{str(liked)[:40]!r} is no choice"))
            if number is None:
                continue  # its clip is gone; the line stays
            swapped = self._pairs[number].swapped
            self._choices[number] = (
                "tie" if liked == "tie" else "left" if (liked == "b") == swapped else "right"
            )

    def _damaged(self, error: Exception) -> SetupError:
        name = self._folder.name(self.log_name)
        return SetupError(f"{name}: is no log of this comparison ({error}); move it away to begin anew")


def _shuffled(samples: Sequence[BenchSample], seed: int) -> list[_Pair]:
    """Return the pairs in the order of a seed. A sample's side depends on seed and id alone, whoever else is there."""
    drawn = [
        (float(draws.random()), bool(draws.random() < 0.5), sample)
        for sample in samples
        for draws in (generator(seed, "blind", sample.id),)
    ]
    return [_Pair(sample, swapped) for _, swapped, sample in sorted(drawn, key=lambda each: each[0])]
