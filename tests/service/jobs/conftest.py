"""Jobs on local disk (SQLite) and in real Azurite: every test of the one runs on the other."""

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sids_service.jobs.errors import UnknownJobError
from sids_service.jobs.executor import Executor
from sids_service.jobs.fair import FairWorker
from sids_service.jobs.job import FINISHED, JobRecord
from sids_service.jobs.jobs import JobService
from sids_service.jobs.queue import MessageQueue, open_queue
from sids_service.jobs.store import JobStore, open_store, update
from sids_service.jobs.waiting import OPERATOR
from sids_service.jobs.worker import Worker
from sids_service.settings import Settings
from sids_service.web import request_ids
from tests.service.jobs.recording import ENDPOINT, RecordingHandler

if TYPE_CHECKING:
    from tests.conftest import Azurite

PROJECT = Path(__file__).resolve().parents[3]
LEASE_SECONDS = 2
DEADLINE_SECONDS = 60
NUMBERS = itertools.count()


@dataclass(frozen=True)
class Place:
    """A store and a queue of a test's own, and what is needed to use them."""

    settings: Settings
    environment: Mapping[str, str]
    handler: RecordingHandler
    records: Path

    @cached_property
    def store(self) -> JobStore:
        return open_store(self.settings)

    @cached_property
    def queue(self) -> MessageQueue:
        return open_queue(self.settings)

    @cached_property
    def jobs(self) -> JobService:
        return JobService(self.store, self.queue)

    def worker(self, handler: RecordingHandler | None = None, lease_seconds: float = LEASE_SECONDS) -> FairWorker:
        """A worker as in a process of its own: it shares no memory with others."""
        executor = Executor.of(self.settings, self.store)
        worker = Worker(self.store, self.queue, executor, {ENDPOINT: handler or self.handler}, lease_seconds)
        return FairWorker(worker, self.store, self.queue, request_ids.handling)

    def change(self, job_id: str, **values: object) -> None:
        """Change a record as a process would leave it that has died."""
        update(self.store, job_id, lambda stored: stored.job.model_copy(update=values))

    def submit(self, token: str | None = None, client: str = OPERATOR, **request: object) -> JobRecord:
        return self.jobs.submit(ENDPOINT, "recorder", self.handler.asked(**request), token, client)

    def wait_for_end(self, job_id: str) -> JobRecord:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            with suppress(UnknownJobError):
                job = self.jobs.state(job_id)
                if job.status in FINISHED:
                    return job
                assert time.monotonic() < deadline, job
            time.sleep(0.02)


@pytest.fixture
def in_folder(tmp_path: Path) -> Place:
    return local_place(tmp_path, tmp_path / "jobs")


@pytest.fixture
def in_azurite(azurite: "Azurite", tmp_path: Path) -> Iterator[Place]:
    azurite.start()
    name = f"jobs-{os.getpid()}-{next(NUMBERS)}"
    yield _place(tmp_path, {"JOBS_STORAGE": azurite.connection_string, "JOBS_QUEUE": name, "JOBS_CONTAINER": name})
    azurite.start()


@pytest.fixture(params=["folder", "azurite"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(f"in_{request.param}")
    return found


@pytest.fixture
def spawn() -> Iterator[Callable[[Place], "subprocess.Popen[bytes]"]]:
    """Starts worker processes, which end with the test."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(place: Place) -> "subprocess.Popen[bytes]":
        log = (place.records.parent / f"worker-{len(processes)}.txt").open("wb")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.service.jobs.worker_process", str(place.records), str(LEASE_SECONDS)],
                cwd=PROJECT,
                env={**os.environ, **place.environment},
                stdout=log,
                stderr=log,
            )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


def local_place(folder: Path, jobs: Path) -> Place:
    """Jobs on local disk; the records of what was done are in the other folder."""
    return _place(folder, {"JOBS_PATH": str(jobs)})


def _place(folder: Path, environment: Mapping[str, str]) -> Place:
    records = folder / "records"
    records.mkdir(parents=True, exist_ok=True)
    environment = {**environment, "JOBS_LEASE_SECONDS": str(LEASE_SECONDS)}
    settings = Settings.model_validate({name.lower(): value for name, value in environment.items()})
    return Place(settings, environment, RecordingHandler(records), records)
