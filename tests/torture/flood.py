"""Several clients flood a development host with jobs, each from an address of its own, and ignore every refusal.

Each sends different requests as fast as it can under ever new X-Forwarded-For headers, and cancels some of its jobs.
Bounds must hold at every moment, refusals be 429 or 503 with Retry-After, every 202 run once or be cancelled with its
token, and the single job of a client that comes in the middle be begun within the first few.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import httpx

from sids_core.panel.demo import write_demo_data
from sids_service.jobs.job import FINISHED, JobRecord, Status
from sids_service.jobs.store import JobStore, open_store
from sids_service.settings import Settings
from tests.calls import SURVEY
from tests.local_host import running_host
from tests.torture.row import Row

PER_CLIENT, TOTAL = 10, 45
CANCELLED_SHARE = 0.2
END_SECONDS = 300
REFUSED = (429, 503)


@dataclass
class Findings:
    """What was answered, and what was not as it must be."""

    statuses: list[int] = field(default_factory=list)
    accepted: dict[str, str] = field(default_factory=dict)  # token by id
    cancelled: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    most_waiting: int = 0
    overtook: int = 0


def attack(seed: int) -> Row:
    """Flood with six clients of 300 requests each."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        write_demo_data(data)
        return flood(Path(folder), data, clients=6, requests=300, seed=seed)


def flood(folder: Path, data: Path, *, clients: int, requests: int, seed: int) -> Row:
    """Flood a host whose output and jobs go into the folder, and report what became of every request."""
    environment = {
        "DATASET_PATH": str(data),
        "JOBS_PATH": str(folder / "jobs"),
        "JOBS_WAITING": str(TOTAL),
        "JOBS_WAITING_PER_CLIENT": str(PER_CLIENT),
    }
    store = open_store(Settings(jobs_path=folder / "jobs"))
    findings = Findings()
    with running_host(folder, environment) as host:
        host.wait_for("Ready: ")
        with _watched(store, findings), ThreadPoolExecutor(clients) as pool:
            floods = [pool.submit(_client, host.url, each, requests, seed, findings) for each in range(clients)]
            polite = _single(host.url, findings)
            for future in floods:
                future.result()
        jobs = _ended(store, findings)
    lost = sum(1 for job in jobs.values() if job is None or job.status not in (Status.SUCCEEDED, Status.CANCELLED))
    _check_order(store, polite, clients, findings)
    tried = len(findings.statuses)
    counts = ", ".join(f"{count} × {status}" for status, count in sorted(Counter(findings.statuses).items()))
    notes = f"{counts}; at most {findings.most_waiting} waited; {findings.overtook} of them before the single job"
    if findings.wrong:
        notes += f"; wrong: {findings.wrong[:3]}"
    wrong = min(len(findings.wrong), tried - lost)
    return Row("flood of jobs", tried, tried - lost - wrong, lost, wrong, notes)


def _client(url: str, number: int, requests: int, seed: int, findings: Findings) -> None:
    random = Random(seed * 1000 + number)  # noqa: S311
    with _http(number + 2) as http:
        for each in range(requests):
            forged = {"X-Forwarded-For": f"203.0.113.{random.randrange(256)}"}
            answer = _submit(http, url, number * 100_000 + each, forged, findings)
            if answer.status_code == 202 and random.random() < CANCELLED_SHARE:
                job_id = answer.json()["id"]
                _cancel(http, url, job_id, findings)


def _single(url: str, findings: Findings) -> str:
    """The id of the polite client's job, submitted while the queue is full."""
    with _http(200) as http:
        deadline = monotonic() + END_SECONDS
        while not set(findings.statuses) & set(REFUSED):
            assert monotonic() < deadline, "no client met a bound"
            sleep(0.01)
        for attempt in range(END_SECONDS):
            answer = _submit(http, url, 99_000_000 + attempt, {}, findings)
            if answer.status_code == 202:
                return str(answer.json()["id"])
            sleep(min(1, int(answer.headers.get("Retry-After", 1))))
    raise AssertionError("the single job was never accepted")


def _submit(
    http: httpx.Client, url: str, number: int, headers: Mapping[str, str], findings: Findings
) -> httpx.Response:
    answer = http.post(f"{url}/survey/clustering", json=_survey(number), headers={"Prefer": "respond-async", **headers})
    findings.statuses.append(answer.status_code)
    if answer.status_code == 202:
        findings.accepted[answer.json()["id"]] = answer.headers["Cancel-Token"]
    elif answer.status_code not in REFUSED or not answer.headers.get("Retry-After", "").isdecimal():
        findings.wrong.append(f"{answer.status_code} {answer.text[:200]}")
    return answer


def _cancel(http: httpx.Client, url: str, job_id: str, findings: Findings) -> None:
    place = f"{url}/jobs/{job_id}/cancel"
    forged = http.post(place, headers={"Cancel-Token": "x" * 43})
    answer = http.post(place, headers={"Cancel-Token": findings.accepted[job_id]})
    if (forged.status_code, answer.status_code) != (403, 200):
        findings.wrong.append(f"cancel: {forged.status_code}, {answer.status_code}")
    findings.cancelled.add(job_id)


def _survey(number: int) -> dict[str, Any]:
    return {**SURVEY, "data": {"Main income": ["fishing", "tourism", "fishing"], "Household size": [number, 2, 5]}}


@contextmanager
def _watched(store: JobStore, findings: Findings) -> Iterator[None]:
    """Look at the list of waiting jobs all the time."""
    over = Event()

    def watch() -> None:
        while not over.wait(0.05):
            entries = store.waiting()
            findings.most_waiting = max(findings.most_waiting, len(entries))
            most = max(Counter(entry.client for entry in entries).values(), default=0)
            if len(entries) > TOTAL or most > PER_CLIENT:
                findings.wrong.append(f"{len(entries)} wait, {most} of one client")

    thread = Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _ended(store: JobStore, findings: Findings) -> dict[str, JobRecord | None]:
    """The record of every accepted job, once it has ended or the time is over."""
    deadline = monotonic() + END_SECONDS
    records: dict[str, JobRecord | None] = {}
    for job_id in findings.accepted:
        while True:
            stored = store.read(job_id)
            records[job_id] = stored.job if stored else None
            if monotonic() > deadline or stored is None or stored.job.status in FINISHED:
                break
            sleep(0.02)
    for job_id, job in records.items():
        if job is not None and job.status is Status.CANCELLED and job_id not in findings.cancelled:
            findings.wrong.append(f"{job_id} was cancelled by nobody")
        if job is not None and job.status is Status.SUCCEEDED and job.attempts != 1:
            findings.wrong.append(f"{job_id} ran {job.attempts} times")
    return records


def _check_order(store: JobStore, polite: str, clients: int, findings: Findings) -> None:
    """Of the jobs of others that waited when the single one came, two a client may have been begun before it."""
    stored = store.read(polite)
    if stored is None or stored.job.started is None:
        findings.wrong.append("the single job was not run")
        return
    single, begun = stored.job, stored.job.started
    others = [found.job for job_id in findings.accepted if (found := store.read(job_id))]
    findings.overtook = sum(1 for job in others if job.started and single.created < job.started < begun)
    if findings.overtook > 2 * clients:
        findings.wrong.append(f"{findings.overtook} jobs were begun before the single one")


def _http(address: int) -> httpx.Client:
    """A client with a loopback address of its own."""
    return httpx.Client(transport=httpx.HTTPTransport(local_address=f"127.0.0.{address}"), timeout=60)
