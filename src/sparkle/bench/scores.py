"""What judges said: the published score files, read and written so that the authors' scripts and ours share them.

A line of `{theme}_{judge}_sparkle_score.jsonl` starts with the published keys, in the published order:

    {"id", "prompt", "edit_type", "subtheme", "scene", "scores": [6 numbers, capped], "result": "the judge's text", ...

and goes on with ours, which readers of the published format skip:

    "judge":    who judged and how: model, rubric and its SHA-256, temperature, seed, what it saw (see Judge)
    "clip":     the size and SHA-256 of the clip that was judged, so that one that was replaced is noticed
    "runs":     one object a judge run: seed, scores before the cap, reply, tokens, who replied    (model judges)
    "values":   the six scores before rounding and before the cap                                 (judge "metrics")
    "measurements": every underlying quantity by name                                             (judge "metrics")

With one run `scores` are integers as published; with several they are the means over runs, each run capped by itself
where the benchmark caps.
Samples without a score are in no score file; the failures file beside it says why, so that no mean takes them for
judged and no reader loses them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from sparkle.bench.dimensions import Benchmark
from sparkle.core.errors import MediaError, SetupError
from sparkle.core.parsing import parse_json
from sparkle.store import AppendLog, read_lines, sha256_of, write_result, write_text

Checked = TypeVar("Checked")

PUBLISHED_KEYS = ("id", "prompt", "edit_type", "subtheme", "scene", "scores", "result")

FailureKind = Literal["missing", "unreadable", "judgement", "not judged", "changed", "other type"]


@dataclass(frozen=True, slots=True)
class Judge:
    """Who judged, and all that changes its answer.

    `rubric` names the text that was asked (a file's name, and the constant in it), `rubric_sha256` is that of the
    text itself. `media` says how the clips were shown: "video", "frames:N", or "pixels" for measured quantities.
    """

    model: str
    rubric: str = ""
    rubric_sha256: str = ""
    temperature: float | None = None
    seed: int | None = None
    runs: int = 1
    media: str = "video"
    version: str = ""


@dataclass(frozen=True, slots=True)
class JudgeRun:
    """One answer of a model judge: `raw_scores` are as it said them, before the cap.

    `seed` and `temperature` are those of the reply that was used; they differ from the judge's after an unusable one.
    `model` is what the server calls the model that replied, `endpoint` where.
    """

    seed: int
    raw_scores: tuple[int, ...]
    result: str
    temperature: float | None = None
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class JudgedClip:
    """The file that was judged: its size in bytes and its SHA-256."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ScoreRecord:
    """One judged sample. `scores` count in every table: as published, one a dimension, in the benchmark's order.

    `judge` is None in files that the authors' scripts made. `values` and `measurements` come from measured judges.
    """

    id: str
    prompt: str
    edit_type: str
    subtheme: str
    scene: str
    scores: tuple[float, ...]
    result: str
    judge: Judge | None = None
    runs: tuple[JudgeRun, ...] = ()
    values: tuple[float, ...] | None = None
    measurements: Mapping[str, float] = field(default_factory=dict)
    clip: JudgedClip | None = None

    @property
    def raw_runs(self) -> tuple[tuple[float, ...], ...]:
        """The scores of each run as the judge gave them; of a file that tells nothing of runs, the scores alone."""
        return tuple(run.raw_scores for run in self.runs) or (self.scores,)


@dataclass(frozen=True, slots=True)
class Failure:
    """A sample without a score.

    "missing": the model made no clip; "unreadable": the clip or its source cannot be decoded; "judgement": the judge
    gave no usable answer, or refused; "not judged": nobody tried yet; "changed": the clip is another than the one that
    was judged; "other type": its row says another edit_type than its file, so that it counts nowhere, as published.
    """

    id: str
    kind: FailureKind
    reason: str


# Score files may come from anybody: a wrong type must not surface as a crash in a table. Unknown fields are skipped.
_JUDGE, _RUN, _FAILURE = TypeAdapter(Judge), TypeAdapter(JudgeRun), TypeAdapter(Failure)
_CLIP = TypeAdapter(JudgedClip)
_MEASUREMENTS: TypeAdapter[Mapping[str, float]] = TypeAdapter(dict[str, float])


def record_to_json(record: ScoreRecord) -> dict[str, Any]:
    """Return the line of a score file, published keys first."""
    value = asdict(record)
    line = {key: value[key] for key in PUBLISHED_KEYS}
    line["scores"] = [int(score) if float(score).is_integer() else score for score in record.scores]
    extra = ("judge", "clip", "runs", "values", "measurements")
    return line | {key: value[key] for key in extra if value[key]}


def record_from_json(value: Any, benchmark: Benchmark) -> ScoreRecord:
    """Return the record of a line, skipping unknown keys. Raises ValueError or TypeError when the line is none."""
    if not isinstance(value, dict):
        raise TypeError("not a JSON object")
    # OpenVE-Bench's own script calls it "edited_type".
    named = {"edit_type": value.get("edited_type", ""), **value}
    texts = {key: named.get(key, "") for key in PUBLISHED_KEYS if key != "scores"}
    wrong = [key for key, text in texts.items() if not isinstance(text, str)]
    if wrong or not texts["id"]:
        raise ValueError(f"{', '.join(wrong) or 'id'} must be text")
    count = len(benchmark.dimensions)
    values = value.get("values")
    return ScoreRecord(
        **texts,
        scores=_numbers(value.get("scores"), count, "scores", benchmark.lowest, benchmark.highest),
        judge=_checked(_JUDGE, value["judge"], "judge") if value.get("judge") else None,
        clip=_checked(_CLIP, value["clip"], "clip") if value.get("clip") else None,
        runs=tuple(_run_from_json(run, benchmark) for run in value.get("runs", ())),
        values=None if values is None else _numbers(values, count, "values", -math.inf, math.inf),
        measurements=_checked(_MEASUREMENTS, value.get("measurements", {}), "measurements"),
    )


def read_records(path: Path, benchmark: Benchmark) -> dict[str, ScoreRecord]:
    """Return the records of a score file by id, in the order of its lines; empty when there is no such file.

    A last line that a killed process left half is skipped. Raises SetupError for any other line that is no record,
    and for an id that stands twice.
    """
    records: dict[str, ScoreRecord] = {}
    for number, line in _whole_lines(path):
        try:
            record = record_from_json(parse_json(line), benchmark)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise SetupError(
                f"{path}, line {number}: no score record ({error}); restore or delete the file"
            ) from error
        if record.id in records:
            raise SetupError(f"{path}, line {number}: {record.id} stands there twice; keep one of its lines")
        records[record.id] = record
    return records


def read_failures(path: Path) -> dict[str, Failure]:
    """Return the failures by id; the last line of an id counts. Raises SetupError for a line that is none."""
    failures = {}
    for number, line in _whole_lines(path):
        try:
            failure = _checked(_FAILURE, parse_json(line), "failure")
        except (ValueError, TypeError, RecursionError) as error:
            raise SetupError(
                f"{path}, line {number}: no failure record ({error}); delete the file"
            ) from error
        failures[failure.id] = failure
    return failures


def set_aside(path: Path, ids: Collection[str]) -> None:
    """Move the records of `ids` from a score file to the file of replaced ones beside it; no score is lost."""
    lines = [(line, parse_json(line)) for _, line in _whole_lines(path)]
    replaced = [value for _, value in lines if value.get("id") in ids]
    with line_writer() as append:
        for value in replaced:
            append(path.with_name(path.name.replace("_score.jsonl", "_replaced.jsonl")), value)
    if replaced:
        kept = "".join(f"{line}\n" for line, value in lines if value.get("id") not in ids)
        write_text(path, kept)


def clip_of(path: Path) -> JudgedClip:
    """Return what a clip is known by. Raises MediaError when it cannot be read."""
    try:
        return JudgedClip(path.stat().st_size, sha256_of(path))
    except OSError as error:
        raise MediaError(f"{path}: cannot be read ({error.strerror}); check the path") from error


def append_line(path: Path, value: Mapping[str, Any]) -> None:
    """Append one JSON object as a line, as `line_writer` does."""
    with line_writer() as append:
        append(path, value)


@contextmanager
def line_writer() -> Iterator[Callable[[Path, Mapping[str, Any]], None]]:
    """Yield `append(path, value)`, which appends one JSON object as a line and waits until it is on the disk.

    A file is opened once, and a line that a kill cut is dropped then. Where the disk cannot take a line, nothing of it
    is left there: it is kept in a temporary file, since an answer may have been paid for, and OutputError says where.
    """
    with ExitStack() as opened:
        logs: dict[Path, AppendLog] = {}

        def append(path: Path, value: Mapping[str, Any]) -> None:
            line = json.dumps(value, ensure_ascii=False, allow_nan=False)

            def write(to: Path) -> None:
                if to not in logs:
                    logs[to] = opened.enter_context(AppendLog(to))
                logs[to].append(line)

            write_result(path, write)

        yield append


def _whole_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (number, line) of a JSON-lines file, without empty lines and without a cut last one."""
    try:
        for number, (_, line) in enumerate(read_lines(path), 1):
            if line.strip():
                yield number, line.decode("utf-8", "surrogateescape")
    except OSError as error:
        raise SetupError(f"{path}: cannot read it ({error.strerror})") from error


def _run_from_json(value: Any, benchmark: Benchmark) -> JudgeRun:
    count = len(benchmark.dimensions)
    scores = _numbers(value["raw_scores"], count, "raw_scores", benchmark.lowest, benchmark.highest)
    return _checked(_RUN, {**value, "raw_scores": tuple(int(score) for score in scores)}, "runs")


def _checked(adapter: TypeAdapter[Checked], value: Any, name: str) -> Checked:
    """Return the value as the adapter's type. Raises ValueError that names the field, on one line."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join([name, *map(str, first['loc'])])}: {first['msg']}") from error


def _numbers(value: Any, count: int, name: str, lowest: float, highest: float) -> tuple[float, ...]:
    good = isinstance(value, Sequence) and len(value) == count
    if not good or not all(
        isinstance(number, int | float) and not isinstance(number, bool) and lowest <= number <= highest
        for number in value
    ):
        raise ValueError(f"{name} must be {count} numbers in [{lowest}, {highest}], got {str(value)[:80]}")
    return tuple(value)
