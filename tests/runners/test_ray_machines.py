"""Several machines of a Ray cluster, here as several nodes of one: GPUs shared by actors, many calls in one, and a
machine that is lost while it works."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.cluster_utils import Cluster
from tests.runners import small_run
from tests.runners.small_run import ENDS, RUN, MeetingStage, done_twice, ends, files, loads

from sparkle.recipes import STAGES
from sparkle.runners.ray_crew import Actors, Pool
from sparkle.runs import StageEvent
from sparkle.store import Folder

MACHINE = {"num_cpus": 2, "num_gpus": 1, "object_store_memory": 100_000_000}
OTHERS = tuple(stage for stage in STAGES if stage != "animate")


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[Cluster, Any]]:
    """A head without work and two machines with a GPU each, as far as Ray is told; and the second of them."""
    cluster = Cluster(initialize_head=True, head_node_args={**MACHINE, "num_cpus": 0, "num_gpus": 0})
    cluster.add_node(**MACHINE)
    second = cluster.add_node(**MACHINE)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    yield cluster, second
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture(autouse=True)
def _in_a_folder(cluster: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("share", "workers"), [(1.0, 2), (0.5, 4)])
def test_every_gpu_is_used_and_every_worker_loads_once(
    share: float, workers: int, undisturbed: dict[str, bytes]
) -> None:
    stages = {**small_run.stages("no"), "animate": MeetingStage("animate", loaded=workers)}
    pools = [Pool(("animate",), cpus=0.25, gpus=share), Pool(OTHERS, cpus=0.5)]
    small_run.run(Actors(pools, stages, Folder.at(RUN), "gpus"))
    assert len(loads()) == workers, "each once"
    assert len(set(loads())) == 2
    assert {loads().count(where) for where in set(loads())} == {round(1 / share)}
    assert files() == undisturbed


def test_a_stage_that_waits_for_a_server_has_many_calls_in_one_worker(undisturbed: dict[str, bytes]) -> None:
    stages = {**small_run.stages("no"), "source": MeetingStage("source", at_once=6)}
    pools = [Pool(("source",), capacity=6), Pool(STAGES[1:])]
    small_run.run(Actors(pools, stages, Folder.at(RUN), "many"))
    assert len(loads()) == 1
    assert ends() == ENDS
    assert files() == undisturbed


def test_a_machine_that_is_lost_leaves_no_trace(
    cluster: tuple[Cluster, Any], undisturbed: dict[str, bytes]
) -> None:
    nodes, second = cluster
    stages = small_run.stages("slow")
    stages["source"] = MeetingStage("source", "slow", loaded=2)
    lost = []

    def lose(event: StageEvent) -> None:
        if event.stage == "first_frame" and not lost:
            lost.append(event)
            nodes.remove_node(second, allow_graceful=False)

    notices: list[Any] = []
    crew = Actors([Pool(STAGES, cpus=2)], stages, Folder.at(RUN), "lost")
    small_run.run(crew, notices=notices, report=lose)
    assert lost
    assert len(set(loads())) == 2, "both machines worked"
    assert files() == undisturbed
    assert ends() == ENDS
    assert done_twice() == []


def test_work_for_a_machine_that_is_gone_gives_way_to_what_the_others_can_do(
    cluster: tuple[Cluster, Any],
) -> None:
    """A start that Ray would keep waiting for ever holds no place in the counts."""
    RUN.mkdir()
    (RUN / "plan.jsonl").touch()
    crew = Actors([Pool(STAGES, cpus=2)], small_run.stages("no"), Folder.at(RUN), "gone")
    room = int(ray.cluster_resources()["CPU"]) // 2
    for _ in range(room + 1):
        crew._start(Pool(STAGES, cpus=2))
    crew.want({})
    assert len(crew._hired) == room
    crew.close()
