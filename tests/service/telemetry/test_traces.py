"""Traces and logs of requests and jobs, as they leave the process."""

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.trace import SpanKind, StatusCode, format_span_id, format_trace_id
from starlette.types import Message

from tests.calls import PREDICT
from tests.function_client import read
from tests.service.telemetry.conftest import LATER, Observed

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


def trace_of(span: Any) -> str:
    return format_trace_id(span.context.trace_id)


def parent_of(span: Any) -> str:
    return format_span_id(span.parent.span_id) if span.parent else ""


def id_of(span: Any) -> str:
    return format_span_id(span.context.span_id)


def test_a_request_is_a_span_with_its_stages_below(service: Observed) -> None:
    answer = service.client.post("/twolvlImp/predict", PREDICT, **{"X-Request-ID": "abc"})
    assert answer.status_code == 200
    request = service.told.span("POST /twolvlImp/predict")
    assert request.kind is SpanKind.SERVER
    assert dict(request.attributes or {}) == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "http.route": "/twolvlImp/predict",
        "sids.request_id": "abc",
        "url.path": "/twolvlImp/predict",
        "url.scheme": "http",
    }
    assert request.status.status_code is StatusCode.UNSET
    run = service.told.span("run twolvlImp")
    below = {span.name for span in service.told.spans() if parent_of(span) == id_of(run)}
    timed = {part.partition(";")[0] for part in answer.headers["Server-Timing"].split(", ")}
    assert {name.replace(" ", "-") for name in below} == timed - {"queue", "total"}
    assert parent_of(run) == parent_of(service.told.span("queue")) == id_of(request)
    assert {trace_of(span) for span in service.told.spans()} == {trace_of(request)}


def test_the_trace_of_the_client_is_continued(service: Observed) -> None:
    service.client.call("GET", "/health", headers={"traceparent": TRACEPARENT})
    span = service.told.span("GET /health")
    assert (trace_of(span), parent_of(span)) == (TRACE, PARENT)


@pytest.mark.parametrize(
    "header",
    ["", "00", "x" * 5000, f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01", f"ff-{TRACE}-{PARENT}-01", "é"],
)
def test_a_malformed_trace_context_begins_a_trace_of_its_own(service: Observed, header: str) -> None:
    assert service.client.call("GET", "/health", headers={"traceparent": header}).status_code == 200
    span = service.told.span("GET /health")
    assert span.parent is None
    assert trace_of(span) != TRACE


def test_on_the_functions_host_the_hosts_span_is_the_server_span(service: Observed) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "https",
        "path": "/health",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"traceparent", f"00-{'a' * 32}-{'b' * 16}-01".encode())],
        "azure_functions.trace_context": SimpleNamespace(trace_parent=TRACEPARENT, trace_state=""),
    }
    assert asyncio.run(ask(service, scope))["status"] == 200
    span = service.told.span("GET /health")
    assert span.kind is SpanKind.INTERNAL
    assert (trace_of(span), parent_of(span)) == (TRACE, PARENT)


async def ask(service: Observed, scope: dict[str, Any]) -> Message:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await service.app.api(scope, receive, send)
    return sent[0]


def test_a_fault_of_the_request_is_no_error_of_the_span(service: Observed) -> None:
    answer = service.client.post("/twolvlImp/predict", PREDICT | {"target": "unknown"})
    assert answer.status_code == 422
    span = service.told.span("POST /twolvlImp/predict")
    assert (span.attributes or {})["http.response.status_code"] == 422
    assert {span.status.status_code for span in service.told.spans()} == {StatusCode.UNSET}


