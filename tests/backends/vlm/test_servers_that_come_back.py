"""A server that is away for a while costs no question and no sample."""

from collections.abc import Iterator

import pytest
from tests.runners.unsteady_server import UnsteadyServer, unsteady_server
from tests.vision_language_server import VisionLanguageServer, status

from sparkle.backends.vlm import connection
from sparkle.backends.vlm.client import Client
from sparkle.backends.vlm.endpoint import EndpointSettings
from sparkle.backends.vlm.question import Question
from sparkle.core.errors import BackendError, SetupError

QUESTION = Question("test", ("What is it?",))


@pytest.fixture
def server() -> Iterator[VisionLanguageServer]:
    with VisionLanguageServer() as server:
        server.answers["test"] = lambda asked: "a beach"
        yield server


@pytest.fixture
def before(server: VisionLanguageServer) -> Iterator[UnsteadyServer]:
    with unsteady_server(server.url) as before:
        yield before


def client_of(before: UnsteadyServer, **options: object) -> Client:
    pace = {"attempts": 2, "backoff_s": 0.02, "timeout_s": 20.0, "cache": False, **options}
    return Client(EndpointSettings(model="test/vision-language", base_url=f"{before.url}/v1", **pace))  # type: ignore[arg-type]


def test_questions_wait_for_a_server_that_is_restarted(
    before: UnsteadyServer,
    server: VisionLanguageServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = client_of(before, patience_s=600.0)
    assert client.ask(QUESTION, str).value == "a beach"
    before.stop()
    real, faults = connection.Connection._backoff, []

    def come_back(self: connection.Connection, count: int) -> float:
        faults.append(count)
        if len(faults) == 9:  # more than all tries of one question
            before.start()
        return real(self, min(count, 2))

    monkeypatch.setattr(connection.Connection, "_backoff", come_back)
    answers = client.ask_all([Question("test", (f"number {index}",)) for index in range(4)], str)
    assert [answer.value for answer in answers] == ["a beach"] * 4
    assert len(faults) >= 9
    assert len(server.asked) == 5, "none came twice"
    assert "questions wait up to 600 s" in caplog.text


@pytest.mark.parametrize("code", [502, 503, 504])
def test_a_gateway_without_its_server_is_waited_for(
    code: int, before: UnsteadyServer, server: VisionLanguageServer
) -> None:
    server.script(*[status(code)] * 6)
    assert client_of(before, patience_s=600.0).ask(QUESTION, str).value == "a beach"
    assert len(server.asked) == 7


def test_faults_of_a_server_that_is_there_are_not_waited_for(
    before: UnsteadyServer, server: VisionLanguageServer
) -> None:
    server.script(*[status(500)] * 6)
    with pytest.raises(BackendError, match="in 2 tries"):
        client_of(before, patience_s=600.0).ask(QUESTION, str)


def test_patience_ends_with_a_line(before: UnsteadyServer) -> None:
    before.stop()
    with pytest.raises(
        SetupError, match=r"no reply from test/vision-language in \d+ tries; .*start the server"
    ) as told:
        client_of(before, patience_s=0.5).ask(QUESTION, str)
    assert "\n" not in str(told.value)
    before.start()


def test_hanging_up_on_a_question_costs_tries_however_patient(
    before: UnsteadyServer, server: VisionLanguageServer
) -> None:
    """It may be this very question that the server dies of."""

    def die(asked: object) -> str:
        before.stop()
        before.start()
        return "too late"

    server.answers["test"] = die
    with pytest.raises(BackendError, match="in 2 tries"):
        client_of(before, patience_s=600.0).ask(QUESTION, str)
