"""A cluster on this machine: worker processes on real storage (Azurite), scaled by KEDA's rules and killed at random.

`python -m benchmarks.cluster [--targets 1000] [--kills 30] [--sample 120] [--price 0.05] [--faster 10]`

First the throughput of 1, 2, 4 and 6 workers with a core each as long as the machine has them. Then an autoscaler as in
`infra/k8s/base/worker/scaled-object.yaml`, with its intervals divided by `--faster`, starts and ends workers by the
length of the queue while as many imputations of the real data are done as `--targets` says, and workers are killed
(SIGKILL). Every job must have one record and one result, the bytes of the synchronous answer. Then the time and cost of
the whole archive, every fillable indicator and year, are projected from what one worker did; `--price` is that of
a core for an hour.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

from azure.storage.blob import ContainerClient

from benchmarks.autoscaling import Autoscaler, Pods, Rules
from blueprints.app import build_app
from sids_core.imputation.catalogue import Catalogue
from sids_service.batch.plan import BatchItem, Selection, make_plan
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.jobs.job import FINISHED, JobRecord, Status
from sids_service.settings import Settings
from tests.conftest import REAL_DATA, Azurite
from tests.function_client import FunctionClient, read
from tests.torture.jobs_under_faults import azurite_in

WORKERS = (1, 2, 4, 6)
PODS = (1, 6, 20)
POD_START_SECONDS = 45
"""Assumed, as in benchmarks/capacity.py: from scheduling a pod to its first job."""

LEASE_SECONDS = 15
OPTIONS = {"interpolator": "KNNImputer", "scheme": "AFS", "number_predictor": 10, "estimators": 100}
OPTIONS |= {"model": "etr", "interval": "quantile"}
SEED = 7


@dataclass(frozen=True)
class Phase:
    """What a number of workers did.

    Attributes:
        jobs: finished jobs.
        seconds: from the first submission until the last job had ended.
        processor_seconds: of all workers, their start included.
    """

    jobs: int
    seconds: float
    processor_seconds: float


class Cluster:
    """Storage, a dataset in it, and jobs."""

    def __init__(self, folder: Path, azurite: Azurite) -> None:
        self._azurite = azurite
        self.environment = {
            "DATASET_PATH": str(REAL_DATA),
            "JOBS_STORAGE": azurite.connection_string,
            "JOBS_LEASE_SECONDS": str(LEASE_SECONDS),
        }
        self._settings = Settings.model_validate(
            {
                "dataset_path": REAL_DATA,
                "dataset_cache_path": folder / "client",
                "jobs_storage": azurite.connection_string,
                "jobs_lease_seconds": LEASE_SECONDS,
                "jobs_waiting": 100_000,
                "jobs_waiting_per_client": 100_000,
            }
        )
        self.context = Context(self._settings, open_panel_source(self._settings))
        self._client = FunctionClient(build_app(self.context))
        self.jobs: dict[str, BatchItem] = {}
        self.ended: dict[str, JobRecord] = {}

    def submit(self, items: list[BatchItem]) -> None:
        """Ask for each as a job, as a client does; what has one value in all countries is refused, and no job."""
        for item in items:
            answer = self._client.post("/twolvlImp/predict", body(item), Prefer="respond-async")
            if answer.status_code == 202:
                self.jobs[read(answer)["id"]] = item
            elif answer.status_code != 422:
                raise RuntimeError(f"{item}: {answer.status_code}: {answer.get_body()[:300]!r}")

    def look(self) -> int:
        """Read the records of jobs that have not ended; returns how many have."""
        for job_id in [job_id for job_id in self.jobs if job_id not in self.ended][:50]:
            stored = self.context.job_store.read(job_id)
            if stored is not None and stored.job.status in FINISHED:
                self.ended[job_id] = stored.job
        return len(self.ended)

    def run(self, items: list[BatchItem], meanwhile: Callable[[], None]) -> tuple[int, float]:
        """Submit jobs and wait until all have ended; returns how many, and the seconds it took."""
        before, begun = len(self.ended), time.monotonic()
        self.submit(items)
        while self.look() < len(self.jobs):
            meanwhile()
            time.sleep(0.2)
        return len(self.ended) - before, time.monotonic() - begun

    def wrong(self) -> list[str]:
        """The jobs whose result is not the synchronous answer."""
        with tempfile.TemporaryDirectory() as other, ThreadPoolExecutor(2) as threads:
            settings = Settings(dataset_path=REAL_DATA, dataset_cache_path=Path(other))
            plain = FunctionClient(build_app(Context(settings, open_panel_source(settings))))
            stored = (self._client.get(f"/jobs/{job_id}/result").get_body() for job_id in self.jobs)
            answers = threads.map(
                lambda item: plain.post("/twolvlImp/predict", body(item)).get_body(), self.jobs.values()
            )
            return [job_id for job_id, kept, answer in zip(self.jobs, stored, answers, strict=True) if kept != answer]

    def stored(self, kind: str) -> int:
        """The number of blobs of a kind: records or results."""
        secret = self._azurite.connection_string
        with ContainerClient.from_connection_string(secret, self._settings.jobs_container) as container:
            return sum(name.startswith(f"{kind}/") for name in container.list_blob_names())


def body(item: BatchItem) -> dict[str, object]:
    """The request for an imputation."""
    return {**OPTIONS, "target_year": str(item.year), "dataset": item.dataset, "target": item.target}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--sample", type=int, default=120, help="targets for each number of workers")
    parser.add_argument("--price", type=float, default=0.05, help="of a core for an hour")
    parser.add_argument("--faster", type=float, default=10.0, help="what the autoscaler's intervals are divided by")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with azurite_in(folder) as azurite:
            run(Cluster(folder, azurite), folder, given)


def run(cluster: Cluster, folder: Path, given: argparse.Namespace) -> None:
    """Print the throughput by workers, what the autoscaled workers did, and the projection."""
    archive = make_plan(Catalogue(cluster.context.dataset.panel()), Selection((1800, 2200))).items
    random = Random(SEED)  # noqa: S311 (a draw of targets)
    drawn = iter(random.sample(archive, given.sample * len(WORKERS) + given.targets))
    print("| workers | jobs | seconds | jobs a minute | processor seconds a job |\n|---|---|---|---|---|")
    phases = {}
    for count in WORKERS:
        phases[count] = fixed(cluster, folder, count, [next(drawn) for _ in range(given.sample)])
        print_phase(str(count), phases[count])
    pods = Pods(cluster.environment, folder)
    scaler = Autoscaler(Rules.of_the_manifests(given.faster), cluster.context.job_queue.length, pods)
    before = len(cluster.ended)
    items = list(drawn)

    def autoscale() -> None:
        scaler.step()
        done = len(cluster.ended) - before
        if pods.running and pods.killed < given.kills * min(1, done / (0.9 * len(items))):
            pods.kill(random.randrange(pods.running))

    used = processor_seconds()
    jobs, seconds = cluster.run(items, autoscale)
    while pods.running:  # no work is left: back to zero
        scaler.step()
        time.sleep(0.2)
    phase = Phase(jobs, seconds, processor_seconds() - used)
    print_phase(f"0 to {scaler.most}, by the queue", phase)
    failed = [job_id for job_id, job in cluster.ended.items() if job.status is not Status.SUCCEEDED]
    attempts = sum(job.attempts for job in cluster.ended.values())
    print(
        f"\n{len(cluster.jobs)} jobs, {pods.killed} kills, {pods.started} workers started, {attempts} attempts; "
        f"{cluster.stored('records')} records, {cluster.stored('results')} results, {len(failed)} failed, "
        f"{len(cluster.wrong())} different from the synchronous answer\n"
    )
    project(len(archive), phases[1], given.price)


def fixed(cluster: Cluster, folder: Path, count: int, items: list[BatchItem]) -> Phase:
    """What a fixed number of workers does, counted from when all of them have the dataset."""
    pods = Pods(cluster.environment, folder)
    used = processor_seconds()
    pods.scale(count)
    pods.wait_until_ready()
    jobs, seconds = cluster.run(items, lambda: None)
    pods.scale(0)
    return Phase(jobs, seconds, processor_seconds() - used)


def processor_seconds() -> float:
    """Of all workers that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def print_phase(name: str, phase: Phase) -> None:
    """Print a row of the table."""
    rate, cost = phase.jobs / phase.seconds * 60, phase.processor_seconds / phase.jobs
    print(f"| {name} | {phase.jobs} | {phase.seconds:.0f} | {rate:.0f} | {cost:.2f} |", flush=True)


def project(imputations: int, one: Phase, price: float) -> None:
    """Print the time and cost of the archive, if pods share nothing but the storage."""
    print("| pods of one core | whole archive | core-hours | cost |\n|---|---|---|---|")
    for pods in PODS:
        hours = imputations * one.seconds / one.jobs / pods / 3600 + POD_START_SECONDS / 3600
        print(f"| {pods} | {hours:.1f} h | {hours * pods:.1f} | {hours * pods * price:.2f} |")
    print(f"\n{imputations:,} imputations; a core for an hour at {price:g}")


if __name__ == "__main__":
    main()
