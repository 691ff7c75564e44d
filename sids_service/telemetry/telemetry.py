"""What the service tells of itself: the interface, whose methods do nothing while nothing is exported."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from starlette.types import Scope

from sids_service.jobs.job import JobRecord, Status

Answered = Callable[[int], None]
"""Tells the status of an answer."""

_NOTHING = nullcontext()
_UNHEARD: AbstractContextManager[Answered] = nullcontext(lambda _status: None)


@dataclass(frozen=True, slots=True)
class Gauge:
    """A quantity that is read whenever metrics are exported.

    Attributes:
        name: of the metric.
        unit: as in UCUM.
        description: for people.
        read: value → its attributes; nothing while the value is unknown. Called from a thread of its own.
    """

    name: str
    unit: str
    description: str
    read: Callable[[], Iterable[tuple[float, Mapping[str, str]]]]


class Telemetry:
    """Off: every method does nothing."""

    def request(self, scope: Scope, route: str, request_id: str) -> AbstractContextManager[Answered]:  # noqa: ARG002
        """Trace and time a request.

        Args:
            scope: of the request, whose W3C trace context is continued.
            route: its path's template; empty for an unknown path.
            request_id: its id in the log.

        Returns:
            Encloses the handling of the request, and gives a function that is told the status.
        """
        return _UNHEARD

    def job(self, job: JobRecord) -> AbstractContextManager[object]:  # noqa: ARG002
        """Trace an attempt at a job, within the trace of the request that submitted it."""
        return _NOTHING

    def run(self, model: str) -> AbstractContextManager[object]:  # noqa: ARG002
        """Trace and time a computation of a model."""
        return _NOTHING

    def waited(self, stage: str, seconds: float) -> None:
        """Add a stage that has just ended to the trace."""

    def looked_up(self, outcome: str) -> None:
        """Count where a result came from: `hit`, `collapsed`, `stored` or `miss`."""

    def ended(self, status: Status) -> None:
        """Count a job that has ended."""

    def trace_context(self) -> str:
        """The current span as a W3C `traceparent`, with which a job continues the trace; empty without one."""
        return ""

    def observe(self, gauges: Iterable[Gauge]) -> None:
        """Read these quantities from now on."""

    def stop(self) -> None:
        """Export what is left, within seconds."""


OFF = Telemetry()
