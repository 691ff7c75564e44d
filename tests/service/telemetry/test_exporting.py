"""A process of its own with a collector, with one that does not answer, with none, and with telemetry off."""

import json
import logging
import os
import socket
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from blueprints.app import build_app
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.errors import ConfigurationError
from sids_service.settings import Settings, read_settings
from sids_service.telemetry.exporters import open_telemetry
from sids_service.telemetry.telemetry import OFF, Telemetry
from tests.calls import PREDICT
from tests.function_client import FunctionClient
from tests.local_host import PROJECT, host_environment, running_host
from tests.otlp_receiver import receiving

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
OFTEN = {"OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_BLRP_SCHEDULE_DELAY": "50", "OTEL_METRIC_EXPORT_INTERVAL": "200"}
QUIET = {"APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true", "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true"}
Exporting = Callable[..., tuple[FunctionClient, Telemetry]]
RESOURCE = "00000000-1111-2222-3333-444444444444"


@pytest.fixture
def exporting(demo_data: Path, packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exporting]:
    """A service in this process that exports as the environment says."""
    started: list[Context] = []

    def start(**environment: str) -> tuple[FunctionClient, Telemetry]:
        for name, value in {**OFTEN, **QUIET, **environment}.items():
            monkeypatch.setenv(name, value)
        settings = Settings(dataset_path=demo_data, dataset_cache_path=packed, jobs_path=tmp_path)
        context = Context(settings, open_panel_source(settings), open_telemetry(settings))
        started.append(context)
        return FunctionClient(build_app(context)), context.telemetry

    yield start
    for context in started:
        context.telemetry.stop()
        context.dataset.stop()


