"""The documented sequence, small: build with an unreachable last threshold, make, infer, score, report, compare."""

import csv
import json
from pathlib import Path

import pytest
from tests.conftest import SMALLEST_OPTIONS, Command

A_SECOND = (*SMALLEST_OPTIONS, "--set", "video.frames=17")  # less is no motion to the judge


def test_a_benchmark_of_own_rejects_is_made_edited_measured_and_reported(
    clip_file: Path, tmp_path: Path, sparkle: Command
) -> None:
    pytest.importorskip("scipy")

    def told(*arguments: object, code: int = 0) -> dict:
        done = sparkle(*arguments, "--json", cwd=tmp_path)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    unreachable = ("--set", "synthesize.score_minimum=11")
    built = told("build", clip_file, "--out", "run", "--themes", "time", *unreachable, *A_SECOND)
    assert built["rejected"] == {"synthesize.editscore": 1}
    made = told("bench", "make", "run", "--out", "bench")
    assert (made["rejects"], made["used"]) == (1, 1)

    assert told("bench", "infer", "bench", "--editor", "cpu", "--save", "cpu", *A_SECOND)["made"] == 1
    copied = told("bench", "infer", "bench", "--editor", "command:cp {source} {output}", "--save", "copy")
    assert copied["made"] == 1

    scored = told("bench", "score", "bench", "--save", "cpu", "copy", "--judge", "metrics")
    assert [save["judged"] for save in scored["saves"]] == [1, 1]
    with (tmp_path / "bench/time_bench.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    line = json.loads((tmp_path / "cpu/time_metrics_sparkle_score.jsonl").read_text())
    assert line["id"] == Path(row["original_video"]).stem
    assert all(score in range(1, 6) for score in line["scores"])
    assert len(line["values"]) == 6
    assert line["measurements"]
    cpu, copy = (save["macro"]["means"][0] for save in scored["saves"])
    assert cpu > copy, "an unedited clip does not comply with its instruction"

    reported = told(
        "bench", "report", "bench", "--save", "cpu", "copy", "--save", "cpu", "--out", "report.html"
    )
    assert [model["model"] for model in reported["models"]] == ["cpu", "copy"]
    assert "metrics" in (tmp_path / "report.html").read_text()
    assert told("bench", "compare", "bench", "--a", "copy", "--b", "cpu")["samples"] == 1
