"""Shared by the endpoints of a process: settings, dataset, computations and jobs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request

from sids_service.errors import ConfigurationError
from sids_service.estimates import Estimates
from sids_service.jobs.executor import Executor
from sids_service.jobs.jobs import JobService
from sids_service.jobs.queue import MessageQueue, open_queue
from sids_service.jobs.quota import Limits
from sids_service.jobs.store import JobStore, open_store
from sids_service.telemetry.telemetry import OFF, Telemetry
from sids_service.threads import Threads
from sids_service.web.clients import Clients

if TYPE_CHECKING:  # the dataset imports NumPy, for which the first response need not wait
    from sids_service.dataset.panel_source import PanelSource
    from sids_service.settings import Settings


STORE_THREADS, STORE_CALLS_WAITING = 8, 100
SHORT_THREADS, SHORT_CALLS_WAITING = 4, 200


@dataclass(frozen=True)
class Context:
    """The operator's settings, the served dataset, and the services derived from them on first use.

    Attributes:
        settings: the operator's.
        dataset: the served one.
        telemetry: what is told of the work.
    """

    settings: Settings
    dataset: PanelSource
    telemetry: Telemetry = OFF

    @cached_property
    def executor(self) -> Executor:
        """Runs computations in this process, within the operator's limits."""
        return Executor.of(self.settings, self.job_store, self.estimates, self.telemetry)

    @cached_property
    def estimates(self) -> Estimates:
        """Estimated duration of imputations in this process."""
        return Estimates()

    @cached_property
    def store_threads(self) -> Threads:
        """For calls that wait for the store of the jobs."""
        return Threads("store", count=STORE_THREADS, waiting=STORE_CALLS_WAITING)

    @cached_property
    def short_threads(self) -> Threads:
        """For work of milliseconds that has no turn, such as an interpolation."""
        return Threads("short", count=SHORT_THREADS, waiting=SHORT_CALLS_WAITING)

    @cached_property
    def jobs(self) -> JobService:
        """The jobs of all processes with these settings."""
        limits = Limits(
            self.settings.jobs_waiting, self.settings.jobs_waiting_per_client, self.settings.jobs_waiting_bytes
        )
        return JobService(self.job_store, self.job_queue, limits)

    @cached_property
    def clients(self) -> Clients:
        """Names of the clients of jobs."""
        return Clients(self.job_store, self.settings.trusted_proxies)

    @cached_property
    def job_store(self) -> JobStore:
        """Records, requests and results of jobs."""
        return open_store(self.settings)

    @cached_property
    def job_queue(self) -> MessageQueue:
        """The queue of jobs."""
        return open_queue(self.settings)


async def served(request: Request) -> Context:
    """The application's context.

    Raises:
        ConfigurationError: the settings are invalid, so that there is none.
    """
    context = request.app.state.context
    if isinstance(context, ConfigurationError):
        raise ConfigurationError(str(context))
    return cast("Context", context)


Served = Annotated[Context, Depends(served)]
"""Annotates an endpoint's argument that is the application's context."""


async def loaded(context: Served) -> Context:
    """The application's context once its dataset was loaded; no thread waits for the first load.

    Raises:
        DataUnavailableError: the first load takes too long.
    """
    await context.dataset.first_load()
    return context


Loaded = Annotated[Context, Depends(loaded)]
"""Annotates an endpoint's argument that is the application's context, with a dataset."""
