"""Judging over a real HTTP server with the real SDK: good replies, bad ones, faults, limits, interruptions."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.bench.tiny_bench import make_bench, make_results, tiny_clip
from tests.conftest import Command
from tests.vision_language_server import (
    JUDGED,
    Asked,
    VisionLanguageServer,
    cut_off,
    rate_limited,
    says,
    status,
)

from sparkle.bench.aggregate import aggregate
from sparkle.bench.comparison import judge_cautions
from sparkle.bench.cost import Budget
from sparkle.bench.dimensions import OPENVE, SPARKLE, Benchmark
from sparkle.bench.judges import ModelJudge, model_judge
from sparkle.bench.layout import failures_path, judge_name, score_path
from sparkle.bench.report import make_report
from sparkle.bench.report.score_tables import counts_table, summary_table
from sparkle.bench.results import load_results
from sparkle.bench.rubric import own_rubric, read_rubric
from sparkle.bench.score import Scoring, only_writer, plan_work, score
from sparkle.bench.scores import append_line
from sparkle.bench.tasks import BenchSample, read_tasks
from sparkle.core.errors import SetupError
from sparkle.core.prices import Prices

pytest.importorskip("openai")

MODEL = "test/judge"
NAME = judge_name(MODEL)
Scored = Callable[..., Scoring]


def reply(*scores: object, before: str = "Brief reasoning: fine.") -> str:
    lines = [f"{name}: {score}" for name, score in zip(JUDGED, scores, strict=True)]
    return "\n".join([before, *lines])


@pytest.fixture
def server() -> Iterator[VisionLanguageServer]:
    with VisionLanguageServer(model=MODEL) as server:
        yield server


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKLE_VLM_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def bench(tmp_path: Path) -> list[BenchSample]:
    return make_bench(tmp_path / "bench")


@pytest.fixture
def save(tmp_path: Path, bench: list[BenchSample]) -> Path:
    return make_results(tmp_path / "save", bench)


def judge_at(server: VisionLanguageServer, benchmark: Benchmark = SPARKLE, **options: Any) -> ModelJudge:
    rubric = options.pop("rubric", None) or own_rubric(benchmark)
    return model_judge(
        MODEL, benchmark, rubric, **{"endpoint": server.url, "attempts": 3, "cache": False, **options}
    )


def run_score(judge: ModelJudge, samples: list[BenchSample], save: Path, **options: Any) -> Scoring:
    return score(plan_work(samples, judge.benchmark, save, NAME, judge.judge), judge, **options)


def test_the_judge_sees_the_published_question_and_its_scores_reach_the_published_file(
    server: VisionLanguageServer, bench: list[BenchSample], save: Path
) -> None:
    scoring = run_score(judge_at(server), bench, save)
    assert (scoring.judged, scoring.complete) == (3, True)
    asked = {
        sample.id: next(asked for asked in server.asked if sample.instruction in asked.text)
        for sample in bench
    }
    for sample in bench:
        media = [content for _, content in asked[sample.id].media]
        assert media == [sample.source.read_bytes(), (save / sample.result).read_bytes()]
        assert asked[sample.id].body["messages"][0]["content"][0]["type"] == "text"
        assert (asked[sample.id].body["temperature"], asked[sample.id].body["seed"]) == (0, 42)
    line = json.loads((save / f"time_{NAME}_sparkle_score.jsonl").read_text())
    assert (line["id"], line["scores"]) == ("Sparkle_time_000000", [4] * 6)
    rubric = own_rubric(SPARKLE)
    stated = {key: line["judge"][key] for key in ("model", "rubric", "rubric_sha256", "temperature", "seed")}
    assert stated == {
        "model": MODEL,
        "rubric": rubric.name,
        "rubric_sha256": rubric.sha256,
        "temperature": 0.0,
        "seed": 42,
    }
    run_score(judge_at(server), bench, save)
    assert len(server.asked) == 3, "what has a score is not asked again"


def test_scores_above_the_cap_are_capped_and_the_raw_ones_kept(
    server: VisionLanguageServer, bench: list[BenchSample], save: Path
) -> None:
    server.answers["judge"] = lambda asked: reply(2, 5, 1, 4, 2, 3)
    run_score(judge_at(server), bench, save)
    record = next(iter(load_results(bench, SPARKLE, save, NAME).records.values()))
    assert record.scores == (2, 2, 1, 2, 2, 2)
    assert record.runs[0].raw_scores == (2, 5, 1, 4, 2, 3)


@pytest.mark.parametrize(
    "bad",
    [
        reply(7, 5, 5, 5, 5, 5),
        reply(4, 4, 4, 4, 4, 0),
        reply(4, 4, -1, 4, 4, 4),
        reply(4, 4, 3.5, 4, 4, 4),
        "Begründung: gut.\nAnweisungstreue: 4\nBildqualität: 4",
        "I cannot judge this video.",
    ],
)
def test_an_unusable_judgement_is_a_listed_failure_and_no_score_and_is_tried_again_later(
    server: VisionLanguageServer, bench: list[BenchSample], save: Path, bad: str
) -> None:
    def answer(asked: Asked) -> str:
        return bad if bench[0].instruction in asked.text else reply(4, 4, 4, 4, 4, 4)

    server.answers["judge"] = answer
    scoring = run_score(judge_at(server), bench, save)
    assert scoring.judged == 2
    assert [(failure.id, failure.kind) for failure in scoring.failures] == [(bench[0].id, "judgement")]
    assert sum(bench[0].instruction in asked.text for asked in server.asked) == 3, "asked `attempts` times"
    results = load_results(bench, SPARKLE, save, NAME)
    assert set(results.failures) == {bench[0].id}
    assert results.failures[bench[0].id].kind == "judgement"
    del server.answers["judge"]
    assert run_score(judge_at(server), bench, save).complete
    assert load_results(bench, SPARKLE, save, NAME).complete


def test_a_score_that_the_reasoning_mentions_is_not_taken_for_the_judgement(
    server: VisionLanguageServer, bench: list[BenchSample], save: Path
) -> None:
    before = (
        "Brief reasoning: at first sight Instruction Compliance: 2,\n"
        "Instruction Compliance: 2 would however be unfair to the sky."
    )
    server.answers["judge"] = lambda asked: reply(5, 4, 4, 4, 3, 4, before=before)
    run_score(judge_at(server), bench, save)
    assert {r.scores for r in load_results(bench, SPARKLE, save, NAME).records.values()} == {
        (5, 4, 4, 4, 3, 4)
    }


def test_faults_of_the_server_are_survived(
    server: VisionLanguageServer, bench: list[BenchSample], save: Path
) -> None:
    server.script(rate_limited(0.05), status(503, headers={"Retry-After": "0.05"}), says(""), cut_off)
    assert run_score(judge_at(server, attempts=5), bench, save).complete


def test_a_server_that_keeps_failing_on_one_sample_costs_that_sample_only(
    server: VisionLanguageServer, bench: list[BenchSample], save: Path
) -> None:
    server.script(status(400, "this video is too long"))
    scoring = run_score(judge_at(server), bench, save)
    assert scoring.judged == 2
    assert "too long" in scoring.failures[0].reason


def test_a_refused_key_or_an_absent_server_stops_the_command(
    bench: list[BenchSample], save: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUDGE_KEY", "wrong-but-secret")
    with VisionLanguageServer(model=MODEL, key="right") as server:
        with pytest.raises(SetupError) as caught:
            run_score(judge_at(server, api_key_env="JUDGE_KEY"), bench, save)
        assert "wrong-but-secret" not in str(caught.value)
    gone = VisionLanguageServer(model=MODEL)
    gone._http.server_close()
    with pytest.raises(SetupError):
        run_score(judge_at(gone, attempts=1), bench, save)


def test_missing_and_unreadable_clips_are_listed_and_never_sent(
    server: VisionLanguageServer, bench: list[BenchSample], save: Path
) -> None:
    (save / bench[0].result).unlink()
    cut = save / bench[1].result
    cut.write_bytes(cut.read_bytes()[:-300])
    scoring = run_score(judge_at(server), bench, save)
    assert {failure.id: failure.kind for failure in scoring.failures} == {
        bench[0].id: "missing",
        bench[1].id: "unreadable",
    }
    assert len(server.asked) == 1
    kinds = {id: failure.kind for id, failure in load_results(bench, SPARKLE, save, NAME).failures.items()}
    assert kinds == {bench[0].id: "missing", bench[1].id: "unreadable"}


def test_several_runs_have_seeds_of_their_own_and_their_mean_counts(
    server: VisionLanguageServer, bench: list[BenchSample], save: Path
) -> None:
    server.answers["judge"] = lambda asked: reply(*[asked.body["seed"] - 40] * 6)
    run_score(judge_at(server, runs=3), bench, save)
    results = load_results(bench, SPARKLE, save, NAME)
    record = next(iter(results.records.values()))
    assert [run.seed for run in record.runs] == [42, 43, 44]
    assert results.run_scores(record.id) == ((2,) * 6, (3,) * 6, (4,) * 6)
    assert record.scores == (3,) * 6


def test_as_many_samples_are_judged_at_a_time_as_allowed_and_no_more(
    bench: list[BenchSample], save: Path
) -> None:
    with VisionLanguageServer(model=MODEL, seconds_per_answer=0.3) as server:
        run_score(judge_at(server), bench, save, concurrency=2)
        assert server.most_at_once == 2


def test_the_budget_stops_between_samples_and_the_rest_is_judged_by_the_next_call(
    server: VisionLanguageServer, bench: list[BenchSample], save: Path
) -> None:
    prices = Prices(input=1000.0, output=0.0)  # the server says 1000 tokens: each call costs 1
    judge = judge_at(server)
    scoring = run_score(judge, bench, save, concurrency=3, budget=Budget(2.0, prices))
    assert (scoring.judged, len(scoring.unasked), scoring.complete) == (2, 1, False)
    assert judge.spent().cost(prices) == 2.0
    assert run_score(judge_at(server), bench, save).complete
    assert len(server.asked) == 3


def test_samples_that_are_asked_again_and_again_count_in_the_budget(
    server: VisionLanguageServer, bench: list[BenchSample], save: Path
) -> None:
    server.answers["judge"] = lambda asked: "I cannot say."
    judge = judge_at(server)  # three tries a sample, each costs 1
    scoring = run_score(judge, bench, save, concurrency=3, budget=Budget(6.5, Prices(1000.0, 0.0)))
    assert (len(scoring.failures), len(scoring.unasked)) == (2, 1)
    assert judge.spent().calls == 6


def test_scores_of_two_rubrics_never_share_a_file(
    server: VisionLanguageServer, bench: list[BenchSample], save: Path, tmp_path: Path
) -> None:
    run_score(judge_at(server), bench[:1], save)
    script = tmp_path / "evaluate.py"
    script.write_text('ASKED = "Rate {edit_prompt}."\nraise SystemExit\n')
    judge = judge_at(server, rubric=read_rubric(str(script), SPARKLE))
    with pytest.raises(SetupError, match=r"rubric: 'rubric_sparkle\.md' there, 'evaluate\.py::ASKED' now"):
        run_score(judge, bench, save)
    assert score(plan_work(bench, SPARKLE, save, "second", judge.judge), judge).complete
    assert server.asked[-1].texts[0].startswith("Rate Put the subject in")


def test_frames_are_sent_where_videos_are_not_taken(
    server: VisionLanguageServer, bench: list[BenchSample], save: Path
) -> None:
    run_score(judge_at(server, media="frames"), bench[:1], save)
    assert {type for type, _ in server.asked[0].media} == {"image/jpeg"}
    assert [text for text in server.asked[0].texts if text.endswith("video:")] == [
        "Source video:",
        "Edited video:",
    ]
    record = next(iter(load_results(bench, SPARKLE, save, NAME).records.values()))
    assert record.judge is not None
    assert record.judge.media.startswith("frames:")


def test_openve_has_its_three_dimensions_and_its_own_files(
    server: VisionLanguageServer, tmp_path: Path
) -> None:
    root = tmp_path / "openve"
    tiny_clip(root / "videos/7.mp4")
    tiny_clip(tmp_path / "flat/7_edited.mp4")
    row = "background_change,a beach,videos/7.mp4\n"
    (root / "benchmark_videos.csv").write_text("edited_type,prompt,original_video\n" + row)
    names = [dimension.name for dimension in OPENVE.dimensions]
    server.answers["judge"] = lambda asked: "\n".join(
        f"**{name}:** {score}/5" for name, score in zip(names, (3, 5, 2), strict=True)
    )
    samples = read_tasks(root)
    run_score(judge_at(server, OPENVE), samples, tmp_path / "flat")
    results = load_results(samples, OPENVE, tmp_path / "flat")
    assert results.records["7"].scores == (3, 5, 2), "the published script counts what the judge says"
    limited = load_results(samples, OPENVE, tmp_path / "flat", cap=True)
    assert limited.records["7"].scores == (3, 3, 2)
    published, ours = (make_report([each]).models[0] for each in (results, limited))
    assert published.other_cap == (sum((3, 3, 2)) / 3, 3, 3, 2)
    assert ours.other_cap == (sum((3, 5, 2)) / 3, 3, 5, 2)
    heads = [row.heads[0] for row in summary_table(make_report([results])).rows]
    assert heads[:2] == ["flat, as published, not capped", "flat, capped by Instruction Compliance"]
    assert "cap" in str(make_report([limited]).cautions)


def test_a_file_of_the_authors_openve_keys_counts_by_its_edited_type(tmp_path: Path) -> None:
    root = tmp_path / "openve"
    root.mkdir()
    rows = "".join(f"background_change,a beach,videos/{number}.mp4\n" for number in range(2))
    (root / "benchmark_videos.csv").write_text("edited_type,prompt,original_video\n" + rows)
    path = tmp_path / "save/background_change_gemini-2.5-pro_openve_score.jsonl"
    append_line(path, {"id": "0", "edited_type": "background_change", "scores": [2, 5, 4]})
    append_line(path, {"id": "1", "edited_type": "local_add", "scores": [5, 5, 5]})
    results = load_results(read_tasks(root), OPENVE, tmp_path / "save")
    assert (results.rows, list(results.records)) == (2, ["0"])
    assert results.failures["1"].kind == "other type"


def test_a_row_of_another_edit_type_counts_nowhere_and_is_told(
    server: VisionLanguageServer, bench: list[BenchSample], save: Path
) -> None:
    run_score(judge_at(server), bench, save)
    path = score_path(save, SPARKLE, "location", NAME)
    text = path.read_text()
    path.write_text(text.replace('"edit_type": "location"', '"edit_type": "season"', 1))
    # As after a sloppy merge of files: a row of another theme stands in this file too.
    path.write_text(path.read_text() + score_path(save, SPARKLE, "time", NAME).read_text())
    results = load_results(bench, SPARKLE, save, NAME)
    assert results.rows == 4
    assert len(results.records) == 2
    (failure,) = results.failures.values()
    assert failure.kind == "other type" and "season" in failure.reason
    assert [row.scored for row in aggregate(results).themes] == [1, 1]
    (row,) = counts_table(make_report([results])).rows
    assert row.cells[:3] == ("3", "4", "2")
    assert run_score(judge_at(server), bench, save).judged == 1
    assert load_results(bench, SPARKLE, save, NAME).complete


@pytest.mark.parametrize("same_size", [False, True])
def test_a_replaced_clip_is_judged_again_and_its_old_score_set_aside(
    server: VisionLanguageServer, bench: list[BenchSample], save: Path, same_size: bool
) -> None:
    run_score(judge_at(server, cache=True), bench, save)
    clip = save / bench[0].result
    content = bytearray(clip.read_bytes())
    if same_size:
        content[content.index(b"x264 - core")] ^= 1  # in a comment: it still decodes
        clip.write_bytes(content)
    else:
        tiny_clip(clip, 40, frames=6)
        stale = load_results(bench, SPARKLE, save, NAME)
        assert {id: failure.kind for id, failure in stale.failures.items()} == {bench[0].id: "changed"}
    server.answers["judge"] = lambda asked: reply(*[2] * 6)
    work = plan_work(bench, SPARKLE, save, NAME, judge_at(server).judge)
    assert (work.changed, work.kept, len(work.todo)) == ((bench[0].id,), 2, 1)
    assert load_results(bench, SPARKLE, save, NAME).rows == 3, "planning changes nothing"
    assert run_score(judge_at(server, cache=True), bench, save).judged == 1
    results = load_results(bench, SPARKLE, save, NAME)
    assert [results.records[sample.id].scores[0] for sample in bench] == [2, 4, 4]
    old = (save / f"location_{NAME}_sparkle_replaced.jsonl").read_text()
    assert json.loads(old)["id"] == bench[0].id
    assert plan_work(bench, SPARKLE, save, NAME, judge_at(server).judge).todo == ()


def test_replies_of_another_model_are_noticed_whatever_it_was_asked_as(
    bench: list[BenchSample], save: Path, tmp_path: Path
) -> None:
    other = make_results(tmp_path / "other", bench)
    for place, served in ((save, "big-model"), (other, "small-model")):
        with VisionLanguageServer(model=MODEL) as server:
            server.script(*[says(reply(*[3] * 6), model=served)] * len(bench))
            run_score(judge_at(server, cache=True), bench, place)
            assert len(server.asked) == len(bench), "replies of another server are not taken for its own"
            run = next(iter(load_results(bench, SPARKLE, place, NAME).records.values())).runs[0]
            assert (run.model, run.endpoint) == (served, server.url)
    (caution,) = judge_cautions([load_results(bench, SPARKLE, each, NAME) for each in (save, other)])
    assert "save: big-model" in caution and "other: small-model" in caution


def test_the_command_tells_estimate_bill_and_table_and_refuses_what_is_incomplete(
    server: VisionLanguageServer, bench: list[BenchSample], save: Path, sparkle: Command, tmp_path: Path
) -> None:
    (save / bench[2].result).unlink()
    base = ["bench", "score", tmp_path / "bench", "--save", save, "--judge", MODEL, "--endpoint", server.url]
    refused = sparkle(*base, "--require-complete")
    assert refused.returncode == 1
    assert bench[2].id in refused.stderr
    assert server.asked == []
    done = sparkle(*base, "--price-in", 1000, "--price-out", 0, "--json")
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert told["estimate"]["calls"] == 2
    assert told["estimate"]["cost"] > 0
    assert told["spent"] == {"input": 2000, "output": 100, "calls": 2, "cached": 0, "cost": 2.0}
    assert told["saves"][0]["failures"][0]["id"] == bench[2].id
    assert told["saves"][0]["macro"]["scored"] == 2
    table = sparkle(*base)
    assert "survivors" in table.stdout
    again = make_results(tmp_path / "again", bench)
    assert "2 replies from the cache" in sparkle(*base[:3], "--save", again, *base[5:]).stdout
    assert "MACRO" in table.stdout
    assert failures_path(save, SPARKLE, "time", NAME).exists() is False, "missing is seen, not noted"


def test_ctrl_c_stops_at_once_and_the_next_call_continues(
    bench: list[BenchSample], save: Path, tmp_path: Path
) -> None:
    with VisionLanguageServer(model=MODEL) as server:
        open_gate = gate(server)
        command = ["bench", "score", tmp_path / "bench", "--save", save, "--judge", MODEL]
        options = ["--endpoint", server.url, "--concurrency", "1"]
        process = subprocess.Popen(
            [sys.executable, "-m", "sparkle", *map(str, [*command, *options])],
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 1200
        while len(server.asked) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()  # before the gate opens: the open request is not waited for
        assert process.returncode == 130, errors
        open_gate()
        assert len(load_results(bench, SPARKLE, save, NAME).records) == 1
        assert run_score(judge_at(server), bench, save).judged == 2


def test_two_commands_do_not_judge_the_same_clips_at_once(save: Path) -> None:
    with (
        only_writer(save, NAME),
        only_writer(save, "another-judge"),
        pytest.raises(SetupError, match="another process is writing the scores"),
        only_writer(save, NAME),
    ):
        pass
    with only_writer(save, NAME):
        pass
    with pytest.raises(SetupError, match="no such folder"), only_writer(save / "absent", NAME):
        pass


def gate(server: VisionLanguageServer) -> Callable[[], None]:
    """Let the first answer through and hold all others for 30 s, or until the returned function is called."""
    opened = threading.Event()

    def answer(asked: Asked) -> str:
        if len(server.asked) > 1:
            opened.wait(30)
        return reply(4, 4, 4, 4, 4, 4)

    server.answers["judge"] = answer
    return opened.set
