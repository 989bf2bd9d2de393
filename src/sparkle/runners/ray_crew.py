"""Workers on the machines of a Ray cluster: pools of actors that grow where calls wait, and give way where none do."""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import ray
from ray.exceptions import RayError

from sparkle.core.errors import SetupError
from sparkle.core.outcome import Outcome
from sparkle.core.sample import Sample
from sparkle.runners.crew import Broken, Call, Ended, Lost, attempt
from sparkle.stages.stage import Stage
from sparkle.store import Folder

_MOST_FAILED_STARTS = 3
_LONGEST_FAREWELL_S = 60.0
_IDLE_S = 60.0


@dataclass(frozen=True, slots=True)
class Pool:
    """Workers that are alike: each performs any of `stages`, `capacity` calls at once.

    A worker occupies `cpus` cores, `gpus` of one GPU (a share, or 1) and `memory` bytes.
    """

    stages: tuple[str, ...]
    capacity: int = 1
    cpus: float = 1.0
    gpus: float = 0.0
    memory: int = 0

    @property
    def needs(self) -> dict[str, float]:
        """What Ray is asked for, by its names."""
        wanted = {"CPU": self.cpus, "GPU": self.gpus, "memory": float(self.memory)}
        return {name: amount for name, amount in wanted.items() if amount}


class Worker:
    """What lives in an actor."""

    def __init__(self, stages: Mapping[str, Stage], folder: Folder, home: str, threads: int) -> None:
        self._stages, self._folder, self._home, self._threads = stages, folder, home, threads

    def prepare(self) -> Broken | None:
        """Make this process one like the driver's, whose relative paths are meant. Returns what is wrong."""
        cv2.setNumThreads(self._threads)
        if Path(self._home).is_dir():
            os.chdir(self._home)
        if not self._folder.exists("plan.jsonl"):
            return Broken(
                f"{self._folder}: machine {socket.gethostname()} of the cluster does not see this run folder; let it "
                "lie on a disk that all share under the same path, or in a bucket"
            )
        return None

    def perform(self, stage: str, sample: Sample) -> Outcome | Broken:
        """Perform a call."""
        return attempt(self._stages[stage], sample, self._folder)


@dataclass(slots=True, eq=False)
class _Hired:
    pool: Pool
    actor: Any
    ready: bool = False
    idle_since: float = 0.0
    calls: dict[Any, Call] = field(default_factory=dict)  # by what Ray calls their results

    def takes(self, call: Call) -> bool:
        if not self.ready or len(self.calls) >= self.pool.capacity:
            return False
        return not self.calls if call.alone else not any(other.alone for other in self.calls.values())


