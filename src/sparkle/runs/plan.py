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

from pydantic import TypeAdapter

from sparkle.core.errors import SetupError
from sparkle.core.instruction import instruction_fault
from sparkle.core.layout import SAMPLE_ID, sample_id
from sparkle.core.own_background import LibraryEntry
from sparkle.core.parsing import checked, parse_object
from sparkle.core.sample import Inputs, Sample
from sparkle.core.scene import Scene
from sparkle.core.seeds import derive_seed
from sparkle.store import Folder, Place
from sparkle.taxonomy import choose_themes

_SAMPLE = TypeAdapter(Sample)
_text = json.JSONEncoder(ensure_ascii=False).encode
_NONE = "null"

PLAN_FILE = "plan.jsonl"

OWN_INSTRUCTION_THEME = "openve3m"  # the published theme whose prompts come with the videos


@dataclass(frozen=True, slots=True)
class Wish:
    """One source, and what the user wants of it: an instruction, a theme, a scene; None is ours to choose.

    `background` says what the background of the inputs is, where it is of a library.
    """

    inputs: Inputs
    instruction: str | None = None
    theme: str | None = None
    scene: Scene | None = None
    background: LibraryEntry | None = None


def make_plan(
    wishes: Sequence[Wish], themes: Sequence[str], pairs_per_source: int, seed: int
) -> list[Sample]:
    """Return the samples of a run: `pairs_per_source` for each wish, themes balanced over those that name none.

    A wish with an instruction and no theme goes to the published theme of given prompts.
    """
    numbers: Counter[str] = Counter()
    plan = []
    with _not_collecting():
        for wish in wishes:
            _refuse_unwritable(wish)
        slots = [wish for wish in wishes for _ in range(pairs_per_source)]
        undecided = sum(1 for wish in slots if wish.theme is None and wish.instruction is None)
        chosen = iter(choose_themes(themes, seed, undecided))
        for wish in slots:
            theme = wish.theme or (OWN_INSTRUCTION_THEME if wish.instruction else next(chosen))
            id = sample_id(theme, numbers[theme])
            numbers[theme] += 1
            wanted = (wish.inputs, wish.scene, wish.instruction)
            plan.append(Sample(id, theme, derive_seed(seed, id), *wanted, background=wish.background))
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
    # Written piece by piece: of a million lines that takes a third of the time.
    matte = "" if inputs.matte is None else f', "matte": {_text(inputs.matte)}'
    advisory = "true" if sample.advisory else "false"
    entry = "" if sample.background is None else f', "background": {_text(asdict(sample.background))}'
    return (
        f'{{"id": {_text(sample.id)}, "theme": {_text(sample.theme)}, "seed": {sample.seed}, '
        f'"inputs": {{"video": {_text(inputs.video)}, "edited_video": {_or_null(inputs.edited_video)}, '
        f'"background": {_or_null(inputs.background)}, "boxes": {_or_null(inputs.boxes)}{matte}}}, '
        f'"scene": {_NONE if sample.scene is None else _text(asdict(sample.scene))}, '
        f'"instruction": {_or_null(sample.instruction)}, "advisory": {advisory}{entry}}}\n'
    )


def _or_null(text: str | None) -> str:
    return _NONE if text is None else _text(text)


def read_plan(root: Place) -> Iterator[Sample]:
    """Yield the samples of the plan that a run keeps. Raises SetupError for a line that is no sample, and for an id
    that stands there twice."""
    folder = Folder.at(root)
    seen: set[str] = set()
    try:
        with folder.open(PLAN_FILE) as file:
            for number, line in enumerate(file, 1):
                try:
                    sample = checked(_SAMPLE, parse_object(line))
                    match = SAMPLE_ID.fullmatch(sample.id)
                    if match is None or match["theme"] != sample.theme:
                        raise ValueError(
                            f"'{sample.id[:60]}' is no id of a sample of theme '{sample.theme[:60]}'"
                        )
                    if sample.id in seen:
                        raise ValueError(f"{sample.id} stands there twice")
                except ValueError as error:
                    raise SetupError(
                        f"{folder.name(PLAN_FILE)}, line {number}: not a planned sample ({error}); the file was "
                        "changed by hand or by another program. Restore it, or start in a new folder"
                    ) from error
                seen.add(sample.id)
                yield sample
    except OSError as error:
        raise SetupError(f"{folder.name(PLAN_FILE)}: cannot be read ({error.strerror})") from error
