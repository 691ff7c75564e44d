"""A job that was accepted runs: what is missing is sent again, whatever request or answer of the storage was lost."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sids_core.errors import RequestError
from sids_service.jobs.consumer import Consumer
from sids_service.jobs.errors import StoreUnavailableError
from sids_service.jobs.executor import Executor
from sids_service.jobs.job import JobError, JobRecord, Status
from sids_service.jobs.store import Part
from sids_service.jobs.worker import MAX_ATTEMPTS
from tests.faulty_proxy import FaultyProxy
from tests.service.jobs.conftest import Place
from tests.service.jobs.recording import RecordingHandler

if TYPE_CHECKING:
    from tests.conftest import Azurite

Eventually = Callable[[Callable[[], bool]], None]
OPERATIONS = {
    "the list of waiting jobs": rb"PUT .*/waiting/",
    "the request": rb"PUT .*/requests/",
    "the record": rb"PUT .*/records/",
    "the message": rb"POST .*/messages",
    "the message received": rb"GET .*/messages",
    "the result": rb"PUT .*/results/",
    "the message deleted": rb"DELETE .*/messages/",
    "the entry of the list deleted": rb"DELETE .*/waiting/",
}
RECORDS_WRITTEN = 4
"""New, sent, claimed, finished."""


def lose_messages(place: Place) -> None:
    while message := place.queue.receive(30):
        place.queue.delete(message)


def work(place: Place, handler: RecordingHandler | None = None) -> None:
    worker = place.worker(handler)
    consumer = Consumer(place.queue, worker.work, worker.give_up, hidden_seconds=30)
    while consumer.once():
        pass


class Faults:
    """Faults for the requests that match, from the one with that number on, so many."""

    def __init__(self, pattern: bytes, kind: str, first: int = 0, count: int = 1) -> None:
        self._pattern = re.compile(pattern)
        self._kind = kind
        self._faulty = range(first, first + count)
        self.seen = 0

    def __call__(self, line: bytes) -> str:
        if not self._pattern.match(line):
            return ""
        self.seen += 1
        return self._kind if self.seen - 1 in self._faulty else ""


@pytest.fixture
def through(in_azurite: Place, azurite: "Azurite") -> Iterator[Callable[[Faults], Place]]:
    """The same place behind a proxy with faults."""
    proxies = ExitStack()

    def behind(faults: Faults) -> Place:
        blob, queue = (
            proxies.enter_context(FaultyProxy(port, fault=faults).running())
            for port in (azurite.blob_port, azurite.queue_port)
        )
        environment = {
            **in_azurite.environment,
            "JOBS_STORAGE": azurite.connection_through(blob.port, queue.port),
        }
        settings = type(in_azurite.settings).model_validate(
            {name.lower(): value for name, value in environment.items()}
        )
        return replace(in_azurite, settings=settings, environment=environment)

    with proxies:
        yield behind


def accepted(place: Place) -> JobRecord:
    """Ask until the answer is not 503."""
    while True:
        try:
            return place.submit(number=1)
        except StoreUnavailableError:
            continue


CASES = [
    *(
        (pattern, kind, 0, count)
        for pattern in OPERATIONS.values()
        for kind, count in (("response lost", 1), ("500", 3))
    ),
    *((OPERATIONS["the record"], "response lost", first, 1) for first in range(1, RECORDS_WRITTEN)),
]
NAMES = [
    *(f"{name}: {kind}" for name in OPERATIONS for kind in ("response lost", "fails")),
    *(f"the record, change {number}: response lost" for number in range(1, RECORDS_WRITTEN)),
]


@pytest.mark.parametrize(("pattern", "kind", "first", "count"), CASES, ids=NAMES)
def test_a_lost_answer_loses_no_job(
    through: Callable[[Faults], Place],
    in_azurite: Place,
    eventually: Eventually,
    pattern: bytes,
    kind: str,
    first: int,
    count: int,
) -> None:
    faults = Faults(pattern, kind, first, count)
    faulty = through(faults)
    job = accepted(faulty)
    worker = faulty.worker(lease_seconds=1)
    consumer = Consumer(faulty.queue, worker.work, worker.give_up, hidden_seconds=1)

    def ended() -> bool:
        try:
            consumer.once()
        except StoreUnavailableError:
            return False
        return in_azurite.jobs.state(job.id).status is Status.SUCCEEDED and in_azurite.queue.length() == 0

    eventually(ended)
    assert faults.seen > first
    assert in_azurite.jobs.result(job.id) == b'{"number":1}'
    assert in_azurite.jobs.sweep() == 0
    assert in_azurite.store.waiting() == []


def test_a_job_that_was_never_sent_is_sent_by_who_looks_at_it(place: Place) -> None:
    job = place.submit(number=1)
    lose_messages(place)
    place.change(job.id, enqueued=False)
    assert place.jobs.state(job.id).enqueued
    assert place.queue.length() == 1
    assert place.jobs.state(job.id).enqueued
    assert place.queue.length() == 1
    work(place)
    assert place.jobs.result(job.id) == b'{"number":1}'


@pytest.mark.parametrize("enqueued", [False, True], ids=["never sent", "lost"])
def test_a_sweep_sends_the_messages_that_are_missing(place: Place, enqueued: bool) -> None:
    jobs = [place.submit(number=number) for number in range(5)]
    assert place.jobs.sweep() == 0
    lose_messages(place)
    for job in jobs[:3]:
        place.change(job.id, enqueued=enqueued)
    for job in jobs[3:]:
        place.queue.put(job.id)
    assert place.jobs.sweep() == 3
    assert place.jobs.sweep() == 0
    work(place)
    # Jobs of the same second have no order: some of the three were sent a second message.
    place.jobs.sweep()
    work(place)
    assert {place.jobs.state(job.id).status for job in jobs} == {Status.SUCCEEDED}
    assert place.handler.done() == list(range(5))
    assert (place.jobs.sweep(), place.store.waiting()) == (0, [])


def test_a_sweep_finds_the_job_of_a_dead_worker_and_leaves_that_of_a_living_one(place: Place) -> None:
    dead, living = place.submit(number=1), place.submit(number=2)
    lose_messages(place)
    place.change(living.id, status=Status.RUNNING, owner="living", lease_seconds=3600.0)
    place.change(dead.id, status=Status.RUNNING, owner="dead", attempts=1)
    place.jobs.sweep()
    message = place.queue.receive(30)
    assert message is not None
    assert message.text == dead.id
    assert place.queue.receive(30) is None


def test_a_message_that_came_too_often_for_nothing_is_replaced(place: Place) -> None:
    """Its receivers found the storage away, or another worker at work: the job itself has not failed."""
    job = place.submit(number=1)
    lose_messages(place)
    place.worker().give_up(job.id)
    assert place.jobs.state(job.id).status is Status.QUEUED
    work(place)
    assert place.jobs.state(job.id).status is Status.SUCCEEDED


def test_a_job_that_kills_its_workers_ends(place: Place) -> None:
    job = place.submit(number=1)
    place.change(job.id, status=Status.RUNNING, owner="dead", attempts=MAX_ATTEMPTS)
    work(place)
    assert place.jobs.state(job.id).status is Status.FAILED
    assert place.handler.begun() == []


def test_an_attempt_that_the_storage_ends_does_not_count(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    job = place.submit(number=1)

    def away(*_: object) -> None:
        raise StoreUnavailableError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(type(place.store), "keep", away)
        with pytest.raises(StoreUnavailableError):
            place.worker().work(job.id)
    assert (place.jobs.state(job.id).status, place.jobs.state(job.id).attempts) == (Status.QUEUED, 0)


def test_a_job_is_posed_anew_on_newer_data(place: Place) -> None:
    job = place.submit(number=1)
    newer = RecordingHandler(place.records, version="2")
    work(place, newer)
    done = place.jobs.state(job.id)
    assert (done.id, done.status, done.posed_anew, done.answered_version) == (job.id, Status.SUCCEEDED, True, "2")
    assert place.jobs.result(job.id) == b'{"number":1}'
    # The result is that of the request on the newer data, and not of the one that was asked.
    executor = Executor.of(place.settings, place.store)
    assert executor.has(newer.asked(number=1).key)
    assert not executor.has(place.handler.asked(number=1).key)
    assert place.store.content(Part.RESULT, job.id) is None


def test_a_job_posed_anew_is_queued_again_where_its_data_are_served(place: Place) -> None:
    job = place.submit(number=1)
    work(place, RecordingHandler(place.records, version="2"))
    assert place.submit(number=1).status is Status.QUEUED
    work(place)
    done = place.jobs.state(job.id)
    assert (done.status, done.posed_anew, done.answered_version) == (Status.SUCCEEDED, False, "1")


class Without(RecordingHandler):
    """Data without the target of the request."""

    def computation(self, request: bytes):  # type: ignore[no-untyped-def]  # noqa: ARG002
        raise RequestError("number is gone", parameter="number")


def test_a_job_that_newer_data_cannot_serve_fails_with_the_requests_error(place: Place) -> None:
    job = place.submit(number=1)
    work(place, Without(place.records, version="2"))
    failed = place.jobs.state(job.id)
    assert (failed.status, failed.posed_anew, failed.answered_version) == (Status.FAILED, True, "2")
    assert place.jobs.result(job.id) == JobError(kind="value_error", message="number is gone", parameter="number")
    assert place.submit(number=1).status is Status.QUEUED


def test_a_worker_refreshes_its_data_before_it_poses_a_job_anew(place: Place) -> None:
    """It may be the one whose data are older."""

    class Late(RecordingHandler):
        def refresh(self) -> str:
            self._version = "1"
            return super().refresh()

    job = place.submit(number=1)
    work(place, Late(Path(place.records), version="0"))
    done = place.jobs.state(job.id)
    assert (done.status, done.posed_anew) == (Status.SUCCEEDED, False)
