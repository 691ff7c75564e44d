"""A service that tells its telemetry to this process's memory."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, Metric
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from blueprints.app import build_app, make_worker
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.jobs.consumer import Consumer
from sids_service.settings import Settings
from sids_service.telemetry.exported import ExportedTelemetry
from tests.function_client import FunctionClient

LATER = {"Prefer": "respond-async"}
Attributes = frozenset[tuple[str, Any]]


@dataclass(frozen=True)
class Told:
    """What was exported."""

    tracers: TracerProvider = field(default_factory=lambda: TracerProvider(shutdown_on_exit=False))
    loggers: LoggerProvider = field(default_factory=lambda: LoggerProvider(shutdown_on_exit=False))
    exporter: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    reader: InMemoryMetricReader = field(default_factory=InMemoryMetricReader)
    lines: InMemoryLogRecordExporter = field(default_factory=InMemoryLogRecordExporter)

    def telemetry(self) -> ExportedTelemetry:
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.loggers.add_log_record_processor(SimpleLogRecordProcessor(self.lines))
        return ExportedTelemetry(
            self.tracers, MeterProvider([self.reader], shutdown_on_exit=False), loggers=self.loggers
        )

    def spans(self, name: str = "") -> list[ReadableSpan]:
        return [span for span in self.exporter.get_finished_spans() if not name or span.name == name]

    def span(self, name: str) -> ReadableSpan:
        (span,) = self.spans(name)
        return span

    def names(self) -> set[str]:
        """Names of the metrics that have a value."""
        return {metric.name for metric in self._metrics() if list(metric.data.data_points)}

    def _metrics(self) -> list[Metric]:
        data = self.reader.get_metrics_data()
        resources = data.resource_metrics if data else ()
        return [metric for resource in resources for scope in resource.scope_metrics for metric in scope.metrics]

    def metric(self, name: str) -> Mapping[Attributes, Any]:
        """Attributes → value, or number of values of a histogram; empty for a metric without any."""
        found = [point for metric in self._metrics() if metric.name == name for point in metric.data.data_points]
        return {
            frozenset((point.attributes or {}).items()): point.count if hasattr(point, "count") else point.value
            for point in found
        }

    def total(self, name: str, **attributes: Any) -> Any:
        """The sum over the values with these attributes, given with `_` for `.`."""
        wanted = {(key.replace("_", "."), value) for key, value in attributes.items()}
        told = self.metric(name).items()
        return sum(value for found, value in told if wanted <= {(key.replace("_", "."), each) for key, each in found})

    def logs(self, text: str) -> list[ReadableLogRecord]:
        return [line for line in self.lines.get_finished_logs() if text in str(line.log_record.body)]


class Observed:
    """A process of the service that works on jobs when told to."""

    def __init__(self, settings: Settings, told: Told) -> None:
        self.told = told
        self.context = Context(settings, open_panel_source(settings), told.telemetry())
        self.app = build_app(self.context)
        self.client = FunctionClient(self.app)

    def work(self) -> None:
        does = make_worker(self.context)
        consumer = Consumer(self.context.job_queue, does.work, does.give_up, hidden_seconds=30, max_dequeues=1)
        while consumer.once():
            pass

    def stop(self) -> None:
        self.context.telemetry.stop()
        self.context.dataset.stop()


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of panels that the tests share."""
    return tmp_path_factory.mktemp("packed")


@pytest.fixture
def service(demo_data: Path, packed: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Observed]:
    caplog.set_level(logging.INFO)
    observed = Observed(Settings(dataset_path=demo_data, dataset_cache_path=packed, jobs_path=tmp_path), Told())
    yield observed
    observed.stop()
