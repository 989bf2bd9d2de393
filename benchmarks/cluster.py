"""A simulation of the paper's run on many GPUs, with machines that fail: how busy they are, and days to 140K pairs.

    python -m benchmarks.cluster --gpus 8 64 512 --sources 94000

Seconds of the stages and the funnel are the likely ones of `sparkle plan --recipe paper`; the rules are those of
the Ray runner: pools of workers, a whole GPU for the models of a video stage and one that the small ones share; late
stages first; so many samples on their way for each worker; a GPU that has long been idle goes to a pool whose calls
wait, and loads its models. Which samples pass is drawn at random, and which GPU fails and when. Not simulated: the
servers of the language models, the store, decoding and encoding.
"""

from __future__ import annotations

import argparse
import heapq
import random
from collections import Counter
from dataclasses import dataclass

from sparkle.recipes import STAGES
from sparkle.runners.forecast import published_figures

# 419 unexpected interruptions of 16,384 GPUs in 54 days (Llama 3, arXiv 2407.21783, section 3.3.4).
FAILURES_PER_GPU_DAY = 419 / 16_384 / 54
PAIRS = 140_000


POOLS = {
    "small": ("source", "first_frame", "isolate", "track"),
    "animate": ("animate",),
    "synthesize": ("synthesize",),
}


@dataclass(frozen=True)
class Settings:
    """`load_s`: to load a pool's models; `repair_s`: until a GPU that failed is back; both are assumed. The others are
    the runner's."""

    load_s: float = 120.0
    repair_s: float = 24 * 3600.0
    ahead: float = 2.0
    idle_s: float = 60.0
    failures_per_gpu_day: float = FAILURES_PER_GPU_DAY


@dataclass(frozen=True)
class Result:
    """`used` is the share of all GPU time that went into calls whose result counts, `loading` into loading."""

    pairs: int
    days: float
    used: float
    loading: float
    failures: int
    results_per_s: float


@dataclass
class Gpu:
    number: int
    fails: float
    pool: str | None = None
    free: bool = True
    since: float = 0.0


class Cluster:
    """The simulated run."""

    def __init__(self, gpus: int, sources: int, settings: Settings, seed: int) -> None:
        figures, _ = published_figures("paper")
        self.settings, self.rng = settings, random.Random(seed)
        self.seconds = {figure.stage: figure.seconds[1] for figure in figures}
        self.passing = {figure.stage: figure.passing[1] for figure in figures}
        self.pool_of = {stage: pool for pool, stages in POOLS.items() for stage in stages}
        self.waiting = dict.fromkeys(STAGES, 0)
        self.gpus = [Gpu(number, 0.0) for number in range(gpus)]
        for gpu in self.gpus:
            gpu.fails = self.next_failure(0.0)
        self.coming, self.on_their_way, self.now, self.last = sources, 0, 0.0, 0.0
        self.useful = self.loading = 0.0
        self.pairs = self.failures = self.results = 0
        self.ends: list[tuple[float, int, str, str]] = []

    def next_failure(self, now: float) -> float:
        rate = self.settings.failures_per_gpu_day / 86_400
        return now + self.rng.expovariate(rate) if rate else float("inf")

    def run(self) -> Result:
        while True:
            self.hand_out()
            if not self.ends:
                break
            self.now, number, stage, what = heapq.heappop(self.ends)
            self.take_in(self.gpus[number], stage, what)
        whole = len(self.gpus) * self.last
        return Result(
            self.pairs,
            self.last / 86_400,
            self.useful / whole,
            self.loading / whole,
            self.failures,
            self.results / self.last,
        )

    def hand_out(self) -> None:
        slots = max(1, sum(gpu.pool is not None for gpu in self.gpus))
        room = max(0, round(self.settings.ahead * slots) - self.on_their_way)
        taken = min(room, self.coming)
        self.coming, self.on_their_way = self.coming - taken, self.on_their_way + taken
        self.waiting["source"] += taken
        free = [gpu for gpu in self.gpus if gpu.free]
        for stage in reversed(STAGES):
            for gpu in free:
                if self.waiting[stage] and gpu.free and gpu.pool == self.pool_of[stage]:
                    self.begin(gpu, stage)
        wanting = [pool for pool in POOLS if any(self.waiting[stage] for stage in POOLS[pool])]
        for pool in reversed(wanting):
            gpu = self.give_way(pool, wanting)
            if gpu is not None:
                gpu.pool, gpu.free = pool, False
                self.loading += self.settings.load_s
                heapq.heappush(self.ends, (self.now + self.settings.load_s, gpu.number, "", "loaded"))

    def give_way(self, pool: str, wanting: list[str]) -> Gpu | None:
        workers = Counter(gpu.pool for gpu in self.gpus)
        for gpu in self.gpus:
            if not gpu.free or gpu.pool in wanting:
                continue
            if gpu.pool is None or not workers[pool]:
                return gpu
            if workers[gpu.pool] > 1 and gpu.since < self.now - self.settings.idle_s:
                return gpu
        return None

    def begin(self, gpu: Gpu, stage: str) -> None:
        self.waiting[stage] -= 1
        gpu.free = False
        end = self.now + self.seconds[stage]
        what = "done" if end <= gpu.fails else "failed"
        heapq.heappush(self.ends, (max(min(end, gpu.fails), self.now), gpu.number, stage, what))

    def take_in(self, gpu: Gpu, stage: str, what: str) -> None:
        if what == "failed":
            self.failures += 1
            self.waiting[stage] += 1
            gpu.pool = None
            heapq.heappush(self.ends, (self.now + self.settings.repair_s, gpu.number, "", "repaired"))
            return
        gpu.free, gpu.since = True, self.now
        if what == "repaired":
            gpu.fails = self.next_failure(self.now)
        if what != "done":
            return
        self.results += 1
        self.useful += self.seconds[stage]
        self.last = self.now
        following = STAGES[STAGES.index(stage) + 1 :]
        if self.rng.random() < self.passing[stage]:
            if following:
                self.waiting[following[0]] += 1
                return
            self.pairs += 1
        self.on_their_way -= 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gpus", type=int, nargs="+", default=[8, 64, 512])
    parser.add_argument("--sources", type=int, default=94_000)
    parser.add_argument("--load-s", type=float, default=Settings.load_s)
    chosen = parser.parse_args()
    print(
        "| GPUs | sources | pairs | days | days to 140K pairs | GPU time in results | loading | failures | results/s |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for gpus in chosen.gpus:
        found = Cluster(gpus, chosen.sources, Settings(load_s=chosen.load_s), seed=7).run()
        days = found.days * PAIRS / found.pairs
        print(
            f"| {gpus} | {chosen.sources:,} | {found.pairs:,} | {found.days:.2f} | {days:.1f} | {found.used:.1%} "
            f"| {found.loading:.1%} | {found.failures} | {found.results_per_s:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
