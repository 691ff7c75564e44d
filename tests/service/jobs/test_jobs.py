"""What becomes of a job, from asking to its result: on a folder and on real Azurite."""

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from sids_core.errors import RequestError
from sids_service.jobs.consumer import MAX_DEQUEUES, Consumer
from sids_service.jobs.errors import (
    JobFailedError,
    NoResultError,
    StillRunningError,
    UnknownJobError,
)
from sids_service.jobs.fair import FairWorker
from sids_service.jobs.job import JobError, Status
from sids_service.jobs.store import Part
from sids_service.jobs.worker import MAX_ATTEMPTS, MAX_FAILURES
from tests.service.jobs.recording import ENDPOINT

if TYPE_CHECKING:
    from tests.service.jobs.conftest import Place


PLENTY = 2**30


def consumer(
    place: "Place", worker: FairWorker, *, max_dequeues: int = MAX_DEQUEUES, hidden_seconds: float = 30
) -> Consumer:
    return Consumer(place.queue, worker.work, worker.give_up, hidden_seconds=hidden_seconds, max_dequeues=max_dequeues)


def drain(place: "Place", worker: FairWorker | None = None) -> None:
    consumes = consumer(place, worker or place.worker())
    while consumes.once():
        pass


def lose_message(place: "Place") -> None:
    message = place.queue.receive(30)
    assert message is not None
    place.queue.delete(message)


def test_a_job_is_queued_computed_and_kept(place: "Place") -> None:
    place.submit(number=1)
    job = place.submit(number=2)
    assert (job.status, job.model, job.expected_seconds, job.enqueued) == (Status.QUEUED, "recorder", 2.0, True)
    assert place.jobs.position(job) == 1
    with pytest.raises(NoResultError, match="is queued") as unfinished:
        place.jobs.result(job.id)
    assert unfinished.value.kind == "job_unfinished"
    drain(place)
    done = place.jobs.state(job.id)
    assert (done.status, done.progress, done.attempts, done.owner) == (Status.SUCCEEDED, 1.0, 1, "")
    assert done.started is not None
    assert done.finished is not None
    assert done.created <= done.started <= done.finished
    assert place.jobs.position(done) is None
    assert place.jobs.result(job.id) == b'{"number":2}'
    assert place.handler.done() == [1, 2]


def test_equal_requests_at_once_are_one_job_computed_once(place: "Place") -> None:
    with ThreadPoolExecutor(8) as pool:
        jobs = list(pool.map(lambda _: place.submit(number=1), range(8)))
    assert len({job.id for job in jobs}) == 1
    consumers = [consumer(place, place.worker(), hidden_seconds=1) for _ in range(3)]
    deadline = monotonic() + 60
    while place.queue.length():  # who finds the record before it is marked as sent sends a message, too
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(Consumer.once, consumers))
        assert monotonic() < deadline
    assert place.jobs.state(jobs[0].id).status is Status.SUCCEEDED
    assert place.handler.begun() == place.handler.done() == [1]
    assert place.submit(number=1).status is Status.SUCCEEDED
    assert place.queue.length() == 0


def test_an_invalid_request_is_refused_at_once_and_leaves_nothing(place: "Place") -> None:
    computation = place.handler.asked(number=1, fault="refused at once")
    with pytest.raises(RequestError, match="number is wrong"):
        place.jobs.submit(ENDPOINT, "recorder", computation)
    assert place.queue.length() == 0
    assert place.store.read(computation.key.digest) is None
    assert place.store.content(Part.REQUEST, computation.key.digest) is None


def test_an_error_of_the_request_is_kept(place: "Place") -> None:
    job = place.submit(number=1, fault="refused later")
    drain(place)
    failed = place.jobs.state(job.id)
    assert (failed.status, failed.attempts, failed.reason) == (Status.FAILED, 1, "number is wrong")
    assert place.jobs.result(job.id) == JobError(kind="value_error", message="number is wrong", parameter="number")
    assert place.submit(number=1, fault="refused later") == failed


