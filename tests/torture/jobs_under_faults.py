"""Jobs by workers that are killed, on a storage that loses requests and answers and is restarted.

Each job that was answered 202 must succeed, once, with the bytes of the synchronous answer, and leave nothing behind.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import azure.functions as func
from azure.storage.blob import ContainerClient

from blueprints.app import build_app
from sids_core.panel.demo import write_demo_data
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.jobs.job import FINISHED, JobRecord, Status
from sids_service.settings import Settings
from tests.calls import PREDICT, SURVEY
from tests.conftest import Azurite
from tests.faulty_proxy import FaultyProxy
from tests.function_client import FunctionClient, read
from tests.killed_workers import Workers
from tests.torture.row import Row

JOBS, KILLS, RESTARTS, WORKERS = 1000, 210, 2, 5
FAULTY_SHARE = 0.05
LEASE_SECONDS = 3
SUBMITTERS = 8
ALL_KILLED = 0.8
"""Share of the jobs that have ended when the last worker is killed."""
STALL_SECONDS = 180
PREDICTIONS, CLUSTERS = 10, 5
"""One request in so many is an imputation, and a clustering of countries; the others cluster a small survey."""


def attack(seed: int) -> Row:
    """1,000 jobs, more than 200 kills, two restarts."""
    with tempfile.TemporaryDirectory() as folder, azurite_in(Path(folder)) as azurite:
        return jobs_under_faults(seed, Path(folder), azurite, jobs=JOBS, kills=KILLS, restarts=RESTARTS)


@contextmanager
def azurite_in(folder: Path) -> Iterator[Azurite]:
    azurite = Azurite(folder / "azurite")
    (folder / "azurite").mkdir()
    azurite.start()
    try:
        yield azurite
    finally:
        azurite.stop()


def jobs_under_faults(seed: int, folder: Path, azurite: Azurite, *, jobs: int, kills: int, restarts: int) -> Row:
    """Submit all jobs, wait for them while killing and restarting, and compare."""
    storm = Storm(seed, folder, azurite, jobs)
    with storm.blowing() as faults:
        storm.endure(kills, restarts)
        notes = f"{storm.workers.kills} kills of {WORKERS} workers, {restarts} restarts of Azurite, {faults()}"
    wrong, lost = storm.wrong(), storm.lost()
    left = storm.left_over()
    return Row(
        "jobs under faults of storage, kills and restarts",
        jobs,
        jobs - len(wrong | lost),
        lost=len(lost),
        wrong=len(wrong - lost),
        notes=f"{notes}; {storm.attempts()} attempts; {left} left over",
    )


@dataclass(frozen=True)
class Request:
    path: str
    body: dict[str, Any]


def requests(count: int, random: Random) -> list[Request]:
    """Different requests, quick to answer."""
    made = []
    for number in range(count):
        if number % PREDICTIONS == 0:
            made.append(Request("/twolvlImp/predict", {**PREDICT, "estimators": 5 + number // PREDICTIONS}))
        elif number % CLUSTERS == 0 and number // CLUSTERS < 20:
            body = {"dataset": "key", "category": "Economy", "year": "2001", "k": 2 + number // CLUSTERS}
            made.append(Request("/correlation/cluster", body))
        else:
            sizes = [random.randint(1, 10**6) for _ in range(3)]
            data = {"Main income": ["fishing", "tourism", "fishing"], "Household size": sizes}
            made.append(Request("/survey/clustering", {**SURVEY, "data": data}))
    random.shuffle(made)
    return made


class Storm:
    """The jobs, the workers and the storage of one attack."""

    def __init__(self, seed: int, folder: Path, azurite: Azurite, jobs: int) -> None:
        self._random = Random(seed)  # noqa: S311
        self._seed = seed
        self._folder = folder
        self._azurite = azurite
        self._requests = requests(jobs, self._random)
        self._ids: dict[str, Request] = {}
        write_demo_data(folder / "data")
        # Not through the proxy: what is found is what is there.
        self._calm = self._context(azurite.connection_string)
        self.workers: Workers
        self._submitted: list[Future[None]] = []
        self._ended: dict[str, JobRecord] = {}

    @contextmanager
    def blowing(self) -> Iterator[Callable[[], str]]:
        """Faults, workers, and jobs being submitted to them; yields what tells the faults so far."""
        with ExitStack() as stack:
            blob, queue = (
                stack.enter_context(FaultyProxy(port, share=FAULTY_SHARE, seed=self._seed + port_seed).running())
                for port_seed, port in enumerate((self._azurite.blob_port, self._azurite.queue_port))
            )
            connection = self._azurite.connection_through(blob.port, queue.port)
            environment = {"DATASET_PATH": str(self._folder / "data"), "DATASET_CACHE_PATH": str(self._folder)}
            environment |= {"JOBS_STORAGE": connection, "JOBS_LEASE_SECONDS": str(LEASE_SECONDS)}
            self.workers = Workers(WORKERS, environment, self._folder / "workers.txt")
            stack.callback(self.workers.stop)
            client = FunctionClient(build_app(self._context(connection)))
            pool = stack.enter_context(ThreadPoolExecutor(SUBMITTERS))
            self._submitted = [pool.submit(self._submit, client, each) for each in self._requests]

            def told() -> str:
                faults = sum((blob.faults + queue.faults).values())
                return f"{faults} faults in {blob.requests + queue.requests} requests"

            yield told

    def endure(self, kills: int, restarts: int) -> None:
        """Wait until all jobs have ended, killing workers and restarting the storage on the way."""
        restarted = 0
        progress = time.monotonic()
        while len(self._ended) < len(self._requests):
            before = len(self._ended)
            self._look()
            if len(self._ended) > before:
                progress = time.monotonic()
            share = len(self._ended) / len(self._requests)
            # At most two of the workers in one round, so that jobs are done; all before the last jobs have ended.
            due = min(kills, round(kills * share / ALL_KILLED)) - self.workers.kills
            for victim in self._random.sample(range(WORKERS), max(0, min(2, due))):
                self.workers.kill(victim)
            if restarted < restarts and share > (restarted + 1) / (restarts + 1):
                self._azurite.stop()
                self._azurite.start()
                restarted += 1
            if time.monotonic() - progress > STALL_SECONDS:
                break
            time.sleep(0.1)
        for each in self._submitted:
            each.result()

    def lost(self) -> set[str]:
        """The jobs that did not succeed."""
        return {
            job_id
            for job_id in self._ids
            if job_id not in self._ended or self._ended[job_id].status is not Status.SUCCEEDED
        }

    def wrong(self) -> set[str]:
        """The jobs whose result is not the synchronous answer."""
        with tempfile.TemporaryDirectory() as other:
            settings = Settings(dataset_path=self._folder / "data", dataset_cache_path=Path(other))
            client = FunctionClient(build_app(Context(settings, open_panel_source(settings))))
            results = FunctionClient(build_app(self._calm))
            return {
                job_id
                for job_id, request in self._ids.items()
                if job_id not in self.lost()
                if results.get(f"/jobs/{job_id}/result").get_body()
                != client.post(request.path, request.body).get_body()
            }

    def attempts(self) -> int:
        return sum(job.attempts for job in self._ended.values())

    def left_over(self) -> str:
        """What is in the storage besides one record and one result of each job."""
        secret = self._azurite.connection_string
        with ContainerClient.from_connection_string(secret, self._calm.settings.jobs_container) as container:
            names = [name.partition("/")[0] for name in container.list_blob_names()]
        extra = {kind: names.count(kind) - len(self._ids) for kind in ("records", "results")}
        return ", ".join(f"{count} {kind}" for kind, count in extra.items())

    def _submit(self, client: FunctionClient, request: Request) -> None:
        self._ids[_accepted(client, request)] = request

    def _look(self) -> None:
        open_ = [job_id for job_id in tuple(self._ids) if job_id not in self._ended][:50]
        for job_id in open_:
            stored = self._calm.job_store.read(job_id)
            if stored is not None and stored.job.status in FINISHED:
                self._ended[job_id] = stored.job

    def _context(self, connection: str) -> Context:
        settings = Settings.model_validate(
            {
                "dataset_path": self._folder / "data",
                "dataset_cache_path": self._folder,
                "jobs_storage": connection,
                "jobs_lease_seconds": LEASE_SECONDS,
                "jobs_waiting": 100_000,
                "jobs_waiting_per_client": 100_000,
            }
        )
        return Context(settings, open_panel_source(settings))


def _accepted(client: FunctionClient, request: Request) -> str:
    """The id of the job, asked for until the answer is 202."""
    while True:
        answer: func.HttpResponse = client.call(
            "POST", request.path, body=json.dumps(request.body).encode(), headers={"Prefer": "respond-async"}
        )
        if answer.status_code == 202:
            return str(read(answer)["id"])
        if answer.status_code != 503:
            raise AssertionError(f"{answer.status_code}: {answer.get_body()[:200]!r}")
