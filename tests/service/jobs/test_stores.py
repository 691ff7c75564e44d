"""Records, requests and results: nothing is lost when many write at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sids_service.jobs.job import JobRecord
from sids_service.jobs.store import JobStore, Part, update

if TYPE_CHECKING:
    from tests.service.jobs.conftest import Place

JOB_ID = "ab" * 16


def job() -> JobRecord:
    return JobRecord(id=JOB_ID, endpoint="e", model="m", created=datetime(2026, 1, 1, tzinfo=UTC))


def test_a_record_is_read_as_it_was_written(place: "Place") -> None:
    assert place.store.read(JOB_ID) is None
    written = place.store.create(job())
    assert written is not None
    assert place.store.read(JOB_ID) == written
    assert written.job == job()


def test_of_many_who_create_a_record_one_does(place: "Place") -> None:
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda _: place.store.create(job()), range(8)))
    assert sum(stored is not None for stored in created) == 1


def test_an_outdated_record_is_not_replaced(place: "Place") -> None:
    store = place.store
    first = store.create(job())
    assert first is not None
    second = store.replace(job().model_copy(update={"attempts": 1}), first.tag)
    assert second is not None
    third = store.replace(job().model_copy(update={"attempts": 2}), second.tag)
    for outdated in (first, second):
        assert store.replace(job().model_copy(update={"attempts": 99}), outdated.tag) is None
    assert store.read(JOB_ID) == third


def _once_more(record: JobRecord) -> JobRecord:
    return record.model_copy(update={"attempts": record.attempts + 1})


def count_together(store: JobStore, times: int) -> int:
    store.create(job())

    def count(_: int) -> None:
        for _ in range(times):
            update(store, JOB_ID, lambda stored: _once_more(stored.job))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(count, range(6)))
    stored = store.read(JOB_ID)
    assert stored is not None
    return stored.job.attempts


def test_no_change_is_lost_among_many(place: "Place") -> None:
    assert count_together(place.store, 10) == 60


def test_no_change_on_local_disk_is_lost_or_made_twice(in_folder: "Place") -> None:
    assert count_together(in_folder.store, 200) == 1200


def test_requests_and_results_are_bytes(place: "Place") -> None:
    store = place.store
    assert store.content(Part.RESULT, JOB_ID) is None
    store.keep(Part.REQUEST, JOB_ID, b"{}")
    store.keep(Part.RESULT, JOB_ID, b"\x00\xff")
    store.keep(Part.RESULT, JOB_ID, b"\x00\xfe")
    assert store.content(Part.REQUEST, JOB_ID) == b"{}"
    assert store.content(Part.RESULT, JOB_ID) == b"\x00\xfe"


def test_what_is_older_expires_and_the_rest_stays(place: "Place") -> None:
    store = place.store
    now = datetime.now(UTC)
    assert store.expire(now) == 0
    store.create(job())
    store.keep(Part.RESULT, JOB_ID, b"{}")
    assert store.expire(now - timedelta(days=1)) == 0
    assert store.read(JOB_ID) is not None
    assert store.expire(now + timedelta(days=1)) == 1
    assert store.read(JOB_ID) is None
    assert store.content(Part.RESULT, JOB_ID) is None