class Actors:
    """A crew of actors. `run` names the run, so that those of a driver that died can be told. Fulfils `Crew`."""

    def __init__(self, pools: Sequence[Pool], stages: Mapping[str, Stage], folder: Folder, run: str) -> None:
        self._pools = {stage: pool for pool in pools for stage in pool.stages}
        self._stages, self._folder, self._run = ray.put(dict(stages)), folder, run
        self._hired: list[_Hired] = []
        self._starting: dict[Any, _Hired] = {}
        self._wanting: set[int] = set()
        self._number = self._failed_starts = 0
        _refuse_what_fits_nowhere(pools)
        end_actors_of(run)

    @property
    def all_fit(self) -> bool:
        """Whether the cluster has room for a worker of every pool at once."""
        return self._fits(*{id(pool): pool for pool in self._pools.values()}.values())

    @property
    def slots(self) -> int:
        """How many calls may be under way at once, now."""
        return sum(each.pool.capacity for each in self._hired) or 1

    def begin(self, call: Call) -> bool:
        """Give a call to the worker with the fewest, if one takes it."""
        pool = self._pools[call.stage]
        free = [each for each in self._hired if each.pool is pool and each.takes(call)]
        if not free:
            return False
        worker = min(free, key=lambda each: len(each.calls))
        worker.calls[worker.actor.perform.remote(call.stage, call.sample)] = call
        return True

    def want(self, waiting: Mapping[str, int]) -> None:
        """Start workers for pools whose calls wait, one for as many as it takes; without room, idle others give way."""
        self._give_up_starts_without_room()
        pools = {id(pool): pool for pool in map(self._pools.__getitem__, waiting)}
        self._wanting = set(pools)
        for pool in pools.values():
            calls = sum(count for stage, count in waiting.items() if self._pools[stage] is pool)
            here = [each for each in self._hired if each.pool is pool]
            starting = sum(not each.ready for each in here)
            for _ in range(math.ceil(calls / pool.capacity) - starting):
                if not self._fits(pool) and not self._make_room(pool, len(here)):
                    break
                self._start(pool)

    def wait(self, timeout_s: float) -> list[Ended]:
        """Return the calls that have ended."""
        owners = {result: each for each in self._hired for result in each.calls} | self._starting
        if not owners:
            time.sleep(timeout_s)
            return []
        done, waiting = ray.wait(list(owners), num_returns=1, timeout=timeout_s)
        if waiting and done:
            done += ray.wait(waiting, num_returns=len(waiting), timeout=0)[0]
        return [ended for each in done for ended in self._take(owners[each], each)]

    def kill(self, call: Call) -> None:
        """Kill the worker of a call."""
        for worker in self._hired:
            if any(other is call for other in worker.calls.values()):
                ray.kill(worker.actor)

    def close(self) -> None:
        """End all workers."""
        for worker in self._hired:
            ray.kill(worker.actor)
        self._hired, self._starting = [], {}

    def _take(self, worker: _Hired, done: Any) -> list[Ended]:
        """Return which calls have ended with a result of Ray's: one, those of a lost worker, or none at a start."""
        self._starting.pop(done, None)
        if done not in worker.calls and worker not in self._hired:
            return []  # was lost with its worker
        try:
            result = ray.get(done)
        except RayError as error:
            lost = Lost(f"died ({_brief(error)})")
            self._hired.remove(worker)
            ray.kill(worker.actor)  # where the machine is only out of reach
            self._refuse_failed_start(worker, lost)
            calls = list(worker.calls.values())
            worker.calls.clear()
            return [Ended(call, lost) for call in calls]
        worker.ready, self._failed_starts, worker.idle_since = True, 0, time.monotonic()
        if (call := worker.calls.pop(done, None)) is not None:
            return [Ended(call, result)]
        if isinstance(result, Broken):
            raise SetupError(result.message, result.details)
        return []

    def _refuse_failed_start(self, worker: _Hired, result: Lost) -> None:
        self._failed_starts += not worker.ready
        if self._failed_starts >= _MOST_FAILED_STARTS:
            raise SetupError(
                f"a worker on the Ray cluster {result.how} before it could begin; see Ray's logs"
            )

    def _give_up_starts_without_room(self) -> None:
        """End what was to start on a machine that is gone: Ray would wait for another one, and keep others waiting."""
        for result, worker in list(self._starting.items()):
            self._hired.remove(worker)
            if self._fits(worker.pool):
                self._hired.append(worker)
                continue
            del self._starting[result]
            ray.kill(worker.actor)

    def _start(self, pool: Pool) -> None:
        options = {
            "num_cpus": pool.cpus,
            "num_gpus": pool.gpus,
            "memory": pool.memory or None,
            "max_concurrency": pool.capacity,
            "max_restarts": 0,
            "namespace": f"sparkle-{self._run}",
            "name": f"{os.getpid()}-{self._number}",
        }
        self._number += 1
        kind = ray.remote(Worker).options(**options)
        actor = kind.remote(self._stages, self._folder, str(Path.cwd()), max(1, int(pool.cpus)))
        worker = _Hired(pool, actor)
        self._hired.append(worker)
        self._starting[actor.prepare.remote()] = worker

    def _fits(self, *pools: Pool) -> bool:
        totals = ray.cluster_resources()
        wanted = [*(each.pool for each in self._hired), *pools]
        share = max(pool.gpus for pool in self._pools.values())
        free = totals.get("GPU", 0.0) - sum(pool.gpus for pool in wanted)
        spare = cores_kept(totals.get("CPU", 0.0), free, share) if share and self._hired else 0.0
        kept = {"CPU": 0.0 if any(pool.gpus for pool in pools) else spare}
        return all(
            sum(pool.needs.get(name, 0.0) for pool in wanted) <= totals.get(name, 0.0) - kept.get(name, 0.0)
            for name in {name for pool in pools for name in pool.needs}
        )

    def _make_room(self, pool: Pool, workers: int) -> bool:
        """End idle workers of pools for which no calls wait, for a pool that has `workers`; tell whether that suffices.

        For a pool with none any idle one gives way. Else only one that has long been idle beside others of its pool:
        its models would have to be loaded again soon.
        """
        long_ago = time.monotonic() - _IDLE_S
        for other in list(self._hired):
            if not other.ready or other.calls or id(other.pool) in self._wanting:
                continue
            beside = sum(each.pool is other.pool for each in self._hired) > 1
            if not workers or (beside and other.idle_since < long_ago):
                self._hired.remove(other)
                ray.kill(other.actor)
                if self._fits(pool):
                    return True
        return False


def cores_kept(cores: float, free_gpus: float, share: float) -> float:
    """Return how many of a cluster's cores work on a CPU alone leaves to the workers that feed its GPUs.

    One for each worker that still fits on what is free of the GPUs, each with a `share` of one; where that is more than
    half of all cores, half of them, but one for each GPU.
    """
    free = max(0.0, free_gpus)
    return min(math.floor(free / share + 1e-6), max(math.ceil(free - 1e-6), cores // 2))


def end_actors_of(run: str) -> None:
    """End the workers that an earlier driver of this run has left, and wait until they are gone.

    Raises SetupError where they stay: they might still write.
    """
    namespace = f"sparkle-{run}"
    until = time.monotonic() + _LONGEST_FAREWELL_S
    while left := [
        each["name"]
        for each in ray.util.list_named_actors(all_namespaces=True)
        if each["namespace"] == namespace
    ]:
        if time.monotonic() > until:
            raise SetupError(
                f"{len(left)} workers of an earlier start of this run do not end; stop its Ray job"
            )
        for name in left:
            try:
                ray.kill(ray.get_actor(name, namespace=namespace))
            except ValueError:
                continue  # has ended meanwhile
        time.sleep(0.1)


def _refuse_what_fits_nowhere(pools: Sequence[Pool]) -> None:
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    for pool in pools:
        if not any(all(node.get(name, 0.0) >= need for name, need in pool.needs.items()) for node in nodes):
            needs = ", ".join(
                f"{need / 1e9:.1f} GB of memory" if name == "memory" else f"{need:g} {name}"
                for name, need in pool.needs.items()
            )
            raise SetupError(
                f"stage {', '.join(pool.stages)}: a worker needs {needs}, and no machine of the cluster has that"
            )


def _brief(error: RayError) -> str:
    """Return what Ray says of a death, in a line."""
    said = " ".join(str(error).split())
    detail = said.partition("Worker exit detail: ")[2].partition(" Some common causes")[0]
    return (detail or said or type(error).__name__)[:200]
