"""Rubrics: what a model judge is asked. Ours, or a file of the user's, such as the authors' evaluation script.

Scores are comparable with published ones only if they were made with the published text, which stands in the authors'
script as a constant. It is read with `ast`; no line of the script is ever executed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sparkle.bench.dimensions import Benchmark
from sparkle.core.errors import SetupError
from sparkle.store import named_constant, packaged_text, read_short_text, string_constants

PLACEHOLDER = "{edit_prompt}"


@dataclass(frozen=True, slots=True)
class Rubric:
    """The text of a question. `name` says where it is from: a file's name, and the constant in a script."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        """The hash of the text, by which two score files can be told to have been made with the same one."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def about(self, instruction: str) -> str:
        """Return the question for one editing instruction: it replaces `{edit_prompt}`, or follows at the end."""
        if PLACEHOLDER in self.text:
            return self.text.replace(PLACEHOLDER, instruction)
        return f"{self.text.rstrip()}\n\nThe editing instruction is: {instruction}\n"


def own_rubric(benchmark: Benchmark) -> Rubric:
    """Return the rubric that comes with the package: the published meaning in our own words."""
    name = f"rubric_{benchmark.key}.md"
    return Rubric(name, packaged_text(__package__, name))


def read_rubric(location: str, benchmark: Benchmark) -> Rubric:
    """Return the rubric of a text file, or of a Python script: `FILE` or `FILE::CONSTANT`.

    Without a constant the script's only rubric is taken: the string that holds `{edit_prompt}`, and if several do, the
    one that names all dimensions. Raises SetupError when there is none or more than one, with the names to choose from.
    """
    file, colons, constant = location.partition("::")
    path = Path(file)
    text = read_short_text(path, "--rubric")
    if path.suffix != ".py":
        if colons:
            raise SetupError(
                f"--rubric {location}: only a Python script has constants; give the text file alone"
            )
        return Rubric(path.name, text)
    constants = string_constants(path, text)
    name = constant or _only_rubric(path, constants, benchmark)
    return Rubric(f"{path.name}::{name}", named_constant(path, constants, name))


def _only_rubric(path: Path, constants: Mapping[str, str], benchmark: Benchmark) -> str:
    """Return the name of the one constant that can be meant."""
    tests: tuple[Callable[[str], bool], ...] = (
        lambda text: PLACEHOLDER in text,
        lambda text: all(dimension.name in text for dimension in benchmark.dimensions),
    )
    candidates = list(constants)
    for test in tests:
        candidates = [name for name in candidates if test(constants[name])] or candidates
    if len(candidates) != 1:
        raise SetupError(
            f"{path}: cannot tell which string is the rubric for {benchmark.name}; choose one with "
            f"--rubric {path}::NAME, where NAME is one of: {', '.join(candidates) or '(it has no string constants)'}"
        )
    return candidates[0]
