import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.backends.vlm.conftest import run_python
from tests.vision_language_server import (
    Asked,
    Sent,
    VisionLanguageServer,
    broken_body,
    cut_off,
    drips,
    hang_up,
    html_page,
    in_prose,
    rate_limited,
    says,
    slow,
    status,
    wrong_shape,
)

from sparkle.backends.vlm import (
    Client,
    EndpointSettings,
    Question,
    UnusableReplyError,
    VideoFile,
    VideoFrames,
    picture,
    read_object,
    schema_of,
)
from sparkle.config.settings import parse_settings
from sparkle.core.errors import BackendError, MediaError, SettingsError, SetupError
from sparkle.core.usage import collect_usage
from sparkle.video import write_video

SCHEMA = schema_of(answer={"type": "string"})
QUESTION = Question("test", ("Is it?",), schema=SCHEMA)


def parse(text: str) -> str:
    answer = read_object(text, "answer")["answer"]
    if not isinstance(answer, str):
        raise UnusableReplyError(f"answer must be text, got {answer!r}")
    return answer


def client_of(server: VisionLanguageServer, **options: object) -> Client:
    return Client(parse_settings(EndpointSettings, server.options(**options), "test"))


def test_an_answer_comes_with_its_text_model_seed_and_cost(server: VisionLanguageServer):
    answer = client_of(server, seed=7).ask(QUESTION, parse)
    assert answer.value == "yes"
    assert json.loads(answer.text) == {"answer": "yes"}
    assert (answer.model, answer.endpoint, answer.seed) == ("served-model", server.url, 7)
    assert (answer.usage.calls, answer.usage.cached) == (1, 0)
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (1000, 50)
    assert answer.usage.seconds > 0


def test_settings_reach_the_server_and_null_ones_are_left_out(server: VisionLanguageServer):
    client = client_of(
        server, temperature=0.3, top_p=0.8, seed=5, max_tokens=77, extra_body={"top_k": 20}, cache=False
    )
    client.ask(QUESTION, parse)
    sent = server.asked[0].body
    assert {name: sent[name] for name in ("temperature", "top_p", "seed", "max_tokens", "top_k")} == {
        "temperature": 0.3,
        "top_p": 0.8,
        "seed": 5,
        "max_tokens": 77,
        "top_k": 20,
    }
    client_of(server, temperature=None, seed=None, max_tokens=None, cache=False).ask(QUESTION, parse)
    assert not {"temperature", "top_p", "seed", "max_tokens"} & set(server.asked[1].body)


def test_no_seed_is_sent_to_servers_that_take_none_and_questions_stay_apart(server: VisionLanguageServer):
    client = client_of(server, seed=None)
    for seed in (1, 2, 1):
        assert client.ask(Question("test", ("Is it?",), seed=seed), parse).seed is None
    assert ["seed" in asked.body for asked in server.asked] == [False, False]


def test_a_question_may_have_its_own_settings_and_a_system_text(server: VisionLanguageServer):
    question = Question("test", ("Is it?",), system="Be brief.", temperature=0.9, seed=11, max_tokens=9)
    client_of(server).ask(question, parse)
    sent = server.asked[0].body
    assert (sent["temperature"], sent["seed"], sent["max_tokens"]) == (0.9, 11, 9)
    assert sent["messages"][0] == {"role": "system", "content": "Be brief."}


def test_a_schema_goes_to_the_server_or_into_the_prompt(server: VisionLanguageServer):
    client_of(server, structured="json_schema").ask(QUESTION, parse)
    assert server.asked[0].schema == SCHEMA
    client_of(server, structured="prompt").ask(QUESTION, parse)
    assert server.asked[1].schema is None
    assert json.dumps(SCHEMA) in server.asked[1].text


def test_pictures_and_videos_are_sent_inline(
    server: VisionLanguageServer, frames: np.ndarray, tmp_path: Path
):
    write_video(tmp_path / "clip.mp4", frames, 8.0)
    parts = (picture(frames[0]), "then", VideoFile(tmp_path / "clip.mp4"), VideoFrames(frames, 8.0))
    client_of(server).ask(Question("test", parts), parse)
    assert [kind for kind, _ in server.asked[0].media] == ["image/png", "video/mp4", "video/mp4"]
    assert server.asked[0].media[1][1] == (tmp_path / "clip.mp4").read_bytes()
    types = [part["type"] for part in server.asked[0].body["messages"][0]["content"]]
    assert types == ["image_url", "text", "video_url", "video_url"]


