"""Clients take turns, however many jobs each has, and no job is forgotten when messages are used for others."""

from threading import Thread
from typing import TYPE_CHECKING

import pytest

from sids_service.jobs.job import Status
from sids_service.jobs.waiting import OPERATOR
from sids_service.jobs.worker import MAX_ATTEMPTS
from tests.service.jobs.recording import RecordingHandler
from tests.service.jobs.test_jobs import consumer, drain

if TYPE_CHECKING:
    from tests.service.jobs.conftest import Place


class Ordered(RecordingHandler):
    """Remembers the order in which jobs were begun."""

    def __init__(self, place: "Place") -> None:
        super().__init__(place.records)
        self.order: list[int] = []

    def _compute(self, number: int, **request: object) -> object:  # type: ignore[override]
        self.order.append(number)
        return super()._compute(number, **request)  # type: ignore[arg-type]


def test_a_single_job_does_not_wait_for_the_many_of_another_client(place: "Place") -> None:
    gate = place.records / "gate"
    place.submit(client="a", number=0, gate=str(gate))
    handler = Ordered(place)
    work = Thread(target=drain, args=(place, place.worker(handler)))
    work.start()
    place.handler.wait_until_begun(0)
    for number in range(1, 21):
        place.submit(client="a", number=number)
    for number in range(100, 110):
        place.submit(client=OPERATOR, number=number)
    place.submit(client="b", number=50)
    gate.touch()
    work.join(timeout=120)
    assert not work.is_alive()
    assert handler.order.index(50) <= 3
    assert handler.order.index(1) <= 3
    assert sorted(handler.order) == [*range(21), 50, *range(100, 110)]
    assert [number for number in handler.order if number < 50] == list(range(21))
    assert (place.queue.length(), place.store.waiting()) == (0, [])


def test_who_joins_anothers_job_does_not_wait_for_its_others(place: "Place") -> None:
    for number in range(10):
        place.submit("a", client="a", number=number)
    place.submit("b", client="b", number=9)
    handler = Ordered(place)
    drain(place, place.worker(handler))
    assert handler.order.index(9) <= 1
    assert sorted(handler.order) == list(range(10))
    assert (place.queue.length(), place.store.waiting()) == (0, [])


def test_a_job_that_fails_does_not_use_up_the_messages_of_others(in_folder: "Place") -> None:
    bad = in_folder.submit(client="a", number=0, fault="always")
    good = [in_folder.submit(client="b", number=number) for number in range(1, 4)]
    worker = in_folder.worker(lease_seconds=60)
    patient = consumer(in_folder, worker, hidden_seconds=60)
    while patient.once():
        pass
    assert in_folder.handler.done() == [1, 2, 3]
    assert [in_folder.jobs.state(job.id).status for job in good] == [Status.SUCCEEDED] * 3
    failed = in_folder.jobs.state(bad.id)
    assert (failed.status, failed.attempts) == (Status.QUEUED, 1)
    assert in_folder.queue.length() == 1


def test_a_job_that_kills_its_workers_is_failed_and_the_others_are_done(place: "Place") -> None:
    deadly = place.submit(client="a", number=0)
    other = place.submit(client="b", number=1)
    place.change(deadly.id, status=Status.RUNNING, owner="dead", attempts=MAX_ATTEMPTS)
    place.worker().work(other.id)
    assert place.jobs.state(deadly.id).status is Status.FAILED
    assert place.handler.done() == [1]


def test_a_job_whose_message_was_used_up_by_others_gets_another(place: "Place") -> None:
    job = place.submit(client="a", number=1)
    message = place.queue.receive(30)
    assert message is not None
    place.worker().give_up(job.id)
    place.queue.delete(message)
    assert place.jobs.state(job.id).status is Status.QUEUED
    drain(place)
    assert place.handler.done() == [1]


def test_a_given_up_message_of_a_finished_job_is_replaced_for_one_that_waits(place: "Place") -> None:
    done, waits = place.submit(client="a", number=1), place.submit(client="b", number=2)
    messages = [place.queue.receive(30), place.queue.receive(30)]
    place.worker().work(done.id)
    for message in messages:
        assert message is not None
        place.queue.delete(message)
    place.worker().give_up(done.id)
    assert place.jobs.state(waits.id).status is Status.QUEUED
    drain(place)
    assert place.handler.done() == [1, 2]


def test_a_worker_that_lost_its_lease_runs_another_job_with_the_message(in_folder: "Place") -> None:
    gate = in_folder.records / "gate"
    lost = in_folder.submit(client="a", number=1, gate=str(gate))
    in_folder.submit(client="b", number=2)
    work = Thread(target=consumer(in_folder, in_folder.worker()).once)
    work.start()
    in_folder.handler.wait_until_begun(1)
    in_folder.change(lost.id, owner="another")
    work.join(timeout=60)
    assert not work.is_alive()
    assert in_folder.handler.done() == [2]


@pytest.mark.parametrize("joined", [False, True])
def test_a_cancelled_job_lets_its_message_serve_others(place: "Place", *, joined: bool) -> None:
    gone = place.submit("a", client="a", number=1)
    place.submit("b", client="b", number=2)
    if joined:
        place.submit("b", client="b", number=1)
        place.jobs.cancel(gone.id, "b")
    place.jobs.cancel(gone.id, "a")
    drain(place)
    assert place.handler.done() == [2]
    assert place.queue.length() == 0
