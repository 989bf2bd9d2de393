"""Runs an editor over the tasks of a benchmark and leaves its clips in the published tree, one by one.

Started again, it keeps every clip that decodes to its end and makes the others, so it may be stopped at any time, and
several may work on one SAVE folder, each on its shard.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal, Protocol

from sparkle.bench.scores import append_line
from sparkle.bench.tasks import BenchSample
from sparkle.core.errors import MediaError, SampleError, SetupError
from sparkle.core.secrets import without_secrets
from sparkle.dataset.clip_facts import read_clip_facts
from sparkle.runs import refuse_run_folder
from sparkle.store import prepare_folder, refuse_links, remove_file, whole_file

LOG_FILE = "inference.jsonl"


class Editor(Protocol):
    """Any model that can be benchmarked."""

    @property
    def name(self) -> str:
        """What logs call it."""
        ...

    @property
    def wave(self) -> int:
        """How many clips it wants to be told of at a time; 1 for an editor to which the next clip means nothing."""
        ...

    def prepare(self, clips: Sequence[tuple[Path, str]]) -> None:
        """Be told of the (source, instruction) pairs that follow, so that a big model loads once for all of them."""
        ...

    def __call__(self, source: Path, instruction: str, output: Path) -> None:
        """Edit `source` as told and write an .mp4 to `output`. Raises SampleError when this clip cannot be edited."""
        ...

    def close(self) -> None:
        """Be told that no clip follows: what works ahead stops, and what was prepared goes away."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one task: "kept" was there already, "made" is new, "failed" says why there is no clip."""

    id: str
    status: Literal["kept", "made", "failed"]
    seconds: float = 0.0
    reason: str = ""


def infer(
    samples: Sequence[BenchSample],
    save: Path,
    editor: Editor,
    report: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Edit every sample that has no valid clip in SAVE yet, and return what became of each, in order.

    A clip appears under its name only when it is whole and decodes. What was made or failed, by which editor and in
    how many seconds, is appended to SAVE/inference.jsonl. Raises SetupError when the editor cannot work at all.
    """
    refuse_run_folder(save)
    for sample in samples:
        target = save / sample.result
        if target.exists() and sample.source.exists() and target.samefile(sample.source):
            raise SetupError(f"{save}: {target} would take the place of its source; name another --save")
    refuse_links(save, [save / sample.result.parent for sample in samples])
    prepare_folder(save)
    outcomes = {}
    waiting = []
    for sample in samples:
        if _is_there(save / sample.result):
            outcomes[sample.id] = Outcome(sample.id, "kept")
            report(outcomes[sample.id])
        else:
            waiting.append(sample)
    with closing(editor):
        for start in range(0, len(waiting), editor.wave):
            wave = waiting[start : start + editor.wave]
            started = time.monotonic()
            editor.prepare([(sample.source, sample.instruction) for sample in wave])
            prepared_s = (time.monotonic() - started) / len(wave)
            for sample in wave:
                outcome = _infer_one(sample, save / sample.result, editor, prepared_s)
                append_line(save / LOG_FILE, _log_entry(outcome, editor))
                outcomes[sample.id] = outcome
                report(outcome)
    return [outcomes[sample.id] for sample in samples]


def shard(samples: Sequence[BenchSample], text: str) -> list[BenchSample]:
    """Return the part of the samples that "i/n" names, i from 1 to n: every n-th one. Raises SetupError for others."""
    first, slash, second = text.partition("/")
    if not (slash and first.isdecimal() and second.isdecimal() and 1 <= int(first) <= int(second)):
        raise SetupError(f"--shard {text}: give i/n with i from 1 to n, for example 1/4 to 4/4")
    return list(samples[int(first) - 1 :: int(second)])


def _infer_one(sample: BenchSample, target: Path, editor: Editor, prepared_s: float) -> Outcome:
    _remove_leftovers(target)
    started = time.monotonic() - prepared_s
    try:
        read_clip_facts(sample.source)
        with whole_file(target) as temporary:
            editor(sample.source, sample.instruction, temporary)
            _check_output(temporary)
    except SampleError as error:
        return Outcome(sample.id, "failed", time.monotonic() - started, str(error))
    return Outcome(sample.id, "made", time.monotonic() - started)


def _check_output(output: Path) -> None:
    if not output.exists():
        raise SampleError("the editor ended without an output file")
    try:
        read_clip_facts(output)
    except MediaError as error:
        what = str(error).removeprefix(f"{output}: ")
        raise SampleError(f"the editor's output cannot be used: {what}") from error


def _remove_leftovers(target: Path) -> None:
    """Delete what a killed try left of this one clip; other shards' files may be in use on other machines."""
    for leftover in target.parent.glob(f".{target.stem}.*.tmp{target.suffix}"):
        remove_file(leftover)


def _is_there(path: Path) -> bool:
    """Whether a clip exists and decodes to its end."""
    if not path.exists():
        return False
    try:
        read_clip_facts(path)
    except MediaError:
        return False
    return True


def _log_entry(outcome: Outcome, editor: Editor) -> dict[str, object]:
    entry: dict[str, object] = {
        "id": outcome.id,
        "status": outcome.status,
        "editor": without_secrets(editor.name),
        "seconds": round(outcome.seconds, 3),
        "sparkle": version("sparkle-video"),
    }
    return entry | ({"reason": outcome.reason} if outcome.reason else {})