def test_a_server_without_videos_gets_frames_with_their_times(
    server: VisionLanguageServer, frames: np.ndarray, tmp_path: Path
):
    write_video(tmp_path / "clip.mp4", frames, 8.0)
    client = client_of(server, video="frames", frame_rate_fps=4.0, most_frames=3)
    for clip in (VideoFile(tmp_path / "clip.mp4"), VideoFrames(frames, 8.0)):
        client.ask(Question("test", (clip, "What moves?")), parse)
    for asked in server.asked:
        assert [kind for kind, _ in asked.media] == ["image/jpeg"] * 3
        assert asked.texts[0] == "Frame at 0.00 s:"
        assert asked.texts[-1] == "What moves?"
    assert server.asked[1].texts[2] == "Frame at 1.00 s:"


def test_videos_may_be_sent_where_pictures_go(server: VisionLanguageServer, frames: np.ndarray):
    client_of(server, video="image_url").ask(Question("test", (VideoFrames(frames, 8.0),)), parse)
    part = server.asked[0].body["messages"][0]["content"][0]
    assert part["type"] == "image_url"
    assert part["image_url"]["url"].startswith("data:video/mp4;base64,")


def test_a_missing_video_is_named(server: VisionLanguageServer, tmp_path: Path):
    with pytest.raises(MediaError, match=r"gone\.mp4"):
        client_of(server).ask(Question("test", (VideoFile(tmp_path / "gone.mp4"),)), parse)


@pytest.mark.parametrize(
    "fault",
    [rate_limited(0), status(500), status(503), cut_off, hang_up, html_page, broken_body, wrong_shape],
    ids=["429", "500", "503", "cut off", "hang up", "html", "broken", "wrong shape"],
)
def test_a_passing_fault_is_tried_again_with_the_same_seed(server: VisionLanguageServer, fault):
    server.script(fault, fault)
    assert client_of(server).ask(QUESTION, parse).value == "yes"
    assert len({asked.body["seed"] for asked in server.asked}) == 1
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    "reply",
    [
        says(""),
        says(None),
        says("I can't help with that."),
        says('{"answer": 5}'),
        says('["answer"]'),
        says('{"answer": "yes"}', finish="length"),
        says('{"answer": "yes"}', finish="content_filter"),
        says(None, refusal="No."),
        says([{"type": "text", "text": "hm"}]),
        says(17),
    ],
)
def test_an_unusable_reply_is_asked_for_again_with_another_seed(server: VisionLanguageServer, reply):
    server.script(reply)
    answer = client_of(server, seed=3, temperature=0.0).ask(QUESTION, parse)
    assert answer.value == "yes"
    first, second = (asked.body for asked in server.asked)
    assert first["seed"] != second["seed"] == answer.seed
    # Greedy decoding would say the same again.
    assert (first["temperature"], second["temperature"]) == (0.0, 0.7)


def test_prose_and_fences_around_the_answer_are_no_reason_to_ask_again(server: VisionLanguageServer):
    server.script(in_prose)
    assert client_of(server).ask(QUESTION, parse).value == "yes"
    assert len(server.asked) == 1


def test_replies_that_are_never_usable_are_saved_and_named(server: VisionLanguageServer, tmp_path: Path):
    server.script(*[says(f"no idea, number {index}") for index in range(3)])
    client = client_of(server, attempts=3, replies=str(tmp_path / "bad"))
    with pytest.raises(BackendError, match="none of 3 replies") as caught:
        client.ask(QUESTION, parse)
    (file,) = (tmp_path / "bad").iterdir()
    assert str(file) in str(caught.value)
    assert "'no idea, number 2'" in str(caught.value)
    saved = json.loads(file.read_text())
    assert [reply["text"] for reply in saved["replies"]] == [f"no idea, number {index}" for index in range(3)]
    assert len({reply["seed"] for reply in saved["replies"]}) == 3
    assert saved["parts"] == ["Is it?"]


def test_a_server_that_keeps_failing_fails_the_question_and_stops_nothing_else(server: VisionLanguageServer):
    server.script(*[status(500, "out of memory")] * 3)
    with pytest.raises(BackendError, match="out of memory"):
        client_of(server, attempts=3).ask(QUESTION, parse)
    assert len(server.asked) == 3


