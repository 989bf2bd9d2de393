"""The local runner with stages of the test's own: overlap, interruption, memory, usage."""

import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.ledgers import read_events

from sparkle.backends import REGISTRY
from sparkle.core.errors import OutOfMemoryError, SetupError
from sparkle.core.outcome import Outcome
from sparkle.core.sample import Inputs, Sample
from sparkle.core.stage import Reads, Resources
from sparkle.core.usage import Usage, record_usage
from sparkle.recipes import load_recipe
from sparkle.roles import ModelCard
from sparkle.runners import assemble, local
from sparkle.runs import StageEvent
from sparkle.store import Folder


@dataclass
class Recording:
    """Counts how many calls are inside at once, and may break on one sample."""

    breaks: str | None = None
    inside: int = 0
    most: int = 0

    name: ClassVar[str] = "source"
    reads: ClassVar[Reads] = Reads()
    writes: ClassVar[tuple[str, ...]] = ()
    clips_held: ClassVar[int] = 0
    resources: ClassVar[Resources] = Resources()

    def __post_init__(self) -> None:
        self.lock = threading.Lock()

    def __call__(self, sample: Sample, folder: Folder) -> Outcome:
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        record_usage(Usage("work", "tiny", seconds=0.5, prompt_tokens=3))
        time.sleep(0.05)
        with self.lock:
            self.inside -= 1
        if sample.id == self.breaks:
            raise OutOfMemoryError("edit at 1280x720: out of memory; set offload: model")
        return Outcome(instruction=sample.id)


def samples(count: int) -> list[Sample]:
    return [
        Sample(f"Sparkle_location_{number:06d}", "location", number, Inputs("clip.mp4"))
        for number in range(count)
    ]


def run(stage: Recording, plan: list[Sample], root: Path, concurrency: int) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    local._run_samples(stage, plan, Folder.at(root), concurrency, Kept(found))
    return found


@dataclass
class Kept:
    found: dict[str, Outcome]

    def __call__(self, sample: Sample, outcome: Outcome) -> None:
        assert sample.id not in self.found, "recorded twice"
        self.found[sample.id] = outcome


def test_samples_overlap_up_to_the_limit_and_each_is_recorded_once(tmp_path: Path) -> None:
    stage = Recording()
    found = run(stage, samples(9), tmp_path, 3)
    assert stage.most == 3
    assert sorted(found) == [sample.id for sample in samples(9)]
    assert all(outcome.instruction == id for id, outcome in found.items())
    one_by_one = Recording()
    run(one_by_one, samples(3), tmp_path, 1)
    assert one_by_one.most == 1


def test_what_models_used_is_recorded_with_the_sample_that_used_it(tmp_path: Path) -> None:
    for outcome in run(Recording(), samples(4), tmp_path, 2).values():
        assert outcome.costs.usage == (Usage("work", "tiny", seconds=0.5, prompt_tokens=3),)


def test_out_of_memory_stops_the_run_names_the_stage_and_keeps_what_was_under_way(tmp_path: Path) -> None:
    plan = samples(8)
    found: dict[str, Outcome] = {}
    with pytest.raises(
        OutOfMemoryError, match=rf"stage source, sample {plan[0].id}: edit .* set offload: model"
    ):
        local._run_samples(Recording(breaks=plan[0].id), plan, Folder.at(tmp_path), 2, Kept(found))
    assert plan[1].id in found
    assert len(found) < len(plan) - 1, "samples that had not started must not start any more"


def test_a_real_run_ends_alike_whatever_the_concurrency(smallest_clip_file: Path, tmp_path: Path) -> None:
    from tests.conftest import SMALLEST, forget

    from sparkle.runners.build import build, plan_build

    found = []
    for concurrency in (1, 2):
        forget()  # or the second run would be told what the first one saw
        recipe = load_recipe("cpu", [*SMALLEST, f"concurrency={concurrency}"])
        plan = plan_build([str(smallest_clip_file)], themes=["location", "time"], pairs_per_source=2, seed=7)
        out = tmp_path / str(concurrency)
        build(plan, out, recipe)
        events = [event for event in read_events(out) if isinstance(event, StageEvent)]
        found.append({(event.id, event.stage): replace(event, seconds=0.0, usage=()) for event in events})
        assert len(events) == len(found[-1])
    assert found[0] == found[1]


@dataclass
class Heavy:
    size: float = 0.0
    releases: int = 0
    card: ClassVar[ModelCard] = ModelCard("heavy", "1", "none")

    @property
    def gpu_memory_gb(self) -> float:
        return self.size

    def release(self) -> None:
        self.releases += 1


@pytest.mark.parametrize(("gpu", "releases"), [(100.0, 0), (50.0, 1)])
def test_models_of_other_stages_are_released_only_when_they_do_not_fit_together(
    gpu: float, releases: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(REGISTRY, "test.heavy", f"{__name__}:Heavy")
    monkeypatch.setattr(assemble, "gpu_size_gb", lambda: gpu)
    pool = assemble.BackendPool()
    first, second = (_backend(size) for size in (30.0, 40.0))
    pool.make_room_for([first])
    pool.make_room_for([second])
    assert (pool.get(first).releases, pool.get(second).releases) == (releases, 0)


def _backend(size: float) -> Any:
    from sparkle.config.settings import BackendChoice

    return BackendChoice(key="test.heavy", options={"size": size})


def test_a_recipe_whose_weights_are_absent_stops_before_any_work(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    from sparkle.backends.weights import Weights

    with pytest.raises(SetupError, match="sparkle models fetch"):
        Weights(str(tmp_path / "nothing here")).folder()
    with pytest.raises(SetupError, match="sparkle models fetch"):
        Weights("nobody/nothing", "0" * 40).folder()
