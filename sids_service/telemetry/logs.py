"""Log records as structured ones of OpenTelemetry, each with the trace and the request that it belongs to."""

import logging
from traceback import format_exception

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider

EXPORTERS = ("opentelemetry", "azure.monitor")
CLIENTS = ("azure", "urllib3", "msal")
"""Loggers of exporters, whose records would be exported by what they complain of, and of clients, also the exporters',
which log each request."""

SEVERITIES = (
    (logging.CRITICAL, SeverityNumber.FATAL),
    (logging.ERROR, SeverityNumber.ERROR),
    (logging.WARNING, SeverityNumber.WARN),
    (logging.INFO, SeverityNumber.INFO),
)


def encodable(text: str) -> str:
    """The text with escapes for what UTF-8 does not have; an exporter would drop a whole batch for it."""
    return text.encode(errors="backslashreplace").decode()


def described(error: BaseException, stack: str) -> dict[str, str]:
    """The attributes of an exception."""
    return {
        "exception.type": type(error).__qualname__,
        "exception.message": encodable(str(error)),
        "exception.stacktrace": encodable(stack),
    }


class LogHandler(logging.Handler):
    """Passes log records of INFO and above on; the SDK's own handler is deprecated."""

    def __init__(self, loggers: LoggerProvider) -> None:
        super().__init__(logging.INFO)
        self._loggers = loggers

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is exported."""
        top = record.name.partition(".")[0]
        if record.name.startswith(EXPORTERS) or (top in CLIENTS and record.levelno < logging.WARNING):
            return False
        return bool(super().filter(record))

    def emit(self, record: logging.LogRecord) -> None:
        """Export a record, with the current span."""
        try:
            severity = next((number for level, number in SEVERITIES if record.levelno >= level), SeverityNumber.DEBUG)
            attributes: dict[str, str | int] = {"code.file.path": record.pathname, "code.line.number": record.lineno}
            if request_id := getattr(record, "request_id", None):
                attributes["sids.request_id"] = request_id
            if record.exc_info and record.exc_info[1]:
                stack = record.exc_text or "".join(format_exception(record.exc_info[1]))
                attributes |= described(record.exc_info[1], stack)
            self._loggers.get_logger(record.name).emit(
                LogRecord(
                    timestamp=round(record.created * 1e9),
                    severity_number=severity,
                    severity_text=record.levelname,
                    body=encodable(record.getMessage()),
                    attributes=attributes,
                )
            )
        except Exception:  # noqa: BLE001 - logging must not fail
            self.handleError(record)
