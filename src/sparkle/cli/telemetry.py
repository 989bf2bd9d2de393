"""A run told to monitoring, where it is asked for: metrics that Prometheus fetches, traces that OpenTelemetry sends.

Both are told the events that a log is told (`event_log`), in the driver: no stage and no worker knows of them.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sparkle import __version__
from sparkle.cli.event_log import Tell
from sparkle.cli.screen import remarks, told
from sparkle.core.errors import SettingsError, SetupError
from sparkle.core.extras import require

_LOOPBACK = "127.0.0.1"
_SECONDS = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000)  # from a measurement to the paper's final generator


@contextmanager
def metrics(address: str | None, samples: int) -> Iterator[Tell]:
    """Yield what counts events, and serve the counts at http://ADDRESS/metrics until the end; nothing for None.

    `address` is PORT, for this machine alone, or HOST:PORT. `samples` are those of the plan. Raises SettingsError for
    what is no address, SetupError for one that is taken, MissingExtraError without the package.
    """
    if address is None:
        yield lambda event, facts: None
        return
    host, port = _host_and_port(address)
    prometheus = require("prometheus_client", "telemetry", "--metrics")
    registry = prometheus.CollectorRegistry()
    planned = prometheus.Gauge("sparkle_samples", "Samples of the plan", registry=registry)
    results = prometheus.Counter(
        "sparkle_results", "Results since the start, by stage", ["stage", "status"], registry=registry
    )
    rejections = prometheus.Counter(
        "sparkle_rejections", "Samples that a check rejected", ["stage", "check"], registry=registry
    )
    seconds = prometheus.Histogram(
        "sparkle_stage_seconds", "Seconds of a stage's call", ["stage"], buckets=_SECONDS, registry=registry
    )
    notices = prometheus.Counter("sparkle_notices", "Lost workers and the like", ["kind"], registry=registry)
    planned.set(samples)

    def tell(event: str, facts: dict[str, Any]) -> None:
        if event != "stage":
            notices.labels(event).inc()
            return
        results.labels(facts["stage"], facts["status"]).inc()
        seconds.labels(facts["stage"]).observe(facts["seconds"])
        if facts["status"] == "rejected":
            rejections.labels(facts["stage"], facts["check"].partition(" ")[0]).inc()

    try:
        server, thread = prometheus.start_http_server(port, host, registry=registry)
    except OSError as error:
        raise SetupError(
            f"--metrics {address}: cannot listen there ({error}); choose another port"
        ) from error
    try:
        yield tell
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def traces(run: str | None) -> Iterator[Tell]:
    """Yield what makes a span of each result, all of a sample in one trace; nothing for None.

    `run` names the run: a sample's trace has the same number after a restart. Where they are sent is said by
    OpenTelemetry's own variables, OTEL_EXPORTER_OTLP_ENDPOINT and its like. Raises MissingExtraError without the
    packages.
    """
    if run is None:
        yield lambda event, facts: None
        return
    provider = _provider(run)
    api = require("opentelemetry.trace", "telemetry", "--traces")
    tracer = provider.get_tracer("sparkle", __version__)

    def tell(event: str, facts: dict[str, Any]) -> None:
        ended = time.time_ns()
        above = api.NonRecordingSpan(_context_of(api, run, str(facts.get("id", ""))))
        span = tracer.start_span(
            str(facts.get("stage", event)),
            context=api.set_span_in_context(above),
            start_time=ended - int(1e9 * facts.get("seconds", 0.0)),
            attributes={
                f"sparkle.{name}": value
                for name, value in {"event": event, **facts}.items()
                if value is not None
            },
        )
        if facts.get("status") == "failed":
            span.set_status(api.Status(api.StatusCode.ERROR, str(facts.get("error", ""))))
        span.end(ended)

    with _losses_told_once():
        try:
            yield tell
        finally:
            provider.shutdown()  # sends what waits


class _Losses(logging.Handler):
    """Tells the first time that spans could not be sent; OpenTelemetry logs every try of all the hours of a run."""

    def __init__(self) -> None:
        super().__init__()
        self._why, self._is_told = "", False

    def emit(self, record: logging.LogRecord) -> None:
        """Keep why a try failed, and tell of the first batch that was given up."""
        if record.levelno < logging.ERROR:
            self._why = record.getMessage()
        elif not self._is_told:
            self._is_told = True
            why = self._why or record.getMessage()
            remarks.print(
                told(("traces", "yellow"), f"    spans are lost, and the run goes on: {why}"), soft_wrap=True
            )


@contextmanager
def _losses_told_once() -> Iterator[None]:
    library = logging.getLogger("opentelemetry")
    losses, passes_on = _Losses(), library.propagate
    library.addHandler(losses)
    library.propagate = False
    try:
        yield
    finally:
        library.removeHandler(losses)
        library.propagate = passes_on


def _provider(run: str) -> Any:
    sdk = require("opentelemetry.sdk.trace", "telemetry", "--traces")
    export = require("opentelemetry.sdk.trace.export", "telemetry", "--traces")
    otlp = require("opentelemetry.exporter.otlp.proto.http.trace_exporter", "telemetry", "--traces")
    resources = require("opentelemetry.sdk.resources", "telemetry", "--traces")
    about = resources.Resource.create({"service.version": __version__, "sparkle.run": run})
    if about.attributes.get("service.name", "unknown_service").startswith("unknown_service"):
        about = about.merge(resources.Resource({"service.name": "sparkle"}))
    provider = sdk.TracerProvider(resource=about, shutdown_on_exit=False)
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    return provider


def _context_of(api: Any, run: str, sample: str) -> Any:
    number = hashlib.sha256(f"{run}\0{sample}".encode()).digest()
    return api.SpanContext(
        trace_id=int.from_bytes(number[:16], "big"),
        span_id=int.from_bytes(number[16:24], "big"),
        is_remote=True,
        trace_flags=api.TraceFlags(api.TraceFlags.SAMPLED),
    )


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise SettingsError(f"--metrics {address}: give PORT or HOST:PORT, with a port from 1 to 65535")
    return host.strip("[]") or _LOOPBACK, int(port)
