"""Runs of small stages that break their process at a sample, with any crew; and what such a run leaves.

`python -m tests.runners.small_run CREW FAULT [RUN]` makes one, in the working directory, for tests that kill it.
"""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.ledgers import read_events

from sparkle.core.errors import SampleError, SetupError
from sparkle.core.layout import artifact_path
from sparkle.core.model_card import ModelCard
from sparkle.core.outcome import Artifact, Outcome
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.core.stage import Reads, Resources
from sparkle.recipes import STAGES
from sparkle.runners.books import Books, Report
from sparkle.runners.crew import Crew
from sparkle.runners.processes import Processes
from sparkle.runners.stream import Notice, Rules, stream
from sparkle.runs import Ledger, RunState, StageEvent, Wish, keep_plan, locked, make_plan, open_state
from sparkle.runs.events import Provenance
from sparkle.stages.stage import Stage
from sparkle.store import Folder, Place

ROOT = Path(__file__).parents[2]
RUN = Path("run")
SUSPECT = 3
PASSED = "synthesize passed"
ENDS = [PASSED, "track rejected", "first_frame failed", *[PASSED] * 5]
BOOKS = {".lock", "ledger.jsonl", "ledger.index.npz", "run.json"}
CARDS = Provenance.of({"stage.editor": ModelCard("model", "1", "MIT")})
WRITES = {
    "source": ("source_video", "source_frame0"),
    "first_frame": ("edited_frame0",),
    "isolate": ("edited_frame0_foreground_removed",),
    "track": ("source_video_mask",),
    "animate": ("edited_background_video",),
    "synthesize": ("edited_video",),
}


@dataclass(frozen=True)
class SmallStage:
    """Writes its artifacts. Sample 1 is rejected while it is tracked, the first frame of sample 2 fails.

    `fault` is what happens to the suspect while it is animated: "die", "die once", "hang", "hang once", "leave" by
    sys.exit, "memory" runs out, "broken" environment; "slow" makes every call take a while, "no" is none.
    """

    name: str
    fault: str = "no"
    reads = Reads()
    clips_held = 0
    resources = Resources()

    @property
    def writes(self) -> tuple[str, ...]:
        return WRITES[self.name]

    def __call__(self, sample: Sample, folder: Folder) -> Outcome:
        written = []
        for artifact in self.writes:
            content = f"{artifact} of {sample.id}".encode() * 40
            with folder.writing(str(artifact_path(artifact, sample.theme, sample.id))) as path:
                path.write_bytes(content)
                if self.name == "animate" and sample.number == SUSPECT:
                    self._break(sample.theme)
            written.append(Artifact(artifact, len(content), hashlib.sha256(content).hexdigest()))
        if self.fault == "slow":
            time.sleep(0.05)
        if sample.number == 2 and self.name == "first_frame":
            raise SampleError("it never works")
        score = 1.0 if sample.number == 1 and self.name == "track" else 9.0
        check = Check(f"{self.name}.score", score, 8.0, "minimum", "", "test")
        return Outcome((check,), None, tuple(written), instruction="a beach")

    def _break(self, theme: str) -> None:
        if self.fault == "die" or (self.fault == "die once" and _is_first()):
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == "hang" or (self.fault == "hang once" and _is_first()):
            time.sleep(3600)
        if self.fault == "memory":
            (memory_limit() / "cgroup.procs").write_text(str(os.getpid()))
            _kept.extend(os.urandom(2**20) for _ in range(1000))
        if self.fault == "leave":
            sys.exit(3)
        if self.fault == "broken":
            raise SetupError("the model's server refuses the key", ["use another"])


@dataclass(frozen=True)
class MeetingStage(SmallStage):
    """Loads its model once in a process, and leaves a note of each load below `loads`; its calls end when there are
    `loaded` such notes, and `at_once` calls have been under way together."""

    loaded: int = 1
    at_once: int = 1

    def __call__(self, sample: Sample, folder: Folder) -> Outcome:
        import ray

        Path("loads").mkdir(exist_ok=True)  # before another thread counts what is there
        if self.name not in _loaded:
            _loaded.add(self.name)
            where = f"{ray.get_runtime_context().get_node_id()} {os.environ.get('CUDA_VISIBLE_DEVICES')}"
            Path("loads", f"{self.name} {os.getpid()} {time.monotonic_ns()}").write_text(where)
        Path("calls").mkdir(exist_ok=True)
        Path("calls", sample.id).touch()
        while len(loads()) < self.loaded or len(list(Path("calls").iterdir())) < self.at_once:
            time.sleep(0.02)
        return super().__call__(sample, folder)


_loaded: set[str] = set()
_kept: list[bytes] = []


