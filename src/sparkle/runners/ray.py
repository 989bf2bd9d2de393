"""The Ray runner: stages on all machines of a cluster, the ledger on the one that drives.

Ray places processes and tells when one dies; what is done and what comes next, our ledger says. So these are plain
actors with calls that are counted, and no pipeline of Ray Data: there an outcome reaches the driver only with those of
all later stages, so that a kill would lose them all and a next stage would build on what no ledger holds; a hanging
call belongs to no actor that could be killed; and a sample that kills its worker fails its whole block, unnamed.

Between processes travel a stage's name, samples and outcomes: some kilobytes. Pixels stay in the run's folder, which
all machines must reach under the same address.
"""

from __future__ import annotations

import hashlib
import math
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache, partial

import ray
from ray.exceptions import GetTimeoutError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from sparkle.core.errors import SetupError
from sparkle.core.sample import Sample
from sparkle.recipes import STAGES, Recipe
from sparkle.runners.assemble import BackendPool, gpu_size_gb, model_cards, stage_resources
from sparkle.runners.books import Books, Report
from sparkle.runners.processes import cores
from sparkle.runners.ray_crew import Actors, Pool, end_actors_of
from sparkle.runners.recipe_stage import RecipeStage
from sparkle.runners.stream import Notify, Rules, stream
from sparkle.runs import Ledger, Provenance, RunState, open_state
from sparkle.store import Folder, Place

# Ray puts nothing of ours there; it refuses less than 75 MB.
_OBJECT_STORE_BYTES = 100_000_000
_ANSWER_S = 120.0
_CONNECT_S = 30.0


def run_ray(
    plan: Sequence[Sample],
    recipe: Recipe,
    pool: BackendPool,
    root: Place,
    report: Report,
    *,
    address: str | None = None,
    notify: Notify = lambda notice: None,
) -> RunState:
    """Bring every sample of the plan to its end, as `run_local` does, on the cluster at `address`, or a local one.

    Raises SetupError where the cluster cannot be joined, or has no machine for one of the stages. The caller holds the
    run folder's lock.
    """
    with _cluster(address):
        folder = Folder.at(root)
        run = _name_of(folder)
        end_actors_of(run)
        state = open_state(folder, plan, STAGES)
        stages = {name: RecipeStage(name, recipe) for name in STAGES}
        crew = Actors(pools_of(recipe, pool), stages, folder, run)
        rules = Rules.of(recipe)
        with Ledger(folder, state.index) as ledger, closing(crew):
            books = Books(folder, state, ledger, report, cache(partial(_cards, recipe, pool)))
            waiting = state.waiting()
            # Where not all models have room at once, each is loaded once per wave, as on one machine.
            size = len(waiting) if crew.all_fit else recipe.wave
            try:
                for start in range(0, len(waiting), max(size, 1)):
                    stream(books, books.coming(waiting[start : start + size]), STAGES, crew, rules, notify)
            finally:
                ledger.settle()
                state.save(ledger)
    return state


def pools_of(recipe: Recipe, pool: BackendPool) -> list[Pool]:
    """Return the workers that a recipe's stages take: one pool for all that need a CPU alone, one for those that ask
    servers, and one for each stage with models on a GPU, which are loaded once in a worker.

    A worker with a GPU takes the share of it that its models need by their measured memory.
    """
    needs = {name: stage_resources(name, recipe, pool) for name in STAGES}
    on_gpu = [name for name, each in needs.items() if each.gpu_memory_gb]
    asking = [name for name, each in needs.items() if each.asks and name not in on_gpu]
    plain = [name for name in STAGES if name not in on_gpu and name not in asking]
    size_gb = _smallest_gpu_gb() if on_gpu else 0.0
    pools = [
        Pool((name,), recipe.concurrency, gpus=_share(name, needs[name].gpus(size_gb), size_gb))
        for name in on_gpu
    ]
    if asking:
        pools.append(Pool(tuple(asking), recipe.concurrency))
    if plain:
        memory_gb = max(needs[name].memory_gb for name in plain)
        pools.append(
            Pool(tuple(plain), cpus=max(needs[name].cpus for name in plain), memory=int(memory_gb * 1e9))
        )
    return pools


def _name_of(folder: Folder) -> str:
    """Return what tells a run's workers from those of others on the cluster."""
    address = folder.address if folder.path is None else str(folder.path.absolute())
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def _share(stage: str, share: float, size_gb: float) -> float:
    """Return the share of a GPU that Ray is asked for: as many workers as fit on one have equal parts of it."""
    if share > 1:
        raise SetupError(
            f"stage {stage}: its models take {share * size_gb:.0f} GB, and the cluster's smallest GPU has "
            f"{size_gb:.0f}; set its backend's options offload: model, or fp8: true"
        )
    return math.floor(1000 / math.floor(1 / share)) / 1000


def _smallest_gpu_gb() -> float:
    """Return the memory of the cluster's smallest GPU in GB, as its machines tell it."""
    nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("GPU")]
    if not nodes:
        raise SetupError("the recipe's models need a GPU, and the Ray cluster has none")
    ask = ray.remote(num_cpus=0, num_gpus=0.001)(gpu_size_gb)
    there = [NodeAffinitySchedulingStrategy(node["NodeID"], soft=False) for node in nodes]
    try:
        sizes = ray.get([ask.options(scheduling_strategy=each).remote() for each in there], timeout=_ANSWER_S)
    except GetTimeoutError as error:
        raise SetupError("the Ray cluster's GPUs are all taken: none could be asked for its size") from error
    return float(min(sizes))


@contextmanager
def _cluster(address: str | None) -> Iterator[None]:
    """Be connected to a cluster; a local one ends with the block, one that was joined or was there stays."""
    if ray.is_initialized():
        yield
        return
    if address is not None:
        _refuse_silence(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray counts the machine's cores, also where this process may use some of them only.
    here = {"address": "local", "num_cpus": cores(), "include_dashboard": False}
    here |= {"object_store_memory": _OBJECT_STORE_BYTES}
    try:
        ray.init(
            **(here if address is None else {"address": address}), log_to_driver=False, logging_level="ERROR"
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise SetupError(f"--ray-address {address}: no Ray cluster can be joined there ({error})") from error
    try:
        yield
    finally:
        ray.shutdown()


def _refuse_silence(address: str) -> None:
    """Raise SetupError where nobody listens at HOST:PORT: Ray itself would ask there for a quarter of an hour."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        return  # `auto`, and what is no address, which Ray tells at once
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise SetupError(
            f"--ray-address {address}: nobody listens there ({error}); start a cluster with `ray start --head`, which "
            "tells its address"
        ) from error


def _cards(recipe: Recipe, pool: BackendPool, stage: str) -> Provenance:
    return Provenance.of(model_cards(stage, recipe, pool))
