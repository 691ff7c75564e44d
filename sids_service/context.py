"""What the endpoints of a process share: settings, the dataset, computations and jobs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request

from sids_service.estimates import Estimates
from sids_service.jobs.executor import Executor
from sids_service.jobs.jobs import JobService
from sids_service.jobs.queue import MessageQueue, open_queue
from sids_service.jobs.store import JobStore, open_store

if TYPE_CHECKING:  # the dataset brings NumPy with it, which the first answer need not wait for
    from sids_service.dataset.panel_source import PanelSource
    from sids_service.settings import Settings


@dataclass(frozen=True)
class Context:
    """The operator's settings, the dataset that is served, and what is made from both on first use."""

    settings: Settings
    dataset: PanelSource

    @cached_property
    def executor(self) -> Executor:
        """Computes in this process, within the operator's limits."""
        return Executor.of(self.settings, self.job_store, self.estimates)

    @cached_property
    def estimates(self) -> Estimates:
        """How long imputations take in this process."""
        return Estimates()

    @cached_property
    def jobs(self) -> JobService:
        """The jobs of every process that has these settings."""
        return JobService(self.job_store, self.job_queue)

    @cached_property
    def job_store(self) -> JobStore:
        """Records, requests and results of jobs."""
        return open_store(self.settings)

    @cached_property
    def job_queue(self) -> MessageQueue:
        """The queue of jobs."""
        return open_queue(self.settings)


async def _served(request: Request) -> Context:
    return cast("Context", request.app.state.context)


Served = Annotated[Context, Depends(_served)]
"""Annotates an endpoint's argument that is not the client's: the context of the application."""
