"""Traces and metrics by the SDK of OpenTelemetry, in the names of its semantic conventions."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Thread
from time import perf_counter, time_ns
from traceback import format_exception

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import Scope

from sids_core import __version__, stages
from sids_core.errors import RequestError, SidsError
from sids_service.jobs.errors import ComputationCancelledError, LeaseLostError
from sids_service.jobs.job import JobRecord
from sids_service.jobs.job import Status as JobStatus
from sids_service.telemetry.logs import LogHandler, described, encodable
from sids_service.telemetry.telemetry import Answered, Gauge, Telemetry

SCOPE = "sids-ml-backend"
HOSTED = "azure_functions.trace_context"
"""Where the Functions host's own span of a request stands in the scope."""

METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Bounds of the histogram that the semantic conventions prescribe."""

RUN_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 300)
STOP_SECONDS = 3.0
"""How long the end of a process waits for a collector that does not answer."""

PROPAGATOR = TraceContextTextMapPropagator()


class ExportedTelemetry(Telemetry):
    """Tells the providers, which export in threads of their own: nothing here waits for a collector."""

    def __init__(self, tracers: TracerProvider, meters: MeterProvider, loggers: LoggerProvider) -> None:
        self._providers: tuple[TracerProvider | MeterProvider | LoggerProvider, ...] = (tracers, meters, loggers)
        self._tracer = tracers.get_tracer(SCOPE, __version__)
        # Failures are described here: most exceptions are answers to a faulty request.
        self._span = partial(self._tracer.start_as_current_span, record_exception=False, set_status_on_exception=False)
        self._meter = meter = meters.get_meter(SCOPE, __version__)
        self._requests = meter.create_histogram(
            "http.server.request.duration",
            "s",
            "Duration of HTTP server requests.",
            explicit_bucket_boundaries_advisory=REQUEST_SECONDS,
        )
        self._runs = meter.create_histogram(
            "sids.run.duration",
            "s",
            "Duration of computations, without the wait for a turn.",
            explicit_bucket_boundaries_advisory=RUN_SECONDS,
        )
        self._cache = meter.create_counter("sids.cache", "{result}", "Results by where they came from.")
        self._ended = meter.create_counter("sids.jobs.ended", "{job}", "Jobs that have ended, by state.")
        self._handler = LogHandler(loggers)
        logging.getLogger().addHandler(self._handler)

    @contextmanager
    def request(self, scope: Scope, route: str, request_id: str) -> Iterator[Answered]:
        """Trace and time a request."""
        started = perf_counter()
        attributes: dict[str, str | int] = {
            "http.request.method": scope["method"] if scope["method"] in METHODS else "_OTHER",
            "url.scheme": scope.get("scheme") or "http",
        }
        if route:
            attributes["http.route"] = route
        host = scope.get(HOSTED)
        hosted = getattr(host, "trace_parent", None)
        own = {"traceparent": hosted, "tracestate": getattr(host, "trace_state", None) or ""} if hosted else {}
        carrier = own or Headers(scope=scope)
        status = 500

        def answered(code: int) -> None:
            nonlocal status
            status = code

        try:
            with (
                self._span(
                    f"{attributes['http.request.method']} {route}".rstrip(),
                    PROPAGATOR.extract(carrier, Context()),
                    # The Functions host has its own server span, which would be counted twice.
                    SpanKind.INTERNAL if hosted else SpanKind.SERVER,
                    {**attributes, "url.path": encodable(scope["path"]), "sids.request_id": request_id},
                ) as span,
                stages.enclose(self._stage),
            ):
                try:
                    yield answered
                finally:
                    span.set_attribute("http.response.status_code", status)
                    if status >= 500:
                        span.set_attribute("error.type", str(status))
                        span.set_status(StatusCode.ERROR)
        finally:
            attributes["http.response.status_code"] = status
            if status >= 500:
                attributes["error.type"] = str(status)
            self._requests.record(perf_counter() - started, attributes)

    @contextmanager
    def job(self, job: JobRecord) -> Iterator[None]:
        """Trace an attempt at a job, within the trace of the request that submitted it."""
        hosted = trace.get_current_span().get_span_context()  # the host's invocation of the queue function
        attributes: dict[str, str | int] = {"sids.job.id": job.id, "sids.job.attempt": job.attempts}
        with (
            self._span(
                f"job {job.endpoint}",
                PROPAGATOR.extract({"traceparent": job.trace_context}, Context()),
                SpanKind.INTERNAL if hosted.is_valid else SpanKind.CONSUMER,
                attributes,
                [Link(hosted)] if hosted.is_valid else [],
            ) as span,
            stages.enclose(self._stage),
            _failing(span),
        ):
            yield

    @contextmanager
    def run(self, model: str) -> Iterator[None]:
        """Trace and time a computation of a model."""
        started = perf_counter()
        attributes = {"sids.model": model}
        try:
            with (
                self._span(f"run {model}", attributes=attributes) as span,
                _failing(span),
            ):
                yield
        except BaseException as error:
            attributes["error.type"] = _kind(error)
            raise
        finally:
            self._runs.record(perf_counter() - started, attributes)

    def waited(self, stage: str, seconds: float) -> None:
        """Add a stage that has just ended to the trace."""
        now = time_ns()
        self._tracer.start_span(stage, start_time=now - round(seconds * 1e9)).end(now)

    def looked_up(self, outcome: str) -> None:
        """Count where a result came from."""
        self._cache.add(1, {"outcome": outcome})

    def ended(self, status: JobStatus) -> None:
        """Count a job that has ended."""
        self._ended.add(1, {"state": status.value})

    def trace_context(self) -> str:
        """The current span as a W3C `traceparent`; empty without one."""
        carrier: dict[str, str] = {}
        PROPAGATOR.inject(carrier)
        return carrier.get("traceparent", "")

    def observe(self, gauges: Iterable[Gauge]) -> None:
        """Read these quantities whenever metrics are exported."""
        for gauge in gauges:

            def read(_: CallbackOptions, gauge: Gauge = gauge) -> Iterator[Observation]:
                for value, attributes in gauge.read():
                    yield Observation(value, attributes)

            self._meter.create_observable_gauge(gauge.name, [read], gauge.unit, gauge.description)

    def stop(self) -> None:
        """Export what is left, for `STOP_SECONDS` at most; repeated calls have no effect."""
        logging.getLogger().removeHandler(self._handler)
        providers, self._providers = self._providers, ()
        threads = [Thread(target=provider.shutdown, daemon=True) for provider in providers]
        for thread in threads:
            thread.start()
        until = perf_counter() + STOP_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - perf_counter()))

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        with self._span(name):
            yield


@contextmanager
def _failing(span: Span) -> Iterator[None]:
    """Mark the span if the enclosed block fails by a fault of the service; a cancellation or faulty request is none."""
    try:
        yield
    except BaseException as error:
        span.set_attribute("error.type", _kind(error))
        if not isinstance(error, RequestError | ComputationCancelledError | LeaseLostError):
            span.add_event("exception", described(error, "".join(format_exception(error))))
            span.set_status(Status(StatusCode.ERROR, encodable(str(error))))
        raise


def _kind(error: BaseException) -> str:
    return error.kind if isinstance(error, SidsError) else type(error).__qualname__