def test_a_timeout_is_tried_again_and_reported(server: VisionLanguageServer):
    server.script(slow(1.0), slow(1.0))
    with pytest.raises(BackendError, match=r"no whole reply within 0\.2 s"):
        client_of(server, attempts=2, timeout_s=0.2).ask(QUESTION, parse)


@pytest.mark.parametrize("what", ["headers", "body"])
def test_a_server_that_drips_is_given_up_when_the_time_of_a_try_is_over(
    server: VisionLanguageServer, what: str
):
    server.script(*[drips(what)] * 2)
    with pytest.raises(BackendError, match=r"127\.0\.0\.1.*no whole reply within 0\.5 s"):
        client_of(server, attempts=2, timeout_s=0.5).ask(QUESTION, parse)
    assert client_of(server, timeout_s=20.0).ask(QUESTION, parse).value == "yes"


@pytest.mark.parametrize("what", ["headers", "body"])
def test_a_probe_waits_for_no_server_that_drips(what: str):
    with VisionLanguageServer(listing=drips(what)) as server:
        (state,) = client_of(server).probe()
    assert not state.answers and "within 2 s" in state.detail


@pytest.mark.parametrize("broken", [cut_off, hang_up])
def test_a_server_that_breaks_off_every_answer_to_one_question_fails_that_one_alone(
    server: VisionLanguageServer, broken: Callable[[Asked], Sent]
):
    server.script(broken, broken)
    client = client_of(server, attempts=2)
    with pytest.raises(BackendError, match="in 2 tries"):
        client.ask(QUESTION, parse)
    assert client.ask(QUESTION, parse).value == "yes"


ERROR = {"message": "the engine stopped", "type": "InternalServerError", "code": 500}


@pytest.mark.parametrize(
    "broken",
    [
        {"error": ERROR},
        {"error": "stopped"},
        {"choices": [{"index": 0, "message": {"content": '{"answer": "no"}'}, "finish_reason": "error"}]},
        {"choices": [{"index": 0, "message": {"content": '{"answer": "no"}'}, "finish_reason": "abort"}]},
        {"choices": [{"message": {"content": '{"answer": "no"}'}, "finish_reason": "stop", "error": ERROR}]},
        {"choices": [{"message": {"content": '{"answer": "no"}', "error": ERROR}, "finish_reason": "stop"}]},
    ],
)
def test_an_error_with_status_200_is_a_fault_whatever_text_is_beside_it(
    server: VisionLanguageServer, broken: dict[str, object]
):
    server.script(says('{"answer": "no"}', **broken))
    assert client_of(server).ask(QUESTION, parse).value == "yes"
    server.script(*[says('{"answer": "no"}', **broken)] * 2)
    with pytest.raises(BackendError, match="is an error"):
        client_of(server, attempts=2, cache=False).ask(QUESTION, parse)


def test_a_reply_beyond_any_answer_is_not_even_parsed(server: VisionLanguageServer):
    server.script(says('{"answer": "no"}' + " " * 300_000))
    assert client_of(server).ask(QUESTION, lambda text: str(len(text))) != "300016"
    assert len(server.asked) == 2


def test_no_server_at_all_is_a_broken_setup():
    settings = EndpointSettings(
        model="m", base_url="http://127.0.0.1:9/v1", attempts=2, backoff_s=0.01, patience_s=0, cache=False
    )
    with pytest.raises(SetupError, match=r"127\.0\.0\.1:9.*start the server"):
        Client(settings).ask(QUESTION, parse)


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_refused_key_or_model_stops_at_once(server: VisionLanguageServer, code: int):
    server.script(status(code, "not for you"))
    with pytest.raises(SetupError, match="not for you"):
        client_of(server).ask(QUESTION, parse)
    assert len(server.asked) == 1


def test_an_invalid_key_told_as_a_bad_request_stops_too(server: VisionLanguageServer):
    server.script(status(400, "API key not valid. Please pass a valid API key."))
    with pytest.raises(SetupError, match="API key not valid"):
        client_of(server).ask(QUESTION, parse)


def test_a_refused_request_fails_the_sample_at_once(server: VisionLanguageServer):
    server.script(status(400, "video too long"))
    with pytest.raises(BackendError, match=r"video too long.*video: frames"):
        client_of(server).ask(QUESTION, parse)
    assert len(server.asked) == 1


def test_a_model_that_is_not_served_is_named(server: VisionLanguageServer):
    with pytest.raises(SetupError, match="another-model"):
        client_of(server, model="another-model").ask(QUESTION, parse)


