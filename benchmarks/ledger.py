"""What the ledger costs: `python benchmarks/ledger.py [SAMPLES] [WAVE] [fill|ray]`, with stages that do nothing.

SAMPLES (1,000,000) samples of as many sources go through six stages of the local runner in waves of WAVE (256); each
stage adds a check and a record, as real ones do, and no files. Each row is a process of its own on the same folder:

- start: from the wishes to the first stage, in an empty folder (plan made and written).
- run: all stages of all samples.
- resume: the same command again, up to where the first stage would start; everything is done.
- resume, killed: the same with the index of the last time that it was kept before the end.
- resume, no index: the same without any index: all lines are read.
- summary: the sums over all events at the end of a run.

With "fill" the lines that the run would leave are written at once, without a runner and an index, where only opening a
large ledger is of interest. With "ray" the stages run in actors of a Ray cluster that starts here, on all cores; the
processor's seconds and the memory are then those of the driver.

Times on the clock and of the processor; the peak is the memory of the whole process, libraries included.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sparkle.core.edit_score import EditScore
from sparkle.core.model_card import ModelCard
from sparkle.core.outcome import Outcome
from sparkle.core.records import FirstFrameRecord
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.recipes import STAGES, load_recipe
from sparkle.runners import local
from sparkle.runners.assemble import BackendPool
from sparkle.runners.build import open_run
from sparkle.runs import Ledger, RunState, Wish, add_up, make_plan, open_state
from sparkle.runs.kept_index import INDEX_FILE
from sparkle.runs.segments import SEGMENT_BYTES, Segments, segment_key
from sparkle.store import Folder


@dataclass(frozen=True)
class Nothing:
    """A stage that does nothing and says so."""

    name: str

    def __call__(self, sample: Sample, folder: Folder) -> Outcome:
        reason = "nothing was done, and nothing was wrong with it"
        check = Check(f"{self.name}.editscore", 8.25, 8.0, "minimum", reason, "benchmark")
        score = EditScore(8.25, 8.25, 8.25, 8.25, reason, reason, "benchmark")
        record = FirstFrameRecord("a room", score) if self.name == "first_frame" else None
        return Outcome((check,), record)


@cache
def wishes(count: int) -> list[Wish]:
    return [Wish(Inputs(f"/data/sources/part-{n // 1000:04d}/clip-{n:07d}.mp4")) for n in range(count)]


def plan(count: int) -> list[Sample]:
    return make_plan(wishes(count), ("location", "season", "time", "style"), 1, 7)


def start(root: Path, count: int, wave: int) -> int:
    planned = plan(count)
    open_run(root, planned, load_recipe("cpu", [f"wave={wave}"]), None)
    return len(open_state(root, planned, STAGES).waiting())


def run(root: Path, count: int, wave: int) -> int:
    cards = {"stage.editor": ModelCard("some-model", "0123456789abcdef", "Apache-2.0")}
    local.assemble_stage = lambda name, recipe, pool: Nothing(name)  # type: ignore[assignment,return-value]
    local.model_cards = lambda name, recipe, pool: cards  # type: ignore[assignment]
    recipe = load_recipe("cpu", [f"wave={wave}"])
    save = RunState.save

    def save_and_keep_the_one_before(state: RunState, ledger: Ledger) -> None:
        index = root / INDEX_FILE
        if index.exists():
            shutil.copy(index, index.with_suffix(".before"))
        save(state, ledger)

    RunState.save = save_and_keep_the_one_before  # type: ignore[method-assign]
    return len(local.run_local(plan(count), recipe, BackendPool(), root, lambda event: None).ended("passed"))


def run_by_ray(root: Path, count: int, wave: int) -> int:
    import ray

    from sparkle.runners.books import Books
    from sparkle.runners.ray_crew import Actors, Pool
    from sparkle.runners.stream import Rules, stream
    from sparkle.runs.events import Provenance

    recipe, planned, folder = load_recipe("cpu", [f"wave={wave}"]), plan(count), Folder.at(root)
    cards = Provenance.of({"stage.editor": ModelCard("some-model", "0123456789abcdef", "Apache-2.0")})
    ray.init(address="local", include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    state = open_state(folder, planned, STAGES)
    crew = Actors([Pool(STAGES)], {name: Nothing(name) for name in STAGES}, folder, "ledger")
    with Ledger(folder, state.index) as ledger, closing(crew):
        books = Books(folder, state, ledger, lambda event: None, lambda name: cards)
        stream(books, books.coming(state.waiting()), STAGES, crew, Rules.of(recipe), lambda notice: None)
        ledger.settle()
        state.save(ledger)
    ray.shutdown()
    return len(state.ended("passed"))


def fill(root: Path, count: int, wave: int) -> int:
    """Write the lines of a run: those of its first sample, with other ids and numbers."""
    first = Path(tempfile.mkdtemp(dir=root.parent)) / "run"
    start(first, 1, 1)
    run(first, 1, 1)
    lines = [line.decode() for _, line in Segments(Folder.at(first)).lines()]
    cards, results = lines[0], [line for line in lines if '"id":' in line]
    parts = [result.partition('"id":"Sparkle_')[2].partition('"')[2] for result in results]
    ids = [sample.id for sample in plan(count)]
    number, segment, size, pieces = 1, 0, 0, [cards + "\n"]
    root.mkdir(parents=True, exist_ok=True)
    for begin in range(0, count, wave):
        for rest in parts:
            for id in ids[begin : begin + wave]:
                line = f'{{"n":{number},"id":"{id}"{rest}\n'
                pieces.append(line)
                number, size = number + 1, size + len(line)
        if size > SEGMENT_BYTES or begin + wave >= count:
            (root / segment_key(segment)).write_text("".join(pieces))
            segment, size, pieces = segment + 1, 0, []
    return number


def no_index(root: Path, count: int, wave: int) -> int:
    state = open_state(root, plan(count), STAGES)
    with Ledger(root, state.index) as ledger:
        state.save(ledger)
    if state.faults:
        raise RuntimeError(state.faults[0])
    return len(state.waiting())


def summary(root: Path, count: int, wave: int) -> int:
    return add_up(open_state(root, plan(count), STAGES).all_events(), STAGES).checks[0].came_in


PHASES: dict[str, Callable[[Path, int, int], int]] = {
    "start": start,
    "run": run,
    "resume": start,
    "resume, killed": start,
    "resume, no index": no_index,
    "summary": summary,
}
BY_RAY = {"start": start, "run by ray": run_by_ray, "resume": start, "resume, no index": no_index}
FILLED = {"start": start, "fill": fill, "resume, no index": no_index, "resume": start}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    wave = int(sys.argv[2]) if len(sys.argv) > 2 else 256
    print(f"{count} samples x {len(STAGES)}, waves of {wave}\n")
    print("| | s | processor s | peak MB |")
    print("|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory(dir=os.environ.get("LEDGER_DIR")) as name:
        root = Path(name) / "run"
        index = root / INDEX_FILE
        for phase in {"fill": FILLED, "ray": BY_RAY}.get("".join(sys.argv[3:4]), PHASES):
            if phase == "resume, killed" and index.with_suffix(".before").exists():
                index.with_suffix(".before").replace(index)
            if phase == "resume, no index":
                index.unlink(missing_ok=True)
            call = [sys.executable, __file__, "--one", phase, str(root), str(count), str(wave)]
            found = json.loads(subprocess.run(call, stdout=subprocess.PIPE, check=True).stdout)
            print(f"| {phase} | {found['s']:.1f} | {found['cpu']:.1f} | {found['mb']:.0f} |", flush=True)
            if phase in {"run", "run by ray", "fill"}:
                size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
                events = count * len(STAGES)
                rate = f"{events / found['s']:.0f} events/s, " if phase != "fill" else ""
                print(f"| | {rate}{size / events:.0f} bytes an event | | |", flush=True)


def one(phase: str, root: Path, count: int, wave: int) -> None:
    wishes(count)  # the user's list is no work of the ledger's
    began, used = time.perf_counter(), time.process_time()
    {**PHASES, **BY_RAY, **FILLED}[phase](root, count, wave)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"s": time.perf_counter() - began, "cpu": time.process_time() - used, "mb": peak}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
    else:
        main()
