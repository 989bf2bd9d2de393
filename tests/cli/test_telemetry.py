"""What monitoring gets of a run: by Prometheus' own reader over HTTP, and at an OTLP server that tests start."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

import pytest
from tests.runners.small_run import CARDS, plan

from sparkle.cli.event_log import notice_facts, stage_facts
from sparkle.cli.telemetry import metrics, traces
from sparkle.core.errors import SettingsError, SetupError
from sparkle.core.outcome import Costs, Outcome
from sparkle.core.sample import Check
from sparkle.runners.stream import Notice
from sparkle.runs import StageEvent

parser = pytest.importorskip("prometheus_client.parser")
pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2  # noqa: E402

LOST = Notice("lost", "Sparkle_time_000003", "animate", "its worker was killed by signal 9; try 1 of 3")


def event(score: float, error: str | None = None) -> StageEvent:
    check = Check("track.area", score, 8.0, "minimum", "too small", "test")
    outcome = Outcome((check,), costs=Costs(1.5)) if error is None else Outcome(error=error)
    return StageEvent.of(plan()[0], "track", outcome, CARDS)


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def scraped(port: int) -> dict[tuple[str, ...], float]:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        families = list(parser.text_string_to_metric_families(answer.read().decode()))
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_prometheus_reads_what_was_counted(port: int) -> None:
    with metrics(str(port), samples=40) as tell:
        for each in (event(1.0), event(1.0), event(9.0), event(9.0, "no subject")):
            tell("stage", stage_facts(each))
        tell(LOST.kind, notice_facts(LOST))
        found = scraped(port)
    assert found["sparkle_samples",] == 40
    assert found["sparkle_results_total", "track", "rejected"] == 2
    assert found["sparkle_results_total", "track", "passed"] == 1
    assert found["sparkle_results_total", "track", "failed"] == 1
    assert found["sparkle_rejections_total", "track.area", "track"] == 2
    assert found["sparkle_stage_seconds_sum", "track"] == 4.5
    assert found["sparkle_notices_total", "lost"] == 1
    with pytest.raises(OSError, match="refused"):  # nothing is left listening
        scraped(port)


@pytest.mark.parametrize("address", ["", "here", "0", "70000", "127.0.0.1:"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="HOST:PORT"), metrics(address, 1):
        pass


def test_a_port_that_is_taken_is_named(port: int) -> None:
    address = f"127.0.0.1:{port}"
    with metrics(str(port), 1), pytest.raises(SetupError, match=f"--metrics {address}"), metrics(address, 1):
        pass


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[trace_service_pb2.ExportTraceServiceRequest]]:
    """A server that takes spans; what it took."""
    taken: list[trace_service_pb2.ExportTraceServiceRequest] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            taken.append(trace_service_pb2.ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    yield taken
    server.shutdown()
    server.server_close()


def test_a_span_for_each_result_and_a_trace_for_each_sample(
    collector: list[trace_service_pb2.ExportTraceServiceRequest],
) -> None:
    for _ in range(2):  # a second start goes on in the same trace
        with traces("runs/first") as tell:
            tell("stage", stage_facts(event(1.0)))
            tell("stage", stage_facts(event(9.0, "no subject")))
            tell(LOST.kind, notice_facts(LOST))
    kinds = [kind for request in collector for kind in request.resource_spans]
    about = {each.key: each.value.string_value for each in kinds[0].resource.attributes}
    assert (about["service.name"], about["sparkle.run"]) == ("sparkle", "runs/first")
    spans = [span for kind in kinds for scope in kind.scope_spans for span in scope.spans]
    assert [span.name for span in spans] == ["track", "track", "animate"] * 2
    rejected, failed, lost = spans[:3]
    told = {each.key: each.value for each in rejected.attributes}
    assert told["sparkle.status"].string_value == "rejected"
    assert told["sparkle.check"].string_value == "track.area 1 < 8"
    assert rejected.end_time_unix_nano - rejected.start_time_unix_nano == 1_500_000_000
    assert (failed.status.code, failed.status.message) == (2, "no subject")
    assert rejected.trace_id == failed.trace_id == spans[3].trace_id != lost.trace_id
    assert len({span.span_id for span in spans}) == 6


def test_spans_that_nobody_takes_are_told_in_one_line(
    port: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")
    with traces("runs/first") as tell:
        for _ in range(2):
            tell("stage", stage_facts(event(1.0)))
    told = capfd.readouterr().err
    assert told.count("\n") == 1
    assert "spans are lost" in told
    assert str(port) in told


def test_without_being_asked_nothing_happens() -> None:
    with metrics(None, 3) as count, traces(None) as trace:
        for tell in (count, trace):
            tell("stage", stage_facts(event(1.0)))
