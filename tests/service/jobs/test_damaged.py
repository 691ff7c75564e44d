"""What a store holds is noticed when damaged, even if it is still valid JSON: never served, and computed again."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from azure.storage.blob import ContainerClient

from sids_service.jobs.consumer import Consumer
from sids_service.jobs.errors import StoreUnavailableError, UnknownJobError
from sids_service.jobs.job import Status
from sids_service.jobs.local_store import FILE
from sids_service.jobs.store import open_store

if TYPE_CHECKING:
    from tests.service.jobs.conftest import Place

Change = Callable[[bytes], bytes]
COLUMNS = {
    "records": ("SELECT record FROM jobs WHERE id = ?", "UPDATE jobs SET record = ?, previous = '' WHERE id = ?"),
    "results": (
        "SELECT content FROM contents WHERE part = 'results' AND job = ?",
        "UPDATE contents SET content = ? WHERE part = 'results' AND job = ?",
    ),
    "requests": (
        "SELECT content FROM contents WHERE part = 'requests' AND job = ?",
        "UPDATE contents SET content = ? WHERE part = 'requests' AND job = ?",
    ),
}


def spoil(place: "Place", part: str, job_id: str, change: Change) -> None:
    """Change the stored bytes beside the store."""
    secret = place.settings.jobs_storage
    if secret is None:
        read, write = COLUMNS[part]
        with closing(sqlite3.connect(place.records.parent / "jobs" / FILE)) as database, database:
            ((stored,),) = database.execute(read, (job_id,)).fetchall()
            database.execute(write, (change(stored), job_id))
        return
    with ContainerClient.from_connection_string(secret.get_secret_value(), place.settings.jobs_container) as client:
        blob = client.get_blob_client(f"{part}/{job_id}")
        blob.upload_blob(change(blob.download_blob().readall()), overwrite=True)


def flip(old: bytes, new: bytes) -> Change:
    def change(stored: bytes) -> bytes:
        assert old in stored
        return stored.replace(old, new)

    return change


def work(place: "Place") -> None:
    worker = place.worker()
    consumer = Consumer(place.queue, worker.work, worker.give_up, hidden_seconds=30)
    while consumer.once():
        pass


@pytest.mark.parametrize(
    "change",
    [flip(b'"number":1', b'"number":3'), flip(b"sha256:", b"shb256:"), lambda stored: stored[:-1], lambda _: b"{}"],
    ids=["a digit", "the seal", "a byte short", "unsealed"],
)
def test_a_damaged_result_is_computed_again(place: "Place", change: Change) -> None:
    job = place.submit(number=1)
    work(place)
    result = place.jobs.result(job.id)
    spoil(place, "results", job.id, change)
    with pytest.raises(UnknownJobError, match="submit the request again"):
        place.jobs.result(job.id)
    assert place.submit(number=1).status is Status.QUEUED
    work(place)
    assert place.jobs.result(job.id) == result


def test_the_result_of_another_job_is_none(place: "Place") -> None:
    first, second = place.submit(number=1), place.submit(number=2)
    work(place)
    other: list[bytes] = []
    spoil(place, "results", second.id, lambda stored: other.append(stored) or stored)  # type: ignore[func-returns-value]
    spoil(place, "results", first.id, lambda _: other[0])
    with pytest.raises(UnknownJobError):
        place.jobs.result(first.id)


@pytest.mark.parametrize(
    "change",
    [
        flip(b'"attempts":1', b'"attempts":9'),
        flip(b'"succeeded"', b'"cancelled"'),
        lambda _: b"\xff\x00",
        lambda _: b"",
    ],
    ids=["a digit", "another state", "no text", "nothing"],
)
def test_a_damaged_record_is_none_and_the_job_can_be_submitted_again(place: "Place", change: Change) -> None:
    job = place.submit(number=1)
    work(place)
    result = place.jobs.result(job.id)
    spoil(place, "records", job.id, change)
    with pytest.raises(UnknownJobError):
        place.jobs.state(job.id)
    assert place.submit(number=1).id == job.id
    work(place)
    assert place.jobs.result(job.id) == result


def test_a_damaged_request_is_not_computed(place: "Place") -> None:
    job = place.submit(number=1)
    spoil(place, "requests", job.id, flip(b"1", b"3"))
    work(place)
    assert place.jobs.state(job.id).status is Status.FAILED
    assert place.handler.done() == []
    assert place.submit(number=1).status is Status.QUEUED
    work(place)
    assert place.handler.done() == [1]


def test_a_database_whose_schema_is_no_text_is_unavailable(in_folder: "Place") -> None:
    job = in_folder.submit(number=1)
    path = in_folder.records.parent / "jobs" / FILE
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = path.read_bytes()
    place = content.index(b"sqlite_autoindex_contents_1")
    path.write_bytes(content[: place + 12] + b"\xee" + content[place + 13 :])
    with pytest.raises(StoreUnavailableError, match="cannot be used"):
        open_store(in_folder.settings).read(job.id)