def test_a_fault_of_the_service_is_an_error_with_its_reason(service: Observed, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("sids_core.imputation.impute.impute", fail)
    assert service.client.post("/twolvlImp/predict", PREDICT).status_code == 500
    request, run = service.told.span("POST /twolvlImp/predict"), service.told.span("run twolvlImp")
    assert {request.status.status_code, run.status.status_code} == {StatusCode.ERROR}
    assert (request.attributes or {})["error.type"] == "500"
    assert run.status.description == "a bug"
    (event,) = run.events
    assert (event.attributes or {})["exception.type"] == "ZeroDivisionError"
    assert service.told.total("http.server.request.duration", http_response_status_code=500, error_type="500") == 1
    assert service.told.total("sids.run.duration", error_type="ZeroDivisionError") == 1
    (line,) = service.told.logs("error ")
    assert (line.log_record.attributes or {})["exception.type"] == "ZeroDivisionError"
    assert line.log_record.trace_id == (request.context.trace_id if request.context else 0)


def test_what_utf_8_does_not_have_loses_no_batch(service: Observed, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("a half \ud800")

    monkeypatch.setattr("sids_core.imputation.impute.impute", fail)
    assert service.client.post("/twolvlImp/predict", PREDICT).status_code == 500
    logging.getLogger("a.library").warning("another \udfff")
    assert rb"a half \ud800" in encode_spans(service.told.spans()).SerializeToString()
    assert rb"another \udfff" in encode_logs(service.told.lines.get_finished_logs()).SerializeToString()


def test_the_names_of_spans_are_few_whatever_is_asked(service: Observed) -> None:
    async def refused() -> list[int]:
        paths = ["/nothing", "/jobs/../../etc", f"/jobs/{'0' * 32}"]
        rest = {"type": "http", "query_string": b"code=secret", "headers": [(b"host", b"a")]}
        scopes = [{**rest, "method": method, "path": path} for path in paths for method in ("GET", "BREW")]
        return [(await ask(service, scope))["status"] for scope in scopes]

    assert set(asyncio.run(refused())) == {404, 405}
    assert {span.name for span in service.told.spans()} <= {"GET", "_OTHER", "GET /jobs/{id}", "_OTHER /jobs/{id}"}
    # Keys of functions may stand in the query.
    assert "secret" not in "".join(span.to_json() for span in service.told.spans())


def test_a_job_continues_the_trace_of_its_submission(service: Observed) -> None:
    headers = {**LATER, "traceparent": TRACEPARENT}
    location = read(service.client.post("/twolvlImp/predict", PREDICT, **headers))["location"]
    service.work()
    assert read(service.client.get(location))["status"] == "succeeded"
    submission, job = service.told.span("POST /twolvlImp/predict"), service.told.span("job twolvlImp_predict")
    assert trace_of(submission) == trace_of(job) == trace_of(service.told.span("run twolvlImp")) == TRACE
    assert parent_of(job) == id_of(submission)
    assert job.kind is SpanKind.CONSUMER
    assert (job.attributes or {})["sids.job.id"] == location.rpartition("/")[2]
    assert parent_of(service.told.span("run twolvlImp")) == id_of(job)
    (line,) = service.told.logs(" succeeded")
    assert (line.log_record.trace_id, line.log_record.span_id) == (job.context.trace_id, job.context.span_id)
    assert service.told.total("sids.jobs.ended", state="succeeded") == 1


def test_a_job_of_a_process_without_telemetry_begins_a_trace(service: Observed) -> None:
    """Its record has no trace context, as one of an earlier version."""
    location = read(service.client.post("/twolvlImp/predict", PREDICT, **LATER))["location"]
    stored = service.context.job_store.read(location.rpartition("/")[2])
    assert stored is not None
    assert stored.job.trace_context
    service.context.job_store.replace(stored.job.model_copy(update={"trace_context": ""}), stored.tag)
    service.work()
    assert service.told.span("job twolvlImp_predict").parent is None


def test_each_line_of_the_log_has_its_trace_and_its_request(service: Observed) -> None:
    service.client.call("GET", "/health", headers={"traceparent": TRACEPARENT, "X-Request-ID": "abc"})
    (line,) = service.told.logs("GET /health 200")
    assert format_trace_id(line.log_record.trace_id or 0) == TRACE
    assert line.log_record.span_id == service.told.span("GET /health").context.span_id
    assert (line.log_record.attributes or {})["sids.request_id"] == "abc"
    assert line.log_record.severity_text == "INFO"


def test_clients_of_exporters_do_not_export_what_they_log_of_themselves(service: Observed) -> None:
    for name in ("opentelemetry.sdk", "azure.monitor.opentelemetry.exporter"):
        logging.getLogger(name).error("the collector is away")
    logging.getLogger("azure.core.pipeline").info("a request")
    logging.getLogger("azure.core.pipeline").warning("a warning")
    assert [str(line.log_record.body) for line in service.told.lines.get_finished_logs()] == ["a warning"]