def test_a_collector_gets_traces_metrics_and_logs_of_a_server_and_at_its_end_what_is_left(
    demo_data: Path, tmp_path: Path
) -> None:
    with receiving() as collector:
        environment = {"DATASET_PATH": str(demo_data), "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **OFTEN}
        with running_host(tmp_path, {**environment, "OTEL_SERVICE_NAME": "islands"}) as host:
            host.wait_for("Ready: ")
            answer = httpx.post(
                f"{host.url}/twolvlImp/predict", json=PREDICT, headers={"traceparent": TRACEPARENT}, timeout=120
            )
            assert answer.status_code == 200
            collector.wait_for("/v1/traces", "POST /twolvlImp/predict")
            metrics = collector.wait_for("/v1/metrics", "sids.run.duration")
            collector.wait_for("/v1/logs", "POST /twolvlImp/predict 200")
            assert httpx.get(f"{host.url}/jobs/{'0' * 32}").status_code == 404
            assert host.stop() == 0
            assert "GET /jobs/{id}" in collector.all("/v1/traces")
            assert '"/jobs/{id}"' in collector.all("/v1/metrics")
    spans = [span for span in collector.spans() if b64decode(span["traceId"]).hex() == TRACE]
    assert {"POST /twolvlImp/predict", "run twolvlImp", "cross-fitting"} <= {span["name"] for span in spans}
    for name in ("http.server.request.duration", "sids.dataset.age", "sids.jobs", "sids.queue.messages", "sids.cache"):
        assert name in metrics
    assert '"islands"' in collector.all("/v1/traces")


def test_a_collector_that_does_not_answer_disturbs_nobody(exporting: Exporting) -> None:
    with receiving(held=True) as collector:
        few = {
            f"OTEL_{kind}_MAX_{what}": "8" for kind in ("BSP", "BLRP") for what in ("QUEUE_SIZE", "EXPORT_BATCH_SIZE")
        }
        client, telemetry = exporting(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **few)
        assert client.post("/twolvlImp/predict", PREDICT).status_code == 200
        assert collector.arriving.wait(60)
        assert {client.get("/health").status_code for _ in range(50)} == {200}
        telemetry.stop()  # for seconds: the collector is still held
        assert collector.all("/v1/traces") == "[]"


def test_a_collector_that_is_away_disturbs_nobody(exporting: Exporting) -> None:
    with socket.socket() as closed:  # bound, and nobody listens
        closed.bind(("127.0.0.1", 0))
        client, telemetry = exporting(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{closed.getsockname()[1]}")
        assert client.post("/twolvlImp/predict", PREDICT).status_code == 200
        telemetry.stop()
        assert client.get("/health").status_code == 200


def test_application_insights_gets_requests_dependencies_messages_and_metrics(
    exporting: Exporting, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with receiving() as collector:
        place = f"InstrumentationKey={RESOURCE};IngestionEndpoint={collector.url}/"
        client, telemetry = exporting(APPLICATIONINSIGHTS_CONNECTION_STRING=place)
        client.post("/twolvlImp/predict", PREDICT, traceparent=TRACEPARENT)
        for text in ("POST /twolvlImp/predict", "cross-fitting", "sids.run.duration", "MessageData"):
            collector.wait_for("/v2.1/track", text)
        telemetry.stop()
    items = [item for batch in json.loads(collector.all("/v2.1/track")) for item in batch]
    named = [item for item in items if item["data"]["baseData"].get("name") == "POST /twolvlImp/predict"]
    assert [(item["data"]["baseType"], item["tags"]["ai.operation.id"]) for item in named] == [("RequestData", TRACE)]
    assert {item["tags"]["ai.cloud.role"] for item in items} == {"sids-ml-backend"}


def test_a_malformed_connection_string_is_named_and_the_service_runs(
    exporting: Exporting, caplog: pytest.LogCaptureFixture
) -> None:
    client, _ = exporting(APPLICATIONINSIGHTS_CONNECTION_STRING="Key=secret")
    assert client.get("/health").status_code == 200
    assert "APPLICATIONINSIGHTS_CONNECTION_STRING: " in caplog.text
    assert "secret" not in caplog.text


WITHOUT = """
import sys, json
if {blocked!r}:
    sys.modules[{blocked!r}] = None
import logging; logging.basicConfig(stream=sys.stderr)
import function_app
from tests.function_client import FunctionClient
from tests.calls import PREDICT
client = FunctionClient(function_app.app)
statuses = [client.get("/health").status_code]
if not {blocked!r}:
    statuses.append(client.post("/twolvlImp/predict", PREDICT).status_code)
print(json.dumps([statuses, sorted(sys.modules)]))
"""


def run_without(folder: Path, environment: Mapping[str, str], blocked: str = "") -> tuple[list[int], list[str], str]:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(blocked=blocked)],
        cwd=PROJECT,
        env={**host_environment(folder, 0, environment), "PYTHONPATH": os.fspath(PROJECT)},
        capture_output=True,
        text=True,
        check=True,
    )
    statuses, modules = json.loads(done.stdout.splitlines()[-1])
    return statuses, modules, done.stderr


def test_off_nothing_of_the_sdk_or_an_exporter_is_imported(demo_data: Path, tmp_path: Path) -> None:
    """FastAPI itself imports the API."""
    statuses, modules, _ = run_without(tmp_path, {"DATASET_PATH": str(demo_data)})
    assert statuses == [200, 200]
    heavy = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.proto", "google.protobuf", "azure.monitor")
    assert [name for name in modules if name.startswith((*heavy, "sids_service.telemetry.exported"))] == []


def test_without_the_extra_the_service_runs_and_the_log_names_it(demo_data: Path, tmp_path: Path) -> None:
    environment = {"DATASET_PATH": str(demo_data), "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"}
    statuses, _, log = run_without(tmp_path, environment, "opentelemetry.sdk")
    assert statuses == [200]
    assert 'pip install "sids-ml-backend[telemetry]"' in log


# The first is less than a batch. What else may be malformed, the SDK replaces by its default.
@pytest.mark.parametrize(("name", "value"), [("OTEL_BSP_MAX_QUEUE_SIZE", "8"), ("OTEL_METRIC_EXPORT_INTERVAL", "-1")])
def test_malformed_standard_variables_do_not_keep_the_service_from_its_work(
    demo_data: Path,
    packed: Path,
    name: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv(name, value)
    settings = Settings(dataset_path=demo_data, dataset_cache_path=packed)
    assert open_telemetry(settings) is OFF
    assert "telemetry is not exported: " in caplog.text


def test_the_standards_own_switch_turns_everything_off(exporting: Exporting) -> None:
    with receiving() as collector:
        client, telemetry = exporting(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_SDK_DISABLED="true")
        assert client.post("/twolvlImp/predict", PREDICT).status_code == 200
        telemetry.stop()
        assert not collector.arriving.is_set()


@pytest.mark.parametrize("url", ["collector:4318", "grpc://collector:4317", "http://user:secret@collector"])
def test_an_endpoint_that_is_no_url_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    with pytest.raises(ConfigurationError, match=r"^OTEL_EXPORTER_OTLP_ENDPOINT: ") as refused:
        read_settings()
    assert "secret" not in str(refused.value)


def test_checking_the_settings_exports_nothing(demo_data: Path, tmp_path: Path) -> None:
    with receiving() as collector:
        environment = {"DATASET_PATH": str(demo_data), "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        subprocess.run(
            [sys.executable, "function_app.py"], cwd=PROJECT, env=host_environment(tmp_path, 0, environment), check=True
        )
        assert not collector.arriving.is_set()