def test_retry_after_is_waited_for(server: VisionLanguageServer):
    server.script(rate_limited(0.5))
    started = time.monotonic()
    client_of(server, backoff_s=0.0).ask(QUESTION, parse)
    assert time.monotonic() - started >= 0.5


@pytest.mark.parametrize("value", ["soon", "-3", "nan", "Wed, 21 Oct 2015 07:28:00 GMT", "1e999"])
def test_a_strange_retry_after_is_survived(server: VisionLanguageServer, value: str, monkeypatch):
    monkeypatch.setattr("sparkle.backends.vlm.server.LONGEST_WAIT_S", 0.1)
    server.script(rate_limited(value))
    assert client_of(server).ask(QUESTION, parse).value == "yes"


def test_the_key_is_sent_and_appears_in_no_file_and_no_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO")
    monkeypatch.setenv("TEST_KEY", "sk-very-secret-1234")
    with VisionLanguageServer(key="sk-very-secret-1234") as server:
        client = client_of(server, api_key_env="TEST_KEY", attempts=2)
        server.answers["test"] = lambda asked: json.dumps({"answer": asked.authorization})
        assert client.ask(QUESTION, parse).value == "Bearer ***"
        server.script(*[lambda asked: says(f"what is {asked.authorization}?")(asked)] * 2)
        with pytest.raises(BackendError) as unusable:
            client.ask(Question("test", ("Another?",)), parse)
        monkeypatch.setenv("TEST_KEY", "sk-wrong-secret-99")
        with pytest.raises(SetupError, match="TEST_KEY") as refused:
            client_of(server, api_key_env="TEST_KEY", cache=False).ask(QUESTION, parse)
    written = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 2
    for text in [*written, str(unusable.value), str(refused.value), caplog.text]:
        assert "secret" not in text


@pytest.mark.parametrize("before", range(340, 380, 5))
def test_no_piece_of_a_key_is_shown_where_a_long_message_is_cut(before: int, monkeypatch: pytest.MonkeyPatch):
    key = "sk-SECRETabcdefghijklmnopqrstuvwxyz0123456789"
    monkeypatch.setenv("TEST_KEY", key)
    messages = []
    with VisionLanguageServer() as server:
        client = client_of(server, api_key_env="TEST_KEY", attempts=1, cache=False)
        for trouble in (
            status(400, "x" * before + key),
            status(500, "x" * before + key),
            status(400, "x" * before + key[:20]),  # the server has cut it itself
            status(401, "x" * before + key),
            says(None, refusal="x" * (before - 170) + key),
            says("x" * (before - 170) + key, finish="content_filter"),
            says("fine", error={"message": "x" * (before - 180) + key}),
            says("fine", choices=[], note="x" * (before - 250) + key),
        ):
            server.script(trouble)
            with pytest.raises((BackendError, SetupError)) as caught:
                client.ask(QUESTION, parse)
            messages.append(str(caught.value))
    with VisionLanguageServer(listing=status(500, "x" * (before - 200) + key)) as server:
        messages += [state.detail for state in client_of(server, api_key_env="TEST_KEY").probe()]
    assert not [message for message in messages if "sk-" in message or "ghijklmn" in message]


