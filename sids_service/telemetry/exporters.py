"""Where telemetry goes: to a collector by OTLP, to Application Insights, or nowhere.

The exporters read the rest of their settings themselves: the standard variables `OTEL_…` and, for Application Insights,
`APPLICATIONINSIGHTS_AUTHENTICATION_STRING`, which names the identity that Microsoft Entra knows.
"""

import atexit
import logging
from typing import TYPE_CHECKING
from uuid import uuid4

from sids_core import __version__
from sids_service.settings import Settings
from sids_service.telemetry.telemetry import OFF, Telemetry

if TYPE_CHECKING:
    from opentelemetry.sdk._logs.export import LogRecordExporter
    from opentelemetry.sdk.metrics.export import MetricExporter
    from opentelemetry.sdk.trace.export import SpanExporter

    Exporters = list[tuple[SpanExporter, MetricExporter, LogRecordExporter]]

SERVICE = "sids-ml-backend"

logger = logging.getLogger(__name__)


def open_telemetry(settings: Settings) -> Telemetry:
    """Telemetry to the configured places, started; `OFF` without one.

    What is missing or malformed for telemetry does not keep the service from its work: the log says so.
    """
    if settings.otel_exporter_otlp_endpoint is None and settings.applicationinsights_connection_string is None:
        return OFF
    try:
        telemetry = _exported(settings)
    except ImportError as error:
        logger.error('telemetry is not exported: pip install "sids-ml-backend[telemetry]" (%s)', error)  # noqa: TRY400
        return OFF
    except Exception as error:  # noqa: BLE001 - of the standard variables, which the SDK reads and which may be malformed
        logger.error("telemetry is not exported: %s", error)  # noqa: TRY400
        return OFF
    atexit.register(telemetry.stop)
    return telemetry


def _exported(settings: Settings) -> Telemetry:
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from sids_service.telemetry.exported import ExportedTelemetry

    exporters = _exporters(settings)
    # What the standard variables say of the service comes last, and so first.
    resource = Resource.create(
        {"service.name": SERVICE, "service.version": __version__, "service.instance.id": uuid4().hex}
    ).merge(OTELResourceDetector().detect())
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    loggers = LoggerProvider(resource, shutdown_on_exit=False)
    readers = []
    for spans, metrics, logs in exporters:
        tracers.add_span_processor(BatchSpanProcessor(spans))
        loggers.add_log_record_processor(BatchLogRecordProcessor(logs))
        readers.append(PeriodicExportingMetricReader(metrics))
    return ExportedTelemetry(tracers, MeterProvider(readers, resource, shutdown_on_exit=False), loggers)


def _exporters(settings: Settings) -> "Exporters":
    exporters: Exporters = []
    if settings.otel_exporter_otlp_endpoint is not None:
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporters.append((OTLPSpanExporter(), OTLPMetricExporter(), OTLPLogExporter()))
    if settings.applicationinsights_connection_string is not None:
        from azure.monitor.opentelemetry.exporter import (
            AzureMonitorLogExporter,
            AzureMonitorMetricExporter,
            AzureMonitorTraceExporter,
        )

        # Nothing of it is kept on disk: what a collector does not take is dropped, as with OTLP.
        options = {
            "connection_string": settings.applicationinsights_connection_string.get_secret_value(),
            "disable_offline_storage": True,
        }
        try:
            exporters.append(
                (
                    AzureMonitorTraceExporter(**options),
                    AzureMonitorMetricExporter(**options),
                    AzureMonitorLogExporter(**options),
                )
            )
        except ValueError as error:
            logger.error("APPLICATIONINSIGHTS_CONNECTION_STRING: %s", error)  # noqa: TRY400
    return exporters
