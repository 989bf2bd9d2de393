"""Score files: published keys first, whole lines only, no sample lost."""

import json
from pathlib import Path

import pytest
from tests.bench.tiny_bench import make_bench, make_results

from sparkle.bench.dimensions import SPARKLE
from sparkle.bench.layout import failures_path, judge_name, judges_of, score_path
from sparkle.bench.results import load_results
from sparkle.bench.scores import (
    PUBLISHED_KEYS,
    Judge,
    JudgeRun,
    ScoreRecord,
    append_line,
    read_failures,
    read_records,
    record_from_json,
    record_to_json,
)
from sparkle.core.errors import SetupError

RECORD = ScoreRecord(
    id="Sparkle_time_000000",
    prompt="a street \u2028 at night",
    edit_type="time",
    subtheme="night",
    scene="lit street",
    scores=(3.0, 3.0, 2.0, 3.0, 1.0, 3.0),
    result="Reasoning.\nInstruction Compliance: 3",
    judge=Judge("gemini-2.5-pro", "r.md", "ab" * 32, 0.0, 42),
    runs=(JudgeRun(42, (3, 5, 2, 4, 1, 3), "Reasoning.", 0.0, "served", 1000, 50),),
    values=(3.2, 4.9, 2.0, 4.1, 0.2, 3.0),
    measurements={"flow": 0.25},
)


def test_a_line_starts_with_exactly_the_published_keys_and_integer_scores() -> None:
    line = json.loads(json.dumps(record_to_json(RECORD)))
    assert tuple(line)[:7] == PUBLISHED_KEYS
    assert line["scores"] == [3, 3, 2, 3, 1, 3]
    assert all(isinstance(score, int) for score in line["scores"])
    assert record_from_json(line, SPARKLE) == RECORD


def test_a_line_cut_by_a_kill_is_skipped_and_dropped_before_the_next_is_appended(tmp_path: Path) -> None:
    path = tmp_path / "time_x_sparkle_score.jsonl"
    append_line(path, record_to_json(RECORD))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    assert list(read_records(path, SPARKLE)) == [RECORD.id]
    append_line(path, {**record_to_json(RECORD), "id": "other"})
    assert list(read_records(path, SPARKLE)) == [RECORD.id, "other"]
    assert path.read_bytes().startswith(whole)


def test_a_whole_last_line_without_its_end_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "scores.jsonl"
    path.write_text(json.dumps(record_to_json(RECORD)))
    append_line(path, {**record_to_json(RECORD), "id": "other"})
    assert list(read_records(path, SPARKLE)) == [RECORD.id, "other"]


@pytest.mark.parametrize(
    "changes",
    [
        {"scores": [3, 3, 3]},
        {"scores": [3, 3, 3, 3, 3, 6]},
        {"scores": [3, 3, 3, 3, 3, "3"]},
        {"scores": [3, 3, 3, 3, 3, float("nan")]},
        {"scores": None},
        {"scores": "333333"},
        {"id": ""},
        {"id": None},
        {"runs": [{"seed": 1}]},
        {"scores": [True, True, True, True, True, True]},
        {"judge": {"colour": "red"}},
        {"judge": {"model": ["a", "list"]}},
        {"judge": {"model": "m", "temperature": "hot"}},
        {"runs": [{"seed": "x", "raw_scores": [3, 3, 3, 3, 3, 3], "result": ""}]},
        {"measurements": ["flow"]},
        {"measurements": {"flow": "fast"}},
    ],
)
def test_a_line_that_is_no_record_is_refused_with_file_and_line(tmp_path: Path, changes: dict) -> None:
    path = tmp_path / "scores.jsonl"
    path.write_text(json.dumps({**record_to_json(RECORD), **changes}) + "\n")
    with pytest.raises(SetupError, match=r"scores\.jsonl, line 1: .*; restore or delete the file"):
        read_records(path, SPARKLE)


def test_fields_that_a_later_version_adds_are_skipped(tmp_path: Path) -> None:
    line = json.loads(json.dumps(record_to_json(RECORD)))
    line["judge"]["later"], line["runs"][0]["later"] = 1, 2
    assert record_from_json(line, SPARKLE) == RECORD


def test_an_id_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scores.jsonl"
    append_line(path, record_to_json(RECORD))
    append_line(path, record_to_json(RECORD))
    with pytest.raises(SetupError, match="line 2: Sparkle_time_000000 stands there twice"):
        read_records(path, SPARKLE)


def test_every_sample_has_a_score_or_a_reason(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench")
    save = make_results(tmp_path / "save", samples)
    (save / samples[1].result).unlink()
    append_line(score_path(save, SPARKLE, "time", "m"), record_to_json(RECORD))
    results = load_results(samples, SPARKLE, save)
    assert {*results.records, *results.failures} == {sample.id for sample in samples}
    kinds = {id: failure.kind for id, failure in results.failures.items()}
    assert kinds == {samples[0].id: "not judged", samples[1].id: "missing"}


def test_a_judge_that_could_judge_nothing_is_reported_with_all_its_failures(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench")
    save = make_results(tmp_path / "save", samples)
    for sample in samples:
        failure = {"id": sample.id, "kind": "judgement", "reason": "no line 'Instruction Compliance: n'"}
        append_line(failures_path(save, SPARKLE, sample.theme, "m"), failure)
    (save / samples[0].result).unlink()
    results = load_results(samples, SPARKLE, save)
    assert (results.judge, results.records) == ("m", {})
    kinds = [results.failures[sample.id].kind for sample in samples]
    assert kinds == ["missing", "judgement", "judgement"], "what is there now counts before what once failed"


def test_a_failure_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    append_line(tmp_path / "failures.jsonl", {"id": "x", "kind": "bad luck", "reason": ""})
    with pytest.raises(SetupError, match=r"failures\.jsonl, line 1: .*kind"):
        read_failures(tmp_path / "failures.jsonl")


def test_a_folder_that_is_not_there_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="absent: no such folder"):
        load_results([], SPARKLE, tmp_path / "absent")


def test_scores_of_another_benchmark_are_refused(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench")
    append_line(
        score_path(tmp_path, SPARKLE, "time", "m"), {**record_to_json(RECORD), "id": "Sparkle_time_777777"}
    )
    with pytest.raises(SetupError, match="Sparkle_time_777777, which this benchmark does not have"):
        load_results(samples, SPARKLE, tmp_path)


def test_a_models_id_becomes_a_safe_file_name_and_the_published_judge_keeps_its_name(tmp_path: Path) -> None:
    assert judge_name("gemini-2.5-pro") == "gemini-2.5-pro"
    assert judge_name("Qwen/Qwen3-VL 32B") == "Qwen-Qwen3-VL-32B"
    assert "/" not in judge_name("../../x")
    for name in ("b", "a"):
        append_line(score_path(tmp_path, SPARKLE, "time", name), record_to_json(RECORD))
    assert judges_of(tmp_path, SPARKLE) == ["a", "b"]
    with pytest.raises(SetupError, match=r"scores by a, b; choose one"):
        load_results([], SPARKLE, tmp_path)
