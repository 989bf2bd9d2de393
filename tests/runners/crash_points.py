"""Runs of six small stages that end, as by kill -9, at the n-th thing that they do to the disk; then go on.

`python -m tests.runners.crash_points FOLDER POINTS` makes an undisturbed run, then POINTS disturbed ones, spread evenly
over all that the undisturbed one does, half of them in the middle of a write. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.ledgers import read_events

from sparkle.core.errors import SampleError
from sparkle.core.layout import artifact_path
from sparkle.core.model_card import ModelCard
from sparkle.core.outcome import Artifact, Outcome
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.recipes import STAGES, load_recipe
from sparkle.runners import local
from sparkle.runners.assemble import BackendPool
from sparkle.runners.build import open_run
from sparkle.runs import RunState, StageEvent, Wish, locked, make_plan
from sparkle.store import Folder

ARTIFACTS = {
    "source": ("source_video", "source_frame0"),
    "first_frame": ("edited_frame0",),
    "isolate": ("edited_frame0_foreground_removed",),
    "track": ("source_video_mask",),
    "animate": ("edited_background_video",),
    "synthesize": ("edited_video",),
}
RECIPE = load_recipe("cpu", ["wave=2"])
TOUCHING = ("write", "fsync", "replace", "rename", "unlink", "ftruncate")


@dataclass(frozen=True)
class SmallStage:
    """Writes its artifacts; the second sample is rejected while it is tracked, the third fails in its first frame."""

    name: str

    def __call__(self, sample: Sample, folder: Folder) -> Outcome:
        written = []
        for artifact in ARTIFACTS[self.name]:
            content = f"{artifact} of {sample.id}".encode() * 40
            folder.write(str(artifact_path(artifact, sample.theme, sample.id)), content)
            written.append(Artifact(artifact, len(content), sha256(content).hexdigest()))
        if sample.number == 2 and self.name == "first_frame":
            raise SampleError("it never works")
        score = 1.0 if sample.number == 1 and self.name == "track" else 9.0
        check = Check(f"{self.name}.score", score, 8.0, "minimum", "", "test")
        return Outcome((check,), None, tuple(written), instruction="a beach")


def plan() -> list[Sample]:
    return make_plan([Wish(Inputs(f"/nowhere/{number}.mp4")) for number in range(4)], ("time",), 1, 7)


def run(root: Path) -> None:
    cards = {"stage.editor": ModelCard("model", "1", "MIT")}
    local.assemble_stage = lambda name, recipe, pool: SmallStage(name)  # type: ignore[assignment,return-value]
    local.model_cards = lambda name, recipe, pool: cards  # type: ignore[assignment]
    with locked(root):
        open_run(root, plan(), RECIPE, None)
        local.run_local(plan(), RECIPE, BackendPool(), root, lambda event: None)


def watched(touch: Callable[[], bool]) -> None:
    """Have `touch` asked before everything that changes the disk whether the process ends there."""
    for name in TOUCHING:
        real = getattr(os, name)

        def before(*arguments: Any, _name: str = name, _real: Callable[..., Any] = real, **more: Any) -> Any:
            if touch():
                if _name == "write":
                    _real(arguments[0], arguments[1][: len(arguments[1]) // 2])
                os._exit(137)
            return _real(*arguments, **more)

        setattr(os, name, before)


def in_a_child(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def count_touches(root: Path) -> int:
    """Return how often a whole run changes the disk."""
    out, into = os.pipe()

    def work() -> None:
        calls: list[None] = []
        watched(lambda: calls.append(None) is not None)
        run(root)
        print(len(calls), file=os.fdopen(into, "w"), flush=True)

    assert in_a_child(work) == 0
    os.close(into)
    with os.fdopen(out) as file:
        return int(file.read())


def run_until(root: Path, point: int) -> int:
    """Run, and be dead at the `point`-th change of the disk. Returns the exit code."""
    left = [point]

    def touch() -> bool:
        left[0] -= 1
        return left[0] == 0

    def work() -> None:
        watched(touch)
        run(root)

    return in_a_child(work)


def result(root: Path) -> dict[str, Any]:
    """Return all files but the books, all results without their times, and which stand there twice."""
    files = {
        str(path.relative_to(root)): path.read_bytes().decode()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.relative_to(root).parts[0].partition(".")[0] not in ("ledger", "run")
    }
    state = RunState(root, plan(), STAGES)
    events = [
        [replace(event, seconds=0.0) for event in state.progress(row).events] for row in range(len(plan()))
    ]
    done = [
        (event.id, event.stage)
        for event in read_events(root)
        if isinstance(event, StageEvent) and event.status != "failed"
    ]
    twice = [each for each in set(done) if done.count(each) > 1]
    return {"files": files, "events": events, "faults": list(state.faults), "twice": twice}


def main() -> None:
    folder, points = Path(sys.argv[1]), int(sys.argv[2])
    touches = count_touches(folder / "whole")
    expected = result(folder / "whole")
    wrong, killed = [], 0
    for number in range(points):
        point = 1 + number * (touches - 1) // max(points - 1, 1)
        root = folder / f"killed-{point}"
        killed += run_until(root, point) == 137
        finished = in_a_child(lambda root=root: run(root)) == 0  # type: ignore[misc]
        if not finished or result(root) != expected:
            wrong.append(point)
    files = list(expected["files"])
    ends = [[event.status for event in events] for events in expected["events"]]
    print(json.dumps({"touches": touches, "killed": killed, "wrong": wrong, "files": files, "ends": ends}))


if __name__ == "__main__":
    main()
