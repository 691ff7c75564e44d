"""What is read whenever metrics are exported: the dataset's age, jobs and queues."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from sids_service.jobs.errors import StoreUnavailableError
from sids_service.jobs.queue import open_queue
from sids_service.jobs.store import is_remote
from sids_service.telemetry.telemetry import Gauge

if TYPE_CHECKING:
    from sids_service.context import Context
    from sids_service.jobs.queue import MessageQueue

Values = Iterable[tuple[float, Mapping[str, str]]]


def gauges(context: "Context") -> list[Gauge]:
    """The gauges of a process. Jobs and queues are shared: each process tells the same numbers of them."""
    queues = {context.settings.jobs_queue: context.job_queue}
    if is_remote(context.settings):
        poison = f"{context.settings.jobs_queue}-poison"
        queues[poison] = open_queue(context.settings.model_copy(update={"jobs_queue": poison}))

    def age() -> Values:
        status = context.dataset.status()
        if status.confirmed_seconds is None:  # as on an instance for timers alone, which never needs the dataset
            return []
        return [(status.confirmed_seconds, {"sids.dataset.version": status.version})]

    def jobs() -> Values:
        with suppress(StoreUnavailableError):
            return [(count, {"state": state.value}) for state, count in context.jobs.unfinished().items()]
        return []

    return [
        Gauge("sids.dataset.age", "s", "Time since the served version was last found to be the source's.", age),
        Gauge("sids.jobs", "{job}", "Jobs that wait and that run.", jobs),
        Gauge("sids.queue.messages", "{message}", "Messages, those in progress included.", lambda: _lengths(queues)),
    ]


def _lengths(queues: "Mapping[str, MessageQueue]") -> Iterator[tuple[float, Mapping[str, str]]]:
    for name, queue in queues.items():
        with suppress(StoreUnavailableError):
            yield queue.length(), {"sids.queue.name": name}