def test_a_fault_of_the_service_is_tried_again_and_then_told(place: "Place", caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    job = place.submit(number=1, fault="a secret path")
    worker = place.worker()
    assert consumer(place, worker, hidden_seconds=1).once()
    waiting = place.jobs.state(job.id)
    assert (waiting.status, waiting.attempts) == (Status.QUEUED, 1)
    place.change(job.id, attempts=MAX_FAILURES - 1)
    last = consumer(place, worker, max_dequeues=2)
    deadline = monotonic() + 60
    while not last.once():
        assert monotonic() < deadline, "the message did not come again"
        sleep(0.05)
    assert place.queue.length() == 0
    failed = place.jobs.state(job.id)
    assert (failed.status, failed.attempts) == (Status.FAILED, MAX_FAILURES)
    with pytest.raises(JobFailedError) as told:
        place.jobs.result(job.id)
    assert "a secret path" not in str(told.value)
    assert str(told.value).rpartition(" ")[2] in caplog.text
    assert place.submit(number=1, fault="a secret path").status is Status.QUEUED


def test_a_job_whose_workers_die_silently_is_given_up(place: "Place") -> None:
    job = place.submit(number=1)
    place.change(job.id, status=Status.RUNNING, owner="dead", attempts=MAX_ATTEMPTS)
    place.worker().give_up(job.id)
    with pytest.raises(JobFailedError, match="10 attempts ended without an error"):
        place.jobs.result(job.id)


def test_giving_up_leaves_alone_what_has_ended_or_is_being_computed(place: "Place") -> None:
    done = place.submit(number=1)
    drain(place)
    place.worker().give_up(done.id)
    assert place.jobs.state(done.id).status is Status.SUCCEEDED
    place.worker().give_up("no job at all")


def test_a_job_in_work_is_left_to_its_worker(place: "Place") -> None:
    gate = place.records / "gate"
    job = place.submit(number=1, gate=str(gate))
    first = Thread(target=place.worker().work, args=(job.id,))
    first.start()
    place.handler.wait_until_begun(1)
    second = place.worker()
    with pytest.raises(StillRunningError):
        second.work(job.id)
    second.give_up(job.id)
    gate.touch()
    first.join()
    second.work(job.id)
    assert place.jobs.state(job.id).status is Status.SUCCEEDED
    assert place.handler.begun() == [1]


def test_a_worker_whose_lease_ran_out_is_followed_and_leaves_no_trace(place: "Place") -> None:
    gate = place.records / "gate"
    job = place.submit(number=1, gate=str(gate))
    slow = Thread(target=consumer(place, place.worker()).once)
    slow.start()
    place.handler.wait_until_begun(1)
    place.change(job.id, owner="another", attempts=2)
    slow.join(timeout=60)
    assert not slow.is_alive(), "it should stop when it hears that the job is another's"
    assert place.handler.done() == []
    record = place.jobs.state(job.id)
    assert (record.status, record.owner) == (Status.RUNNING, "another")


def test_a_queued_job_that_is_cancelled_is_never_begun(place: "Place") -> None:
    job = place.submit("mine", number=1)
    assert place.jobs.cancel(job.id, "mine").status is Status.CANCELLED
    assert place.jobs.cancel(job.id, "mine").status is Status.CANCELLED
    drain(place)
    assert place.handler.begun() == []
    with pytest.raises(NoResultError, match="was cancelled") as cancelled:
        place.jobs.result(job.id)
    assert cancelled.value.kind == "job_cancelled"
    assert place.submit(number=1).status is Status.QUEUED
    drain(place)
    assert place.jobs.state(job.id).status is Status.SUCCEEDED


def test_a_running_job_that_is_cancelled_stops(place: "Place") -> None:
    job = place.submit("mine", number=1, gate=str(place.records / "never"))
    work = Thread(target=drain, args=(place,))
    work.start()
    place.handler.wait_until_begun(1)
    running = place.jobs.cancel(job.id, "mine")
    assert (running.status, running.cancelling) == (Status.RUNNING, True)
    work.join(timeout=60)
    assert not work.is_alive()
    cancelled = place.jobs.state(job.id)
    assert (cancelled.status, cancelled.owner) == (Status.CANCELLED, "")
    assert cancelled.finished is not None
    assert place.handler.done() == []
    assert place.queue.length() == 0


def test_an_ended_job_is_not_cancelled(place: "Place") -> None:
    job = place.submit("mine", number=1)
    drain(place)
    assert place.jobs.cancel(job.id, "mine").status is Status.SUCCEEDED


def test_progress_is_told_while_it_runs(place: "Place") -> None:
    gate = place.records / "gate"
    job = place.submit(number=1, gate=str(gate), parts=4)
    work = Thread(target=place.worker().work, args=(job.id,))
    work.start()
    # Half of the time is expected to be the waiting, of which three parts in four are over before the gate opens.
    deadline = monotonic() + 60
    while (progress := place.jobs.state(job.id).progress) != 0.375:
        assert progress in (0, 0.125, 0.25)
        assert monotonic() < deadline
        sleep(0.05)
    gate.touch()
    work.join()
    assert place.jobs.state(job.id).progress == 1.0


def test_a_worker_that_does_not_serve_the_model_says_so(place: "Place") -> None:
    job = place.jobs.submit("other_model", "other", place.handler.asked(number=1))
    drain(place)
    with pytest.raises(JobFailedError, match=f"serves {ENDPOINT}, not other_model: check MODEL_SERVICE and JOBS_QUEUE"):
        place.jobs.result(job.id)


def test_a_job_whose_message_was_never_sent_is_queued_when_asked_for_again(place: "Place") -> None:
    job = place.submit(number=1)
    lose_message(place)
    place.change(job.id, enqueued=False)
    assert place.submit(number=1).enqueued
    drain(place)
    assert place.handler.done() == [1]


@pytest.mark.parametrize("job_id", ["0" * 32, "nonsense", "../../etc/passwd", ""])
def test_an_unknown_job_is_nowhere_to_be_found(place: "Place", job_id: str) -> None:
    for ask in (place.jobs.state, place.jobs.result, lambda unknown: place.jobs.cancel(unknown, "mine")):
        with pytest.raises(UnknownJobError):
            ask(job_id)
    place.worker().work(job_id)


def test_old_jobs_expire(place: "Place") -> None:
    job = place.submit(number=1)
    drain(place)
    assert place.jobs.expire(1, PLENTY) == 0
    assert place.jobs.result(job.id) == b'{"number":1}'
    assert place.jobs.expire(-1, PLENTY) == 1
    with pytest.raises(UnknownJobError):
        place.jobs.result(job.id)
    assert place.submit(number=1).status is Status.QUEUED


def test_results_make_room_and_what_waits_keeps_its_request(place: "Place") -> None:
    done = [place.submit(number=number) for number in range(1, 5)]
    drain(place)
    waits = place.submit(number=0)
    before = list(place.store.contents())
    most = sum(content.size for content in before) // 2
    assert place.jobs.expire(1, most) == 0
    left = list(place.store.contents())
    assert sum(content.size for content in left) <= most
    assert {content.job_id for content in before} - {content.job_id for content in left} <= {job.id for job in done}
    assert (Part.REQUEST, waits.id) in {(content.part, content.job_id) for content in left}
    for number in range(1, 5):
        place.submit(number=number)
    drain(place)
    assert [place.jobs.result(job.id) for job in (waits, *done)] == [b'{"number":%d}' % number for number in range(5)]
