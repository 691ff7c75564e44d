"""A finished job whose result is gone, empty or cut off is computed again when it is asked for again."""

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pytest
from azure.storage.blob import ContainerClient

from sids_service.batch.compute import JobBatch, Succeeded
from sids_service.batch.plan import BatchItem
from sids_service.batch.records import Record
from sids_service.jobs.consumer import Consumer
from sids_service.jobs.errors import UnknownJobError
from sids_service.jobs.executor import Executor
from sids_service.jobs.job import Status
from sids_service.jobs.local_store import FILE
from sids_service.jobs.store import Part
from tests.service.jobs.recording import ENDPOINT

if TYPE_CHECKING:
    from tests.service.jobs.conftest import Place

Lose = Callable[["Place", str], None]
RESULT = b'{"number":1}'


def lose(place: "Place", job_id: str) -> None:
    secret = place.settings.jobs_storage
    if secret is None:
        with sqlite3.connect(place.records.parent / "jobs" / FILE) as database:
            database.execute("DELETE FROM contents WHERE job = ? AND part = 'results'", (job_id,))
        return
    with ContainerClient.from_connection_string(secret.get_secret_value(), place.settings.jobs_container) as client:
        client.delete_blob(f"results/{job_id}")


def replace(content: bytes, place: "Place", job_id: str) -> None:
    place.store.keep(Part.RESULT, job_id, content)


WAYS = [lose, *(partial(replace, content) for content in (b"", RESULT[:1], RESULT[:-1], b"\x00" * len(RESULT)))]


def work(place: "Place") -> None:
    worker = place.worker()
    consumer = Consumer(place.queue, worker.work, worker.give_up, hidden_seconds=30)
    while consumer.once():
        pass


@pytest.mark.parametrize("way", WAYS, ids=["gone", "empty", "a byte", "a byte short", "zeros"])
def test_it_is_computed_again_once(place: "Place", way: Lose) -> None:
    job = place.submit(number=1)
    work(place)
    assert place.jobs.result(job.id) == RESULT
    way(place, job.id)
    with pytest.raises(UnknownJobError, match="submit the request again"):
        place.jobs.result(job.id)
    again = [place.submit(number=1) for _ in range(3)]
    assert {(each.id, each.status) for each in again} == {(job.id, Status.QUEUED)}
    assert place.queue.length() == 1
    work(place)
    assert place.jobs.result(job.id) == RESULT
    assert place.handler.done() == [1, 1]
    assert place.submit(number=1).status is Status.SUCCEEDED
    assert place.queue.length() == 0


@pytest.mark.parametrize("way", WAYS, ids=["gone", "empty", "a byte", "a byte short", "zeros"])
def test_a_request_that_waits_for_its_answer_is_computed(in_folder: "Place", way: Lose) -> None:
    job = in_folder.submit(number=1)
    work(in_folder)
    way(in_folder, job.id)
    executor = Executor.of(in_folder.settings, in_folder.store)
    computation = in_folder.handler.asked(number=1)
    assert not executor.has(computation.key)
    assert executor.submit(computation).result()[0] == RESULT
    assert in_folder.handler.done() == [1, 1]


def test_a_batch_of_jobs_computes_it_again(in_folder: "Place", monkeypatch: pytest.MonkeyPatch) -> None:
    job = in_folder.submit(number=1)
    work(in_folder)
    replace(RESULT[:-1], in_folder, job.id)
    item, record = BatchItem("key", "key-A", 2015, 2015), object()
    monkeypatch.setattr(Record, "of_response", lambda content: (record, content))
    batch = JobBatch(in_folder.jobs, ENDPOINT, "recorder", lambda _: in_folder.handler.asked(number=1), "1")
    outcomes = dict(batch.outcomes([item], lambda: work(in_folder)))
    assert outcomes == {item: Succeeded((record, RESULT))}  # type: ignore[arg-type]
