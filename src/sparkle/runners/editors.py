"""Editors for benchmarks by the name that a user gives: `cpu`, `recipe:X`, `kiwi` or `kiwi:MODEL`, `command:"..."`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from sparkle.bench.command_editor import command_editor
from sparkle.bench.infer import Editor
from sparkle.core.errors import SampleError, SetupError
from sparkle.core.layout import artifact_path
from sparkle.core.sample import Inputs
from sparkle.kiwi.many_clips import KiwiBenchEditor
from sparkle.kiwi.opening import open_kiwi
from sparkle.recipes import Recipe, load_recipe
from sparkle.runners.assemble import BackendPool
from sparkle.runners.build import open_run
from sparkle.runners.local import run_local
from sparkle.runners.readiness import require_ready
from sparkle.runs import Progress, Wish, locked, make_plan
from sparkle.store import copy_file, scratch_folder, write_result

CPU_RECIPE = "cpu"


@dataclass(slots=True)
class RecipeEditor:
    """Runs all stages of a recipe as `sparkle edit` does, so checks warn and do not reject; a wave of clips at a time.

    Every clip gets the seed that it would get alone, so waves and shards do not change a result.
    """

    name: str
    recipe: Recipe
    pool: BackendPool
    _folder: ExitStack = field(default_factory=ExitStack)
    _done: dict[tuple[Path, str], Path | str] = field(default_factory=dict)

    @property
    def wave(self) -> int:
        """As many clips as the recipe takes through a stage before the next stage starts."""
        return self.recipe.wave

    def prepare(self, clips: Sequence[tuple[Path, str]]) -> None:
        """Edit all of them, in a temporary folder; what was prepared before is forgotten."""
        self.close()
        root = self._folder.enter_context(scratch_folder())
        wishes = [Wish(Inputs(str(source)), instruction) for source, instruction in clips]
        plan = make_plan(wishes, (), 1, self.recipe.seed)
        plan = [replace(sample, advisory=True, seed=plan[0].seed) for sample in plan]
        with locked(root):
            open_run(root, plan, self.recipe, None)
            state = run_local(plan, self.recipe, self.pool, root, lambda event: None)
        self._done = {clip: _edited(root, state[sample.id]) for clip, sample in zip(clips, plan, strict=True)}

    def __call__(self, source: Path, instruction: str, output: Path) -> None:
        """Hand over one prepared clip. Raises SampleError when a stage could not work on it."""
        if (source, instruction) not in self._done:
            self.prepare([(source, instruction)])
        edited = self._done.pop((source, instruction))
        if isinstance(edited, str):
            raise SampleError(edited)
        write_result(output, lambda path: copy_file(edited, path))

    def close(self) -> None:
        """Delete what was prepared."""
        self._folder.close()
        self._done.clear()


def open_editor(editor: str, overrides: Sequence[str] = (), timeout_s: float = 3600.0) -> Editor:
    """Return an editor that is ready to work.

    `overrides` are settings of a recipe (`section.key=value`) or of Kiwi (`key=value`), `timeout_s` is the longest time
    of one run of a command.
    Raises SetupError for an unknown editor, and for one that cannot run here.
    """
    kind, colon, rest = editor.partition(":")
    if kind == "command" and colon:
        _refuse_overrides(editor, overrides)
        return command_editor(rest, timeout_s)
    if kind == "recipe" and rest:
        return _recipe_editor(rest, overrides)
    if editor == CPU_RECIPE:
        return _recipe_editor(CPU_RECIPE, overrides)
    if kind == "kiwi":
        kiwi, settings = open_kiwi(rest or None, overrides)
        return KiwiBenchEditor(kiwi, settings, name=f"kiwi:{kiwi.card.name}")
    raise SetupError(
        f"--editor {editor}: unknown; known: cpu, recipe:NAME, recipe:FILE.yaml, kiwi, kiwi:CHECKPOINT, "
        "command:'PROGRAM {source} {instruction} {output}'"
    )


def _recipe_editor(name: str, overrides: Sequence[str]) -> RecipeEditor:
    recipe = load_recipe(name, overrides)
    pool = BackendPool()
    require_ready(recipe, pool)
    return RecipeEditor(f"recipe:{recipe.name}", recipe, pool)


def _edited(root: Path, state: Progress) -> Path | str:
    """Return a sample's edited clip, or why there is none."""
    if state.status != "passed":
        event = state.events[-1]
        return f"stage {event.stage}: {event.error}"
    return root / artifact_path("edited_video", state.sample.theme, state.sample.id)


def _refuse_overrides(editor: str, overrides: Sequence[str]) -> None:
    if overrides:
        raise SetupError(f"--set {overrides[0]}: {editor.partition(':')[0]} has no recipe to set it in")
