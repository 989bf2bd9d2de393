"""The plan of a run: which samples it will try, decided before any work from the inputs and the seed alone.

Ids never depend on what is accepted, so a run can be killed, resumed, extended with more sources, or spread over
machines, and its samples keep their names.
"""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from sparkle.core.errors import SetupError
from sparkle.core.instruction import instruction_fault
from sparkle.core.layout import sample_id
from sparkle.core.parsing import checked, parse_object
from sparkle.core.sample import Inputs, Sample
from sparkle.core.scene import Scene
from sparkle.core.seeds import derive_seed
from sparkle.store import open_plain
from sparkle.taxonomy import choose_themes

_SAMPLE = TypeAdapter(Sample)
_encode = json.JSONEncoder(ensure_ascii=False).encode

OWN_INSTRUCTION_THEME = "openve3m"  # the published theme whose prompts come with the videos


@dataclass(frozen=True, slots=True)
class Wish:
    """One source, and what the user wants of it: an instruction, a theme, a scene; None is ours to choose."""

    inputs: Inputs
    instruction: str | None = None
    theme: str | None = None
    scene: Scene | None = None


def make_plan(
    wishes: Sequence[Wish], themes: Sequence[str], pairs_per_source: int, seed: int
) -> list[Sample]:
    """Return the samples of a run: `pairs_per_source` for each wish, themes balanced over those that name none.

    A wish with an instruction and no theme goes to the published theme of given prompts.
    """
    for wish in wishes:
        _refuse_unwritable(wish)
    slots = [wish for wish in wishes for _ in range(pairs_per_source)]
    undecided = sum(1 for wish in slots if wish.theme is None and wish.instruction is None)
    chosen = iter(choose_themes(themes, seed, undecided))
    numbers: Counter[str] = Counter()
    plan = []
    with _not_collecting():
        for wish in slots:
            theme = wish.theme or (OWN_INSTRUCTION_THEME if wish.instruction else next(chosen))
            id = sample_id(theme, numbers[theme])
            numbers[theme] += 1
            plan.append(Sample(id, theme, derive_seed(seed, id), wish.inputs, wish.scene, wish.instruction))
    return plan


@contextmanager
def _not_collecting() -> Iterator[None]:
    """Look for no garbage meanwhile: among objects that are all kept it takes a third of the time, and finds none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _refuse_unwritable(wish: Wish) -> None:
    if fault := instruction_fault(wish.instruction or ""):
        raise SetupError(
            f"{wish.inputs.video}: {fault}; say in a sentence or two what should be behind the subject"
        )
    for text in (wish.instruction or "", wish.inputs.video):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise SetupError(
                f"{text!r}: not valid Unicode text ({error.reason}); write or name it in UTF-8"
            ) from error


def plan_line(sample: Sample) -> str:
    """Return a planned sample as a line of the plan that is kept in the run folder."""
    inputs = sample.inputs
    value = {
        "id": sample.id,
        "theme": sample.theme,
        "seed": sample.seed,
        "inputs": {
            "video": inputs.video,
            "edited_video": inputs.edited_video,
            "background": inputs.background,
            "boxes": inputs.boxes,
            **({} if inputs.matte is None else {"matte": inputs.matte}),
        },
        "scene": None if sample.scene is None else asdict(sample.scene),
        "instruction": sample.instruction,
        "advisory": sample.advisory,
    }
    return _encode(value) + "\n"


def read_plan(path: Path) -> Iterator[Sample]:
    """Yield the samples of a kept plan. Raises SetupError for a line that is no sample, and for an id that stands
    there twice."""
    seen: set[str] = set()
    try:
        with open_plain(path) as file:
            for number, line in enumerate(file, 1):
                try:
                    sample = checked(_SAMPLE, parse_object(line))
                    if sample.id in seen:
                        raise ValueError(f"{sample.id} stands there twice")
                except ValueError as error:
                    raise SetupError(
                        f"{path}, line {number}: not a planned sample ({error}); the file was changed by hand or by "
                        "another program. Restore it, or start in a new folder"
                    ) from error
                seen.add(sample.id)
                yield sample
    except OSError as error:
        raise SetupError(f"{path}: cannot be read ({error.strerror})") from error
