"""The Ray runner makes the same run folder as the local one, also when actors die, hang, or their driver is killed."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import ray
from tests.conftest import SMALLEST
from tests.pipeline.small_dataset import LIST, hashes, make_inputs
from tests.runners import small_run
from tests.runners.small_run import ENDS, RUN, actors, done_twice, ends, files, memory_limit
from tests.runners.test_processes import SUSPECT

from sparkle.core.errors import SetupError
from sparkle.core.outcome import Outcome
from sparkle.recipes import STAGES, load_recipe
from sparkle.runners.assemble import BackendPool
from sparkle.runners.build import build, library_versions, plan_build
from sparkle.runners.crew import Call
from sparkle.runners.ray import _share, pools_of, run_ray
from sparkle.runners.ray_crew import Actors, Pool
from sparkle.runners.stream import Notice
from sparkle.store import Folder

KNOWN = json.loads(LIST.read_text())


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """A small cluster on this machine for all tests; returns its address."""
    found = ray.init(
        address="local",
        num_cpus=2,
        object_store_memory=100_000_000,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
    )
    yield found.address_info["gcs_address"]
    ray.shutdown()


@pytest.fixture(autouse=True)
def _in_a_folder(cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_it_makes_the_same_dataset_as_the_local_runner() -> None:
    make_inputs(Path.cwd())
    build(plan_build(["rows.jsonl"]), RUN, load_recipe("cpu", SMALLEST), runner=partial(run_ray))
    found = hashes(RUN)
    assert sorted(found) == sorted(KNOWN["files"])
    if library_versions() == KNOWN["made_with"]:
        assert found == KNOWN["files"]


@pytest.mark.parametrize("fault", ["die once", "hang once"])
def test_an_actor_that_is_lost_once_leaves_no_trace(fault: str, undisturbed: dict[str, bytes]) -> None:
    notices: list[Notice] = []
    small_run.run(actors(fault), limit_s=5.0, notices=notices)
    told = "its worker died" if fault == "die once" else "took longer than 5 s (call_limit_s.animate)"
    assert [notice.stage for notice in notices if notice.id == SUSPECT and told in notice.text] == ["animate"]
    assert files() == undisturbed
    assert ends() == ENDS
    assert done_twice() == []


def test_of_many_in_an_actor_the_one_that_kills_it_is_found(undisturbed: dict[str, bytes]) -> None:
    small_run.run(actors("die", capacity=4))
    assert ends() == [*ENDS[:3], "animate failed", *ENDS[4:]]
    small_run.run(actors("no", capacity=4))
    assert files() == undisturbed


@pytest.mark.parametrize(("fault", "limit_s"), [("hang", 3.0), ("leave", 600.0)])
def test_a_sample_that_always_breaks_its_actor_fails_by_name_and_the_run_goes_on(
    fault: str, limit_s: float, undisturbed: dict[str, bytes]
) -> None:
    small_run.run(actors(fault), limit_s=limit_s)
    assert ends() == [*ENDS[:3], "animate failed", *ENDS[4:]]
    assert {path for path in files() if SUSPECT not in path} == {
        path for path in undisturbed if SUSPECT not in path
    }
    small_run.run(actors("no"))
    assert files() == undisturbed, "the next start tries it again"


def test_a_sample_that_takes_all_memory_of_its_actor_fails_by_name(undisturbed: dict[str, bytes]) -> None:
    try:
        limit = memory_limit()
    except OSError as error:
        pytest.skip(f"no limit can be set for a group of processes here: {error}")
    notices: list[Notice] = []
    small_run.run(actors("memory"), notices=notices)
    limit.rmdir()
    assert [notice.stage for notice in notices if notice.id == SUSPECT] == ["animate"] * 3
    assert ends() == [*ENDS[:3], "animate failed", *ENDS[4:]]
    small_run.run(actors("no"))
    assert files() == undisturbed


def test_a_driver_that_is_killed_is_followed_by_another(cluster: str, undisturbed: dict[str, bytes]) -> None:
    driver = small_run.start("actors", "slow", RAY_ADDRESS=cluster)
    small_run.wait_until(lambda: small_run.results() >= 9, driver)
    driver.kill()
    driver.wait()
    small_run.run(actors("no"))
    assert files() == undisturbed
    assert done_twice() == []


def test_workers_of_a_killed_driver_are_ended_before_anything_is_begun() -> None:
    left = Actors([Pool(STAGES, cpus=0.5)], small_run.stages("no"), Folder.at(RUN), "left")
    RUN.mkdir()
    (RUN / "plan.jsonl").touch()
    call = Call("source", small_run.plan()[0])
    while not left.begin(call):
        left.want({"source": 1})
        left.wait(1.0)
    names = [each for each in ray.util.list_named_actors(all_namespaces=True) if "left" in each["namespace"]]
    assert len(names) == 1
    Actors([Pool(STAGES, cpus=0.5)], small_run.stages("no"), Folder.at(RUN), "left")
    names = [each for each in ray.util.list_named_actors(all_namespaces=True) if "left" in each["namespace"]]
    assert names == []


def test_a_pool_without_calls_gives_way_to_one_that_has_them() -> None:
    RUN.mkdir()
    (RUN / "plan.jsonl").touch()
    pools = [Pool(STAGES[:1], cpus=2), Pool(STAGES[1:2], cpus=2)]
    crew = Actors(pools, small_run.stages("no"), Folder.at(RUN), "swap")
    assert not crew.all_fit
    for stage in STAGES[:2]:
        call = Call(stage, small_run.plan()[0])
        while not crew.begin(call):
            crew.want({stage: 1})
            crew.wait(1.0)
        while not (ended := crew.wait(1.0)):
            pass
        assert isinstance(ended[0].result, Outcome)
    crew.close()


def test_what_no_machine_has_is_refused_at_once() -> None:
    with pytest.raises(SetupError, match=r"stage animate: a worker needs 1 CPU, 1 GPU, and no machine"):
        Actors([Pool(("animate",), gpus=1)], {}, Folder.at(RUN), "no")


def test_a_machine_that_does_not_see_the_run_folder_is_named() -> None:
    crew = Actors([Pool(STAGES, cpus=0.5)], small_run.stages("no"), Folder.at(RUN), "blind")
    crew.want({"source": 1})
    with pytest.raises(SetupError, match="does not see this run folder"):
        while True:
            crew.wait(1.0)
    crew.close()


def test_stages_without_a_gpu_share_workers_and_a_gpu_is_shared_by_as_many_as_fit() -> None:
    (pool,) = pools_of(load_recipe("cpu"), BackendPool())
    assert (pool.stages, pool.capacity, pool.cpus, pool.gpus) == (STAGES, 1, 1.0, 0.0)
    assert pool.memory > 0.3e9
    assert [_share("track", share, 80.0) for share in (0.03, 0.3, 0.5, 0.51, 1.0)] == [
        0.03,
        0.333,
        0.5,
        1.0,
        1.0,
    ]
    with pytest.raises(SetupError, match=r"stage animate: its models take 88 GB.*has 80"):
        _share("animate", 1.1, 80.0)


def test_a_recipe_with_models_needs_a_cluster_with_gpus() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("openai")
    with pytest.raises(SetupError, match="need a GPU, and the Ray cluster has none"):
        pools_of(load_recipe("paper"), BackendPool())
