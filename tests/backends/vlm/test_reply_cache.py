import json
import threading
from pathlib import Path

import numpy as np
import pytest
from tests.backends.vlm.conftest import run_python
from tests.vision_language_server import VisionLanguageServer, says

from sparkle.backends.vlm import Client, EndpointSettings, Question, UnusableReplyError, picture, read_object
from sparkle.config.settings import parse_settings
from sparkle.core.errors import BackendError, SetupError

QUESTION = Question("test", ("Is it?",))


def parse(text: str) -> str:
    return str(read_object(text, "answer")["answer"])


def client_of(server: VisionLanguageServer, **options: object) -> Client:
    return Client(parse_settings(EndpointSettings, server.options(**options), "test"))


def test_a_question_is_asked_once_whoever_asks_it(server: VisionLanguageServer):
    first = client_of(server).ask(QUESTION, parse)
    again = client_of(server).ask(QUESTION, parse)
    assert (first.usage.calls, again.usage.calls, again.usage.cached) == (1, 0, 1)
    assert (again.value, again.text, again.seed, again.model) == (
        first.value,
        first.text,
        first.seed,
        first.model,
    )
    assert len(server.asked) == 1


def test_another_process_asks_nothing_again(server: VisionLanguageServer):
    code = (
        "import sys\n"
        "from sparkle.backends.vlm import *\n"
        "client = Client(EndpointSettings(model=sys.argv[1], base_url=sys.argv[2]))\n"
        "answer = client.ask(Question('test', ('Is it?',)), lambda text: read_object(text, 'answer')['answer'])\n"
        "print(answer.value, answer.usage.cached)\n"
    )
    assert run_python(code, server.model, server.url).split() == ["yes", "0"]
    assert run_python(code, server.model, server.url).split() == ["yes", "1"]
    assert len(server.asked) == 1


def test_another_server_is_asked_itself_since_it_may_hold_another_model(server: VisionLanguageServer):
    client_of(server).ask(QUESTION, parse)
    with VisionLanguageServer(answers={"test": lambda asked: '{"answer": "no"}'}) as other:
        answer = client_of(other).ask(QUESTION, parse)
        assert (answer.value, answer.endpoint, answer.usage.cached) == ("no", other.url, 0)
        both = client_of(server, base_url=[other.url, server.url]).ask(QUESTION, parse)
        assert (both.value, both.endpoint, both.usage.cached) == ("no", other.url, 1)
    again = client_of(server).ask(QUESTION, parse)
    assert (again.value, again.endpoint, again.usage.cached) == ("yes", server.url, 1)
    assert len(server.asked) == 1


def test_whatever_changes_the_reply_is_another_question(server: VisionLanguageServer, frames: np.ndarray):
    settings = [
        {},
        {"temperature": 0.5},
        {"seed": 1},
        {"max_tokens": 99},
        {"top_p": 0.5},
        {"revision": "v2"},
        {"structured": "prompt"},
        {"extra_body": {"top_k": 1}},
    ]
    for options in settings:
        client_of(server, **options).ask(QUESTION, parse)
    changed = frames[0].copy()
    changed[0, 0, 0] ^= 1
    questions = [
        Question("test", ("Is it?",), system="Be brief."),
        Question("test", ("Is it?",), schema={"type": "object"}),
        Question("test", ("Was it?",)),
        Question("test", ("Is it?", picture(frames[0]))),
        Question("test", ("Is it?", picture(changed))),
        Question("test", (picture(frames[0]), "Is it?")),
    ]
    for question in questions:
        client_of(server).ask(question, parse)
    assert len(server.asked) == len(settings) + len(questions)


def test_a_reply_after_an_unusable_one_is_found_again(server: VisionLanguageServer):
    server.script(says("no JSON"))
    first = client_of(server).ask(QUESTION, parse)
    again = client_of(server).ask(QUESTION, parse)
    assert len(server.asked) == 2
    assert again.seed == first.seed == server.asked[1].body["seed"]


def test_unusable_replies_are_no_answers(server: VisionLanguageServer, cache_folder: Path):
    server.script(*[says("no JSON")] * 2)
    with pytest.raises(BackendError, match="unusable"):
        client_of(server, attempts=2).ask(QUESTION, parse)
    assert [path.parent.name for path in cache_folder.rglob("*.json")] == ["unusable"]
    assert client_of(server).ask(QUESTION, parse).value == "yes"


def test_a_cached_reply_that_a_new_parser_refuses_is_asked_for_again(server: VisionLanguageServer):
    client_of(server).ask(QUESTION, parse)
    server.answers["test"] = lambda asked: '{"answer": "no"}'

    def stricter(text: str) -> str:
        if parse(text) == "yes":
            raise UnusableReplyError("yes is no answer")
        return parse(text)

    assert client_of(server).ask(QUESTION, stricter).value == "no"
    assert client_of(server).ask(QUESTION, parse).value == "no"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"version": 1}', b'{"version": 99}', b"[" * 100_000],
    ids=lambda content: content[:12].decode(errors="replace"),
)
def test_a_damaged_file_is_warned_of_and_written_anew(
    server: VisionLanguageServer, cache_folder: Path, content: bytes, caplog: pytest.LogCaptureFixture
):
    client_of(server).ask(QUESTION, parse)
    (file,) = cache_folder.rglob("*.json")
    good = json.loads(file.read_text())
    file.write_bytes(content)
    assert client_of(server).ask(QUESTION, parse).value == "yes"
    assert str(file) in caplog.text
    assert json.loads(file.read_text()).keys() == good.keys()
    assert len(server.asked) == 2


@pytest.mark.parametrize("field", ["text", "prompt_tokens", "seconds", "model"])
def test_fields_of_other_types_are_damage(server: VisionLanguageServer, cache_folder: Path, field: str):
    client_of(server).ask(QUESTION, parse)
    (file,) = cache_folder.rglob("*.json")
    file.write_text(json.dumps({**json.loads(file.read_text()), field: ["x"]}))
    assert client_of(server).ask(QUESTION, parse).usage.cached == 0


def test_the_cache_can_be_off(server: VisionLanguageServer, cache_folder: Path):
    for _ in range(2):
        client_of(server, cache=False).ask(QUESTION, parse)
    assert len(server.asked) == 2
    assert not cache_folder.exists()


def test_many_threads_may_write_one_reply(server: VisionLanguageServer, cache_folder: Path):
    clients = [client_of(server) for _ in range(8)]
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda client=client: answers.append(client.ask(QUESTION, parse).value))
        for client in clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answers == ["yes"] * 8
    assert len([path for path in cache_folder.rglob("*") if path.is_file()]) == 1


def test_a_folder_that_cannot_be_written_stops_the_run(server: VisionLanguageServer, tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SetupError, match="cache"):
        client_of(server, cache=str(tmp_path / "file")).ask(QUESTION, parse)


def test_characters_that_no_file_can_hold_are_replaced(server: VisionLanguageServer):
    server.script(says('{"answer": "half \ud800 a character"}'))
    assert client_of(server).ask(QUESTION, parse).value.startswith("half")
    assert client_of(server).ask(QUESTION, parse).usage.cached == 1
