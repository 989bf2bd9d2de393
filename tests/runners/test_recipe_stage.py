"""A stage of any recipe can be sent to another process, and gives the same there."""

import multiprocessing
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import SMALL
from tests.stages.trial import Trial

from sparkle.core.outcome import Costs, Outcome
from sparkle.core.sample import Sample
from sparkle.core.stage import Reads, Resources
from sparkle.recipes import STAGES, list_recipes, load_recipe
from sparkle.recipes.fillings import STAGE_CLASSES
from sparkle.runners.assemble import BackendPool, assemble_stage
from sparkle.runners.perform import perform
from sparkle.runners.recipe_stage import RecipeStage
from sparkle.store import Folder

Told = list[tuple[str, Reads, tuple[str, ...], Resources]]


def there(stages: list[RecipeStage]) -> Told:
    """Make the stages, which does not load their models."""
    return [(stage.name, stage.reads, stage.writes, stage.resources) for stage in stages]


def call_there(stage: RecipeStage, sample: Sample, folder: Folder) -> Outcome:
    return perform(stage, sample, folder)


def test_every_stage_of_every_recipe_is_pickled_and_made_in_a_spawned_process() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("openai")
    stages = [RecipeStage(name, recipe) for recipe in list_recipes() for name in STAGES]
    assert len(stages) >= 6 * 6
    again: list[RecipeStage] = pickle.loads(pickle.dumps(stages))  # noqa: S301 - our own bytes
    assert again == stages
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply(there, (stages,))
    pools = {recipe.name: BackendPool() for recipe in list_recipes()}
    made = [assemble_stage(stage.name, stage.recipe, pools[stage.recipe.name]) for stage in stages]
    assert found == [(stage.name, stage.reads, stage.writes, stage.resources) for stage in made]
    assert any(resources.gpu_memory_gb > 60 for *_, resources in found), "the paper's generator"


def test_called_in_a_spawned_process_it_writes_the_same_bytes(tmp_path: Path) -> None:
    trial = Trial(tmp_path / "trial")
    recipe = load_recipe("cpu", ["video.frames=25"])
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for name in STAGES:
            stage = RecipeStage(name, recipe)
            outcome = pool.apply(call_there, (stage, trial.sample, trial.folder))
            assert outcome.error is None
            here = perform(assemble_stage(name, recipe, BackendPool()), trial.sample, trial.folder)
            assert replace(outcome, costs=Costs()) == replace(here, costs=Costs())
            assert {each.name for each in outcome.artifacts} == set(STAGE_CLASSES[name].writes)


def test_stages_of_one_process_share_a_backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sparkle.backends import REGISTRY
    from sparkle.backends.cpu.canny import Canny

    made = []

    class Counted(Canny):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    monkeypatch.setitem(REGISTRY, "cpu.counted", f"{__name__}:Counted")
    monkeypatch.setitem(globals(), "Counted", Counted)
    recipe = load_recipe("cpu", [*SMALL, "synthesize.edges=cpu.counted"])
    trial = Trial(tmp_path / "trial")
    for stage in (RecipeStage("synthesize", recipe), RecipeStage("synthesize", load_recipe("cpu"))):
        _ = stage.resources
    for _ in range(2):
        perform(RecipeStage("synthesize", recipe), trial.sample, trial.folder)
    assert len(made) == 1