def test_a_missing_key_names_its_variable(server: VisionLanguageServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(SetupError, match="NO_SUCH_KEY is not set"):
        client_of(server, api_key_env="NO_SUCH_KEY").ask(QUESTION, parse)
    assert server.asked == []


def test_a_key_in_the_settings_is_refused_and_not_repeated():
    for settings in (
        {"model": "m", "api_key_env": "sk-abc-secret"},
        {"model": "m", "api_key_env": "AIzaSy_secret_1"},
        {"model": "m", "base_url": "http://me:secret@localhost/v1"},
        {"model": "m", "base_url": "http://localhost/v1?key=secret"},
        {"model": "m", "extra_body": {"api_key": "secret"}},
        {"model": "m", "extra_body": {"headers": {"Authorization": "Bearer secret"}}},
        {"model": "m", "extra_body": {"proxies": [{"X-Api-Key": "secret"}]}},
        {"model": "m", "extra_body": {"note": "sk-secretsecretsecretsecret"}},
        {"model": "m", "extra_body": "api_key=secret"},
    ):
        with pytest.raises(SettingsError) as caught:
            Client(parse_settings(EndpointSettings, settings, "test"))
        assert "secret" not in str(caught.value)
    with pytest.raises(SettingsError, match="did you mean 'api_key_env'") as caught:
        parse_settings(EndpointSettings, {"model": "m", "api_key": "sk-secret"}, "test")
    assert "secret" not in str(caught.value)


def test_the_kind_of_a_question_is_a_plain_word():
    with pytest.raises(ValueError, match="kind"):
        Question("../x", ("Is it?",))


def test_a_url_must_be_one():
    with pytest.raises(SettingsError, match="http://"):
        Client(EndpointSettings(model="m", base_url="localhost:8000/v1"))


def test_several_questions_are_asked_at_once_within_the_limit():
    with VisionLanguageServer(seconds_per_answer=0.1) as server:
        client = client_of(server, concurrency=3)
        questions = [Question("test", (f"number {index}",)) for index in range(9)]
        server.answers["test"] = lambda asked: json.dumps({"answer": asked.text})
        answers = client.ask_all(questions, parse)
        assert [answer.value for answer in answers] == [f"number {index}" for index in range(9)]
        assert server.most_at_once == 3


def test_the_limit_holds_for_callers_of_many_threads():
    with VisionLanguageServer(seconds_per_answer=0.05) as server:
        client = client_of(server, concurrency=2, cache=False)
        threads = [threading.Thread(target=client.ask, args=(QUESTION, parse)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(server.asked) == 8
        assert server.most_at_once == 2


def test_several_endpoints_share_the_questions():
    with (
        VisionLanguageServer(seconds_per_answer=0.05) as first,
        VisionLanguageServer(seconds_per_answer=0.05) as second,
    ):
        client = client_of(first, base_url=[first.url, second.url + "/"], concurrency=2)
        client.ask_all([Question("test", (f"number {index}",)) for index in range(12)], parse)
        assert len(first.asked) + len(second.asked) == 12
        assert min(len(first.asked), len(second.asked)) >= 4
        assert max(first.most_at_once, second.most_at_once) <= 2


def test_a_dead_endpoint_beside_a_good_one_costs_little(
    server: VisionLanguageServer, monkeypatch: pytest.MonkeyPatch
):
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    client = client_of(server, base_url=["http://127.0.0.1:9/v1", server.url], backoff_s=60.0)
    answers = client.ask_all([Question("test", (f"number {index}",)) for index in range(20)], parse)
    assert len(answers) == 20
    assert max(pauses) < 30, "half of a wait"


def test_one_living_endpoint_of_many_answers_everything(server: VisionLanguageServer):
    """Each of the dead ones is free, so a question meets them first: more of them than it has tries."""
    dead = [f"http://127.0.0.1:{port}/v1" for port in (1, 2, 3, 5, 6, 9)]
    client = client_of(server, base_url=[*dead, server.url], attempts=2)
    answers = client.ask_all([Question("test", (f"number {index}",)) for index in range(30)], parse)
    assert {answer.endpoint for answer in answers} == {server.url}


def test_a_silent_endpoint_keeps_one_question_waiting_and_not_every_second(server: VisionLanguageServer):
    with VisionLanguageServer() as silent:
        silent.script(*[slow(30.0)] * 20)
        client = client_of(
            server, base_url=[silent.url, server.url], backoff_s=60.0, timeout_s=3.0, cache=False
        )
        assert {client.ask(QUESTION, parse).endpoint for _ in range(10)} == {server.url}
        assert len(silent.asked) == 1


@pytest.mark.parametrize("trouble", [hang_up, status(503)], ids=["hang up", "503"])
def test_an_endpoint_in_trouble_is_asked_less_and_less_and_comes_back(
    server: VisionLanguageServer, trouble: Callable[[Asked], Sent]
):
    with VisionLanguageServer() as ill:
        ill.script(*[trouble] * 1000)
        client = client_of(server, base_url=[ill.url, server.url], backoff_s=0.1, cache=False)
        started = time.monotonic()
        while time.monotonic() - started < 1.5:
            assert client.ask(QUESTION, parse).endpoint == server.url
        assert len(ill.asked) <= 6, "waits of 0.1, 0.2, 0.4 and 0.8 s, at least half of each"
        ill._scripts.clear()
        while client.ask(QUESTION, parse).endpoint == server.url:
            assert time.monotonic() - started < 1200


def test_the_first_error_of_several_questions_is_raised(server: VisionLanguageServer):
    server.answers["test"] = lambda asked: "{}" if "number 3" in asked.text else '{"answer": "yes"}'
    with pytest.raises(BackendError, match="none of 2 replies"):
        client_of(server, attempts=2).ask_all(
            [Question("test", (f"number {index}",)) for index in range(5)], parse
        )


def test_costs_are_recorded_for_every_reply_also_from_threads(server: VisionLanguageServer):
    server.script(says("no JSON"))
    client = client_of(server, concurrency=1)
    with collect_usage() as log:
        client.ask_all([QUESTION, Question("other", ("What?",))], parse)
        client.ask(QUESTION, parse)
    totals = {usage.name: usage for usage in log.totals()}
    assert (totals["test"].calls, totals["test"].cached, totals["test"].prompt_tokens) == (2, 1, 2000)
    assert (totals["other"].calls, totals["other"].completion_tokens) == (1, 50)
    assert sum(usage.calls for usage in client.usage.records()) == 3
    assert sum(usage.cached for usage in client.usage.records()) == 1


def test_a_parser_that_breaks_gives_its_place_back(server: VisionLanguageServer):
    client = client_of(server, concurrency=1, cache=False)
    with pytest.raises(ZeroDivisionError):
        client.ask(QUESTION, lambda text: 1 / 0)
    assert client.ask(QUESTION, parse).value == "yes"


def test_a_probe_tells_who_answers_and_serves_the_model(server: VisionLanguageServer):
    client = client_of(server, base_url=[server.url, "http://127.0.0.1:9/v1"])
    good, dead = client.probe()
    assert (good.answers, good.serves_model) == (True, True)
    assert (dead.answers, dead.serves_model) == (False, False)
    assert "127.0.0.1:9" in dead.url
    (other,) = client_of(server, model="another-model").probe()
    assert (other.answers, other.serves_model) == (True, False)
    assert server.model in other.detail


@pytest.mark.parametrize(
    "body",
    [b"[" * 200_000, b'{"choices": ' + b"1" * 5000 + b"}", b"\xff\xfe", b"", b"[1]", b'"hi"', b"null"],
    ids=["deep", "number", "bytes", "empty", "list", "text", "null"],
)
def test_a_body_that_makes_no_sense_is_a_fault_that_may_pass(server: VisionLanguageServer, body: bytes):
    server.script(lambda asked: Sent(body=body))
    assert client_of(server).ask(QUESTION, parse).value == "yes"
    with VisionLanguageServer(listing=lambda asked: Sent(body=body)) as odd:
        (state,) = client_of(odd).probe()
        assert not state.is_well


@pytest.mark.parametrize("count", [-5, 10**400, 1e400, "many", None])
def test_counts_of_tokens_that_make_no_sense_are_none(server: VisionLanguageServer, count: object):
    server.script(says('{"answer": "yes"}', usage={"prompt_tokens": count, "completion_tokens": 7}))
    usage = client_of(server).ask(QUESTION, parse).usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (0, 7)


@pytest.mark.parametrize("name", ["[/bold] <b>", "a" * 5000, "", None, ["x"], 7])
def test_what_is_no_name_of_a_model_goes_into_no_record(server: VisionLanguageServer, name: object):
    server.script(says('{"answer": "yes"}', model=name))
    answer = client_of(server).ask(QUESTION, parse)
    assert answer.model == answer.usage.model == ("7" if name == 7 else server.model)


def test_a_closed_client_opens_again(server: VisionLanguageServer):
    client = client_of(server, cache=False)
    client.ask(QUESTION, parse)
    client.close()
    assert client.ask(QUESTION, parse).value == "yes"


def test_nothing_is_imported_from_the_sdk_before_the_first_question():
    code = (
        "import sys, sparkle.backends as b\n"
        "for key in b.REGISTRY:\n"
        "    if key.startswith('vlm.'): b.create_backend(key, {'model': 'm'}).card\n"
        "print({'openai', 'json_repair', 'torch'} & set(sys.modules))"
    )
    assert run_python(code).strip() == "set()"


def test_the_environment_names_the_default_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    assert EndpointSettings(model="m").cache_folder == Path(os.environ["SPARKLE_VLM_CACHE"])
    monkeypatch.delenv("SPARKLE_VLM_CACHE")
    assert EndpointSettings(model="m").cache_folder == Path.home() / ".cache" / "sparkle" / "vlm"
    assert EndpointSettings(model="m", cache=str(tmp_path)).replies_folder == tmp_path / "unusable"
