"""What a model's endpoints are built from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sids_service.estimates import Estimates
from sids_service.jobs.executor import Executor
from sids_service.jobs.jobs import JobService
from sids_service.jobs.queue import MessageQueue, open_queue
from sids_service.jobs.store import JobStore, open_store

if TYPE_CHECKING:  # the dataset brings NumPy with it, which the first answer need not wait for
    from sids_service.dataset.dataset import Dataset
    from sids_service.settings import Settings


@dataclass(frozen=True)
class Context:
    """The operator's settings, and the dataset that is served."""

    settings: Settings
    dataset: Dataset

    @cached_property
    def executor(self) -> Executor:
        """The computations of this process, bounded as the operator has set it."""
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
        """Where the jobs are kept."""
        return open_store(self.settings)

    @cached_property
    def job_queue(self) -> MessageQueue:
        """Where the jobs wait."""
        return open_queue(self.settings)