def memory_limit() -> Path:
    """Return the folder of a control group of the kernel that has 200 MB, which a process joins by its number.

    Raises OSError where this process may make none.
    """
    root = Path("/sys/fs/cgroup")
    version_1 = (root / "memory").is_dir()
    own = f"sparkle-tests-{Path.cwd().name}"  # of each test
    folder = (root / "memory" if version_1 else root) / own
    folder.mkdir(exist_ok=True)
    (folder / ("memory.limit_in_bytes" if version_1 else "memory.max")).write_text(str(200 * 2**20))
    return folder


def loads() -> list[str]:
    """Return where models were loaded, as node and GPUs."""
    return [path.read_text() for path in sorted(Path("loads").iterdir())]


def _is_first() -> bool:
    """Tell it once, whichever process asks."""
    try:
        Path("happened").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def plan(count: int = 8) -> list[Sample]:
    return make_plan([Wish(Inputs(f"/nowhere/{number}.mp4")) for number in range(count)], ("time",), 1, 7)


def stages(fault: str) -> dict[str, Stage]:
    return {name: SmallStage(name, fault) for name in STAGES}


def processes(fault: str, root: Place = RUN) -> Crew:
    return Processes(2, stages(fault), Folder.at(root))


def actors(fault: str, root: Place = RUN, capacity: int = 1) -> Crew:
    """Return a crew on the Ray cluster that this process is connected to, or that the environment leads to."""
    import ray

    from sparkle.runners.ray_crew import Actors, Pool

    if not ray.is_initialized():
        ray.init(log_to_driver=False, logging_level="ERROR")
    return Actors([Pool(STAGES, capacity)], stages(fault), Folder.at(root), "test")


def run(
    crew: Crew,
    root: Place = RUN,
    *,
    limit_s: float = 600.0,
    notices: list[Notice] | None = None,
    report: Report = lambda event: None,
) -> int:
    """Make the run, and return how many samples were on their way at once, at most."""
    notify: Callable[[Notice], None] = ([] if notices is None else notices).append
    folder = Folder.at(root)
    most = 0

    def told(event: StageEvent) -> None:
        nonlocal most
        most = max(most, len(books.taken_up))
        report(event)

    with locked(folder):
        keep_plan(folder, plan())
        state = open_state(folder, plan(), STAGES)
        with Ledger(folder, state.index) as ledger, closing(crew):
            books = Books(folder, state, ledger, told, lambda stage: CARDS)
            rules = Rules({**dict.fromkeys(STAGES, 600.0), "animate": limit_s})
            stream(books, books.coming(state.waiting()), STAGES, crew, rules, notify)
    return most


def files() -> Mapping[str, bytes]:
    """Return everything in the run folder but the books, by path."""
    found = sorted(path for path in RUN.rglob("*") if path.is_file() and path.name not in BOOKS)
    return {str(path): path.read_bytes() for path in found}


def files_at(root: Place) -> Mapping[str, bytes]:
    """Return the same of a folder anywhere."""
    folder = Folder.at(root)
    keys = (entry.key for entry in folder.files() if entry.key.partition("/")[0] not in BOOKS)
    return {f"{RUN}/{key}": folder.read(key) for key in keys}


def ends(root: Place = RUN) -> list[str]:
    """Return the stage and the status with which each sample ended."""
    state = RunState(root, plan(), STAGES)
    assert state.faults == ()
    last = [state.progress(row).events[-1] for row in range(len(plan()))]
    return [f"{event.stage} {event.status}" for event in last]


def done_twice(root: Place = RUN) -> Sequence[tuple[str, str]]:
    """Return the results that stand in the ledger twice and are no failures."""
    events = [event for event in read_events(root) if isinstance(event, StageEvent)]
    done = [(event.id, event.stage) for event in events if event.status != "failed"]
    return [each for each in set(done) if done.count(each) > 1]


def start(crew: str, fault: str, root: str = str(RUN), **environment: str) -> "subprocess.Popen[str]":
    """Start this module as a command of its own, in the working directory."""
    command = [sys.executable, "-m", "tests.runners.small_run", crew, fault, root]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", **environment}
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True, env=environment
    )


def wait_until(holds: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Wait for what `process` does; fail with what it said where it ends before."""
    while not holds():
        if process.poll() is not None:
            raise AssertionError(f"it ended before: {process.communicate()[1]}")
        time.sleep(0.02)


def results() -> int:
    """Return how many results stand in the ledger."""
    ledger = RUN / "ledger.jsonl"
    return ledger.read_bytes().count(b"\n") if ledger.exists() else 0


if __name__ == "__main__":
    place = sys.argv[3] if len(sys.argv) > 3 else RUN
    run({"processes": processes, "actors": actors}[sys.argv[1]](sys.argv[2], place), place)
